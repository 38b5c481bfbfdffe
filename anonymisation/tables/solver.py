"""The cheapest further suppressions that let a target move, in linear algebra, by highspy.

A move that leaves no published value is a witness under the present suppressions; any other
names the cells to withhold. Only bounds and prices change between solves. Cost: a dual simplex
run over (cells + requirements) rows each.

Source: Kelly, Golden & Assad 1992 (linear programs for cell suppression).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from anonymisation.errors import Undecided
from anonymisation.tables.program import INFINITE, Program
from anonymisation.tables.reduction import Reduced, State

OUT_OF_TIME = "The search did not end within the time given."


@dataclass(frozen=True)
class Found:
    """A table and the open cells that must be withheld for it."""

    table: Any
    leaves: Any
    cost: float


class Solver:
    """Answers "which table gives this row another value" for one reduced system."""

    def __init__(self, reduced: Reduced, deadline: float | None) -> None:
        self._r, self._deadline = reduced, deadline
        self.classes = len(reduced.truth)
        self._rows_at = reduced.links.shape[0] + reduced.cells.shape[0] + len(reduced.range_low)
        program = Program(reduced)
        self.open = program.open
        self.prices = np.concatenate([reduced.cost[self.open]] * 2)
        self.withheld = reduced.state == State.WITHHELD
        self._lp = program.build()

    def withhold(self, cells: Any) -> None:
        """The cells (places among the distinct ones) cost nothing more from now on."""
        self._price(cells, free=True)
        self.withheld[cells] = True

    def publish(self, cell: int) -> None:
        """The cell is printed again, at its full price."""
        self._price(np.array([cell]), free=False)
        self.withheld[cell] = False

    def _price(self, cells: Any, *, free: bool) -> None:
        for place in np.searchsorted(self.open, cells):
            value = 0.0 if free else self._r.cost[self.open[place]]
            self.prices[[place, place + len(self.open)]] = value

    def moves(self, row: int) -> Found | None:
        """The cheapest table with the row one higher; None: there is none.

        Raises:
            Undecided: the time is up or the solver gave no answer.
        """
        at = self._rows_at + row
        self._lp.changeRowBounds(at, 1.0, INFINITE)
        try:
            return self._cheapest()
        finally:
            self._lp.changeRowBounds(at, -INFINITE, INFINITE)

    def _cheapest(self) -> Found | None:
        x = self._run(self.prices)
        if x is None:
            return None
        best = self._found(x)
        for _ in range(2):
            if best.cost < 1e-9:
                break
            half, at = len(self.open), 2 * self.classes
            away = x[at : at + half] + x[at + half :]
            x = self._run(self.prices / np.concatenate([away + 0.5] * 2))
            if x is None:
                break
            again = self._found(x)
            best = again if again.cost < best.cost - 1e-9 else best
        return best

    def _run(self, prices: Any) -> Any:
        columns = np.arange(2 * self.classes, 2 * self.classes + len(prices), dtype=np.int32)
        if len(prices):
            self._lp.changeColsCost(len(prices), columns, prices)
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Undecided(OUT_OF_TIME)
            self._lp.setOptionValue("time_limit", self._lp.getRunTime() + left)
        self._lp.run()
        status = self._lp.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise Undecided(OUT_OF_TIME)
        return np.array(self._lp.getSolution().col_value)

    def _found(self, x: Any) -> Found:
        move = x[: self.classes] - x[self.classes : 2 * self.classes]
        leaves = self.open[np.abs((self._r.cells @ move)[self.open]) > 1e-7]
        leaves = leaves[~self.withheld[leaves]]
        return Found(self._r.truth + move, leaves, float(self._r.cost[leaves].sum()))
