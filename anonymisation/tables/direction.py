"""One direction that moves every target at once, with as few cells as possible, as a guide.

Over fractions, every target can differ under a pattern exactly if one small step from the truth
changes them all: counts of nought do not fall, nor do withheld cells at the least their mark
tells. So one linear program stands for all requirements. Prices are divided again and again by
how far the cells move, which turns the sum of distances into a count of cells; then single
cells are shut, the dearest first, and what is cheaper stays. The pattern is a guide only: whether
whole-number tables exist, and how far the targets reach, is for the search to say.

Cost: some ten solves of one program over all cells (a second for 2,000 cells), then one short
solve per cell tried; counted simplex steps end it.

Source: Fischetti & Salazar-González 2001 (attacker programs); Kim & Pardalos 1999 (slope scaling).
"""

from __future__ import annotations

import time
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from anonymisation.tables.nesting import nested
from anonymisation.tables.reduction import Reduced, State

INFINITE = highspy.kHighsInf
ROUNDS = 10
NEARLY = 0.1
MOVED = 1e-6


class Direction:
    """The joint program of one reduced system. Columns: classes, cells, open cells downwards."""

    def __init__(self, reduced: Reduced, deadline: float | None = None) -> None:
        r = self._r = reduced
        self._deadline = deadline
        self.open = np.flatnonzero(r.state == State.OPEN)
        self._cost = r.cost[self.open]
        self._classes, self._cells = len(r.truth), len(r.value)
        self.steps = 0
        matrix, low, high = self._rows()
        self._low, self._high = self._columns()
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
        lp.col_cost_ = np.zeros(matrix.shape[1])
        lp.col_lower_, lp.col_upper_ = self._low, self._high
        lp.row_lower_, lp.row_upper_ = low, high
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = matrix.data
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        options: dict[str, bool | int | str] = {
            "output_flag": False,
            "threads": 1,
            "parallel": "off",
            "random_seed": 0,
        }
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(lp)
        plus = self._classes + self.open
        minus = self._classes + self._cells + np.arange(len(self.open))
        self._priced = np.concatenate([plus, minus]).astype(np.int32)

    def _rows(self) -> tuple[Any, Any, Any]:
        """Definitions of cells, then links and ranges, then requirements."""
        r = self._r
        parts, rest = nested(r.cells)
        moves = parts - sp.eye_array(self._cells)
        top = sp.hstack([rest, moves, -sp.csr_array(moves)[:, self.open]])
        below = sp.vstack([r.links, r.ranges, r.rows])
        blank = sp.csr_array((below.shape[0], self._cells + len(self.open)))
        matrix = sp.csr_array(sp.vstack([top, sp.hstack([below, blank])]), dtype=float)
        sizes = np.asarray(r.ranges @ r.truth, float)
        nothing = np.zeros(self._cells + r.links.shape[0])
        low = np.where(r.range_low >= sizes, 0.0, -INFINITE)
        high = np.where(r.range_high <= sizes, 0.0, INFINITE)
        self._rows_at = matrix.shape[0] - r.rows.shape[0]
        self._signs = np.array([self._sign(i) for i in range(r.rows.shape[0])])
        least = np.where(self._signs > 0, 1.0, -INFINITE)
        most = np.where(self._signs < 0, -1.0, INFINITE)
        return (
            matrix,
            np.concatenate([nothing, low, least]),
            np.concatenate([nothing, high, most]),
        )

    def _sign(self, row: int) -> int:
        """Which way a requirement's row must move; 0: either."""
        need, value = self._r.requirements[row], self._r.row_value[row]
        if need.bound is not None:
            return 1 if need.bound > value else 0
        if need.at_most is not None:
            return -1 if need.at_most < value else 0
        return 1 if value <= 1 else 0

    def _columns(self) -> tuple[Any, Any]:
        r = self._r
        stuck = r.value <= r.low
        cells = np.where(stuck | (r.state != State.WITHHELD), 0.0, -INFINITE)
        low = np.concatenate(
            [np.where(r.truth > 0, -INFINITE, 0.0), cells, np.zeros(len(self.open))]
        )
        high = np.full(len(low), INFINITE)
        high[self._classes :][: self._cells][r.state == State.PUBLISHED] = 0.0
        high[self._classes + self._cells :] = np.where(stuck[self.open], 0.0, INFINITE)
        return low, high

    def pattern(self, steps: int) -> Any:
        """Open cells to withhold, bool (distinct,); None: there is no such direction.

        `steps`: simplex steps after which nothing further is tried.
        """
        moved = self._solve(self._cost)
        if moved is None:
            return None
        moved = self._descend(self._signed(moved))
        if moved is not None:
            moved = self._shut(moved, steps)
        if moved is None:
            return None
        out = np.zeros(self._cells, bool)
        out[self.open] = np.abs(moved) > MOVED
        return out

    def _solve(self, prices: Any = None) -> Any:
        if prices is not None and len(prices):
            both = np.concatenate([prices, prices])
            self._highs.changeColsCost(len(both), self._priced, both)
        if self._deadline is not None:
            left = max(self._deadline - time.monotonic(), 0.0)
            self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left)
        self._highs.run()
        self.steps += max(0, self._highs.getInfo().simplex_iteration_count)
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        x = np.array(self._highs.getSolution().col_value)[self._priced]
        return x[: len(self.open)] - x[len(self.open) :]

    def _signed(self, moved: Any) -> Any:
        """The same with every requirement moving, the way it moves already where it does."""
        free = np.flatnonzero(self._signs == 0)
        if not len(free):
            return moved
        sums = np.array(self._highs.getSolution().row_value)[self._rows_at + free]
        for row, value in zip(free, sums, strict=True):
            need = self._r.requirements[row]
            if need.bound is None and need.at_most is None:
                down = value < -MOVED
                low, high = (-INFINITE, -1.0) if down else (1.0, INFINITE)
                self._highs.changeRowBounds(int(self._rows_at + row), low, high)
        return self._solve()

    def _spent(self, moved: Any) -> float:
        return float(self._cost[np.abs(moved) > MOVED].sum())

    def _descend(self, moved: Any) -> Any:
        """Prices follow the distances until the pattern costs no less."""
        for _ in range(ROUNDS if moved is not None else 0):
            again = self._solve(self._cost / (np.abs(moved) + NEARLY))
            if again is None or self._spent(again) >= self._spent(moved) - MOVED:
                break
            moved = again
        return moved

    def _shut(self, moved: Any, steps: int) -> Any:
        """Cells shut one at a time, the dearest first; kept shut by price where that is cheaper."""
        moved, basis = self._settle(moved)
        for place in np.argsort(-self._cost, kind="stable"):
            if self.steps > steps:
                break
            if abs(moved[place]) <= MOVED:
                continue
            both = self._priced[[place, place + len(self.open)]]
            self._highs.changeColsBounds(2, both, np.zeros(2), np.zeros(2))
            again = self._solve()
            self._highs.changeColsBounds(2, both, self._low[both], self._high[both])
            if again is not None and self._spent(again) < self._spent(moved) - MOVED:
                moved, basis = self._settle(again)
            else:
                self._highs.setBasis(basis)
        return moved

    def _settle(self, moved: Any) -> tuple[Any, Any]:
        while True:
            again = self._solve(self._cost / (np.abs(moved) + NEARLY))
            if again is None:
                return moved, self._highs.getBasis()
            if self._spent(again) >= self._spent(moved) - MOVED:
                return moved, self._highs.getBasis()
            moved = again
