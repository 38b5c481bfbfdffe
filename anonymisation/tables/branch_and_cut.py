"""The cheapest pattern that keeps the promise, proven, for small and medium systems.

A master problem chooses open cells to withhold; attacker programs answer with tables that prove
the pattern or with cuts it fails. First the master is solved in fractions, then in whole
numbers, until its cheapest pattern is proven by whole-number tables or costs as much as the
best one known. A pattern that fails is completed greedily on the way, which finds more cuts
and better patterns.

Cost: in the worst case exponential in the open cells. Instances measured: up to 150 open cells
close in seconds, 380 in minutes or with a gap of some per cent.

Source: Fischetti & Salazar-González 2000 (branch and cut for cell suppression); Davies &
Bacchus 2011 (cuts found by completing a pattern).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.circuits import Circuits
from anonymisation.tables.covering import Covering, Pattern
from anonymisation.tables.cuts import IMPRECISE, Cut, Separation
from anonymisation.tables.demands import Exempt
from anonymisation.tables.reduction import NOT_KEPT, Reduced

EFFORT = 20_000
"""Attacker programs and nodes of the master, counted, so that no clock decides."""
CLOSED = 1e-6
MOST_FAILED = 30
"""Pairs of insider and requirement for which one pattern is cut off at once."""
STALE, ROUNDS = 4, 3
WORTH_TRIMMING = 1.05
Complete = Callable[[Any], "tuple[Any, Any] | None"]


@dataclass(frozen=True)
class Optimum:
    """The best pattern found, and what no pattern costs less than.

    `withheld` bool (distinct,), None where the time ran out before any was proven; `tables`
    int64 (tables, classes), the truth first, prove every requirement, to insiders too (for P0
    the truth alone); `cost` of open cells withheld; `work`: what it took, by name.
    """

    withheld: Any
    tables: Any
    cost: float
    lower_bound: float
    proven_optimal: bool
    work: dict[str, int]


def cheapest(
    reduced: Reduced,
    exempt: Exempt,
    *,
    start: tuple[Any, Any] | None = None,
    complete: Complete | None = None,
    seconds: float | None = None,
    effort: int = EFFORT,
) -> Optimum:
    """The cheapest pattern with its proof, or the best one known and a bound below it.

    Args:
        exempt: which pairs (insiders, requirements) are exempt when these distinct cells are
            withheld; it may only grow with them.
        start: a pattern, bool (distinct,), and the tables that prove it, from a heuristic.
        complete: finds a proven pattern that withholds at least these distinct cells.
        seconds: ends the search early, never the proof of what is returned.
        effort: the same in counted work; the answer depends on it and on nothing else.

    Raises:
        Refused: the promise is not even kept when everything open is withheld.
    """
    run = _Run(reduced, exempt, complete, seconds, effort)
    try:
        run.begin(start)
        run.search()
    except Undecided:
        pass
    return run.answer()


class _Run:
    def __init__(
        self, reduced: Reduced, exempt: Exempt, complete: Complete | None,
        seconds: float | None, effort: int,
    ) -> None:  # fmt: skip
        self._r, self._exempt, self._complete = reduced, exempt, complete
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._effort = effort
        self._best: Any = None
        self._upper, self._lower, self._masters = np.inf, 0.0, 0

    def begin(self, start: tuple[Any, Any] | None) -> None:
        """A proven pattern is known.

        Raises:
            Refused: there is none.
        """
        r = self._r
        self.cuts = Circuits(r) if r.linear else Separation(r, self._exempt, self._deadline)
        self._cost = r.cost[self.cuts.open]
        self._master = Covering(self._cost)
        if start is not None:
            self.cuts.learn(start[1])
            self._offer(np.asarray(start[0], bool)[self.cuts.open])
        if self._best is None and self._offer(np.ones(len(self._cost), bool)):
            raise Refused(NOT_KEPT)

    def search(self) -> None:
        """The best pattern is the cheapest, or the effort is spent."""
        self._root()
        while not self._over() and self._step():
            pass

    def _offer(self, y: Any) -> list[Cut]:
        """The pattern's cuts; where it has none it is proven, and perhaps the best so far."""
        cuts = self.cuts.judge(y, MOST_FAILED)
        cost = float(self._cost[y].sum())
        if not cuts and cost < self._upper:
            self._upper, self._best = cost, y.copy()
        return cuts

    def _over(self) -> bool:
        late = self._deadline is not None and time.monotonic() >= self._deadline
        spent = self.cuts.solves + self._master.nodes >= self._effort
        return late or spent or self._lower >= self._upper - CLOSED

    def _root(self) -> None:
        stale = 0
        while stale < STALE:
            before = self._lower
            found = self._relax()
            stale = 0 if self._lower > before + 1e-3 * max(before, 1.0) else stale + 1
            cuts = self.cuts.fractional(found.y)
            if self._over() or not cuts:
                break
            self._master.add(cuts)
        if not self._over():
            self._climb(self._master.cover(self._master.relax().y > 0.9))
            self._polish()

    def _relax(self) -> Pattern:
        """The master in fractions; cells too dear for any better pattern are shut off."""
        found = self._master.relax()
        self._lower = max(self._lower, min(found.bound, self._upper))
        self._master.shut_off((found.bound + found.reduced > self._upper + CLOSED) & ~self._best)
        return found

    def _step(self) -> bool:
        """One master in whole numbers; whether to go on."""
        left = None if self._deadline is None else self._deadline - time.monotonic()
        nodes = max(self._effort - self.cuts.solves - self._master.nodes, 1)
        self._masters += 1
        found = self._master.solve(self._best, nodes, left)
        if found is None:
            return False
        self._lower = max(self._lower, min(found.bound, self._upper))
        if self._over():
            return False
        if (found.y == self._best).all() or self._climb(found.y):
            return False
        self._polish()
        return True

    def _climb(self, y: Any) -> bool:
        """Withholds more, greedily, until the pattern is proven; whether it was from the start."""
        failed = y
        while cuts := self._offer(y):
            self._master.add(cuts)
            wider = self._master.cover(y)
            if (wider == y).all():
                raise Undecided(IMPRECISE)
            y = wider
        if y is failed:
            return True
        self._trim(y)
        if self._complete is not None:
            more = self._complete(self.cuts.hidden(failed))
            if more is not None:
                self.cuts.learn(more[1])
                self._offer(np.asarray(more[0], bool)[self.cuts.open])
        return False

    def _trim(self, y: Any) -> None:
        """Prints what a pattern withholds without need, dearest first."""
        for cell in sorted(np.flatnonzero(y), key=lambda c: (-self._cost[c], c)):
            if self._over() or self._cost[y].sum() > WORTH_TRIMMING * self._upper:
                return
            less = y.copy()
            less[cell] = False
            if self._master.fails(less):
                continue
            cuts = self._offer(less)
            if cuts:
                self._master.add(cuts)
            else:
                y = less

    def _polish(self) -> None:
        """A few more rounds in fractions."""
        for _ in range(ROUNDS):
            found = self._relax()
            cuts = [] if self._over() else self.cuts.fractional(found.y)
            if not cuts:
                return
            self._master.add(cuts)

    def answer(self) -> Optimum:
        """What is known by now."""
        if self._best is None:
            return Optimum(None, None, np.inf, self._lower, False, {})
        work = {
            "programs": self.cuts.solves,
            "masters": self._masters,
            "nodes": self._master.nodes,
            "cuts": len(self._master.cuts),
        }
        proven = self._lower >= self._upper - CLOSED
        return Optimum(
            self.cuts.hidden(self._best), self.cuts.tables(self._best), self._upper,
            self._upper if proven else self._lower, proven, work,
        )  # fmt: skip
