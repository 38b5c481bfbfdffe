"""The engine against the definitions, on every table of whole numbers a small system allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonymisation import CellSystem, Policy, attack, audit, protect
from anonymisation.errors import Refused
from anonymisation.tables.protection import withhold
from anonymisation.tables.system import Fate
from anonymisation.tables.verification import verify
from tests.properties.brute_force import (
    Puzzle,
    cheapest_pattern,
    hierarchical,
    linked,
    possible,
    three_way,
    two_way,
    verdicts,
)
from tests.properties.random_systems import check_many, random_case

SHAPES = [two_way(2, 2), two_way(2, 3), two_way(3, 3), three_way(), hierarchical(), linked()]
LEVELS = ("P0", "P1", "P2", "P3")
quick = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@st.composite
def puzzles(draw: st.DrawFn) -> Puzzle:
    incidence, total = draw(st.sampled_from(SHAPES))
    inner = incidence.shape[0]
    most = 13 if inner <= 6 else 9
    counts = np.zeros(inner, int)
    for place in draw(st.lists(st.integers(0, inner - 1), min_size=2, max_size=most)):
        counts[place] += 1
    return Puzzle(incidence, counts, total)


def system_of(puzzle: Puzzle) -> CellSystem:
    fates = np.zeros(puzzle.incidence.shape[1], np.int8)
    fates[puzzle.total] = Fate.PUBLISHED
    return CellSystem(puzzle.incidence, puzzle.counts, fates=fates)


@settings(quick, max_examples=60)
@given(puzzles(), st.sampled_from(LEVELS), st.integers(2, 4), st.booleans())
def test_protect_keeps_its_promise_or_no_pattern_could(
    puzzle: Puzzle, promise: str, threshold: int, hides: bool
) -> None:
    zeros = "withholdable" if hides else "published"
    policy = Policy(threshold=threshold, zeros=zeros, promise=promise)
    asked = LEVELS[: LEVELS.index(promise) + 1]
    system = system_of(puzzle)
    try:
        protection = protect(system, policy)
    except Refused:
        most = (puzzle.values > 0) | hides
        most[puzzle.total] = False
        most[system.duplicates == system.duplicates[puzzle.total]] = False
        kept = verdicts(puzzle, most, threshold, nought_hides=hides)
        printed_target = 0 < puzzle.values[puzzle.total] < threshold
        assert printed_target or not all(kept[name] for name in asked)
        return
    kept = verdicts(puzzle, protection.withheld, threshold, nought_hides=hides)
    assert all(kept[name] for name in asked)
    assert not protection.withheld[(puzzle.values == 0) & (not hides)].any()


@quick
@given(puzzles(), st.integers(2, 4), st.data())
def test_auditor_agrees_with_the_definitions_on_any_pattern(
    puzzle: Puzzle, threshold: int, data: st.DataObject
) -> None:
    values = puzzle.values
    cells = len(values)
    more = np.array(data.draw(st.lists(st.booleans(), min_size=cells, max_size=cells)))
    primary = (values > 0) & (values < threshold)
    withheld = (primary | more) & (values > 0)
    withheld[puzzle.total] = False
    system = CellSystem(puzzle.incidence, puzzle.counts)
    policy = Policy(threshold=threshold, zeros="published", promise="P3")
    found = audit(system, withhold(system, policy, withheld), policy).promises
    kept = verdicts(puzzle, withheld, threshold)
    if primary[puzzle.total]:
        assert set(found.values()) == {"broken"}
        return
    assert found == {name: "kept" if kept[name] else "broken" for name in LEVELS}


@quick
@given(puzzles(), st.data())
def test_attack_finds_the_interval_enumeration_finds(puzzle: Puzzle, data: st.DataObject) -> None:
    cells = len(puzzle.values)
    withheld = np.array(data.draw(st.lists(st.booleans(), min_size=cells, max_size=cells)))
    withheld &= puzzle.values > 0
    withheld[puzzle.total] = False
    policy = Policy(threshold=3, zeros="published", promise="P2")
    system = CellSystem(puzzle.incidence, puzzle.counts)
    found = attack(withhold(system, policy, withheld).facts, policy)
    every = possible(puzzle, withheld, False) @ puzzle.incidence
    assert list(found.cells) == list(np.flatnonzero(withheld))
    assert list(found.low) == list(every[:, found.cells].min(axis=0))
    assert list(found.high) == list(every[:, found.cells].max(axis=0))


@quick
@given(puzzles(), st.sampled_from(("P1", "P2", "P3")))
def test_certificate_proves_every_target_without_a_solver(puzzle: Puzzle, promise: str) -> None:
    policy = Policy(threshold=3, zeros="published", promise=promise)
    system = CellSystem(puzzle.incidence, puzzle.counts)
    try:
        protection = protect(system, policy)
    except Refused:
        return
    certificate, targets = protection.certificate, protection.targets
    assert certificate is not None
    assert verify(certificate, system, targets, protection.facts)
    if targets.requirements:
        only_truth = certificate.inside.model_copy(update={"pool": certificate.inside.pool[:1]})
        forged = certificate.model_copy(update={"inside": only_truth})
        assert not verify(forged, system, targets, protection.facts)


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_random_systems_are_kept_and_certified_or_rightly_refused_and_rightly_judged(
    first: int,
) -> None:
    tally = check_many(30, first)
    assert tally["kept"] > tally["refused"] > 0
    assert tally["auditor: safe"] > 0
    assert tally["auditor: unsafe"] > 0


@pytest.mark.parametrize("promise", LEVELS)
def test_same_system_same_answer(promise: str) -> None:
    incidence, _ = two_way(3, 3)
    counts = np.array([1, 9, 7, 2, 14, 8, 30, 6, 3])
    policy = Policy(threshold=4, zeros="published", promise=promise)
    one, two = (protect(CellSystem(incidence, counts), policy) for _ in range(2))
    assert (one.withheld == two.withheld).all()
    assert one.certificate == two.certificate


def test_best_first_search_finds_what_trying_every_pattern_finds() -> None:
    answered = 0
    for case in map(random_case, range(12)):
        for promise in ("P1", "P2", "P3"):
            asked = (case.puzzle, case.threshold, promise)
            every = cheapest_pattern(*asked, nought_hides=case.nought_hides, most_tried=15)
            some = cheapest_pattern(*asked, nought_hides=case.nought_hides, most_tried=-1)
            assert (every is None) == (some is None)
            assert every is None or some == pytest.approx(every)
            answered += every is not None and every > 0
    assert answered > 10
