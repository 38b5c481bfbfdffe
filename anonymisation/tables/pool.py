"""Possible tables found so far, and what they already prove (the suppressor's side)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.reduction import Reduced


class Insiders:
    """For every insider what he knows beside the facts, and the targets he may not settle.

    Lone cells are withheld cells all of whose contributors are his own records. `exempt` is
    bool (insiders, requirements): requirements that are not his to be kept from.
    """

    def __init__(self, reduced: Reduced, withheld: Any, exempt: Any) -> None:
        self.members = sp.csr_array(reduced.members)
        own = np.asarray((self.members @ reduced.cells.T).todense())
        lone = (own == reduced.value[None, :]) & (own > 0) & withheld[None, :]
        self.lone = sp.csr_array(lone.astype(np.int64))
        self.exempt = exempt

    def __len__(self) -> int:
        return int(self.members.shape[0])

    def possible(self, tables: Any, moved: Any) -> Any:
        """Which tables each insider takes for possible, bool (insiders, tables).

        Args:
            tables: counts, shape (tables, classes).
            moved: whether each cell differs from the truth, bool (tables, cells).
        """
        broken = self.lone @ moved.T.astype(np.int64)
        single = self.members.max() <= 1 if self.members.nnz else True
        if single:
            broken = broken + self.members @ (tables == 0).T.astype(np.int64)
            return np.asarray(broken == 0)
        out = np.asarray(broken == 0)
        for i in range(len(self)):
            row = self.members[[i]].tocoo()
            out[i] &= (tables[:, row.coords[1]] >= row.data[None, :]).all(axis=1)
        return out


class Pool:
    """Whole-number tables that agree with everything published, the truth first."""

    def __init__(self, reduced: Reduced, insiders: Insiders | None) -> None:
        self._r, self._insiders = reduced, insiders
        wanted = [np.nan if n.bound is None else n.bound for n in reduced.requirements]
        self._wanted = np.array(wanted, float) - reduced.row_value
        self.tables = reduced.truth[None, :].astype(np.float64 if reduced.linear else np.int64)
        self._measure()

    def _measure(self) -> None:
        r = self._r
        self.rows = np.asarray(self.tables @ r.rows.T) - r.row_value[None, :]
        self.moved = np.abs(self.tables @ r.cells.T - r.value[None, :]) > 1e-6
        self._open()

    def _open(self) -> None:
        if self._insiders is not None:
            self.possible = self._insiders.possible(self.tables, self.moved)

    def add(self, table: Any) -> None:
        """One more table."""
        r = self._r
        self.tables = np.vstack([self.tables, table[None, :]])
        self.rows = np.vstack([self.rows, (r.rows @ table - r.row_value)[None, :]])
        moved = np.abs(r.cells @ table - r.value) > 1e-6
        self.moved = np.vstack([self.moved, moved[None, :]])
        if self._insiders is not None:
            more = self._insiders.possible(table[None, :], moved[None, :])
            self.possible = np.hstack([self.possible, more])

    def keep(self, which: Any) -> None:
        """Only the tables marked."""
        self.tables, self.rows = self.tables[which], self.rows[which]
        self.moved = self.moved[which]
        if self._insiders is not None:
            self.possible = self.possible[:, which]

    def proves(self, which: Any = None) -> Any:
        """What the tables (those marked) prove, bool (requirements,), without insiders."""
        rows = self.rows if which is None else self.rows[which]
        high = rows.max(axis=0)
        differs = (high > 1e-6) | (rows.min(axis=0) < -1e-6)
        return np.where(np.isnan(self._wanted), differs, high >= self._wanted - 1e-6)

    def proves_to_insiders(self, which: Any = None) -> Any:
        """The same against each insider, bool (insiders, requirements); exempt ones are True."""
        if self._insiders is None:
            return np.ones((0, len(self._r.requirements)), bool)
        rows, possible = self.rows, self.possible
        if which is not None:
            rows, possible = rows[which], possible[:, which]
        differs = (np.abs(rows) > 1e-6).astype(np.float32)
        return (possible.astype(np.float32) @ differs > 0) | self._insiders.exempt
