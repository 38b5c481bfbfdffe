"""A pattern of suppressions under which every requirement has a witness, then a leaner one.

First each requirement without a witness gets the cheapest table that is one, and the cells it
leaves are withheld; then insiders; then every suppression that no requirement needs any more is
taken back. Deterministic: the order follows costs and places, never a clock.

Cost: one solve per requirement that earlier tables do not settle by chance (a third in the
instances measured), and one per witness lost when a suppression is taken back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.pool import Insiders, Pool
from anonymisation.tables.program import INFINITE
from anonymisation.tables.reduction import NOT_KEPT, Reduced, State
from anonymisation.tables.solver import Found, Known, Solver

MOST_REPAIRS = 40
"""Witnesses looked for when one suppression is taken back; more, and it stays."""
WORK = 2_000_000
"""Rows times solves spent on taking suppressions back; counted, so that no clock decides."""


class Search:
    """One search over one reduced system; `run` leaves `withheld` and the pool behind."""

    def __init__(self, reduced: Reduced, exempt: Any, deadline: float | None) -> None:
        self._r = reduced
        self.solver = Solver(reduced, deadline)
        wants = any(need.insiders for need in reduced.requirements)
        hidden = reduced.state == State.WITHHELD
        self.insiders = Insiders(reduced, hidden, exempt(reduced, hidden)) if wants else None
        self.pool = Pool(reduced, self.insiders)
        self._budget = 0

    @property
    def withheld(self) -> Any:
        """Which distinct cells are withheld, bool."""
        return self.solver.withheld

    def run(self) -> None:
        """Every requirement has a witness in the pool, against insiders too.

        Raises:
            Refused: one cannot have any.
            Undecided: the time is up.
        """
        self._satisfy()
        self._trim()

    def _satisfy(self) -> None:
        deficits = [
            (-(need.bound or 0) + value, i)
            for i, (need, value) in enumerate(
                zip(self._r.requirements, self._r.row_value, strict=True)
            )
        ]
        for _, i in sorted(deficits):
            if not self.pool.proves()[i]:
                self._adopt(self._witness(i, self._everybody()) or self._witness(i, None))
        while self.insiders is not None:
            open_pairs = ~self.pool.proves_to_insiders()
            if not open_pairs.any():
                return
            insider = int(open_pairs.sum(axis=1).argmax())
            row = int(np.flatnonzero(open_pairs[insider])[0])
            self._adopt(self._witness(row, insider))
            if not self.pool.proves_to_insiders()[insider, row]:
                raise Undecided("The search lacked precision.")

    def _everybody(self) -> int | None:
        """Prefer witnesses in which nobody disappears: they hold for most insiders at once."""
        return -1 if self.insiders is not None else None

    def _adopt(self, found: Found | None) -> None:
        if found is None:
            raise Refused(NOT_KEPT)
        self.solver.withhold(found.leaves)
        self._check(found.table)
        self.pool.add(found.table)

    def _witness(self, i: int, insider: int | None) -> Found | None:
        """The cheapest witness for requirement i: against an insider only a differing count."""
        need, value = self._r.requirements[i], float(self._r.row_value[i])
        known = self._knowledge(insider)
        if need.bound is not None and (insider is None or insider == -1):
            return self.solver.reach(i, float(need.bound), INFINITE, known)
        up = self.solver.reach(i, value + 1, INFINITE, known)
        if up is not None and up.cost == 0:
            return up
        down = self.solver.reach(i, -INFINITE, value - 1, known)
        if up is None or down is None:
            return up or down
        return up if up.cost <= down.cost else down

    def _knowledge(self, insider: int | None) -> Known | None:
        if insider is None or self.insiders is None:
            return None
        if insider == -1:
            alive = np.flatnonzero(self._r.truth)
            return Known(alive, np.ones(len(alive)), ())
        row = self.insiders.members[[insider]].tocoo()
        return Known(row.coords[1], row.data, self.insiders.lone[[insider]].tocoo().coords[1])

    def _check(self, table: Any) -> None:
        """The table agrees exactly with all that is published.

        Raises:
            Undecided: it does not, for want of precision.
        """
        r = self._r
        cells = r.cells @ table
        wrong = np.abs(cells - r.value)[~self.withheld].max(initial=0) > 1e-6
        if not r.linear:
            wrong |= (cells < r.low)[self.withheld].any() or (table < 0).any()
            sizes = r.ranges @ table
            wrong |= ((sizes < r.range_low) | (sizes > r.range_high)).any()
        if wrong or np.abs(r.links @ table).max(initial=0) > 1e-6:
            raise Undecided("The search lacked precision.")

    def _trim(self) -> None:
        """Takes back suppressions, dearest first, that no requirement needs."""
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
            i, insider = missing
            self._budget -= 1
            found = self._witness(i, insider)
            if found is None or len(found.leaves):
                return None
            self._check(found.table)
            self.pool.add(found.table)
            tries += 1
        return None

    def _missing(self, which: Any) -> tuple[int, int | None] | None:
        proven = self.pool.proves(which)
        if not proven.all():
            return int(np.flatnonzero(~proven)[0]), None
        open_pairs = np.argwhere(~self.pool.proves_to_insiders(which))
        if len(open_pairs):
            return int(open_pairs[0, 1]), int(open_pairs[0, 0])
        return None
