"""The master problem: the cheapest pattern that satisfies the cuts found so far, by highspy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from anonymisation.errors import Undecided
from anonymisation.tables.capacity import solver_of
from anonymisation.tables.cuts import Cut
from anonymisation.tables.program import INFINITE

SHORT = {
    "mip_allow_restart": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
"""Masters are small and many, and a good pattern is known: what would find one is left out."""


@dataclass(frozen=True)
class Pattern:
    """An answer of the master: `y` (open,), `bound` no pattern is cheaper than, and `reduced`
    costs (only in fractions)."""

    y: Any
    bound: float
    reduced: Any


class Covering:
    """Binary patterns over open cells with their costs, and the cuts they must satisfy."""

    def __init__(self, cost: Any) -> None:
        self._cost = np.asarray(cost, float)
        self.cuts: list[Cut] = []
        self._known: set[tuple[bytes, float]] = set()
        self._dense = np.zeros((0, len(cost)))
        self.shut = np.zeros(len(cost), bool)
        self.nodes = 0
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(cost), 0
        lp.col_cost_ = self._cost
        lp.col_lower_, lp.col_upper_ = np.zeros(len(cost)), np.ones(len(cost))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.zeros(1, np.int32)
        self._lp = solver_of(lp)
        for name, value in SHORT.items():
            self._lp.setOptionValue(name, value)

    def add(self, cuts: list[Cut]) -> None:
        """More cuts; those known already are left out."""
        new = []
        for cut in cuts:
            key = (cut.coefficients.round(9).tobytes(), cut.least)
            if key not in self._known:
                self._known.add(key)
                new.append(cut)
        for cut in new:
            places = np.flatnonzero(cut.coefficients)
            self._lp.addRow(
                cut.least, INFINITE, len(places), places.astype(np.int32), cut.coefficients[places]
            )
        self.cuts += new

    def shut_off(self, cells: Any) -> None:
        """No better pattern withholds these cells."""
        self.shut |= cells
        for place in np.flatnonzero(cells):
            self._lp.changeColBounds(int(place), 0.0, 0.0)

    def relax(self) -> Pattern:
        """The cheapest pattern in fractions.

        Raises:
            Undecided: the solver gave no answer.
        """
        self._integral(whole=False)
        self._lp.run()
        if self._lp.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise Undecided("The exact method got no answer from its solver.")
        solution = self._lp.getSolution()
        value = float(self._lp.getInfo().objective_function_value)
        y = np.clip(np.array(solution.col_value), 0.0, 1.0)
        return Pattern(y, value, np.array(solution.col_dual))

    def solve(self, known: Any, nodes: int, seconds: float | None) -> Pattern | None:
        """The cheapest pattern in whole numbers; None: not even one found in time. `known` is
        a pattern to start from."""
        self._integral(whole=True)
        self._lp.setOptionValue("mip_rel_gap", 0.0)
        self._lp.setOptionValue("mip_abs_gap", 1e-7)
        self._lp.setOptionValue("mip_max_nodes", nodes)
        if seconds is not None:
            self._lp.setOptionValue("time_limit", self._lp.getRunTime() + max(seconds, 0.01))
        start = highspy.HighsSolution()
        start.col_value = known.astype(float).tolist()
        self._lp.setSolution(start)
        self._lp.run()
        info = self._lp.getInfo()
        self.nodes += max(int(info.mip_node_count), 0)
        status = self._lp.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        y = np.array(self._lp.getSolution().col_value) > 0.5
        return Pattern(y, float(info.mip_dual_bound), None) if len(y) else None

    def fails(self, y: Any) -> bool:
        """Whether a whole pattern fails a cut."""
        return bool((self._matrix() @ y < self._least() - 1e-6).any())

    def cover(self, y: Any) -> Any:
        """The pattern with more cells, chosen greedily, so that it satisfies every cut."""
        matrix, least, y = self._matrix(), self._least(), y.copy()
        while True:
            short = least - matrix @ y
            failed = np.flatnonzero(short > 1e-6)
            if not len(failed):
                return y
            gain = np.minimum(matrix[failed], short[failed, None]).sum(axis=0)
            gain[y] = 0.0
            if gain.max(initial=0.0) <= 0.0:
                return y
            y[int((gain / self._cost).argmax())] = True

    def _matrix(self) -> Any:
        if len(self._dense) < len(self.cuts):
            more = [cut.coefficients for cut in self.cuts[len(self._dense) :]]
            self._dense = np.vstack([self._dense, *more])
        return self._dense

    def _least(self) -> Any:
        return np.array([cut.least for cut in self.cuts])

    def _integral(self, *, whole: bool) -> None:
        kinds = highspy.HighsVarType
        count = len(self._cost)
        kind = kinds.kInteger if whole else kinds.kContinuous
        places = np.arange(count, dtype=np.int32)
        self._lp.changeColsIntegrality(count, places, np.array([kind] * count))
        self._lp.setOptionValue("time_limit", INFINITE)
