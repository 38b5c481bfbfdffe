"""How far an attacker's row can move when every cell may leave its value by a given capacity.

One linear program over moves from the true table, solved warm again and again. Its duals say
which capacities hold the row back, which is what a cut of the exact method is made of.

Cost: one dual simplex run over (cells + requirements) rows and one column per class.

Source: Fischetti & Salazar-González 2000, s. 3 (attacker subproblems).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Undecided
from anonymisation.tables.program import INFINITE, NODES
from anonymisation.tables.reduction import Reduced, State

CLEAN = 1e-9
DUAL, PRIMAL = 1, 4
"""Strategies of the simplex method, in highspy's numbers."""
WHOLE = 1e-6


Row = tuple[Any, Any]


@dataclass(frozen=True)
class Hold:
    """What keeps a row below `need`: for every pattern y of open cells the row moves by at most
    `constant + coefficients . y`. `value` is that bound at the capacities asked."""

    need: float
    value: float
    constant: float
    coefficients: Any


@dataclass(frozen=True)
class Insight:
    """What one insider adds: least counts of his own classes, and cells he knows."""

    classes: Any
    at_least: Any
    cells: Any


NOBODY = Insight(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


class Capacity:
    """The program; rows are links, cells, ranges of groups and requirements, as moves.

    `rise` and `fall` (distinct,): how far each cell may move when everything open is withheld;
    `whole` asks for tables of whole numbers. `solves` counts programs.
    """

    def __init__(self, reduced: Reduced, deadline: float | None, *, whole: bool) -> None:
        self._r, self._deadline, self._whole = reduced, deadline, whole
        self.open = np.flatnonzero(reduced.state == State.OPEN)
        self._free = reduced.state != State.PUBLISHED
        self._cells_at = reduced.links.shape[0]
        self._rows_at = self._cells_at + len(reduced.value) + len(reduced.range_low)
        self._fall = reduced.truth.astype(float)
        self._matrix = sp.csr_array(
            sp.vstack([reduced.links, reduced.cells, reduced.ranges]), dtype=float
        )
        self._turned = sp.csr_array(self._matrix.T)
        self._rows = [_sparse_row(reduced.rows, i) for i in range(reduced.rows.shape[0])]
        self.rise = np.where(self._free, INFINITE, 0.0)
        self.fall = np.where(self._free, reduced.value - reduced.low, 0).astype(float)
        self.solves = 0
        self._lp = self._build()
        self.move = np.zeros(len(reduced.truth))

    def _build(self) -> Any:
        r = self._r
        lp = highspy.HighsLp()
        full = sp.csr_array(sp.vstack([self._matrix, r.rows]), dtype=float)
        lp.num_row_, lp.num_col_ = full.shape
        lp.col_cost_ = np.zeros(full.shape[1])
        lp.col_lower_, lp.col_upper_ = -self._fall, np.full(full.shape[1], INFINITE)
        sizes = np.asarray(r.ranges @ r.truth, float)
        links, free = np.zeros(self._cells_at), np.full(r.rows.shape[0], INFINITE)
        self._range_low = np.maximum(r.range_low - sizes, -INFINITE)
        self._range_high = np.minimum(r.range_high - sizes, INFINITE)
        lp.row_lower_ = np.concatenate([links, -self.fall, self._range_low, -free])
        lp.row_upper_ = np.concatenate([links, self.rise, self._range_high, free])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = full.indptr.astype(np.int32)
        lp.a_matrix_.index_ = full.indices.astype(np.int32)
        lp.a_matrix_.value_ = full.data
        if self._whole:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * full.shape[1]
        return solver_of(lp)

    def tighten(self) -> None:
        """No cell's `rise` and `fall` is more than any whole table allows."""
        self.share(np.ones(len(self.open)))
        for cell in np.flatnonzero(self._free):
            for sign, side in ((1.0, self.rise), (-1.0, self.fall)):
                most = self._most(_sparse_row(self._r.cells, int(cell)), sign)
                side[cell] = min(side[cell], np.floor(most + WHOLE))
        self.share(np.ones(len(self.open)))

    def _most(self, row: Row, sign: float) -> float:
        self._aim(row, sign)
        self._run()
        if self._lp.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            return -float(self._lp.getInfo().objective_function_value)
        return INFINITE

    def _run(self) -> None:
        """From question to question the polytope stays: primal simplex starts where it ended."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise Undecided("The exact method did not end within the time given.")
        self.solves += 1
        self._lp.setOptionValue("simplex_strategy", PRIMAL)
        self._lp.run()
        known = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
        if not self._whole and self._lp.getModelStatus() not in known:
            self._lp.setOptionValue("simplex_strategy", DUAL)
            self._lp.clearSolver()
            self._lp.run()

    def share(self, y: Any, most: float = INFINITE) -> None:
        """Open cells may move by a share `y` of their capacity, no capacity above `most`."""
        low, high = -self.fall.copy(), self.rise.copy()
        y = np.where(y > CLEAN, y, 0.0)
        low[self.open] = -np.minimum(self.fall[self.open], most) * y
        high[self.open] = np.where(y > 0, np.minimum(self.rise[self.open], most), 0.0) * y
        self._low, self._high = low, np.minimum(high, INFINITE)
        places = np.arange(self._cells_at, self._cells_at + len(low), dtype=np.int32)
        if len(places):
            self._lp.changeRowsBounds(len(places), places, self._low, self._high)

    def reach(self, row: int, sign: int, need: float, who: Insight = NOBODY) -> Hold | None:
        """What keeps requirement `row` from moving by `need` upwards (`sign` 1) or downwards.

        None: nothing does, and `move` is such a move; in whole numbers a hold tells no more
        than that there is none.

        Raises:
            Undecided: the solver gave no answer.
        """
        at = self._rows_at + row
        bounds = (need, INFINITE) if self._whole else (-INFINITE, need)
        low, high = bounds if sign > 0 else (-bounds[1], -bounds[0])
        self._aim(self._rows[row], sign)
        self._lp.changeRowBounds(at, low, high)
        self._know(who, known=True)
        try:
            return self._answer(self._rows[row], sign, need, who)
        finally:
            self._lp.changeRowBounds(at, -INFINITE, INFINITE)
            self._know(who, known=False)

    def _aim(self, row: Row, sign: float) -> None:
        price = np.zeros(len(self._fall))
        if not self._whole:
            price[row[0]] = -sign * row[1]
        self._lp.changeColsCost(len(price), np.arange(len(price), dtype=np.int32), price)

    def _know(self, who: Insight, *, known: bool) -> None:
        falls = self._fall[who.classes] - (who.at_least if known else 0)
        for c, fall in zip(who.classes, falls, strict=True):
            self._lp.changeColBounds(int(c), -fall, INFINITE)
        for cell in who.cells:
            low, high = (0.0, 0.0) if known else (self._low[cell], self._high[cell])
            self._lp.changeRowBounds(self._cells_at + int(cell), low, high)

    def _answer(self, aim: Row, sign: int, need: float, who: Insight) -> Hold | None:
        self._run()
        status = self._lp.getModelStatus()
        if self._whole and status == highspy.HighsModelStatus.kInfeasible:
            return Hold(need, 0.0, 0.0, np.ones(len(self.open)))
        if status != highspy.HighsModelStatus.kOptimal:
            raise Undecided("The exact method got no answer from its solver.")
        solution = self._lp.getSolution()
        self.move = np.array(solution.col_value)
        value = float(aim[1] @ self.move[aim[0]]) * sign
        if value >= need - WHOLE * max(need, 1.0):
            return None
        duals = -np.array(solution.row_dual)[: self._rows_at]
        return self._hold(aim, sign, need, value, duals, who)

    def _hold(
        self, aim: Row, sign: int, need: float, value: float, duals: Any, who: Insight
    ) -> Hold:
        """The dual bound on the row's move as a function of the pattern, valid for every y."""
        duals = _clean(duals)
        left = -(self._turned @ duals)
        left[aim[0]] += sign * aim[1]
        left[np.abs(left) < 1e-7] = 0.0
        falls = self._fall.copy()
        falls[who.classes] -= who.at_least
        links = np.zeros(self._cells_at)
        rise, fall = self.rise.copy(), self.fall.copy()
        rise[who.cells], fall[who.cells] = 0.0, 0.0
        up = np.concatenate([links, rise, self._range_high])
        down = np.concatenate([links, fall, -self._range_low])
        with np.errstate(invalid="ignore"):
            weight = np.where(duals > 0, duals * up, np.where(duals < 0, -duals * down, 0.0))
        ours = self._cells_at + self.open
        coefficients = weight[ours]
        weight[ours] = 0.0
        constant = float(weight.sum() - np.minimum(left, 0.0) @ falls)
        if (left > 0).any() or constant >= INFINITE:
            constant = INFINITE
        return Hold(need, value, constant, coefficients)


def _sparse_row(matrix: Any, row: int) -> Row:
    """Places and entries of one row of a csr matrix."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part], matrix.data[part].astype(float)


def _clean(duals: Any) -> Any:
    """Duals that are nearly simple fractions made so, which keeps sums of them exact."""
    near = np.round(duals * 12) / 12
    out = np.where(np.abs(near - duals) < 1e-7, near, duals)
    out[np.abs(out) < CLEAN] = 0.0
    return out


def solver_of(lp: Any) -> Any:
    """One thread and one seed: the same program, the same answer."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
    }
    options["mip_max_nodes"] = NODES
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    return highs
