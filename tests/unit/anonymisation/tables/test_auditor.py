from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from anonymisation import CellSystem, Policy, TableSpec, audit, protect, tabulate
from anonymisation.tables.elimination import PRIMES, in_span
from anonymisation.tables.evidence import Evidence
from anonymisation.tables.polytope import Polytope
from anonymisation.tables.protection import withhold
from anonymisation.tables.short_moves import ShortMoves
from anonymisation.tables.universe import universe
from anonymisation.tables.verification import verify
from tests.kit.sdc_instances import gauss, instance
from tests.unit.anonymisation.frames import RULES, survey


def two_by_two(counts: list[int]) -> CellSystem:
    rows = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    columns = np.array([[1, 0], [0, 1], [1, 0], [0, 1]])
    incidence = np.hstack([np.eye(4), rows, columns, np.ones((4, 1))])
    return CellSystem(incidence, np.array(counts))


def test_a_printed_primary_cell_breaks_every_promise() -> None:
    policy = Policy(threshold=5, zeros="published", promise="P3")
    system = two_by_two([2, 20, 30, 40])
    nothing = withhold(system, policy, np.zeros(9, bool))
    assert set(audit(system, nothing, policy).promises.values()) == {"broken"}


def test_linear_and_whole_number_attackers_are_told_apart() -> None:
    policy = Policy(threshold=5, zeros="published", promise="P2")
    system = two_by_two([1, 9, 9, 9])
    withheld = np.array([True] * 4 + [False] * 5)
    assert audit(system, withhold(system, policy, withheld), policy).promises == {
        "P0": "kept",
        "P1": "kept",
        "P2": "kept",
    }
    tight, two = two_by_two([1, 1, 1, 9]), policy.model_copy(update={"threshold": 2})
    found = audit(tight, withhold(tight, two, withheld), two).promises
    assert found == {"P0": "kept", "P1": "broken", "P2": "broken"}


def test_the_cells_a_promise_is_broken_for_are_named_inside() -> None:
    policy = Policy(threshold=5, zeros="published", promise="P1")
    system = two_by_two([2, 20, 30, 40])
    lonely = np.zeros(9, bool)
    lonely[0] = True
    report = audit(system, withhold(system, policy, lonely), policy)
    assert report.broken["P0"] == (0,)
    assert not report.kept
    assert not report.undecided


def test_elimination_is_exact_where_floats_are_not() -> None:
    size = 24
    rows = np.eye(size, dtype=np.int64) + np.diag(np.full(size - 1, 3), 1)
    last = np.zeros((1, size), np.int64)
    last[0, -1] = 1
    for prime in PRIMES:
        assert in_span(rows[:-1], rows[[3]] + 7 * rows[[5]], prime).all()
        assert not in_span(rows[:-1], last, prime).any()


def test_a_forged_certificate_proves_nothing() -> None:
    system = tabulate(survey(), [TableSpec(["region", "E1"])])
    protection = protect(system, RULES)
    certificate = protection.certificate
    assert certificate is not None
    assert verify(certificate, system, protection.targets, protection.facts)
    inside = certificate.inside
    truth = (inside.truth[0] + 1, *inside.truth[1:])
    forged = certificate.model_copy(update={"inside": inside.model_copy(update={"truth": truth})})
    assert not verify(forged, system, protection.targets, protection.facts)


def test_a_household_knows_all_its_members() -> None:
    rows = [
        ("a", "x", 1),
        ("a", "x", 1),
        ("a", "y", 1),
        ("a", "y", 2),
        ("b", "x", 3),
        ("b", "y", 4),
    ]
    rows += [("b", "x", 10 + i) for i in range(9)] + [("a", "x", 30 + i) for i in range(7)]
    rows += [("b", "y", 50 + i) for i in range(9)] + [
        ("c", "x", 70),
        ("c", "y", 71),
        ("c", "y", 72),
    ]
    frame = pd.DataFrame(rows, columns=["g", "v", "home"])
    policy = Policy(threshold=4, zeros="published", promise="P3")
    alone = tabulate(frame, [TableSpec(["g", "v"])])
    together = tabulate(frame, [TableSpec(["g", "v"])], household="home")
    assert together.members.max() == 2
    assert (alone.values == together.values).all()
    protection = protect(together, policy)
    assert audit(together, protection, policy).kept
    assert protection.cost >= 0


def test_a_safe_pattern_needs_no_certificate_to_be_found_safe() -> None:
    system = tabulate(survey(), [TableSpec(["region", "E1"])])
    protection = protect(system, RULES)
    bare = withhold(system, RULES, protection.withheld)
    assert bare.certificate is None
    assert audit(system, bare, RULES).kept


def test_elimination_in_blocks_settles_what_one_block_does() -> None:
    random = np.random.default_rng(7)
    rows = sp.csr_array(random.integers(-3, 4, (300, 340)) * (random.random((300, 340)) < 0.05))
    within = sp.csr_array(random.integers(-2, 3, (5, 300))) @ rows
    outside = sp.csr_array((np.ones(5, int), (range(5), range(5))), shape=(5, 340))
    asked = sp.csr_array(sp.vstack([within, within + outside]))
    for prime in PRIMES:
        assert list(in_span(rows, asked, prime)) == [True] * 5 + [False] * 5


def test_without_time_nothing_is_called_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ShortMoves, "settle", lambda *_: None)
    system = tabulate(survey(), [TableSpec(["region", "E1"])])
    bare = withhold(system, RULES, protect(system, RULES).withheld)
    report = audit(system, bare, RULES, seconds=0)
    assert report.undecided
    assert report.open["P1"]


def test_moves_of_four_classes_settle_most_without_a_program() -> None:
    system, policy = instance("svy_syn", "P1")
    theirs = withhold(system, policy, gauss("svy_syn"))
    world = universe(theirs.facts, theirs.targets.rows)
    evidence = Evidence(world, system.counts)
    ShortMoves(world, evidence, np.random.default_rng(1)).settle((1,))
    settled = [evidence.differs(row) for row in range(world.asked.shape[0])]
    assert len(settled) == 470
    assert sum(settled) > 235


def test_few_programs_settle_many_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ShortMoves, "settle", lambda *_: None)
    system, policy = instance("ent_act_size", "P1")
    theirs = withhold(system, policy, gauss("ent_act_size"))
    programs: list[int] = []
    solve = Polytope._solve

    def counted(self: Polytope, *args: Any, **options: Any) -> Any:
        programs.append(1)
        return solve(self, *args, **options)

    monkeypatch.setattr(Polytope, "_solve", counted)
    assert audit(system, theirs, policy).kept
    assert len(np.unique(system.duplicates[theirs.primary])) == 35
    assert len(programs) <= 8
