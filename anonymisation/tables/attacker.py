"""What can be proved of withheld cells from printed facts alone, with scipy's solver.

Nothing here ever sees a count. Cost: at most two linear programs per distinct withheld cell,
none for a bound that the corner of another's attains in fractions already; then a whole-number
program only where a bound is not attained by whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import BadTable
from anonymisation.tables.elimination import PRIMES, in_span
from anonymisation.tables.facts import Facts
from anonymisation.tables.known import Kind, Known
from anonymisation.tables.polytope import (
    INFEASIBLE,
    UNBOUNDED,
    Polytope,
    is_whole,
    to_give_way,
)
from anonymisation.tables.propagation import quick_bounds
from anonymisation.tables.universe import Universe, agrees, universe
from schemas.policy import Policy, Promise

ROUNDED = 1e-6


@dataclass(frozen=True)
class Intervals:
    """Exact bounds per withheld fact: `rows` its place among the facts, `cells` its cell.

    `low`, `high` float: NaN where not settled, -inf and inf where nothing bounds it. `at_least`,
    `at_most`: what is proved in any case, wider or the same; None: the exact bounds alone.
    """

    rows: Any
    cells: Any
    low: Any
    high: Any
    at_least: Any = None
    at_most: Any = None

    @property
    def proved(self) -> tuple[Any, Any]:
        """The narrowest bounds proved, settled or not: float, infinite where nothing is."""
        ends = ((self.low, self.at_least, -np.inf), (self.high, self.at_most, np.inf))
        low, high = (
            np.where(np.isnan(exact), nothing if wide is None else wide, exact)
            for exact, wide, nothing in ends
        )
        return low, high

    @property
    def falls(self) -> Any:
        """Which withheld cells are known exactly, bool."""
        return np.asarray(self.low == self.high)

    def provably_below(self, threshold: int) -> Any:
        """Which withheld cells can be proved to be below the threshold, bool."""
        return np.asarray(self.high < threshold)


def attack(
    facts: Facts, policy: Policy, *, knows: Known | None = None, seconds: float | None = None
) -> Intervals:
    """Exact intervals of every withheld cell, from the facts and the policy.

    The policy says with which arithmetic the attacker is met: under P0 he has linear algebra
    only; else counts are whole and not negative. `knows`: what he knows beside the facts, such
    as `own_records`. `seconds` ends it: what is not settled by then is NaN.

    Raises:
        BadTable: no table satisfies all the facts.
    """
    if knows is not None:
        facts = _with(facts, knows)
    places = facts.withheld
    asked = sp.csr_array(facts.rows[places])
    if policy.promise is Promise.P0:
        return Intervals(places, facts.cells[places], *_linear(facts, asked))
    return Intervals(places, facts.cells[places], *_whole(facts, asked, seconds))


def attacks(
    facts: Facts,
    policy: Policy,
    scenarios: Mapping[str, Known | None],
    *,
    seconds: float | None = None,
) -> dict[str, Intervals]:
    """The intervals of several attackers by name; None knows the facts only.

    `seconds` bounds each of them.
    """
    return {
        name: attack(facts, policy, knows=knows, seconds=seconds)
        for name, knows in scenarios.items()
    }


def own_records(counts: Any) -> Known:
    """What somebody knows whose records lie in these inner cells: so many are there at least.

    `counts`: his records per inner cell, shape (inner,).
    """
    counts = np.asarray(counts, np.int64)
    places = np.flatnonzero(counts)
    rows = []
    for place in places:
        row = np.zeros(len(counts), np.int64)
        row[place] = 1
        rows.append((row, int(counts[place]), None, Kind.OUTSIDE))
    return Known.of(len(counts), rows)


def _with(facts: Facts, knows: Known) -> Facts:
    return Facts(
        sp.csr_array(sp.vstack([facts.rows, knows.rows])),
        np.concatenate([facts.low, knows.low]),
        np.concatenate([facts.high, knows.high]),
        (*facts.kinds, *knows.kinds),
        (*facts.names, *knows.kinds),
        np.concatenate([facts.cells, np.full(len(knows), -1)]),
    )


def _linear(facts: Facts, asked: Any) -> tuple[Any, Any]:
    """A cell in the span of the equations has its value in every solution, any other anything."""
    world = universe(facts, asked, signed=True)
    rows = world.rows[world.equations]
    falls = np.ones(asked.shape[0], bool)
    for prime in PRIMES:
        falls &= in_span(rows, world.asked, prime)
    low, high = np.full(len(falls), -np.inf), np.full(len(falls), np.inf)
    polytope = Polytope(world, equations=True)
    status, x, _ = polytope.corner(np.zeros(world.size))
    if status == INFEASIBLE or world.contradictory:
        raise contradiction(facts)
    if x is None:
        return np.full(len(falls), np.nan), np.full(len(falls), np.nan)
    low[falls] = high[falls] = np.rint(world.asked[np.flatnonzero(falls)] @ x)
    return low, high


def _whole(facts: Facts, asked: Any, seconds: float | None) -> tuple[Any, Any, Any, Any]:
    world = universe(facts, asked)
    order: dict[tuple[bytes, bytes], int] = {}
    rows = world.asked
    rows.sort_indices()
    first: list[int] = []
    place = []
    for i in range(rows.shape[0]):
        part = slice(rows.indptr[i], rows.indptr[i + 1])
        key = (rows.indices[part].tobytes(), rows.data[part].tobytes())
        place.append(order.setdefault(key, len(first)))
        if place[-1] == len(first):
            first.append(i)
    search = _Search(world, sp.csr_array(rows[first]), Polytope(world, seconds=seconds))
    low, high, at_least, at_most = (bounds[place] for bounds in search.run(facts))
    return low, high, at_least, at_most


class _Search:
    """Bounds of distinct rows: proved from outside, attained by tables from inside."""

    def __init__(self, world: Universe, rows: Any, polytope: Polytope) -> None:
        self._world, self._rows, self._polytope = world, rows, polytope
        self._least = np.full(rows.shape[0], np.inf)
        self._most = np.full(rows.shape[0], -np.inf)
        self._lowest, self._highest = self._least.copy(), self._most.copy()
        self._answered: set[tuple[int, float]] = set()

    def run(self, facts: Facts) -> tuple[Any, Any, Any, Any]:
        """Exact bounds, NaN where not settled; then what is proved in any case.

        Raises:
            BadTable: no table satisfies all the facts.
        """
        count = self._rows.shape[0]
        if not count and not len(self._world.low):
            return (np.zeros(0),) * 4
        status, x, _ = self._polytope.corner(np.zeros(self._world.size))
        if status == INFEASIBLE or self._world.contradictory:
            raise contradiction(facts)
        low, high = quick_bounds(self._world, self._rows)
        self._learn(x)
        self._derive(x, low, high)
        for bounds, sign in ((low, 1.0), (high, -1.0)):
            for i in range(count):
                bounds[i] = self._in_fractions(i, sign, bounds[i])
        proved = low.copy(), high.copy()
        for i in range(count):
            low[i] = self._bound(i, 1.0, low[i])
            high[i] = self._bound(i, -1.0, high[i])
        return low, high, *proved

    def _derive(self, x: Any, low: Any, high: Any) -> None:
        """Rows that are linear functions of the equations have one value, in fractions too."""
        open_rows = np.flatnonzero(low < high)
        if x is None or not len(open_rows):
            return
        equations = self._world.rows[self._world.equations]
        falls = np.ones(len(open_rows), bool)
        for prime in PRIMES:
            falls &= in_span(equations, self._rows[open_rows], prime)
        fixed = open_rows[falls]
        value = np.rint(self._rows[fixed] @ x)
        for bound in (low, high, self._least, self._most):
            bound[fixed] = value

    def _in_fractions(self, i: int, sign: float, proved: float) -> float:
        """What fractions prove of row i from below (sign 1) or above (-1), if it is more.

        No program where a corner found for another row comes as near as whole numbers tell.
        """
        reached = self._lowest[i] if sign > 0 else -self._highest[i]
        if np.ceil(reached - ROUNDED) <= sign * proved or self._polytope.late:
            return proved
        status, x, bound = self._polytope.corner(sign * self._rows[[i]].toarray().ravel())
        if status != 0 or x is None:
            return proved
        self._learn(x)
        self._answered.add((i, sign))
        return float(sign * max(np.ceil(bound - ROUNDED), sign * proved))

    def _bound(self, i: int, sign: float, proved: float) -> float:
        """The exact bound of row i from below (sign 1) or above (-1); NaN: not settled."""
        if proved == self._attained(i, sign):
            return proved
        price = sign * self._rows[[i]].toarray().ravel()
        for whole in (True,) if (i, sign) in self._answered else (False, True):
            if self._polytope.late:
                return float("nan")
            status, x, bound = self._polytope.corner(price, whole=whole)
            if status == UNBOUNDED:
                return -np.inf * sign
            if status != 0 or x is None:
                return float("nan")
            self._learn(x)
            proved = float(sign * np.ceil(bound - ROUNDED))
            if proved == self._attained(i, sign):
                return proved
        return float("nan")

    def _attained(self, i: int, sign: float) -> float:
        return float(self._least[i] if sign > 0 else self._most[i])

    def _learn(self, x: Any) -> None:
        """What a whole table shows to be possible; it is checked exactly first."""
        if x is None:
            return
        values = self._rows @ x
        self._lowest = np.minimum(self._lowest, values)
        self._highest = np.maximum(self._highest, values)
        if not is_whole(x):
            return
        table = np.rint(x).astype(np.int64)
        if agrees(self._world, table):
            sums = self._rows @ table
            self._least = np.minimum(self._least, sums)
            self._most = np.maximum(self._most, sums)


def contradiction(facts: Facts) -> BadTable:
    """The error for facts no table satisfies, naming what has to give way for one to.

    Cost: one linear program with two more columns per fact.
    """
    named = ", ".join(facts.names[i] for i in to_give_way(facts)[:3])
    return BadTable(
        f"The tables contradict each other{': ' + named if named else ''}.",
        remedy="Check these cells, and that all tables count the same people.",
    )
