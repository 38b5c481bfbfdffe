"""A certificate is believed for what multiplication shows, and its public part tells nothing."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from anonymisation import CellSystem, TableSpec, attack, protect, tabulate
from anonymisation.tables.bounds import with_bounds
from anonymisation.tables.facts import Facts, facts_of
from anonymisation.tables.known import Kind, Known
from anonymisation.tables.protection import Protection
from anonymisation.tables.rules import Requirement, Targets, find_targets
from anonymisation.tables.verification import verify
from schemas.certificate import (
    Certificate,
    Change,
    InsideCertificate,
    Proof,
    PublicCertificate,
)
from tests.unit.anonymisation.frames import RULES, survey

HUGE = 2**62


@pytest.fixture(scope="module")
def system() -> CellSystem:
    return tabulate(survey(), [TableSpec(["region", "E1"])])


@pytest.fixture(scope="module")
def protection(system: CellSystem) -> Protection:
    return protect(system, RULES)


def with_pool(certificate: Certificate, pool: tuple[Change, ...]) -> Certificate:
    inside = certificate.inside.model_copy(update={"pool": pool})
    return certificate.model_copy(update={"inside": inside})


def holds(protection: Protection, certificate: Certificate) -> bool:
    return verify(certificate, protection.system, protection.targets, protection.facts)


def test_the_verifier_reaches_no_solver_by_any_import() -> None:
    seen: set[str] = set()
    ahead = ["anonymisation.tables.verification"]
    while ahead:
        name = ahead.pop()
        spec = find_spec(name)
        assert spec is not None
        seen.add(name)
        if not name.startswith(("anonymisation.", "schemas.")) or spec.origin is None:
            continue
        for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module not in seen:
                ahead.append(node.module)
            if isinstance(node, ast.Import):
                ahead += [a.name for a in node.names if a.name not in seen]
    assert "anonymisation.tables.evidence" in seen
    assert not {name for name in seen if name.startswith(("highspy", "scipy.optimize"))}


def test_one_table_that_changes_a_printed_number_is_enough_to_refuse_the_pool(
    protection: Protection,
) -> None:
    certificate = protection.certificate
    assert certificate is not None
    pool = certificate.inside.pool
    assert holds(protection, certificate)
    assert holds(protection, with_pool(certificate, (*pool, pool[1])))
    assert not holds(protection, with_pool(certificate, (*pool, Change(places=(0,), by=(1,)))))


@pytest.mark.parametrize(("apart", "move", "proven"), [
    (2, (20, -19, -20, 19), True),
    (2, (16, -16, -16, 16), False),
    (2, (100, 0, -50, -50), False),
    (2, (20, -19, -20, 20), False),
    (4, (HUGE, HUGE, HUGE, HUGE), False),
])  # fmt: skip
def test_only_a_possible_table_proves_anything(
    apart: int, move: tuple[int, ...], proven: bool
) -> None:
    """Too few, a negative count, another total, and a total only an overflow makes right."""
    system, targets = both_sides(20, 3)
    places = np.arange(9)
    shown = (places < apart) | (places == 8)
    system = CellSystem(system.incidence, system.counts, printed=shown)
    facts = facts_of(system, targets, places < apart)
    assert verify(certificate_of([move]), system, targets, facts) is proven


@pytest.mark.parametrize("by", [HUGE, -HUGE, 2**63, 2**70])
def test_counts_that_overflow_prove_nothing(protection: Protection, by: int) -> None:
    certificate = protection.certificate
    assert certificate is not None
    pool = list(certificate.inside.pool)
    pool[1] = Change(places=(0, 1), by=(by, by))
    assert not holds(protection, with_pool(certificate, tuple(pool)))


def test_proofs_that_name_no_table_prove_nothing(protection: Protection) -> None:
    certificate = protection.certificate
    assert certificate is not None
    for place in (-1, len(certificate.inside.pool)):
        proofs = list(certificate.inside.proofs)
        proofs[0] = proofs[0].model_copy(update={"second": place})
        inside = certificate.inside.model_copy(update={"proofs": tuple(proofs)})
        assert not holds(protection, certificate.model_copy(update={"inside": inside}))


def both_sides(bound: int, at_most: int) -> tuple[CellSystem, Targets]:
    """Cell 0 of a 2 by 2 table must be able to reach `bound` and to sink to `at_most`."""
    rows = np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    columns = np.array([[1, 0], [0, 1], [1, 0], [0, 1]])
    matrix = np.hstack([np.eye(4), rows, columns, np.ones((4, 1))]).astype(int)
    system = CellSystem(matrix, np.array([3, 20, 30, 40]))
    targets = find_targets(system, RULES.model_copy(update={"sensitive": (), "breakdowns": None}))
    needs = (Requirement(0, bound=bound), Requirement(0, at_most=at_most))
    return system, Targets(
        targets.primary, targets.flagged, targets.withholdable, {0: ("dominance",)}, needs,
        rows=system.incidence[:, [0, 0]].T.tocsr(), known=targets.known,
    )  # fmt: skip


@pytest.mark.parametrize(("at_most", "moves", "proven"), [
    (1, (-2, 2), True), (0, (-2, 2), False), (3, (5, 5), True),
])  # fmt: skip
def test_at_most_is_proved_by_a_table_that_sinks_so_far(
    at_most: int, moves: tuple[int, int], proven: bool
) -> None:
    system, targets = both_sides(5, at_most)
    facts = facts_of(system, targets, np.array([True] * 4 + [False] * 5))
    pool = [(m, -m, -m, m) for m in moves]
    assert verify(certificate_of(pool), system, targets, facts) is proven


def certificate_of(moves: Sequence[tuple[int, ...]]) -> Certificate:
    """These moves as tables 1, 2, ...: the last proves requirement 0, the first the other."""
    public = PublicCertificate(policy=RULES, promises=(), specs=(), domain=())
    changes = [Change(places=(), by=())]
    changes += [Change(places=tuple(range(4)), by=by) for by in moves]
    last = Proof(requirement=0, first=0, second=len(moves))
    inside = InsideCertificate(
        class_of=(0, 1, 2, 3), truth=(3, 20, 30, 40), pool=tuple(changes),
        proofs=(last, Proof(requirement=1, first=0, second=1 if len(moves) > 1 else 0)),
        withheld=(),
    )  # fmt: skip
    return Certificate(public=public, inside=inside)


@pytest.mark.parametrize(("counts", "moves", "proven"), [
    ((2, 2, 9, 9), (1,), True),
    ((1, 2, 9, 9), (1,), False),
    ((2, 2, 9, 9), (2,), False),
    ((2, 2, 9, 9), (-2,), False),
    ((2, 2, 9, 9), (2, -2), True),
])  # fmt: skip
def test_the_pool_must_hold_for_every_insider(
    counts: tuple[int, ...], moves: tuple[int, ...], proven: bool
) -> None:
    """Who is alone in a cell knows its count; nobody believes a table without himself."""
    system, targets = both_sides(0, 0)
    system = CellSystem(system.incidence, np.array(counts))
    needs = (Requirement(0, insiders=True), Requirement(1, insiders=True))
    targets = replace(
        targets, requirements=needs, withholdable=np.ones(9, bool),
        rows=system.incidence[:, [0, 1]].T.tocsr(),
    )  # fmt: skip
    facts = facts_of(system, targets, np.arange(9) < 4)
    certificate = certificate_of([(m, -m, -m, m) for m in moves])
    inside = certificate.inside.model_copy(update={"truth": counts, "proofs": (
        Proof(requirement=0, first=0, second=1), Proof(requirement=1, first=0, second=1),
    )})  # fmt: skip
    certificate = certificate.model_copy(update={"inside": inside})
    assert verify(certificate, system, targets, facts) is proven


def told_by(public: PublicCertificate, facts: Facts, places: dict[object, int]) -> Known:
    """All that the public part says of withheld cells, as rows an attacker adds."""
    rows = [
        (facts.rows[[places[b.table, b.codes, b.levels]]].toarray()[0], b.low, b.high, Kind.OUTSIDE)
        for b in public.bounds or ()
    ]
    return Known.of(facts.rows.shape[1], rows)


@pytest.mark.parametrize("bounds", [False, True])
def test_the_public_part_tightens_no_interval(
    system: CellSystem, protection: Protection, bounds: bool
) -> None:
    certificate = protection.certificate
    assert certificate is not None
    facts, public = protection.facts, certificate.public
    labels = system.labels or ()
    names = [(labels[c].table, labels[c].codes, labels[c].levels)
             for c in facts.cells[facts.withheld]]  # fmt: skip
    before = attack(facts, RULES)
    if bounds:
        public = with_bounds(public, facts, names)
        assert len(public.bounds or ()) == len(names) > 0
    knows = told_by(public, facts, dict(zip(names, facts.withheld.tolist(), strict=True)))
    after = attack(facts, RULES, knows=knows)
    assert (after.low == before.low).all()
    assert (after.high == before.high).all()
    named = set(public.model_dump())
    assert named == {"policy", "promises", "specs", "domain", "bounds", "notes"}
