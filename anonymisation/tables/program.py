"""The linear program of P0, for highspy: tables of either sign, in fractions.

A table is the true one and a move. Two columns per class say how far its count rises or falls,
two per open cell how far it leaves its published value; the price of leaving is the price of
withholding, and a trifle on every move keeps moves short. Standing still is always dual
feasible, so every solve starts warm.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from anonymisation.tables.reduction import Reduced, State

INFINITE = highspy.kHighsInf
NODES = 3000
TRIFLE = 0.01


class Program:
    """Rows: links, cells, ranges, requirements. All bounds are on moves."""

    def __init__(self, reduced: Reduced) -> None:
        self._r = reduced
        self.open = np.flatnonzero(reduced.state == State.OPEN)

    def build(self) -> Any:
        """The model in highspy."""
        r, count, classes = self._r, len(self.open), len(self._r.truth)
        eye = sp.eye_array(len(r.value), format="csc")[:, self.open]
        blank = sp.csr_array((r.links.shape[0], 2 * count))
        below = sp.csr_array((len(r.range_low) + r.rows.shape[0], 2 * count))
        left = sp.vstack([r.links, r.cells, r.ranges, r.rows])
        right = sp.vstack([blank, sp.hstack([-eye, eye]), below])
        matrix = sp.csr_array(sp.hstack([left, -left, right]))
        prices = np.concatenate([r.cost[self.open]] * 2)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
        lp.col_cost_ = np.concatenate([np.full(2 * classes, TRIFLE), prices])
        lp.col_lower_ = np.zeros(matrix.shape[1])
        lp.col_upper_ = np.full(matrix.shape[1], INFINITE)
        lp.row_lower_, lp.row_upper_ = self._bounds()
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = matrix.data.astype(float)
        return _solver_of(lp)

    def _bounds(self) -> tuple[Any, Any]:
        """Cells withheld are free, and so is every range that is not an equation."""
        r = self._r
        cells = np.where(r.state == State.WITHHELD, INFINITE, 0.0)
        ranges = np.where(r.range_low == r.range_high, 0.0, INFINITE)
        free = np.full(r.rows.shape[0], INFINITE)
        high = np.concatenate([np.zeros(r.links.shape[0]), cells, ranges, free])
        return -high, high


def _solver_of(lp: Any) -> Any:
    """One thread and one seed: the same program, the same answer."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    return highs
