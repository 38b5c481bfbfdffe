"""Classes cut out of the file, at every depth all at once; each publishes the range it holds.

Works on unique weighted rows. A class is cut along the column it spreads most in, between the
two values that halve it best; where either half could not be published, along the next column.
Source: LeFevre, DeWitt and Ramakrishnan 2006; ranges tightened to the class, cuts balanced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anonymisation.records.errors import CannotMeet
from anonymisation.records.models import KAnonymity, Model, kept
from anonymisation.records.rows import Ints, bits, grouped
from anonymisation.records.table import Table


def cut(table: Table) -> Ints:
    """The class of each unique row, (rows,); every class keeps every model. Deterministic.

    Cost: for each depth one sort of the rows for every column tried; depth grows with the
    logarithm of the number of classes.

    Raises:
        CannotMeet: the file as one class does not keep the models.
    """
    cutter = _Cutter(table)
    everybody = np.zeros(len(table.rows), dtype=np.int64)
    if not kept(cutter.models, cutter.classes(everybody, 1)).all():
        raise CannotMeet("The file as a whole does not keep the models.", remedy="Ask for less.")
    return cutter.run()


def whole_keys(models: tuple[Model, ...]) -> tuple[Model, ...]:
    """The models with k over some keys asked of all keys: more than asked, and never less."""
    return tuple(KAnonymity(m.k) if isinstance(m, KAnonymity) else m for m in models)


class _Cutter:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.models = whole_keys(table.models)
        self.k = max((m.k for m in self.models if isinstance(m, KAnonymity)), default=1)
        self.weight = table.rows.weight
        self.ranks = [
            column.rank[codes] for codes, column in zip(table.quasi, table.columns, strict=True)
        ]
        self.scale = [column.weight / max(1, column.leaves - 1) for column in table.columns]

    def run(self) -> Ints:
        """Cut until nothing can be cut."""
        part = np.zeros(len(self.weight), dtype=np.int64)
        open_rows = np.arange(len(self.weight))
        parts = 1
        while len(open_rows):
            local = _dense(part[open_rows], parts)
            right = self._cut_all(open_rows, local)
            was_cut = np.zeros(local.max() + 1, dtype=bool)
            was_cut[local[right]] = True
            number = np.cumsum(was_cut) - 1 + parts
            part[open_rows[right]] = number[local[right]]
            parts += int(was_cut.sum())
            open_rows = open_rows[was_cut[local]]
        return part

    def classes(self, of_rows: Ints, count: int) -> Any:
        """The rows as classes for the models."""
        return self.table.classes(of_rows, count, self.table.quasi)

    def _cut_all(self, rows: Ints, local: Ints) -> Any:
        """Which of the rows go to the right half of their class; a class without is done."""
        count = int(local.max()) + 1
        order = np.argsort(-self._spreads(rows, local, count), axis=1, kind="stable")
        right = np.zeros(len(rows), dtype=bool)
        waiting = np.ones(count, dtype=bool)
        for attempt in range(len(self.ranks)):
            tried = np.flatnonzero(waiting[local])
            if not len(tried):
                break
            column = order[local[tried], attempt]
            value = np.empty(len(tried), dtype=np.int64)
            for number, ranks in enumerate(self.ranks):
                here = column == number
                value[here] = ranks[rows[tried[here]]]
            half = self._halves(rows[tried], local[tried], value, count)
            right[tried] = half
            done = np.zeros(count, dtype=bool)
            done[local[tried[half]]] = True
            waiting &= ~done
        return right

    def _spreads(self, rows: Ints, local: Ints, count: int) -> Any:
        groups = grouped(local.astype(np.uint64), bits(count))
        spreads = np.empty((count, len(self.ranks)))
        for number, (ranks, scale) in enumerate(zip(self.ranks, self.scale, strict=True)):
            value = ranks[rows[groups.order]]
            high = np.maximum.reduceat(value, groups.starts)
            spreads[:, number] = (high - np.minimum.reduceat(value, groups.starts)) * scale
        return spreads

    def _halves(self, rows: Ints, local: Ints, value: Ints, count: int) -> Any:
        """Rows above the best cut of their class, where both halves may be published."""
        wide = bits(int(value.max()) + 1)
        key = (local.astype(np.uint64) << np.uint64(wide)) | value.astype(np.uint64)
        groups = grouped(key, wide + bits(count))
        first = groups.order[groups.starts]
        part, held = local[first], np.add.reduceat(self.weight[rows][groups.order], groups.starts)
        whole = np.bincount(part, held, minlength=count)
        so_far = np.cumsum(held)
        begins = np.searchsorted(part, np.arange(count))
        before = np.concatenate([[0], so_far])[begins]
        left = so_far - before[part]
        smaller = np.minimum(left, whole[part] - left)
        # The best cut of a class; the first of equals. Zero where a class has no row here.
        most = np.zeros(count, dtype=np.int64)
        present = begins[np.flatnonzero(np.bincount(part, minlength=count))]
        most[part[present]] = np.maximum.reduceat(smaller, present)
        threshold = np.zeros(count, dtype=np.int64)
        best = np.flatnonzero(smaller == most[part])[::-1]
        threshold[part[best]] = value[first[best]]
        right = (most >= max(1, self.k))[local] & (value > threshold[local])
        return right & self._publishable(rows, local, right, count)[local]

    def _publishable(self, rows: Ints, local: Ints, right: Any, count: int) -> Any:
        """Classes both of whose halves keep the models."""
        if self.table.households is None and all(isinstance(m, KAnonymity) for m in self.models):
            return np.ones(count, dtype=bool)
        halves = local * 2 + right
        of_rows = np.full(len(self.weight), 2 * count, dtype=np.int64)
        of_rows[rows] = halves
        keep = kept(self.models, self.classes(of_rows, 2 * count + 1))
        used = np.bincount(halves, minlength=2 * count) > 0
        fine = (keep[: 2 * count] | ~used).reshape(count, 2)
        return fine.all(axis=1)


def _dense(part: Ints, parts: int) -> Ints:
    """The classes that occur, numbered from 0 in their order."""
    there = np.zeros(parts, dtype=bool)
    there[part] = True
    return (np.cumsum(there) - 1)[part]
