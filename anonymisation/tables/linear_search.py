"""A pattern under which no target is a linear function of what is published (P0).

First each target without a witness gets the cheapest table, of either sign, that is one, and the
cells it leaves are withheld; then every suppression that no target needs any more is taken back.
Deterministic: the order follows places and costs, never a clock.

Cost: one solve per target that earlier tables do not settle by chance, and one per witness lost
when a suppression is taken back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.pool import Pool
from anonymisation.tables.reduction import NOT_KEPT, Reduced, State
from anonymisation.tables.solver import Solver

MOST_REPAIRS = 40
"""Witnesses looked for when one suppression is taken back; more, and it stays."""
WORK = 2_000_000
"""Rows times solves spent on taking suppressions back; counted, so that no clock decides."""


class LinearSearch:
    """One search over one reduced system; `run` leaves `withheld` behind."""

    def __init__(self, reduced: Reduced, deadline: float | None) -> None:
        self._r = reduced
        self.solver = Solver(reduced, deadline)
        self.pool = Pool(reduced)
        self._budget = 0

    @property
    def withheld(self) -> Any:
        """Which distinct cells are withheld, bool."""
        return self.solver.withheld

    def run(self) -> None:
        """Every target has a witness in the pool.

        Raises:
            Refused: one cannot have any.
            Undecided: the time is up.
        """
        self._satisfy()
        self._trim()

    def _satisfy(self) -> None:
        for i in range(len(self._r.requirements)):
            if not self.pool.proves()[i]:
                found = self.solver.moves(i)
                if found is None:
                    raise Refused(NOT_KEPT)
                self.solver.withhold(found.leaves)
                self._check(found.table)
                self.pool.add(found.table)

    def _check(self, table: Any) -> None:
        """The table agrees with all that is published.

        Raises:
            Undecided: it does not, for want of precision.
        """
        r = self._r
        off = np.abs(r.cells @ table - r.value)[~self.withheld].max(initial=0)
        if max(off, np.abs(r.links @ table).max(initial=0)) > 1e-6:
            raise Undecided("The search lacked precision.")

    def _trim(self) -> None:
        """Takes back suppressions, dearest first, that no target needs."""
        r = self._r
        taken = np.flatnonzero(self.withheld & (r.state == State.OPEN))
        self._budget = WORK // (1 + sum(m.shape[0] for m in (r.links, r.cells, r.rows)))
        for cell in sorted(taken, key=lambda c: (-r.cost[c], c)):
            stays = ~self.pool.moved[:, cell]
            before = len(stays)
            self.solver.publish(int(cell))
            found = self._replace(stays)
            if found is None:
                self.solver.withhold(np.array([cell]))
                continue
            self.pool.keep(np.concatenate([stays, np.ones(len(self.pool.tables) - before, bool)]))

    def _replace(self, stays: Any) -> int | None:
        """New witnesses for what the remaining tables do not prove; None: one is missing.

        Tables found stay in the pool either way: they are possible tables.
        """
        tries = 0
        while tries < min(MOST_REPAIRS, self._budget):
            more = len(self.pool.tables) - len(stays)
            which = np.concatenate([stays, np.ones(more, bool)])
            missing = self._missing(which)
            if missing is None:
                return tries
            self._budget -= 1
            found = self.solver.moves(missing)
            if found is None or len(found.leaves):
                return None
            self._check(found.table)
            self.pool.add(found.table)
            tries += 1
        return None

    def _missing(self, which: Any) -> int | None:
        unproven = np.flatnonzero(~self.pool.proves(which))
        return int(unproven[0]) if len(unproven) else None
