"""What the answers on random small systems cost beside the cheapest pattern there is.

The domain: the systems of tests/properties/random_systems.py (2-D, 3-D, hierarchical, linked,
multi-answer; 4 to 16 inner cells, 2 to 14 people), each asked at P1, P2 and P3. Beside up to 27
cells that may be withheld; every table is enumerated in all, every pattern where there are few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from anonymisation import CellSystem, protect
from anonymisation.errors import Refused
from anonymisation.tables.system import Fate
from tests.properties.brute_force import cheapest_pattern
from tests.properties.random_systems import Case, random_case

PROMISES = ("P1", "P2", "P3")
NOUGHT = 0.2
"""What a nought withheld costs in both."""
GOAL = 1.05


def beside_the_cheapest(case: Case) -> tuple[float, float] | None:
    """What our answer costs and what the cheapest does; None: refused, and none there is.

    Raises:
        AssertionError: one of the two found an answer and the other did not.
    """
    puzzle = case.puzzle
    best = cheapest_pattern(puzzle, case.threshold, case.promise, nought_hides=case.nought_hides)
    fates = np.zeros(len(puzzle.values), np.int8)
    fates[puzzle.total] = Fate.PUBLISHED
    system = CellSystem(puzzle.incidence, puzzle.counts, fates=fates)
    try:
        made = protect(system, case.policy)
    except Refused:
        made = None
    if (made is None) != (best is None):
        raise AssertionError(f"only one of the two found an answer: {case}")
    if made is None or best is None:
        return None
    chosen = {int(system.duplicates[c]) for c in np.flatnonzero(made.withheld & ~made.primary)}
    return sum(max(float(np.log1p(puzzle.values[c])), NOUGHT) for c in chosen), best


def random_costs(systems: int) -> Iterator[str]:
    """A line for each promise: how many were compared, the sum's ratio, and the worst."""
    cases = [random_case(number) for number in range(systems)]
    for promise in PROMISES:
        found = [beside_the_cheapest(replace(case, promise=promise)) for case in cases]
        pairs = [pair for pair in found if pair is not None]
        ours, best = (sum(pair[side] for pair in pairs) for side in (0, 1))
        worst = max((a / b for a, b in pairs if b), default=1.0)
        over = sum(a > GOAL * b + 1e-9 for a, b in pairs)
        yield (
            f"{promise}: {len(pairs)} answered, {len(found) - len(pairs)} refused by both;"
            f" cost / cheapest {ours / best:.4f} over all, worst {worst:.3f}, {over} above {GOAL}"
        )
