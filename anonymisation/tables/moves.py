"""Whole-number tables found so far, each with the open cells it leaves.

A table proves a demand under every pattern that withholds the cells it leaves, so tables found
for one pattern settle most demands of the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.demands import Demands
from anonymisation.tables.reduction import Reduced, State


class Moves:
    """Possible tables, the truth first, in arrays that double when full."""

    def __init__(self, reduced: Reduced, demands: Demands) -> None:
        self._r, self._demands = reduced, demands
        self.open = np.flatnonzero(reduced.state == State.OPEN)
        self._lone = sp.csr_array(demands.lone.astype(np.int64))
        self._known: set[bytes] = set()
        self._tables = np.zeros((64, len(reduced.truth)), np.int64)
        self._leaves = np.zeros((64, len(self.open)), bool)
        self._rows = np.zeros((64, len(reduced.requirements)), np.int64)
        self._able = np.zeros((64, demands.members.shape[0]), bool)
        self.add(reduced.truth)

    @property
    def tables(self) -> Any:
        """All tables, the truth first, int64 (tables, classes)."""
        return self._tables[: len(self._known)]

    @property
    def leaves(self) -> Any:
        """Which open cells each table leaves, bool (tables, open)."""
        return self._leaves[: len(self._known)]

    @property
    def rows(self) -> Any:
        """How far each requirement's row moves, int64 (tables, requirements)."""
        return self._rows[: len(self._known)]

    @property
    def possible(self) -> Any:
        """Which tables each insider takes for possible, bool (insiders, tables)."""
        return self._able[: len(self._known)].T

    def add(self, table: Any) -> bool:
        """Whether the table is possible when all open cells are withheld; then it is kept."""
        r, table = self._r, np.asarray(table, np.int64)
        moved = np.asarray(r.cells @ table) - r.value
        sizes = r.ranges @ table
        fits = (table >= 0).all() and not np.asarray(r.links @ table).any()
        fits &= not moved[r.state == State.PUBLISHED].any()
        fits &= bool(((moved == 0) | (r.value + moved >= r.low)).all())
        fits &= bool(((sizes >= r.range_low) & (sizes <= r.range_high)).all())
        if not fits:
            return False
        if table.tobytes() not in self._known:
            at = len(self._known)
            self._known.add(table.tobytes())
            if at == len(self._tables):
                self._grow()
            self._tables[at] = table
            self._leaves[at] = moved[self.open] != 0
            self._rows[at] = np.asarray(r.rows @ table) - r.row_value
            self._able[at] = self._possible(table, moved != 0)
        return True

    def _grow(self) -> None:
        for name in ("_tables", "_leaves", "_rows", "_able"):
            part = getattr(self, name)
            setattr(self, name, np.concatenate([part, np.zeros_like(part)]))

    def _possible(self, table: Any, moved: Any) -> Any:
        members = self._demands.members
        lost = np.asarray(self._lone @ moved.astype(np.int64))
        rows, classes = sp.coo_array(members).coords
        short = table[classes] < sp.coo_array(members).data
        return (lost + np.bincount(rows[short], minlength=members.shape[0])) == 0

    def under(self, y: Any) -> Any:
        """Which tables are possible under a pattern of open cells, bool (tables,)."""
        return ~(self.leaves & ~y[None, :]).any(axis=1)

    def proves(self, which: Any) -> Any:
        """Which demands from outside each table marked proves, bool (outside, tables)."""
        demands = self._demands.outside
        out = np.zeros((len(demands), int(np.sum(which))), bool)
        rows = self.rows[which]
        for i, demand in enumerate(demands):
            for sign, need in demand.sides:
                out[i] |= sign * rows[:, demand.row] >= need
        return out

    def proves_to_insiders(self, which: Any) -> Any:
        """Which pairs the tables marked prove, bool (insiders, requirements)."""
        differs = (self.rows[which] != 0).astype(np.float32)
        return self.possible[:, which].astype(np.float32) @ differs > 0

    def enough(self, y: Any, exempt: Any) -> Any:
        """A small part of the tables possible under the pattern that proves all demands.

        Shape (tables, classes), the truth first. Greedy: always the table that proves most.
        """
        mask = self.under(y)
        which = np.flatnonzero(mask)
        pairs = np.argwhere(~exempt)
        inside = self.possible[pairs[:, 0]][:, which] & (self.rows[which].T != 0)[pairs[:, 1]]
        left = np.vstack([self.proves(mask), inside])
        left = left[left.any(axis=1)]
        chosen = [0]
        left = left[~left[:, 0]]
        while len(left):
            best = int(left.sum(axis=0).argmax())
            chosen.append(int(which[best]))
            left = left[~left[:, best]]
        return self.tables[chosen]
