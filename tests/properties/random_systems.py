"""Random small systems, the engine's answer to each, and what enumeration says of it.

`check_many` is run with some systems by the tests and with all of them by the benchmarks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from anonymisation import CellSystem, Policy, audit, protect
from anonymisation.errors import Refused, Undecided
from anonymisation.tables.protection import withhold
from anonymisation.tables.system import Fate
from anonymisation.tables.verification import verify
from tests.properties.brute_force import (
    Puzzle,
    hierarchical,
    linked,
    multi_answer,
    three_way,
    two_way,
    verdicts,
)

LEVELS = ("P0", "P1", "P2", "P3")
SHAPES = {
    "2-D, 2 x 2": two_way(2, 2),
    "2-D, 2 x 3": two_way(2, 3),
    "2-D, 3 x 3": two_way(3, 3),
    "2-D, 2 x 5": two_way(2, 5),
    "3-D": three_way(),
    "hierarchical": hierarchical(),
    "linked": linked(),
    "multi-answer": multi_answer(),
}


@dataclass(frozen=True)
class Case:
    """One random system, the rules for it, and a random pattern to be judged."""

    shape: str
    puzzle: Puzzle
    threshold: int
    nought_hides: bool
    promise: str
    pattern: np.ndarray

    @property
    def policy(self) -> Policy:
        zeros = "withholdable" if self.nought_hides else "published"
        return Policy(threshold=self.threshold, zeros=zeros, promise=self.promise)

    @property
    def primary(self) -> np.ndarray:
        return (self.puzzle.values > 0) & (self.puzzle.values < self.threshold)

    @property
    def most(self) -> np.ndarray:
        """All that could be withheld: noughts only where they may hide, never the total."""
        values, matrix = self.puzzle.values, self.puzzle.incidence
        everybody = (matrix == matrix[:, [self.puzzle.total]]).all(axis=0)
        return ((values > 0) | self.nought_hides) & ~everybody


def random_case(seed: int) -> Case:
    """The case of this number: the same number, the same case."""
    draw = np.random.default_rng([3, seed])
    shape = str(draw.choice(list(SHAPES)))
    incidence, total = SHAPES[shape]
    inner = incidence.shape[0]
    people = int(draw.integers(2, {4: 14, 6: 14, 16: 7}.get(inner, 10)))
    weights = draw.dirichlet(np.full(inner, draw.choice([0.3, 1.0, 3.0])))
    puzzle = Puzzle(incidence, draw.multinomial(people, weights), total)
    case = Case(
        shape=shape,
        puzzle=puzzle,
        threshold=int(draw.integers(2, 5)),
        nought_hides=bool(draw.integers(2)),
        promise=LEVELS[int(draw.choice(4, p=[0.1, 0.2, 0.3, 0.4]))],
        pattern=np.zeros(0, bool),
    )
    pattern = (case.primary | (draw.random(len(puzzle.values)) < draw.random())) & case.most
    return replace(case, pattern=pattern)


def check_answer(case: Case) -> str:
    """What became of the case: kept as promised and certified, or refused because it must be.

    Raises:
        AssertionError: a promise is not kept, or a refusal not needed, by enumeration.
    """
    puzzle = case.puzzle
    fates = np.zeros(len(puzzle.values), np.int8)
    fates[puzzle.total] = Fate.PUBLISHED
    system = CellSystem(puzzle.incidence, puzzle.counts, fates=fates)
    asked = LEVELS[: LEVELS.index(case.promise) + 1]
    try:
        protection = protect(system, case.policy)
    except Undecided as stopped:
        raise AssertionError(f"undecided: {case}") from stopped
    except Refused:
        kept = verdicts(puzzle, case.most, case.threshold, nought_hides=case.nought_hides)
        must = 0 < puzzle.values[puzzle.total] < case.threshold
        assert must or not all(kept[name] for name in asked), f"refused without need: {case}"
        return "refused"
    kept = verdicts(puzzle, protection.withheld, case.threshold, nought_hides=case.nought_hides)
    assert all(kept[name] for name in asked), f"not kept: {case}"
    assert not protection.withheld[(puzzle.values == 0) & (not case.nought_hides)].any()
    if case.promise != "P0":
        certificate = protection.certificate
        assert certificate is not None
        assert verify(certificate, system, protection.targets, protection.facts), f"{case}"
    return "kept"


def check_auditor(case: Case) -> str:
    """The auditor's verdicts on the case's pattern, the same that enumeration gives.

    Raises:
        AssertionError: they differ.
    """
    system = CellSystem(case.puzzle.incidence, case.puzzle.counts)
    policy = replace(case, promise="P3").policy
    found = audit(system, withhold(system, policy, case.pattern), policy)
    kept = verdicts(case.puzzle, case.pattern, case.threshold, nought_hides=case.nought_hides)
    if (case.primary & ~case.pattern).any():
        kept = dict.fromkeys(LEVELS, False)
    assert found.promises == {n: "kept" if kept[n] else "broken" for n in LEVELS}, f"{case}"
    return "safe" if found.kept else "unsafe"


def check_many(count: int, first: int = 0) -> Counter[str]:
    """So many cases from number `first` on, each checked both ways; how many came out how."""
    tally: Counter[str] = Counter()
    for seed in range(first, first + count):
        case = random_case(seed)
        tally[check_answer(case)] += 1
        tally[f"auditor: {check_auditor(case)}"] += 1
        tally[case.shape] += 1
    return tally
