"""The suppressor's view of a system: distinct cells over classes of inner cells.

Inner cells under a printed nought are left out, inner cells that no row tells apart are one
class, cells that count the same are one cell with one fate. Nothing is lost by it: a table over
classes is the sum of a table over inner cells and the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Refused
from anonymisation.tables.facts import at_least
from anonymisation.tables.known import NO_BOUND
from anonymisation.tables.rules import Requirement, Targets
from anonymisation.tables.system import CellSystem, Fate
from schemas.policy import Policy, Promise

LEAST_COST = 0.01
NOT_KEPT = "The promise cannot be kept for this table."


class State(IntEnum):
    """What may still happen to a cell."""

    OPEN = 0
    PUBLISHED = 1
    WITHHELD = 2


@dataclass(frozen=True)
class Reduced:
    """Distinct cells and requirements over classes.

    Shapes: `cells` csr (distinct, classes); `value`, `low`, `state`, `cost` (distinct,);
    `links` csr (links, classes); `ranges` csr with `range_low`, `range_high`: sizes of
    groups, then what is known; `rows` csr (requirements, classes) with `row_value`; `truth`
    (classes,); `members` csr (insiders, classes); `class_of` (inner,), -1 for those left out.
    `place` maps system cells to distinct.
    """

    cells: Any
    value: Any
    low: Any
    state: Any
    cost: Any
    links: Any
    ranges: Any
    range_low: Any
    range_high: Any
    rows: Any
    row_value: Any
    truth: Any
    members: Any
    class_of: Any
    place: Any
    requirements: tuple[Requirement, ...]
    linear: bool
    printed: tuple[int, ...]


def reduce_system(
    system: CellSystem, targets: Targets, policy: Policy, weights: Any = None
) -> Reduced:
    """The reduced system with the fates that rules and ledger already settle.

    `weights` (cells,): what withholding each cell costs, instead of the policy's measure.

    Raises:
        Refused: a cell that must be withheld has been printed already.
    """
    values, first = system.values, system.duplicates
    linear = policy.promise is Promise.P0
    printed = [int(c) for c in dict.fromkeys(first[system.printed])]
    state, low = _states(system, targets, values, first, printed)
    nought = np.array([values[c] == 0 and s == State.PUBLISHED and not linear
                       for c, s in zip(printed, state, strict=True)], bool)  # fmt: skip
    alive = np.ones(len(system.counts), bool)
    if nought.any():
        under = system.incidence[:, np.array(printed)[nought]].sum(axis=1)
        alive = np.asarray(under).ravel() == 0
    kept = np.array(printed, np.int64)[~nought]
    groups, known = targets.groups, targets.known
    stack = sp.vstack(
        [
            system.incidence[:, kept].T,
            system.links,
            system.incidence[:, [g.group for g in groups]].T,
            known.rows,
            targets.rows,
        ],
        format="csc",
    )
    class_of = _classes(stack, alive)
    found, representatives = np.unique(class_of, return_index=True)
    representatives = representatives[found >= 0]
    short = sp.csr_array(stack[:, representatives])
    a, b = len(kept), len(kept) + system.links.shape[0]
    c = b + len(groups) + len(known)
    truth = np.zeros(len(representatives), np.int64)
    np.add.at(truth, class_of[alive], system.counts[alive])
    place = np.full(len(first), -1)
    where = {int(cell): i for i, cell in enumerate(kept)}
    for any_cell in range(len(first)):
        if system.printed[any_cell]:
            place[any_cell] = where.get(int(first[any_cell]), -1)
    return Reduced(
        cells=short[:a], value=values[kept], low=low[~nought], state=state[~nought],
        cost=_costs(values[kept], policy, _weights(weights, first, system.printed, kept)),
        links=short[a:b], ranges=short[b:c],
        range_low=np.array([*(g.low for g in groups), *_open(known.low)], float),
        range_high=np.array(
            [*(np.inf if g.high is None else g.high for g in groups), *_open(known.high)], float
        ),
        rows=short[c:], row_value=np.asarray(targets.rows @ system.counts), truth=truth,
        members=_members(system, class_of, len(representatives)), class_of=class_of,
        place=place, requirements=targets.requirements, linear=linear,
        printed=tuple(int(c) for c in kept),
    )  # fmt: skip


def _states(
    system: CellSystem, targets: Targets, values: Any, first: Any, printed: list[int]
) -> tuple[Any, Any]:
    twins: dict[int, list[int]] = defaultdict(list)
    for twin in np.flatnonzero(system.printed):
        twins[int(first[twin])].append(int(twin))
    state = np.zeros(len(printed), np.int8)
    low = np.zeros(len(printed), np.int64)
    for i, cell in enumerate(printed):
        fates = {int(system.fates[t]) for t in twins[cell]}
        hidden = any(targets.primary[t] for t in twins[cell])
        fixed = values[cell] == 0 and not all(targets.withholdable[t] for t in twins[cell])
        if Fate.PUBLISHED in fates and (hidden or Fate.WITHHELD in fates):
            raise Refused(NOT_KEPT)
        if Fate.WITHHELD in fates or hidden:
            state[i] = State.WITHHELD
        elif Fate.PUBLISHED in fates or fixed:
            state[i] = State.PUBLISHED
        low[i] = max(at_least(system, targets, t) for t in twins[cell])
        if values[cell] == 0 and state[i] == State.WITHHELD:
            low[i] = 0
    return state, low


def _classes(stack: Any, alive: Any) -> Any:
    """Class of every inner cell by its column in the stacked rows; -1 where not alive."""
    known: dict[tuple[bytes, bytes], int] = {}
    stack.sort_indices()
    out = np.full(stack.shape[1], -1)
    for inner in np.flatnonzero(alive):
        begin, end = stack.indptr[inner], stack.indptr[inner + 1]
        key = (stack.indices[begin:end].tobytes(), stack.data[begin:end].tobytes())
        out[inner] = known.setdefault(key, len(known))
    return out


def _members(system: CellSystem, class_of: Any, classes: int) -> Any:
    """Insiders over classes, equal ones once."""
    matrix = sp.coo_array(system.members)
    row, column = matrix.coords
    moved = sp.csr_array((matrix.data, (row, class_of[column])), shape=(matrix.shape[0], classes))
    moved.sum_duplicates()
    moved.sort_indices()
    known: dict[tuple[bytes, bytes], int] = {}
    for i in range(moved.shape[0]):
        begin, end = moved.indptr[i], moved.indptr[i + 1]
        key = (moved.indices[begin:end].tobytes(), moved.data[begin:end].tobytes())
        known.setdefault(key, i)
    return moved[list(known.values())] if known else moved


def _costs(values: Any, policy: Policy, weights: Any) -> Any:
    """What withholding a cell costs; a nought a little, so that none is withheld idly."""
    if weights is not None:
        return np.maximum(weights, LEAST_COST)
    if policy.cost == "count":
        return np.maximum(values, 0.5).astype(float)
    return np.maximum(np.log1p(values), 0.2)


def _weights(weights: Any, first: Any, printed: Any, kept: Any) -> Any:
    """Own weights of distinct cells: the greatest among cells that count the same."""
    if weights is None:
        return None
    out = np.zeros(len(first))
    np.maximum.at(out, first[printed], np.asarray(weights, float)[printed])
    return out[kept]


def _open(bounds: Any) -> Any:
    """Bounds as floats, infinite where a side is open."""
    out = np.asarray(bounds, float)
    out = np.where(out >= float(NO_BOUND), np.inf, out)
    return np.where(out <= -float(NO_BOUND), -np.inf, out)
