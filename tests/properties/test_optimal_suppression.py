"""The exact method against every pattern and every table of whole numbers there can be."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from anonymisation import CellSystem, Policy
from anonymisation.errors import Refused
from anonymisation.tables.branch_and_cut import Optimum, cheapest
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.reduction import Reduced, reduce_system
from anonymisation.tables.rules import GroupRange, Requirement, Targets, find_targets
from anonymisation.tables.system import Fate
from tests.properties.brute_force import (
    Puzzle,
    Told,
    cheapest_pattern,
    hierarchical,
    linked,
    three_way,
    two_way,
    verdicts,
)

SHAPES = [two_way(2, 2), two_way(2, 3), two_way(3, 3), two_way(2, 4), three_way(), hierarchical(),
          linked()]  # fmt: skip
MOST_FREE = 14
CASES = 15
"""Random systems per promise and kind of insider; `python -m tests.properties.test_optimal_
suppression N` tries N."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A random system, its policy, its insiders, and more that is known and asked."""

    puzzle: Puzzle
    policy: Policy
    members: np.ndarray | None
    known: tuple[Told, ...] = ()
    asked: tuple[Told, ...] = ()

    @property
    def hides(self) -> bool:
        return self.policy.zeros == "withholdable"

    @property
    def best(self) -> float | None:
        return cheapest_pattern(
            self.puzzle, self.policy.threshold, self.policy.promise.value, known=self.known,
            asked=self.asked, nought_hides=self.hides, members=self.members,
        )  # fmt: skip

    def system(self) -> CellSystem:
        fates = np.zeros(self.puzzle.incidence.shape[1], np.int8)
        fates[self.puzzle.total] = Fate.PUBLISHED
        members = None if self.members is None else sp.csr_array(self.members)
        return CellSystem(self.puzzle.incidence, self.puzzle.counts, fates=fates, members=members)


def draw(seed: int, promise: str, *, households: bool = False) -> Case:
    """A random system with few enough free cells to try every pattern."""
    chance = np.random.default_rng(seed)
    while True:
        incidence, total = SHAPES[chance.integers(len(SHAPES))]
        inner = incidence.shape[0]
        people = int(chance.integers(3, 16 if inner <= 6 else 10))
        counts = np.bincount(chance.integers(0, inner, people), minlength=inner)
        threshold, hides = int(chance.integers(2, 5)), bool(chance.random() < 0.25)
        values = counts @ np.unique(incidence, axis=1)
        free = int(((values >= threshold) | (hides & (values == 0))).sum())
        if free <= (8 if promise == "P0" else MOST_FREE):
            break
    zeros = "withholdable" if hides else "published"
    members = _households(counts, chance) if households else None
    return Case(
        Puzzle(incidence, counts, total),
        Policy(threshold=threshold, zeros=zeros, promise=promise),
        members,
    )


def _households(counts: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Everybody in a household of one to three."""
    people = np.repeat(np.arange(len(counts)), counts)
    chance.shuffle(people)
    rows = []
    while len(people):
        size = int(chance.integers(1, 4))
        rows.append(np.bincount(people[:size], minlength=len(counts)))
        people = people[size:]
    return np.array(rows)


def solve(case: Case) -> tuple[Optimum, CellSystem, Targets, Reduced]:
    """The exact method's answer.

    Raises:
        Refused: it found that there is none.
    """
    system = case.system()
    targets = find_targets(system, case.policy)
    if case.known or case.asked:
        targets = _more(system, targets, case)
    reduced = reduce_system(system, targets, case.policy)

    def exempt(small: Reduced, hidden: Any) -> Any:
        return exempt_pairs(system, targets, _own_cells(system, small, hidden))

    return cheapest(reduced, exempt), system, targets, reduced


def _more(system: CellSystem, targets: Targets, case: Case) -> Targets:
    """What is known as ranges of groups, what is asked as requirements on cells."""
    columns = [tuple(c) for c in case.puzzle.incidence.T]
    ranges = tuple(
        GroupRange(columns.index(tuple(t.row)), t.low or 0, t.high, ()) for t in case.known
    )
    needs = [
        Requirement(columns.index(tuple(t.row)), bound=t.low, at_most=t.high) for t in case.asked
    ]
    rows = system.incidence[:, [n.cell for n in needs]].T
    return dataclasses.replace(
        targets, groups=ranges, requirements=(*targets.requirements, *needs),
        rows=sp.csr_array(sp.vstack([targets.rows, rows])),
    )  # fmt: skip


def _own_cells(system: CellSystem, reduced: Reduced, hidden: Any) -> Any:
    own = np.asarray((reduced.members @ reduced.cells.T).todense())
    lone = (own == reduced.value[None, :]) & (own > 0) & hidden[None, :]
    wide = np.zeros((len(own), len(system.printed)), np.int64)
    wide[:, list(reduced.printed)] = lone
    return sp.csr_array(wide)


def agrees(case: Case) -> str | None:
    """What is wrong with the exact method's answer; None: nothing."""
    best = case.best
    try:
        found, system, targets, reduced = solve(case)
    except Refused:
        return None if best is None else f"refused, but {best} is possible"
    if best is None or abs(found.cost - best) > 1e-6 or not found.proven_optimal:
        return f"{found.cost} (at least {found.lower_bound}), but {best} is the least"
    if reduced.linear:
        return None
    moved = found.tables @ reduced.cells.T != reduced.value
    low = found.tables @ reduced.cells.T >= reduced.low
    if moved[:, ~found.withheld].any() or (found.tables < 0).any() or not (low | ~moved).all():
        return "one of its tables is not possible"
    exempt = exempt_pairs(system, targets, _own_cells(system, reduced, found.withheld))
    for i, need in enumerate(reduced.requirements):
        good = _proving(reduced, need, found.tables @ reduced.rows[[i]].toarray().ravel(), i)
        differs = found.tables @ reduced.rows[[i]].toarray().ravel() != reduced.row_value[i]
        fair = [
            exempt[who, i] or (differs & _possible(reduced, found, moved, who)).any()
            for who in (range(len(exempt)) if need.insiders else ())
        ]
        if not good.any() or not all(fair):
            return f"its tables do not prove requirement {i}"
    return None


def _proving(reduced: Reduced, need: Requirement, sums: np.ndarray, i: int) -> np.ndarray:
    if need.bound is not None:
        return sums >= need.bound
    if need.at_most is not None:
        return sums <= need.at_most
    return sums != reduced.row_value[i]


def _possible(reduced: Reduced, found: Optimum, moved: np.ndarray, insider: int) -> np.ndarray:
    """Which tables the insider takes for possible: with his own records, and his lone cells."""
    own = reduced.members[[insider]].toarray().ravel()
    lone = (reduced.cells @ own == reduced.value) & (reduced.value > 0) & found.withheld
    return (found.tables >= own).all(axis=1) & ~moved[:, lone].any(axis=1)


@pytest.mark.parametrize("promise", ["P0", "P1", "P2", "P3"])
def test_branch_and_cut_finds_the_cheapest_of_all_patterns_or_there_is_none(promise: str) -> None:
    wrong = {seed: agrees(draw(seed, promise)) for seed in range(CASES)}
    assert not {seed: why for seed, why in wrong.items() if why}


def test_branch_and_cut_finds_the_cheapest_against_households() -> None:
    wrong = {seed: agrees(draw(seed, "P3", households=True)) for seed in range(CASES)}
    assert not {seed: why for seed, why in wrong.items() if why}


def also(seed: int) -> Case:
    """A random system with ranges known of two cells, and two cells that must be able to rise
    or fall."""
    case = draw(seed, "P1")
    chance = np.random.default_rng(seed)
    columns, values = case.puzzle.incidence.T, case.puzzle.values
    first, second, third, fourth = (int(c) for c in chance.integers(0, len(values), 4))
    known = (
        Told(columns[first], max(int(values[first]) - 1, 0), int(values[first]) + 2),
        Told(columns[second], 0, int(values[second]) + 1),
    )
    asked = (
        Told(columns[third], int(values[third]) + int(chance.integers(0, 3)), None),
        Told(columns[fourth], None, max(int(values[fourth]) - 1, 0)),
    )
    return dataclasses.replace(case, known=known, asked=asked)


def test_branch_and_cut_honours_ranges_and_lower_and_upper_bounds() -> None:
    wrong = {seed: agrees(also(seed)) for seed in range(2 * CASES)}
    assert not {seed: why for seed, why in wrong.items() if why}


@pytest.mark.parametrize("promise", ["P1", "P2", "P3"])
def test_the_cheapest_pattern_keeps_its_promise_by_the_definitions(promise: str) -> None:
    for seed in range(CASES):
        case = draw(seed, promise)
        try:
            found, _, _, reduced = solve(case)
        except Refused:
            continue
        mask = np.where(reduced.place >= 0, found.withheld[reduced.place], False)
        kept = verdicts(case.puzzle, mask, case.policy.threshold, nought_hides=case.hides)
        asked = ("P0", "P1", "P2", "P3")[: int(promise[1]) + 1]
        assert all(kept[name] for name in asked), seed


def try_many(count: int) -> dict[str, str]:
    """What is wrong, by kind of case and seed, in `count` cases of each kind."""
    wrong: dict[str, str] = {}
    for seed in range(count):
        cases = {p: draw(seed, p) for p in ("P0", "P1", "P2", "P3")}
        cases |= {"households": draw(seed, "P3", households=True), "ranges": also(seed)}
        for kind, case in cases.items():
            why = agrees(case)
            if why:
                wrong[f"{kind} {seed}"] = why
    return wrong


if __name__ == "__main__":
    import sys

    print(try_many(int(sys.argv[1])))
