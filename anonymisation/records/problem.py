"""What the search knows: leaf codes of unique rows, their weights, tables and shares of levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from anonymisation.records.classes import Classes
from anonymisation.records.lattice import Floats, Lattice, Node, outer_sum
from anonymisation.records.models import kept, kept_by_monotone
from anonymisation.records.rows import WORD, Ints, bits, group_rows
from anonymisation.records.table import Table

CACHE = 1 << 27


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one node costs.

    `withheld`: records; `loss`; `least`: withheld by models that coarser codes only help;
    `bounds`: per column, by level, what that column adds to the loss of every finer node if no
    more than those are withheld. `failing`: rows withheld for being fewer than k.
    """

    withheld: int
    loss: float
    least: int
    bounds: list[Floats]
    failing: Ints


@dataclass(eq=False)
class Problem:
    """`tables`, `shares`: per column (levels, leaves); `codes`: per column (rows,);
    `weight` (rows,); `importance` (columns,) sums to 1; `records` of the whole file; `k`;
    `table`: asked for models beyond k-anonymity per person."""

    tables: Sequence[Any]
    shares: Sequence[Floats]
    codes: Sequence[Ints]
    weight: Ints
    importance: Floats
    records: int
    k: int
    table: Table | None = None

    @classmethod
    def of(cls, table: Table) -> Problem:
        """The problem of a table."""
        weights = np.array([column.weight for column in table.columns], dtype=float)
        return cls(
            [column.tables for column in table.columns], [c.share for c in table.columns],
            table.quasi, table.rows.weight, weights / weights.sum(), table.records, table.k,
            None if table.plain else table,
        )  # fmt: skip

    @cached_property
    def lattice(self) -> Lattice:
        """The lattice of all levels."""
        return Lattice(tuple(len(table) - 1 for table in self.tables))

    @cached_property
    def leaf_weights(self) -> list[Any]:
        """Records of each leaf, per column."""
        return [
            np.bincount(codes, self.weight.astype(float), minlength=table.shape[1])
            for codes, table in zip(self.codes, self.tables, strict=True)
        ]

    @cached_property
    def column_loss(self) -> list[Floats]:
        """What each column adds to the loss at each level when nothing is withheld."""
        return [
            share @ leaves * (part / self.records)
            for share, leaves, part in zip(
                self.shares, self.leaf_weights, self.importance, strict=True
            )
        ]

    @cached_property
    def loss(self) -> Floats:
        """The loss of every node when nothing is withheld, over the lattice."""
        return outer_sum(self.column_loss)

    def lifted(self, floor: Node) -> Problem:
        """The same problem from these levels on; rows that became equal are one."""
        tables, shares, codes = [], [], []
        for table, share, column, level in zip(
            self.tables, self.shares, self.codes, floor, strict=True
        ):
            first = np.unique(table[level], return_index=True)[1]
            tables.append(table[level:, first])
            shares.append(share[level:, first])
            codes.append(table[level][column])
        rows = _merged(codes, [table.shape[1] for table in tables], self.weight)
        return Problem(tables, shares, *rows, self.importance, self.records, self.k, None)

    def evaluate(self, node: Node, most: int) -> Outcome:
        """Group the rows at a node and say what it costs; no more than the number withheld,
        where more than `most` are. Cost: one sort of the unique rows."""
        if self.table is None:
            failing = self._too_few(node)
            gone = int(self.weight[failing].sum())
            if gone > most:
                return Outcome(gone, np.inf, gone, [], failing)
            withheld, bounds = self._bounds(failing)
            loss = withheld / self.records + sum(b[i] for b, i in zip(bounds, node, strict=True))
            return Outcome(withheld, loss, withheld, bounds, failing)
        classes = self._classes(self.table, node)
        keep = kept(self.table.models, classes)
        out = np.flatnonzero(~keep[classes.of_rows])
        least = np.flatnonzero(~kept_by_monotone(self.table.models, classes)[classes.of_rows])
        withheld, lost = self._bounds(out)
        fewest, bounds = self._bounds(least)
        loss = withheld / self.records + sum(b[i] for b, i in zip(lost, node, strict=True))
        few = np.flatnonzero((classes.records < self.k)[classes.of_rows] & (self.weight > 0))
        return Outcome(withheld, loss, fewest, bounds, few)

    def withheld(self, node: Node) -> Ints:
        """Rows that a node withholds."""
        if self.table is None:
            return self._too_few(node)
        classes = self._classes(self.table, node)
        return np.flatnonzero(~kept(self.table.models, classes)[classes.of_rows])

    def _classes(self, table: Table, node: Node) -> Classes:
        codes = [t[i][c] for t, i, c in zip(self.tables, node, self.codes, strict=True)]
        groups = group_rows(codes, [t.shape[1] for t in self.tables])
        return table.classes(groups.of_rows(), len(groups.starts), codes)

    def _bounds(self, rows: Ints) -> tuple[int, list[Floats]]:
        weight = self.weight[rows]
        withheld = int(weight.sum())
        if not withheld:
            return 0, self.column_loss
        bounds = []
        for whole, share, codes, part in zip(
            self.column_loss, self.shares, self.codes, self.importance, strict=True
        ):
            gone = np.bincount(codes[rows], weight, minlength=share.shape[1])
            bounds.append(whole - share @ gone * (part / self.records))
        return withheld, bounds

    def failing(self, node: Node) -> Ints | None:
        """Rows in classes of fewer than k records; None where there are none."""
        rows = self._too_few(node)
        return rows if len(rows) else None

    def _too_few(self, node: Node) -> Ints:
        if self._width + bits(len(self.weight)) > WORD:
            codes = [t[i][c] for t, i, c in zip(self.tables, node, self.codes, strict=True)]
            groups = group_rows(codes, [t.shape[1] for t in self.tables])
            order, starts = groups.order, groups.starts
        else:
            order, starts = self._sorted(node)
        small = np.add.reduceat(self.weight[order], starts) < self.k
        sizes = np.diff(starts, append=len(order))
        return order[np.repeat(small, sizes)]

    def _sorted(self, node: Node) -> tuple[Ints, Ints]:
        below = bits(len(self.weight))
        key = self._numbers.copy()
        for column, (level, height) in enumerate(zip(node, self.lattice.heights, strict=True)):
            if level < height:
                key += self._key_part(column, level)
        key.sort()
        order = (key & np.uint64((1 << below) - 1)).astype(np.int64)
        key >>= np.uint64(below)
        first = np.ones(len(key), dtype=bool)
        np.not_equal(key[1:], key[:-1], out=first[1:])
        return order, np.flatnonzero(first)

    @cached_property
    def _numbers(self) -> npt.NDArray[np.uint64]:
        return np.arange(len(self.weight), dtype=np.uint64)

    @cached_property
    def _width(self) -> int:
        return sum(bits(table.shape[1]) for table in self.tables)

    @cached_property
    def _parts(self) -> dict[tuple[int, int], npt.NDArray[np.uint64]]:
        return {}

    def _key_part(self, column: int, level: int) -> npt.NDArray[np.uint64]:
        """A column's codes at a level, shifted to their place in the key; kept if small."""
        found = self._parts.get((column, level))
        if found is None:
            shift = bits(len(self.weight))
            shift += sum(bits(table.shape[1]) for table in self.tables[:column])
            line = self.tables[column][level].astype(np.uint64) << np.uint64(shift)
            found = line[self.codes[column]]
            if (len(self._parts) + 1) * found.nbytes <= CACHE:
                self._parts[column, level] = found
        return found


def _merged(
    codes: Sequence[Ints], radices: Sequence[int], weight: Ints
) -> tuple[tuple[Ints, ...], Ints]:
    groups = group_rows(codes, radices)
    chosen = groups.order[groups.starts]
    return tuple(c[chosen] for c in codes), np.add.reduceat(weight[groups.order], groups.starts)
