"""Records as unique rows with weights; everything after this does not depend on their number.

Keys are mixed-radix numbers whose radices are powers of two, so that a column is read off a key
by shifting. Keys are sorted in place; where the rows behind them are wanted, the row's number
is packed below the key and sorted with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
WORD = 64


@dataclass(frozen=True, eq=False)
class UniqueRows:
    """Distinct combinations of codes. `codes`: per column (rows,); `weight` (rows,): how many
    records hold them; rows are sorted by key."""

    codes: tuple[Ints, ...]
    weight: Ints

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted by group. `order` (rows,): row numbers; `starts` (groups,): where each begins."""

    order: Ints
    starts: Ints

    @property
    def sizes(self) -> Ints:
        """How many rows each group has."""
        return np.diff(self.starts, append=len(self.order))

    def of_rows(self) -> Ints:
        """The group of each row, in the rows' own order."""
        inverse = np.empty(len(self.order), dtype=np.int64)
        inverse[self.order] = np.repeat(np.arange(len(self.starts)), self.sizes)
        return inverse


def bits(radix: int) -> int:
    """How many bits hold codes below the radix."""
    return max(1, int(radix - 1).bit_length())


def unique_rows(codes: Sequence[Any], radices: Sequence[int]) -> UniqueRows:
    """The distinct rows of the columns with their numbers of records.

    Cost: one key per record and one sort of them. Keys of 32 bits are kept as such.
    """
    widths = [bits(radix) for radix in radices]
    if sum(widths) > WORD:
        return _wide_rows(codes, radices)
    shifts = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64)
    kind: Any = np.uint32 if sum(widths) <= WORD // 2 else np.uint64
    key = np.zeros(len(codes[0]), dtype=kind)
    for column, radix, shift in zip(codes, radices, shifts, strict=True):
        key += (np.arange(radix, dtype=kind) << kind(shift))[column]
    key.sort()
    starts = _starts(key)
    weight = np.diff(starts, append=len(key))
    key = key[starts]
    parts = tuple(
        ((key >> kind(shift)) & kind((1 << width) - 1)).astype(np.int64)
        for shift, width in zip(shifts, widths, strict=True)
    )
    return UniqueRows(parts, weight)


def packed(codes: Sequence[Any], radices: Sequence[int]) -> tuple[Keys, int]:
    """One key per row, and how many bits it has; where 64 are too few, the columns so far are
    replaced by the rank of their combination."""
    key, used = np.zeros(len(codes[0]), dtype=np.uint64), 0
    for column, radix in zip(codes, radices, strict=True):
        width = bits(radix)
        if used + width > WORD:
            key = _ranks(key)
            used = bits(int(key.max(initial=np.uint64(0))) + 1)
        key |= column.astype(np.uint64) << np.uint64(used)
        used += width
    return key, used


def grouped(key: Keys, width: int) -> Groups:
    """Rows by equal keys, groups in the order of their keys, rows of one in their own order."""
    below = bits(len(key))
    if width + below <= WORD:
        both = (key << np.uint64(below)) | np.arange(len(key), dtype=np.uint64)
        both.sort()
        order = (both & np.uint64((1 << below) - 1)).astype(np.int64)
        both >>= np.uint64(below)
        return Groups(order, _starts(both))
    order = np.argsort(key, kind="stable").astype(np.int64)
    return Groups(order, _starts(key[order]))


def group_rows(codes: Sequence[Any], radices: Sequence[int]) -> Groups:
    """Rows grouped by equal combinations of the columns."""
    return grouped(*packed(codes, radices))


def _starts(key: Any) -> Ints:
    first = np.ones(len(key), dtype=bool)
    np.not_equal(key[1:], key[:-1], out=first[1:])
    return np.flatnonzero(first)


def _ranks(key: Keys) -> Keys:
    return np.unique(key, return_inverse=True)[1].astype(np.uint64)


def _wide_rows(codes: Sequence[Any], radices: Sequence[int]) -> UniqueRows:
    groups = group_rows(codes, radices)
    chosen = groups.order[groups.starts]
    return UniqueRows(tuple(c[chosen].astype(np.int64) for c in codes), groups.sizes)
