"""Cells suppressed record by record, so that every record shares pattern and values with k.

A class is a pattern of suppressed cells and the values left visible. Somebody who knows a true
key accepts only rows equal to it or suppressed; the record's own class always stays among them,
so no elimination gets below the class. Patterns are taken by size, of one size the one that
settles most records for its weighted cells first, always on the rows still open.

Records that no pattern settles borrow from large classes the few rows they lack.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from anonymisation.records.errors import BadRecords
from anonymisation.records.models import KAnonymity, kept
from anonymisation.records.mondrian import whole_keys
from anonymisation.records.rows import Ints, group_rows
from anonymisation.records.table import Table

MOST_COLUMNS = 16
Pattern = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Suppression:
    """Which cells go. `hidden` (pieces, columns); `rows` (pieces,): a unique row may be published
    in two pieces; `records` (pieces,); `left` (pieces,): no pattern settles them, so the models
    hold only if they are withheld."""

    rows: Ints
    hidden: npt.NDArray[np.bool_]
    records: Ints
    left: npt.NDArray[np.bool_]


def suppress(table: Table) -> Suppression:
    """Patterns for all records; every class keeps every model. Deterministic.

    Cost: at worst one sort of the open rows for each of 2^columns patterns and each round.

    Raises:
        BadRecords: more than 16 quasi-identifiers.
    """
    if len(table.columns) > MOST_COLUMNS:
        raise BadRecords(
            f"{len(table.columns)} quasi-identifiers are too many for local suppression.",
            remedy=f"Use at most {MOST_COLUMNS}, or method='mondrian'.",
        )
    return _Suppressor(table).run()


class _Suppressor:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.models = whole_keys(table.models)
        self.k = max((m.k for m in self.models if isinstance(m, KAnonymity)), default=1)
        self.simple = table.households is None and all(
            isinstance(model, KAnonymity) for model in self.models
        )
        self.cost = np.array([column.weight for column in table.columns])
        self.open = table.rows.weight > 0
        self.pattern = np.zeros((len(table.rows), len(table.columns)), dtype=bool)

    def run(self) -> Suppression:
        """Settle by patterns, then what is left over."""
        count = len(self.table.columns)
        for size in range(count + 1):
            # What a pattern settles only shrinks, so an old gain is an upper bound.
            waiting = [(-np.inf, chosen) for chosen in combinations(range(count), size)]
            while waiting and self.open.any():
                _, chosen = heapq.heappop(waiting)
                pattern = np.isin(np.arange(count), chosen)
                rows = self._settled(pattern)
                cells = float(self.cost[list(chosen)].sum()) or 1.0
                gain = float(self.table.rows.weight[rows].sum()) / cells
                if waiting and -waiting[0][0] > gain:
                    if gain:
                        heapq.heappush(waiting, (-gain, chosen))
                elif gain:
                    self.open[rows] = False
                    self.pattern[rows] = pattern
        return self._with_leftovers()

    def _settled(self, pattern: Pattern) -> Ints:
        """Open rows whose class under the pattern may be published."""
        people = self.table.people
        there = self.open if people is None else self.open | (people > 0)
        rows = np.flatnonzero(there)
        of_rows, count = self._classes(rows, pattern)
        if self.simple:
            fine = np.bincount(of_rows, self.table.rows.weight[rows], minlength=count) >= self.k
        else:
            where = np.full(len(self.open), count, dtype=np.int64)
            where[rows] = of_rows
            classes = self.table.classes(where, count + 1, self.table.quasi)
            classes.weight = np.where(self.open, classes.weight, 0)
            fine = kept(self.models, classes)[:count]
        settled = rows[fine[of_rows]]
        return settled[self.open[settled]]

    def _classes(self, rows: Ints, pattern: Pattern) -> tuple[Ints, int]:
        visible = [i for i, hidden in enumerate(pattern) if not hidden]
        if not visible:
            return np.zeros(len(rows), dtype=np.int64), 1
        columns = self.table.columns
        groups = group_rows(
            [self.table.quasi[i][rows] for i in visible], [columns[i].leaves for i in visible]
        )
        return groups.of_rows(), len(groups.starts)

    def _with_leftovers(self) -> Suppression:
        """All pieces; fewer than k records left over are joined by as many as they lack."""
        rows = np.flatnonzero(self.table.rows.weight > 0)
        records = self.table.rows.weight[rows].copy()
        hidden, left = self.pattern[rows], self.open[rows]
        if not left.any() or not self.simple:
            return Suppression(rows, hidden, records, left)
        lent = self._lent(rows, hidden, records, left, self.k - int(records[left].sum()))
        hidden[left] = True
        whole, part = lent == records, (lent > 0) & (lent < records)
        hidden[whole] = True
        extra = np.ones((int(part.sum()), hidden.shape[1]), dtype=bool)
        return Suppression(
            np.concatenate([rows, rows[part]]),
            np.concatenate([hidden, extra]),
            np.concatenate([np.where(part, records - lent, records), lent[part]]),
            np.zeros(len(rows) + len(extra), dtype=bool),
        )

    def _lent(self, rows: Ints, hidden: Pattern, records: Ints, left: Pattern, lack: int) -> Ints:
        """Records of each piece that give up their cells: first from classes that can spare
        them and have fewest cells to lose, at worst a whole class. (pieces,)."""
        of_rows, count = self._final_classes(rows, hidden)
        size = np.bincount(of_rows, records, minlength=count)
        size[np.unique(of_rows[left])] = 0
        visible = np.zeros(count)
        visible[of_rows] = (~hidden * self.cost).sum(axis=1)
        lent = np.zeros(len(rows), dtype=np.int64)
        for group in np.lexsort((np.arange(count), -size, visible)):
            spare = int(size[group]) - self.k
            for piece in np.flatnonzero((of_rows == group) & ~left) if spare > 0 else ():
                lent[piece] = min(records[piece], spare, lack)
                spare -= lent[piece]
                lack -= lent[piece]
            if not lack:
                return lent
        whole = int(np.argmin(np.where(size > 0, visible * size, np.inf)))
        return np.where((of_rows == whole) & ~left, records, lent)

    def _final_classes(self, rows: Ints, hidden: Pattern) -> tuple[Ints, int]:
        """Classes of published pieces: pattern, and values where visible."""
        columns = self.table.columns
        codes = [
            np.where(hidden[:, i], columns[i].leaves, self.table.quasi[i][rows])
            for i in range(len(columns))
        ]
        groups = group_rows(codes, [column.leaves + 1 for column in columns])
        return groups.of_rows(), len(groups.starts)
