"""One small linear program and its way to whole numbers, by highspy.

Prices are what withholding costs; then they are divided by how far the cells left their value,
so that few cells leave it far rather than many a little. A move in fractions is made whole by
rounding up the counts with the greatest fractions and solving again, which seldom fails, since a
cell can always be withheld; only then does branch and bound run. Rounding up lets whole people
move early, and the others follow: rounding the nearest counts first, mostly down to nought, takes
away what a move stands on and cost a tenth more.

Cost: a few dual simplex runs over some hundred rows.

Source: Kim & Pardalos 1999 (slope scaling of fixed charges); Berthold 2006 (diving).
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

INFINITE = highspy.kHighsInf
TRIFLE = 0.05
"""What a person moved costs, so that few are."""
MOST_DIVES = 40
ROUNDS = 2
TOLERANCE = 1e-6
SOME = 0.3
"""Added to how far a cell moved before its price is divided by it."""


class SmallModel:
    """One small linear program: rise and fall per class, up and down per group of cells."""

    def __init__(
        self, cells: Any, price: Any, down: Any, fixed: Any, rest: Any, low: Any, high: Any,
        asked: Any, by: int, fall: Any,
    ) -> None:  # fmt: skip
        self.k, self.g = len(fall), len(price)
        self.impossible = False
        self._price = np.where(fixed, 0.0, price)
        matrix = _matrix(cells, rest, asked)
        self.rows, self.columns = matrix.shape
        nothing = np.zeros(self.g)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_cost_ = np.concatenate([np.full(2 * self.k, TRIFLE), self._price, self._price])
        self._low = np.zeros(self.columns)
        self._high = np.concatenate(
            [np.full(self.k, INFINITE), fall,
             np.where(fixed, 0.0, INFINITE), np.where(fixed, 0.0, down)]
        )  # fmt: skip
        lp.col_lower_, lp.col_upper_ = self._low, self._high
        lp.row_lower_ = np.concatenate([nothing, low, [by if by > 0 else -INFINITE]])
        lp.row_upper_ = np.concatenate([nothing, high, [INFINITE if by > 0 else by]])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = matrix.data
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        options: dict[str, bool | float | str] = {
            "output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0,
            "mip_heuristic_effort": 0.02, "mip_rel_gap": 0.2,
            "mip_detect_symmetry": False, "presolve": "off", "simplex_scale_strategy": 0,
        }  # fmt: skip
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(lp)

    def solve(self, nodes: int, *, scaled: bool = False) -> Any:
        """The move in whole numbers, (chosen classes,); None: none found.

        `impossible` then says whether there is none. `scaled`: prices are divided anew by how far
        the cells moved each time that counts are rounded.
        """
        x = self._cheap()
        if x is None:
            return None
        whole = self._dive(x, scaled)
        if whole is None:
            whole = self._branch(nodes)
        return None if whole is None else whole[: self.k] - whole[self.k :]

    def _run(self) -> Any:
        self._highs.run()
        status = self._highs.getModelStatus()
        self.impossible = status == highspy.HighsModelStatus.kInfeasible
        if status != highspy.HighsModelStatus.kOptimal:
            return None
        return np.array(self._highs.getSolution().col_value)

    def _cheap(self) -> Any:
        x = self._run()
        if x is None:
            return None
        best, cost, prices = x, self._cost(x), self._price
        for _ in range(ROUNDS):
            if cost <= TOLERANCE:
                break
            away = self._away(x)
            prices = self._price / (away + 0.5)
            self._charge(prices)
            x = self._run()
            if x is None:
                return best
            if self._cost(x) >= cost - TOLERANCE:
                break
            best, cost = x, self._cost(x)
        return x

    def _cost(self, x: Any) -> float:
        away = self._away(x) > TOLERANCE
        return float(self._price[away].sum())

    def _away(self, x: Any) -> Any:
        """How far each priced cell leaves its value, (cells,); there may be none."""
        rise, fall = np.split(x[2 * self.k :], 2)
        return np.abs(rise - fall)

    def _charge(self, prices: Any) -> None:
        columns = np.arange(2 * self.k, self.columns, dtype=np.int32)
        self._highs.changeColsCost(len(columns), columns, np.concatenate([prices, prices]))

    def _bound(self, columns: Any, low: Any, high: Any) -> None:
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), low, high)

    def _dive(self, x: Any, scaled: bool) -> Any:
        """Rounds up a quarter of the broken counts at a time, the greatest fractions first.

        None: stuck.
        """
        low, high = self._low.copy(), self._high
        failed = False
        for _ in range(MOST_DIVES):
            moves = x[: 2 * self.k]
            odd = np.flatnonzero(np.abs(moves - np.rint(moves)) > TOLERANCE)
            if not len(odd):
                return np.rint(moves).astype(np.int64)
            if scaled:
                self._charge(self._price / (self._away(x) + SOME))
            share = 1 if failed else max(1, len(odd) // 4)
            broken = moves[odd] - np.floor(moves[odd])
            some = odd[np.argsort(-broken, kind="stable")[:share]]
            old = low[some]
            low[some] = np.ceil(moves[some])
            self._bound(some, low[some], high[some])
            again = self._run()
            if again is None:
                low[some] = old
                self._bound(some, old, high[some])
                if failed:
                    return None
            failed, x = again is None, x if again is None else again
        return None

    def _branch(self, nodes: int) -> Any:
        self._highs.setOptionValue("mip_max_nodes", nodes)
        self._highs.setOptionValue("presolve", "choose")
        self._bound(np.arange(self.columns), self._low, self._high)
        self._charge(self._price)
        columns = np.arange(2 * self.k, dtype=np.int32)
        kinds = np.full(len(columns), int(highspy.HighsVarType.kInteger.value), np.uint8)
        self._highs.changeColsIntegrality(len(columns), columns, kinds)
        self._highs.run()
        status = self._highs.getModelStatus()
        self.impossible = status == highspy.HighsModelStatus.kInfeasible
        if self._highs.getInfo().primal_solution_status != highspy.kSolutionStatusFeasible:
            return None
        x = np.array(self._highs.getSolution().col_value)[: 2 * self.k]
        return np.rint(x).astype(np.int64)


def _matrix(cells: Any, rest: Any, asked: Any) -> Any:
    """Rise and fall per class, up and down per row of `cells`; put together by places, which
    takes a fifth of the time that stacking takes."""
    count, classes = cells.shape
    parts = [sp.coo_array(part) for part in (cells, rest, asked)]
    starts = np.cumsum([0, *(part.shape[0] for part in parts)])
    row = np.concatenate([p.coords[0] + at for p, at in zip(parts, starts[:-1], strict=True)])
    column = np.concatenate([p.coords[1] for p in parts])
    data = np.concatenate([p.data for p in parts]).astype(float)
    own, ones = np.arange(count), np.ones(count)
    return sp.csr_array(
        (
            np.concatenate([data, -data, -ones, ones]),
            (
                np.concatenate([row, row, own, own]),
                np.concatenate(
                    [column, column + classes, own + 2 * classes, own + 2 * classes + count]
                ),
            ),
        ),
        shape=(int(starts[-1]), 2 * (classes + count)),
    )
