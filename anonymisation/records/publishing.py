"""Columns as they are published: kept as they are, or with coarser codes, ranges and marks.

A column nothing happens to keeps its type. Otherwise categories stay categories, and strings
stay strings unless a mark is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.coding import Coded
from anonymisation.records.marks import SUPPRESSED, OneOf, Range
from anonymisation.records.rows import WORD, Ints, UniqueRows, bits, packed

Bools = npt.NDArray[np.bool_]
BITMAP = 1 << 28


def at_level(column: pd.Series, coded: Coded, level: int, withheld: Bools) -> pd.Series:
    """The column at a level of its hierarchy, marked where the record is withheld."""
    if level == 0 and not coded.unknown:
        return with_marks(column, withheld)
    line = coded.tables[level].astype(np.min_scalar_type(-coded.leaves))
    return _taken(column, coded.labels[level], line[coded.codes], withheld)


def with_marks(column: pd.Series, hidden: Bools) -> pd.Series:
    """The column with the mark where something is hidden; the same type if nothing is."""
    if not hidden.any():
        return column.copy()
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = [*column.cat.categories, SUPPRESSED]
        codes = np.where(hidden, len(words) - 1, column.cat.codes.to_numpy())
        kind = pd.CategoricalDtype(pd.Index(words, dtype=object), ordered=column.cat.ordered)
        return _series(pd.Categorical.from_codes(codes, dtype=kind), column)
    values = column.to_numpy(dtype=object).copy()
    values[hidden] = SUPPRESSED
    return _series(values, column, object)


def in_classes(
    column: pd.Series, coded: Coded, rows: Ints, of_rows: Ints, of_records: Ints
) -> tuple[pd.Series, npt.NDArray[np.float64]]:
    """Each record's range, or set of values, of its class; and each class's leaf share.

    `rows` (rows,): leaves; `of_rows` (rows,): their classes; `of_records` (records,).
    """
    pairs = np.unique(of_rows * np.int64(coded.leaves) + coded.rank[rows])
    by_rank = np.argsort(coded.rank, kind="stable")
    group, leaf = pairs // coded.leaves, by_rank[pairs % coded.leaves]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    labels: list[Any] = []
    seen: dict[Any, int] = {}
    shares, number = [], []
    for leaves in np.split(leaf, starts[1:]):
        label, share = _label(coded, leaves)
        number.append(seen.setdefault(label, len(labels)))
        if number[-1] == len(labels):
            labels.append(label)
        shares.append(share)
    codes = np.array(number)[of_records]
    nobody = np.zeros(len(of_records), dtype=bool)
    return _taken(column, tuple(labels), codes, nobody), np.array(shares)


def row_of_records(coded: Sequence[Coded], rows: UniqueRows) -> tuple[Ints, Ints]:
    """For each record, and for each unique row, the first unique row with the same
    quasi-identifiers."""
    radices = [column.leaves for column in coded]
    mine, theirs = [column.codes for column in coded], rows.codes[: len(coded)]
    if sum(bits(radix) for radix in radices) <= WORD:
        keys, sought = packed(theirs, radices)[0], packed(mine, radices)[0]
    else:
        both = [np.concatenate(pair) for pair in zip(theirs, mine, strict=True)]
        joined = packed(both, radices)[0]
        keys, sought = joined[: len(rows)], joined[len(rows) :]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    return order[np.searchsorted(keys, sought)], order[np.searchsorted(keys, keys)][
        np.argsort(order, kind="stable")
    ]


def in_failing_classes(coded: Sequence[Coded], node: Sequence[int], failing: Sequence[Ints]) -> Any:
    """Which records are in the classes of these rows, given by leaf codes; (records,)."""
    lines = [column.tables[level] for column, level in zip(coded, node, strict=True)]
    radices = [int(line.max()) + 1 for line in lines]
    size = int(np.prod(radices, dtype=object))
    if size <= BITMAP:
        strides = np.cumprod([1, *radices[:-1]])
        fails = np.zeros(size, dtype=bool)
        fails[sum(line[c] * s for line, c, s in zip(lines, failing, strides, strict=True))] = True
        key = np.zeros(len(coded[0].codes), dtype=np.int32)
        for line, column, stride in zip(lines, coded, strides, strict=True):
            key += (line * stride).astype(np.int32)[column.codes]
        return fails[key]
    both = [
        np.concatenate([line[c], line[column.codes]])
        for line, c, column in zip(lines, failing, coded, strict=True)
    ]
    keys = packed(both, radices)[0]
    return np.isin(keys[len(failing[0]) :], keys[: len(failing[0])])


def _label(coded: Coded, leaves: Ints) -> tuple[Any, float]:
    """What a class that holds these leaves publishes, and its leaf share."""
    values = tuple(coded.values[leaf] for leaf in leaves)
    if len(values) == 1:
        return values[0], float(coded.share[0, leaves[0]])
    if coded.unknown.intersection(leaves.tolist()):
        return SUPPRESSED, 1.0
    if coded.ordered and not pd.isna(values[-1]):
        span = int(coded.rank[leaves[-1]] - coded.rank[leaves[0]])
        return Range(values[0], values[-1]), span / (coded.leaves - 1)
    return OneOf(values), (len(values) - 1) / (coded.leaves - 1)


def _taken(column: pd.Series, labels: Sequence[Any], codes: Any, hidden: Bools) -> pd.Series:
    """Labels by code, with marks; a category where the column is one."""
    blank = np.array([isinstance(label, float) and np.isnan(label) for label in labels])
    mark = bool(hidden.any())
    if isinstance(column.dtype, pd.CategoricalDtype):
        words = [label for label, empty in zip(labels, blank, strict=True) if not empty]
        words += [SUPPRESSED] * (mark and SUPPRESSED not in words)
        place = np.where(blank, -1, np.cumsum(~blank) - 1)
        found = place.astype(np.min_scalar_type(-len(words) - 1))[codes]
        if mark:
            found[hidden] = words.index(SUPPRESSED)
        kind = pd.CategoricalDtype(pd.Index(words, dtype=_kind(words)))
        taken = pd.Categorical.from_codes(found, dtype=kind)
        return _series(taken, column)
    table = np.empty(len(labels), dtype=object)
    table[:] = labels
    values = table[codes]
    values[hidden] = SUPPRESSED
    used = [*table[np.unique(codes)], *([SUPPRESSED] if mark else [])]
    words = [word for word in used if not (isinstance(word, float) and np.isnan(word))]
    return _series(values, column, _kind(words))


def _series(values: Any, like: pd.Series, dtype: Any = None) -> pd.Series:
    made: pd.Series = pd.Series(values, index=like.index, name=like.name, dtype=dtype)
    return made


def _kind(words: Sequence[Any]) -> Any:
    return "str" if words and all(isinstance(word, str) for word in words) else object
