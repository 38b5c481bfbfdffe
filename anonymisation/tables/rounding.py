"""Controlled rounding: every count to a multiple of the base next to it, and the table adds up.

A number r stands for a count strictly between r - within and r + within, where `within` is the
base; multiples of the base stay what they are (zero-restricted). Two-way tables always have such
a rounding, more dimensions not always (Cox 1987): then a number may lie further away, one base
at a time. The sum of deviations is the least there is; among equals a secret seed chooses.

Adding up means here: every linear relation that cells of linked, hierarchical tables have by
construction holds for the rounded numbers. It is asked for by continuous variables, one per
class of inner cells, that the rounded cells must be sums of.

Cost: one whole-number program with a variable per cell whose count is no multiple. Two-way
tables solve as linear programs; for more dimensions time can grow exponentially, bounded by
counted nodes.

Source: Cox 1987; Salazar-González 2005 (linked tables, relaxed distance).
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.system import CellSystem

NODES = 20_000
"""Branches looked at before the best rounding found stands, or none; counted, not timed."""
NOT_ADDITIVE = "No rounding of this table within the distance allowed adds up."
OUT_OF_TIME = "The rounding was not found in the time given."


@dataclass(frozen=True)
class Rounded:
    """A rounding: `values` int64 (cells,), the true count where a cell was not to be rounded.

    `within`: |count - number| < within. `deviation`: sum over distinct cells. `optimal`: no
    rounding as near has a smaller one.
    """

    values: Any
    within: int
    additive: bool
    deviation: int
    optimal: bool


def round_cells(
    system: CellSystem,
    asked: Any,
    base: int,
    *,
    seed: bytes,
    farthest: int = 1,
    fixed: Mapping[int, int] | None = None,
    seconds: float | None = None,
) -> Rounded:
    """The `asked` cells (bool (cells,)) rounded, additively if it can be.

    `fixed`: numbers printed before, by cell; they stay. The same system and seed give the same.

    Raises:
        Refused: nothing within `farthest` bases adds up.
        Undecided: it was not settled in the time or the branches given.
    """
    program = _Program(system, asked, base, seed, fixed or {})
    deadline = None if seconds is None else time.monotonic() + seconds
    for steps in range(1, farthest + 1):
        found = program.solve(steps, deadline)
        if found is not None:
            multiples, optimal = found
            return program.result(multiples * base, steps * base, True, optimal)
    raise Refused(NOT_ADDITIVE)


def round_alone(
    system: CellSystem,
    asked: Any,
    base: int,
    *,
    seed: bytes,
    fixed: Mapping[int, int] | None = None,
) -> Rounded:
    """The `asked` cells rounded each by itself, up in the share of cases that makes it unbiased.

    The table does not add up, and its sums tell more of the counts than a rounded table that
    does; the seed must stay inside, or it tells which counts were rounded up by chance.
    """
    program = _Program(system, asked, base, seed, fixed or {})
    return program.result(program.alone(), base, False, True)


class _Program:
    """Distinct cells to round over classes of inner cells."""

    def __init__(
        self, system: CellSystem, asked: Any, base: int, seed: bytes, fixed: Mapping[int, int]
    ) -> None:
        self.system, self.base, self._seed = system, base, seed
        first = system.duplicates
        self.cells = np.unique(first[np.asarray(asked, bool)])
        self._asked, self._first = np.asarray(asked, bool), first
        self.count = system.values[self.cells]
        held = {int(first[cell]): number for cell, number in fixed.items()}
        self.held = np.array([held.get(int(c), -1) for c in self.cells], np.int64)
        stack = sp.vstack([system.incidence[:, self.cells].T, system.links], format="csc")
        stack.sort_indices()
        self.sums = sp.csr_array(stack[:, _distinct_columns(stack)])

    def solve(self, steps: int, deadline: float | None) -> tuple[Any, bool] | None:
        """Multiples of the base per distinct cell, and whether their deviation is the least;
        None: there are none.

        Unknowns per cell: up from the multiple below the count to the one above (0 or 1), steps
        further up, and steps down; deviation is linear in each, so that the relaxation is
        tight. Then the change of each class of inner cells.
        """
        low, high = self._range(steps)
        if (low > high).any():
            return None
        # Everything is multiplied by the base: with thirds and fifths on the right-hand side HiGHS
        # takes sums for whole that are not, and calls tables with a rounding infeasible.
        tops, bottoms = self._moves(high), self._moves(low)
        count, links = len(self.cells), self.system.links.shape[0]
        eye = self.base * sp.eye_array(count, format="csr")
        cells = sp.vstack([sp.hstack([-eye, -eye, eye]), sp.csr_array((links, 3 * count))])
        right = np.concatenate([-(self.count % self.base), np.zeros(links)])
        classes = self.sums.shape[1]
        free = np.full(classes, np.inf)
        x, gap = _least(
            np.concatenate([self._prices(), np.zeros(classes)]),
            (np.concatenate([np.minimum(tops, bottoms), -free]),
             np.concatenate([np.maximum(tops, bottoms), free])),
            (sp.csr_array(sp.hstack([cells, self.sums]), dtype=float), right),
            whole=3 * count, relative_gap=self._gap(), deadline=deadline,
        )  # fmt: skip
        if x is None:
            return None
        up, above, below = np.rint(x[: 3 * count]).astype(np.int64).reshape(3, count)
        return self.count // self.base + up + above - below, gap < 0.5

    def _range(self, steps: int) -> tuple[Any, Any]:
        """Least and greatest multiple strictly within so many bases of each count."""
        reach = steps * self.base - 1
        low = np.maximum(0, -((reach - self.count) // self.base))
        high = (self.count + reach) // self.base
        kept = self.held // self.base
        fixed = self.held >= 0
        return np.where(fixed, kept, low), np.where(fixed, kept, high)

    def _moves(self, multiple: Any) -> Any:
        """A multiple as the three unknowns of its cell: up, further up, down."""
        below = self.count // self.base
        up = (self.count % self.base > 0) & (multiple > below)
        return np.concatenate(
            [up, np.maximum(0, multiple - below - up), np.maximum(0, below - multiple)]
        ).astype(float)

    def _gap(self) -> float:
        """Relative gap below which no whole person of deviation can be saved any more."""
        rest = self.count % self.base
        return 0.2 / max(1, int(np.maximum(rest, self.base - rest).sum()))

    def _prices(self) -> Any:
        """Deviation in people, and for the seed's choice less than half of one in all."""
        rest = self.count % self.base
        drawn = np.array([self._draw(i, 1 << 20) for i in range(len(self.cells))], float)
        most = 2 * max(1, len(self.cells)) * (1 << 20)
        away = np.full(len(rest), float(self.base))
        return np.concatenate([self.base - 2 * rest + drawn / most, away, away])

    def alone(self) -> Any:
        """Each count up or down by itself: up with probability remainder / base, so unbiased."""
        out = np.empty(len(self.cells), np.int64)
        for i, count in enumerate(self.count):
            remainder = int(count) % self.base
            up = self._draw(i, self.base) < remainder
            out[i] = int(count) - remainder + self.base * up
        return np.where(self.held >= 0, self.held, out)

    def _draw(self, place: int, below: int) -> int:
        """A number from 0 on that the seed gives to a distinct cell.

        The remainder of 256 bits is uniform but for one part in 2 to the 230th.
        """
        rows = self.system.incidence
        cell = int(self.cells[place])
        inner = rows.indices[rows.indptr[cell] : rows.indptr[cell + 1]]
        name = np.asarray(inner, "<i8").tobytes()
        mac = hmac.new(self._seed, name + below.to_bytes(4, "little"), hashlib.sha256)
        return int.from_bytes(mac.digest(), "little") % below

    def result(self, numbers: Any, within: int, additive: bool, optimal: bool) -> Rounded:
        """The rounding back on the system's cells."""
        place = {int(cell): i for i, cell in enumerate(self.cells)}
        values = self.system.values.copy()
        for cell in np.flatnonzero(self._asked):
            values[cell] = numbers[place[int(self._first[cell])]]
        deviation = int(np.abs(numbers - self.count).sum())
        return Rounded(values, within, additive, deviation, optimal)


def _least(
    price: Any, bounds: tuple[Any, Any], equations: tuple[Any, Any], *, whole: int,
    relative_gap: float, deadline: float | None,
) -> tuple[Any, float]:  # fmt: skip
    """The cheapest point, its first `whole` entries whole, and how far it may be from the least;
    None: there is no such point. One thread and one seed: the same program, the same point.

    Raises:
        Undecided: none was found in the time or the branches given.
    """
    matrix, right = equations
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, (lp.col_lower_, lp.col_upper_) = price, bounds
    lp.row_lower_ = lp.row_upper_ = right
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger] * whole + [kinds.kContinuous] * (len(price) - whole)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "output_flag": False, "threads": 1, "parallel": "off", "random_seed": 0,
        "mip_max_nodes": NODES, "mip_rel_gap": relative_gap,
    }  # fmt: skip
    if deadline is not None:
        options["time_limit"] = max(0.01, deadline - time.monotonic())
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None, 0.0
    found = highs.getInfo()
    if found.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise Undecided(OUT_OF_TIME)
    return np.array(highs.getSolution().col_value), (
        found.objective_function_value - found.mip_dual_bound
    )


def _distinct_columns(stack: Any) -> list[int]:
    """The first of every kind of inner cell that no row tells apart."""
    known: dict[tuple[bytes, bytes], int] = {}
    for inner in range(stack.shape[1]):
        part = slice(stack.indptr[inner], stack.indptr[inner + 1])
        key = (stack.indices[part].tobytes(), stack.data[part].tobytes())
        known.setdefault(key, inner)
    return list(known.values())
