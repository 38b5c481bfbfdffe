"""Small programs around one question: what they find is possible, and they find it near by."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from anonymisation import CellSystem, Policy, audit, protect
from anonymisation.tables.evidence import Evidence
from anonymisation.tables.facts import facts_of
from anonymisation.tables.local_moves import LocalMoves
from anonymisation.tables.polytope import Polytope
from anonymisation.tables.protection import withhold
from anonymisation.tables.rules import find_targets
from anonymisation.tables.universe import universe

POLICY = Policy(threshold=4, zeros="published", promise="P1")


def three_way(codes: int) -> CellSystem:
    """All tables of two of three variables, with totals."""
    axis = sp.csc_array(np.vstack([np.eye(codes, dtype=np.int64), np.ones((1, codes), np.int64)]).T)
    every = sp.csc_array(sp.kron(sp.kron(axis, axis), axis))
    totals = np.add.outer(np.add.outer(*[np.arange(codes + 1) == codes] * 2), [0] * codes + [1])
    counts = np.random.default_rng(7).poisson(0.6, codes**3)
    return CellSystem(every[:, np.flatnonzero(totals.ravel() >= 1)], counts)


@pytest.fixture(scope="module")
def system() -> CellSystem:
    return three_way(6)


def local(system: CellSystem, withheld: np.ndarray) -> tuple[LocalMoves, Evidence, np.ndarray]:
    targets = find_targets(system, POLICY)
    facts = facts_of(system, targets, withheld)
    cells = np.unique(system.duplicates[targets.primary])
    world = universe(facts, sp.csr_array(system.incidence[:, cells].T))
    evidence = Evidence(world, system.counts)
    return LocalMoves(world, evidence), evidence, cells


def test_a_table_found_near_by_moves_the_question_and_is_possible(system: CellSystem) -> None:
    moves, evidence, cells = local(system, system.values > 0)
    found = [row for row in range(len(cells)) if moves.settle(row, 1, 60)]
    assert len(found) > len(cells) // 2
    assert all(evidence.most[row] >= 1 for row in found)
    assert evidence.moves.shape[0] == 1 + len(found)


def test_a_count_that_falls_is_never_answered(system: CellSystem) -> None:
    targets = find_targets(system, POLICY)
    only = np.flatnonzero(targets.primary)[:1]
    withheld = targets.primary & (np.arange(len(system.values)) == only)
    moves, evidence, cells = local(system, withheld)
    row = int(np.flatnonzero(cells == system.duplicates[only[0]])[0])
    assert not any(moves.settle(row, by, size) for by in (1, -1) for size in (60, 200))
    assert not evidence.differs(row)


def test_an_audit_without_certificate_needs_few_programs_over_all_classes(
    system: CellSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[int] = []
    solve = Polytope._solve
    monkeypatch.setattr(
        Polytope, "_solve", lambda self, *a, **k: (whole.append(1), solve(self, *a, **k))[1]
    )
    bare = withhold(system, POLICY, protect(system, POLICY, effort=0.05).withheld)
    whole.clear()
    assert audit(system, bare, POLICY).kept
    assert len(whole) <= 2
