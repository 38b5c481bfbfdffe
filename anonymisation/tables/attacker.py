"""What can be proved of withheld cells from printed facts alone, with scipy's solver.

Nothing here ever sees a count. Cost: two linear programs per distinct withheld cell, and a
whole-number program only where a bound is not attained by whole numbers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from anonymisation.tables.evidence import Universe, agrees, universe
from anonymisation.tables.facts import NO_BOUND, Facts
from schemas.policy import Policy, Promise

INFEASIBLE = 2
UNBOUNDED = 3
MOST_SECONDS = 30.0


@dataclass(frozen=True)
class Intervals:
    """Exact bounds per withheld fact: `rows` its place among the facts, `cells` its cell.

    `low`, `high` float: NaN where not settled, `high` inf where nothing bounds it.
    """

    rows: Any
    cells: Any
    low: Any
    high: Any

    @property
    def falls(self) -> Any:
        """Which withheld cells are known exactly, bool."""
        return np.asarray(self.low == self.high)

    def provably_below(self, threshold: int) -> Any:
        """Which withheld cells can be proved to be below the threshold, bool."""
        return np.asarray(self.high < threshold)


def attack(facts: Facts, policy: Policy, *, seconds: float | None = None) -> Intervals:
    """Exact intervals of every withheld cell, from the facts and the policy.

    The policy says with which arithmetic the attacker is met: under P0 he has linear algebra
    only; else counts are whole and not negative.
    """
    places = facts.withheld
    asked = facts.rows[places]
    linear = policy.promise is Promise.P0
    world = universe(facts, asked, signed=linear)
    polytope = Polytope(world, signed=linear, seconds=seconds)
    low, high = np.full(len(places), np.nan), np.full(len(places), np.nan)
    known: dict[tuple[bytes, bytes], tuple[float, float]] = {}
    for i in range(len(places)):
        row = world.asked[[i]]
        row.sort_indices()
        key = (row.indices.tobytes(), row.data.tobytes())
        if key not in known:
            known[key] = (polytope.least(row), polytope.most(row))
        low[i], high[i] = known[key]
    return Intervals(places, facts.cells[places], low, high)


class Polytope:
    """All tables the facts allow, for scipy's solver."""

    def __init__(
        self, world: Universe, *, signed: bool = False, seconds: float | None = None
    ) -> None:
        self._world, self._signed = world, signed
        self._deadline = None if seconds is None else time.monotonic() + seconds
        high = np.where(world.high == NO_BOUND, np.inf, world.high.astype(float))
        self._rows = sp.csr_array(world.rows, dtype=float)
        low = world.low.astype(float)
        if signed:
            low = np.where(world.low == world.high, low, -np.inf)
            high = np.where(world.low == world.high, high, np.inf)
        self._low, self._high = low, high

    def least(self, row: Any) -> float:
        """The least whole value of the row; -inf if unbounded, NaN if not settled."""
        return self._optimum(row, 1.0)

    def most(self, row: Any) -> float:
        """The greatest whole value of the row; inf if unbounded, NaN if not settled."""
        return self._optimum(row, -1.0)

    def find(
        self, row: Any, low: float, high: float, floor: Any = None, also: Any = ()
    ) -> tuple[bool | None, Any]:
        """Whether a whole table with the row between the bounds exists, and the table.

        `floor`: least count per class; `also`: further (row, value) equations. None: not
        settled.
        """
        extra = sp.vstack([row, *(r for r, _ in also)], format="csr")
        lows = np.array([low, *(v for _, v in also)], float)
        highs = np.array([high, *(v for _, v in also)], float)
        start = np.zeros(self._world.size) if floor is None else np.asarray(floor, float)
        nothing = np.zeros(self._world.size)
        for whole in (False, True):
            answer = self._run(nothing, whole, extra, lows, highs, start)
            if answer.status == INFEASIBLE:
                return False, None
            if answer.x is None:
                return None, None
            table = np.rint(answer.x).astype(np.int64)
            sums = extra @ table
            fits = ((sums >= lows) & (sums <= highs)).all() and (table >= start).all()
            if fits and agrees(self._world, table[None, :]).all():
                return True, table
        return None, None

    def _optimum(self, row: Any, sign: float) -> float:
        price = sign * row.toarray().ravel().astype(float)
        answer = self._run(price, False)
        if answer.status == UNBOUNDED:
            return -np.inf * sign
        if answer.x is None:
            return float("nan")
        table = np.rint(answer.x).astype(np.int64)
        if self._signed:
            return float(sign * answer.fun)
        bound = np.ceil(sign * sign * answer.fun - 1e-6)
        if (
            np.abs(answer.x - table).max(initial=0) < 1e-6
            and agrees(self._world, table[None, :]).all()
        ):
            return float(sign * bound)
        answer = self._run(price, True)
        return float("nan") if answer.status != 0 else float(sign * np.rint(answer.fun))

    def _run(
        self, price: Any, whole: bool, extra: Any = None, lows: Any = None, highs: Any = None,
        floor: Any = None,
    ) -> Any:  # fmt: skip
        constraints = [LinearConstraint(self._rows, self._low, self._high)]
        if extra is not None:
            constraints.append(LinearConstraint(extra.astype(float), lows, highs))
        start = np.zeros(self._world.size) if floor is None else floor
        if self._signed:
            start = np.full(self._world.size, -np.inf)
        left = MOST_SECONDS
        if self._deadline is not None:
            left = max(0.01, min(left, self._deadline - time.monotonic()))
        return milp(
            price,
            integrality=np.full(self._world.size, int(whole)),
            bounds=Bounds(start, np.inf),
            constraints=[c for c in constraints if c.A.shape[0]],
            options={"time_limit": left},
        )
