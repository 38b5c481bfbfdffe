"""The suppressor's linear program, for highspy.

A possible table is the true one and a move. Two columns per class say how far its count rises
or falls, two per open cell how far it leaves its published value; the price of leaving is the
price of withholding, and a trifle on every move keeps moves short, which makes nearly all of
them whole. Standing still is always dual feasible, so every solve starts warm.
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
    """Rows: links, cells, ranges of groups, requirements. All bounds are on moves.

    `bounds`: low and high of every row; `fall` (classes,): how far each count may fall; `room`
    (2 x open,): how far each open cell may rise, then fall.
    """

    def __init__(self, reduced: Reduced) -> None:
        self._r = reduced
        self.open = np.flatnonzero(reduced.state == State.OPEN)
        self.bounds = self._row_bounds()
        self.fall = np.where(reduced.linear, INFINITE, reduced.truth).astype(float)
        self.room = self._room()

    def build(self, *, whole: bool) -> Any:
        """The model; in whole numbers with one signed column per class instead of two."""
        r, count, classes = self._r, len(self.open), len(self._r.truth)
        eye = sp.eye_array(len(r.value), format="csc")[:, self.open]
        blank = sp.csr_array((r.links.shape[0], 2 * count))
        below = sp.csr_array((len(r.range_low) + r.rows.shape[0], 2 * count))
        left = sp.vstack([r.links, r.cells, r.ranges, r.rows])
        right = sp.vstack([blank, sp.hstack([-eye, eye]), below])
        sides = [left] if whole else [left, -left]
        matrix = sp.csr_array(sp.hstack([*sides, right]))
        rise, moves = np.full(classes, INFINITE), matrix.shape[1] - 2 * count
        prices = np.concatenate([r.cost[self.open]] * 2)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = matrix.shape[1], matrix.shape[0]
        lp.col_cost_ = np.concatenate([np.full(moves, 0.0 if whole else TRIFLE), prices])
        if whole:
            kinds = highspy.HighsVarType
            lp.col_lower_ = np.concatenate([-self.fall, np.zeros(2 * count)])
            lp.col_upper_ = np.concatenate([rise, self.room])
            lp.integrality_ = [kinds.kInteger] * moves + [kinds.kContinuous] * (2 * count)
        else:
            lp.col_lower_ = np.zeros(matrix.shape[1])
            lp.col_upper_ = np.concatenate([rise, self.fall, self.room])
        lp.row_lower_, lp.row_upper_ = self.bounds
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = matrix.data.astype(float)
        return _solver_of(lp)

    def _room(self) -> Any:
        """A withheld cell still counts the least its mark tells."""
        r = self._r
        up = np.full(len(self.open), INFINITE)
        down = up if r.linear else (r.value - r.low)[self.open].astype(float)
        return np.concatenate([up, down])

    def _row_bounds(self) -> tuple[Any, Any]:
        r = self._r
        hidden = r.state == State.WITHHELD
        low, high = np.zeros(len(r.value)), np.zeros(len(r.value))
        low[hidden] = -INFINITE if r.linear else (r.low - r.value)[hidden]
        high[hidden] = INFINITE
        links, free = np.zeros(r.links.shape[0]), np.full(r.rows.shape[0], INFINITE)
        sizes = np.asarray(r.ranges @ r.truth, float)
        below = np.full(len(sizes), -INFINITE) if r.linear else r.range_low - sizes
        above = np.where(np.isinf(r.range_high) | r.linear, INFINITE, r.range_high - sizes)
        return (
            np.concatenate([links, low, below, -free]),
            np.concatenate([links, high, above, free]),
        )


def _solver_of(lp: Any) -> Any:
    """One thread and one seed: the same program, the same answer."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": 0,
        "mip_max_nodes": NODES,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    return highs
