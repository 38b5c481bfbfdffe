"""All tables the facts allow, for scipy's solver.

No answer of the solver is taken for a table before it has been rounded and multiplied with every
fact in whole numbers. Cost: a linear program over (distinct facts x classes) per question, and a
whole-number program where its corner is not whole.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from anonymisation.tables.facts import NO_BOUND, Facts
from anonymisation.tables.universe import Universe

OUT_OF_TIME = 1
INFEASIBLE = 2
UNBOUNDED = 3
MOST_SECONDS = 60.0
NODES = 5_000
"""Branches of one whole-number program; counted, so that a clock seldom decides."""
ANY = 1e9
"""A gap so wide that the first whole table found will do."""
WHOLE = 1e-6

Answer = tuple[bool | None, Any]


@dataclass(frozen=True)
class Limits:
    """What a table must keep to beside the facts.

    `floor`, `ceiling`: least and greatest count per class (one for all, or one each); `extra`:
    further (row, low, high).
    """

    floor: Any = -np.inf
    ceiling: Any = np.inf
    extra: tuple[tuple[Any, float, float], ...] = ()

    def within(self, floor: Any, ceiling: Any) -> Limits:
        """These limits and narrower counts."""
        return Limits(np.maximum(self.floor, floor), np.minimum(self.ceiling, ceiling), self.extra)

    def also(self, row: Any, low: float, high: float) -> Limits:
        """These limits and one more row."""
        return Limits(self.floor, self.ceiling, (*self.extra, (row, low, high)))


class Polytope:
    """Programs over one universe. `floor` (classes,): the least each class counts.

    `equations`: the other facts are left out. Columns are never free of bounds, which scipy's
    solver does not always survive. `seconds` ends it: from then on every answer is None or NaN.
    """

    def __init__(
        self, world: Universe, *, equations: bool = False, seconds: float | None = None,
        floor: Any = None,
    ) -> None:  # fmt: skip
        self._size = world.size
        self._deadline = None if seconds is None else time.monotonic() + seconds
        used = world.equations if equations else np.arange(len(world.low))
        self._rows = sp.csr_array(world.rows[used], dtype=float)
        self._low, self._high = open_sides(world.low[used], world.high[used])
        self._floor = np.zeros(world.size) if floor is None else np.asarray(floor, float)
        self.programs = 0

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def corner(
        self,
        price: Any,
        *,
        whole: bool = False,
        exact: bool = True,
        limits: Limits | None = None,
        seconds: float = MOST_SECONDS,
    ) -> tuple[int, Any, float]:
        """The table of least price: the solver's status, the table (or None), a lower bound.

        Not `exact`: any table, cheap if it can be.
        """
        if self.late:
            return OUT_OF_TIME, None, float("nan")
        limits = limits or Limits()
        matrix, lows, highs = self._stacked(limits)
        answer = self._solve(
            np.asarray(price, float), matrix, lows, highs,
            Bounds(np.maximum(self._floor, limits.floor), limits.ceiling),
            whole=whole, exact=exact, seconds=seconds,
        )  # fmt: skip
        least = answer.mip_dual_bound if whole else answer.fun
        return answer.status, answer.x, float("nan") if least is None else float(least)

    def nearest(self, truth: Any, limits: Limits) -> tuple[int, Any]:
        """The table, in fractions, that moves fewest people from the true one; with the status.

        Such a table mostly is whole.
        """
        if self.late:
            return OUT_OF_TIME, None
        matrix, lows, highs = self._stacked(limits)
        sums = matrix @ truth
        fall = truth - np.maximum(self._floor, limits.floor)
        top = np.concatenate([np.broadcast_to(limits.ceiling - truth, self._size), fall])
        answer = self._solve(
            np.ones(2 * self._size), sp.csr_array(sp.hstack([matrix, -matrix])), lows - sums,
            highs - sums, Bounds(np.zeros(2 * self._size), top), whole=False, exact=True,
        )  # fmt: skip
        if answer.x is None:
            return answer.status, None
        return answer.status, truth + answer.x[: self._size] - answer.x[self._size :]

    def _stacked(self, limits: Limits) -> tuple[Any, Any, Any]:
        """The facts and the further rows of the limits, with their bounds."""
        more = [sp.csr_array(row, dtype=float) for row, _, _ in limits.extra]
        lows = np.array([low for _, low, _ in limits.extra], float)
        highs = np.array([high for _, _, high in limits.extra], float)
        return (
            sp.csr_array(sp.vstack([self._rows, *more])),
            np.concatenate([self._low, lows]),
            np.concatenate([self._high, highs]),
        )

    def _solve(
        self, price: Any, matrix: Any, lows: Any, highs: Any, bounds: Any, *, whole: bool,
        exact: bool, seconds: float = MOST_SECONDS,
    ) -> Any:  # fmt: skip
        self.programs += 1
        left = seconds
        if self._deadline is not None:
            left = max(0.01, min(left, self._deadline - time.monotonic()))
        return milp(
            price,
            integrality=np.full(len(price), int(whole)),
            bounds=bounds,
            constraints=[LinearConstraint(matrix, lows, highs)] if matrix.shape[0] else [],
            options={"time_limit": left, "node_limit": NODES}
            | ({} if exact else {"mip_rel_gap": ANY}),
        )

    def table(
        self, price: Any, limits: Limits, *, whole_only: bool = False,
        seconds: float = MOST_SECONDS,
    ) -> Answer:  # fmt: skip
        """Whether a whole table keeps to the limits, and one, cheap if it can be.

        None: not settled. The caller checks the table against the facts exactly.
        """
        for whole in (True,) if whole_only else (False, True):
            if self.late:
                return None, None
            status, x, _ = self.corner(
                price, whole=whole, exact=False, limits=limits, seconds=seconds
            )
            if status == INFEASIBLE:
                return False, None
            if status == UNBOUNDED:
                price = np.zeros(self._size)
                status, x, _ = self.corner(
                    price, whole=whole, exact=False, limits=limits, seconds=seconds
                )
            if x is None:
                return None, None
            if whole or is_whole(x):
                return self._checked(np.rint(x).astype(np.int64), limits)
        return None, None

    def _checked(self, table: Any, limits: Limits) -> Answer:
        fits = (table >= self._floor).all()
        fits = fits and (table >= limits.floor).all() and (table <= limits.ceiling).all()
        for row, low, high in limits.extra:
            fits = fits and low <= int((row @ table)[0]) <= high
        return (True, table) if fits else (None, None)


def is_whole(x: Any) -> bool:
    """Whether the solver's answer is whole but for its tolerance."""
    return bool(np.abs(x - np.rint(x)).max(initial=0) < WHOLE)


def open_sides(low: Any, high: Any) -> tuple[Any, Any]:
    """Bounds for the solver: an open side is infinite."""
    lows = np.where(low <= -NO_BOUND, -np.inf, low.astype(float))
    return lows, np.where(high >= NO_BOUND, np.inf, high.astype(float))


def to_give_way(facts: Facts) -> list[int]:
    """Facts that have to give way for a table to satisfy the others, the furthest off first.

    Cost: one linear program with two more columns per fact.
    """
    rows = sp.csr_array(facts.rows, dtype=float)
    count, inner = rows.shape
    eye = sp.eye_array(count)
    price = np.concatenate([np.zeros(inner), np.ones(2 * count)])
    answer = milp(
        price,
        constraints=[
            LinearConstraint(
                sp.csr_array(sp.hstack([rows, eye, -eye])), *open_sides(facts.low, facts.high)
            )
        ],
        bounds=Bounds(0, np.inf),
        options={"time_limit": MOST_SECONDS},
    )
    if answer.x is None:
        return []
    off = answer.x[inner : inner + count] + answer.x[inner + count :]
    return [int(i) for i in np.argsort(-off, kind="stable") if off[i] > WHOLE]
