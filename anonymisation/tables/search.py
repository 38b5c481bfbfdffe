"""A pattern of suppressions under which every requirement has a witness of whole numbers.

Each requirement without a witness gets the cheapest table that is one, looked for among the
classes nearby first and among all in the end; the cells it leaves are withheld and cost nothing
more. Then insiders. Deterministic: the order follows needs, costs and places, never a clock.

Cost: one small program per requirement that earlier tables do not prove by chance (a third in
the instances measured); with insiders about one more per requirement.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.nearby import Nearby
from anonymisation.tables.onlookers import Onlookers
from anonymisation.tables.reduction import NOT_KEPT, Reduced, State
from anonymisation.tables.small_program import Question, SmallPrograms
from anonymisation.tables.witness_pool import Witness, WitnessPool

QUICK = (100, 400)
WIDE = (200, 600)
"""How many classes nearby are tried before all are."""
AGAIN = ((300, False), (300, True), (450, False))
"""Among how many classes a dear witness is tried again, and whether prices are scaled as counts
are made whole. Which try is best cannot be foretold."""
DEAR = 3.0
"""What a witness costs at least to be dear: few are, and they make most of a pattern's cost."""
NOT_SETTLED = "The search did not settle whether the promise can be kept."
OUT_OF_TIME = "The search did not end within the time given."
Progress = Callable[[str, int, int], None]


def untold(stage: str, done: int, of: int) -> None:
    """Nobody asked how far the search has come."""


class Search:
    """One search over one reduced system; `run` leaves the pool behind."""

    def __init__(
        self, reduced: Reduced, exempt: Any, deadline: float | None = None,
        progress: Progress | None = None, guide: Any = None,
        sizes: tuple[int, ...] = QUICK, again: tuple[tuple[int, bool], ...] = (),
    ) -> None:  # fmt: skip
        self._r, self.deadline, self._sizes = reduced, deadline, sizes
        self._again = again
        self._tell: Progress = progress or untold
        wants = any(need.insiders for need in reduced.requirements)
        hidden = reduced.state == State.WITHHELD
        onlookers = Onlookers(reduced, exempt(reduced, hidden)) if wants else None
        self._onlookers = onlookers
        self.pool = WitnessPool(reduced, onlookers, guide)
        self._nearby = Nearby(reduced)
        self.programs = SmallPrograms(reduced, self._on_time)

    @property
    def open(self) -> Any:
        """Places of the cells that may still be withheld or published."""
        return np.flatnonzero(self._r.state == State.OPEN)

    @property
    def withheld(self) -> Any:
        """Which distinct cells are withheld, bool."""
        return self.pool.withheld

    def run(self) -> None:
        """Every requirement has a witness in the pool, against insiders too.

        Raises:
            Refused: one cannot have any.
            Undecided: the time is up, or branch and bound gave up.
        """
        missing = self.unproven()
        for done, row in enumerate(missing):
            self._tell("witnesses", done, len(missing))
            if not self.settle(row, self._sizes):
                raise Undecided(NOT_SETTLED) if self.programs.unsettled else Refused(NOT_KEPT)
        # What makes the pattern leaner later asks often, and each time quickly.
        self.pool.guide, self._again = None, ()

    def unproven(self) -> list[int]:
        """Requirements that lack a witness, the longest way to go first."""
        return sorted((int(i) for i in self.pool.unproven()), key=lambda i: (-self._way(i), i))

    def _way(self, row: int) -> float:
        need, value = self._r.requirements[row], float(self._r.row_value[row])
        if need.bound is not None:
            return need.bound - value
        return 1.0 if need.at_most is None else value - need.at_most

    def settle(
        self, row: int, sizes: tuple[int, ...], banned: Any = (), most: float = np.inf,
        added: list[int] | None = None,
    ) -> bool:  # fmt: skip
        """Whether the requirement has all its witnesses now, at no more cost than `most`."""
        numbers = [] if added is None else added
        if not self.pool.proofs[row]:
            found = self._witness(row, sizes, banned, None)
            if found is None:
                return False
            numbers.append(self.pool.add(found))
            if self.pool.cost > most:
                return False
        waiting = [self.pool.open_to(row)]
        while waiting:
            group = np.intersect1d(waiting.pop(), self.pool.open_to(row))
            if not len(group):
                continue
            found = self._witness(row, sizes, banned, group)
            if found is None:
                if len(group) == 1:
                    return False
                half = len(group) // 2
                waiting += [group[half:], group[:half]]
                continue
            numbers.append(self.pool.add(found))
            if self.pool.cost > most:
                return False
        return not len(self.pool.open_to(row))

    def _witness(self, row: int, sizes: tuple[int, ...], banned: Any, group: Any) -> Witness | None:
        """The cheapest witness; against a group of insiders any that none of them rules out."""
        last = sizes is self._sizes and (group is None or len(group) == 1)
        for size in (*sizes, len(self._r.truth)) if last else sizes:
            self.programs.unsettled = False
            best, least = self._cheapest(row, group, banned, size)
            for more, scaled in self._again if group is None and best is not None else ():
                if least < DEAR:
                    break
                other, cost = self._cheapest(row, group, banned, more, scaled=scaled)
                if cost < least:
                    best, least = other, cost
            if best is not None or size >= len(self._r.truth):
                return best
        return None

    def _cheapest(
        self, row: int, group: Any, banned: Any, size: int, *, scaled: bool = False
    ) -> tuple[Witness | None, float]:
        """The cheapest witness found among so many classes nearby, and its price."""
        prices = self.pool.prices
        chosen = self._nearby.around(row, prices, size)
        best, least = None, np.inf
        for by in self._ways(row, group):
            question = self._question(row, by, group, banned)
            move = self.programs.move(question, chosen, prices, scaled=scaled)
            found = None if move is None else self.pool.witness(move)
            if found is None:
                continue
            cost = float(prices[found.leaves].sum())
            if cost < least:
                best, least = found, cost
            if cost <= 0:
                break
        return best, least

    def _ways(self, row: int, group: Any) -> list[int]:
        """How far up or down the row must move."""
        need, value = self._r.requirements[row], int(self._r.row_value[row])
        if group is None and need.bound is not None:
            return [need.bound - value]
        if group is None and need.at_most is not None:
            return [need.at_most - value]
        return [1, -1]

    def _question(self, row: int, by: int, group: Any, banned: Any) -> Question:
        if group is None or self._onlookers is None:
            return Question(row, by, banned=banned)
        return Question(row, by, *self._onlookers.know(group), banned=banned)

    def _on_time(self) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Undecided(OUT_OF_TIME)
