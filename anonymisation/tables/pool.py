"""Tables of either sign found so far, and the targets they prove (P0)."""

from __future__ import annotations

from typing import Any

import numpy as np

from anonymisation.tables.reduction import Reduced


class Pool:
    """Tables that agree with everything published, the truth first.

    `rows` (tables, requirements): how far each target moves; `moved` bool (tables, cells).
    """

    def __init__(self, reduced: Reduced) -> None:
        self._r = reduced
        self.tables = reduced.truth[None, :].astype(float)
        self.rows = np.zeros((1, len(reduced.requirements)))
        self.moved = np.zeros((1, len(reduced.value)), bool)

    def add(self, table: Any) -> None:
        """One more table."""
        r = self._r
        self.tables = np.vstack([self.tables, table[None, :]])
        self.rows = np.vstack([self.rows, (r.rows @ table - r.row_value)[None, :]])
        moved = np.abs(r.cells @ table - r.value) > 1e-6
        self.moved = np.vstack([self.moved, moved[None, :]])

    def keep(self, which: Any) -> None:
        """Only the tables marked."""
        self.tables, self.rows = self.tables[which], self.rows[which]
        self.moved = self.moved[which]

    def proves(self, which: Any = None) -> Any:
        """Targets that differ in some table (of those marked), bool (requirements,)."""
        rows = self.rows if which is None else self.rows[which]
        return np.asarray((np.abs(rows) > 1e-6).any(axis=0))
