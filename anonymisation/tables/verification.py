"""Checking a certificate without a solver: multiplication and looking up.

Cost: one sparse product of the pool with the facts, one with the requirements, and one product
of 0 and 1 over insiders, tables and requirements.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anonymisation.tables.evidence import Evidence, offered_moves
from anonymisation.tables.facts import Facts
from anonymisation.tables.insiders import Insiders
from anonymisation.tables.rules import Requirement, Targets
from anonymisation.tables.system import CellSystem
from anonymisation.tables.universe import universe
from schemas.certificate import Certificate, Proof


def verify(certificate: Certificate, system: CellSystem, targets: Targets, facts: Facts) -> bool:
    """Whether the pool alone proves every requirement, insiders included, by multiplication.

    No solver runs. Every table of the pool must be possible: whole, nowhere negative and true
    to every fact; table 0 is the true one; each proof names two tables that disagree on its
    requirement as it asks.
    """
    world = universe(facts, targets.rows)
    evidence = Evidence(world, system.counts)
    offered = offered_moves(certificate, world, system.counts)
    needs = targets.requirements
    pool = certificate.inside.pool
    if not evidence.sound or offered.shape[0] != len(pool):
        return False
    if not needs:
        return True
    if not len(pool) or offered[[0]].nnz or not evidence.add(offered).all():
        return False
    if not _proofs_hold(certificate.inside.proofs, needs, evidence):
        return False
    if not any(need.insiders for need in needs):
        return True
    insiders = Insiders(world, system, targets, facts)
    insiders.show(evidence)
    return bool(insiders.settled.all())


def _proofs_hold(proofs: Sequence[Proof], needs: Sequence[Requirement], evidence: Evidence) -> bool:
    """Whether each requirement's two tables leave open what it asks to be left open."""
    places = np.array([(p.requirement, p.first + 1, p.second + 1) for p in proofs], np.int64)
    if len(places) != len(needs) or set(places[:, 0].tolist()) != set(range(len(needs))):
        return False
    if places[:, 1:].min() < 1:
        return False
    if places[:, 1:].max() >= evidence.answers.shape[0]:
        return False
    order, first, second = places[places[:, 0].argsort()].T
    one, two = (
        evidence.true + np.asarray(evidence.answers[tables, order]) for tables in (first, second)
    )
    return all(map(_open, needs, one.tolist(), two.tolist()))


def _open(need: Requirement, one: int, two: int) -> bool:
    if need.bound is not None:
        return max(one, two) >= need.bound
    if need.at_most is not None:
        return min(one, two) <= need.at_most
    return one != two
