"""Making a pattern leaner: witnesses are taken back and found anew where that is cheaper.

Taking back one suppression drops every witness that needs it; what they alone proved gets new
witnesses among the classes nearby, with that cell shut. The new pattern stays if it is cheaper.
The same with one witness at a time. Counted work ends it, never a clock.

Source: Schrimpf et al. 2000 (ruin and recreate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from anonymisation.tables.reduction import Reduced
from anonymisation.tables.search import Progress, Search

LEAST_GAIN = 1e-9
NEAR = 100
"""Classes nearby that a new witness is looked for among, twice as many once that helps no more."""
WIDER = 1000
"""Classes of a system above which twice as many are tried."""
MOST_MISSING = 40
ENOUGH = 0.999
"""A round that saves less is the last."""


class Improvement:
    """Improves the pool of one search in place."""

    def __init__(self, reduced: Reduced, search: Search) -> None:
        self._r, self._search, self._pool = reduced, search, search.pool
        self._near = NEAR

    def run(self, work: int, over: Callable[[], bool], tell: Progress) -> bool:
        """The pattern is as lean as that much work makes it; False: `over` ended it before.

        Args:
            work: rows and columns of programs solved, over all.
        """
        programs = self._search.programs
        end = programs.work + work
        last = NEAR if len(self._r.truth) <= WIDER else 2 * NEAR
        self._prune()
        while True:
            before = self._pool.cost
            for kind in (self._cells, self._witnesses):
                for attempt in kind():
                    if over():
                        return False
                    if programs.work > end:
                        return True
                    tell("improving", work - (end - programs.work), work)
                    attempt()
            if self._pool.cost >= before * ENOUGH:
                if self._near == last:
                    return True
                self._near = last

    def _cells(self) -> Iterator[Callable[[], None]]:
        r = self._r
        for cell in sorted(np.flatnonzero(self._pool.uses), key=lambda c: (-r.cost[c], c)):
            if self._pool.uses[cell]:
                yield partial(self._without, cell)

    def _witnesses(self) -> Iterator[Callable[[], None]]:
        for number in sorted(self._pool.witnesses, key=lambda n: (-self._alone(n), n)):
            if number in self._pool.witnesses and self._alone(number) > 0:
                yield partial(self._attempt, [number], ())

    def _without(self, cell: Any) -> None:
        """Try to do without one cell."""
        users = [n for n, w in self._pool.witnesses.items() if cell in w.leaves]
        self._attempt(users, np.array([cell]))

    def _alone(self, number: int) -> float:
        """The cost of cells that only this witness leaves."""
        leaves = self._pool.witnesses[number].leaves
        return float(self._r.cost[leaves[self._pool.uses[leaves] == 1]].sum())

    def _attempt(self, numbers: list[int], banned: Any) -> None:
        before = self._pool.cost
        removed = [self._pool.remove(n) for n in numbers]
        added: list[int] = []
        most = before - LEAST_GAIN
        if self._again(banned, most, added) and self._pool.cost < most:
            self._prune()
            return
        for number in added:
            self._pool.remove(number)
        for witness in removed:
            self._pool.add(witness)

    def _again(self, banned: Any, most: float, added: list[int]) -> bool:
        missing = self._search.unproven()
        if len(missing) > MOST_MISSING:
            return False
        near = (self._near,)
        return all(self._search.settle(row, near, banned, most, added) for row in missing)

    def _prune(self) -> None:
        """Drops witnesses that prove nothing alone, the dearest first."""
        for number in sorted(self._pool.witnesses, key=lambda n: (-self._alone(n), n)):
            if not self._pool.needed(number):
                self._pool.remove(number)
