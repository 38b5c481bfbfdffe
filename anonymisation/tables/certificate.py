"""Making a certificate, and checking one without a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anonymisation.tables.evidence import Insight, agrees, offered_tables, own_cells, universe
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.facts import Facts
from anonymisation.tables.rules import Targets
from anonymisation.tables.system import CellSystem
from schemas.certificate import (
    Certificate,
    Change,
    DomainAxis,
    InsideCertificate,
    Proof,
    PublicCertificate,
)
from schemas.policy import Policy, Promise

if TYPE_CHECKING:
    from anonymisation.tables.reduction import Reduced
    from anonymisation.tables.search import Search


def certify(
    system: CellSystem, policy: Policy, reduced: Reduced, search: Search, withheld: Any
) -> Certificate:
    """The pool the search ended with, and a pair of its tables per requirement."""
    pool = [] if reduced.linear else list(search.pool.tables)
    changes, proofs = [], []
    for table in pool:
        difference = np.asarray(table - reduced.truth)
        places = np.flatnonzero(difference)
        changes.append(Change(places=tuple(places.tolist()), by=tuple(difference[places].tolist())))
    for i, need in enumerate(reduced.requirements if pool else ()):
        sums = search.pool.rows[:, i] + reduced.row_value[i]
        good = sums != reduced.row_value[i] if need.bound is None else sums >= need.bound
        proofs.append(Proof(requirement=i, first=0, second=int(np.flatnonzero(good)[0])))
    return Certificate(
        public=public_part(system, policy),
        inside=InsideCertificate(
            class_of=tuple(int(c) for c in reduced.class_of),
            truth=tuple(int(n) for n in reduced.truth),
            pool=tuple(changes),
            proofs=tuple(proofs),
            withheld=tuple(int(c) for c in np.flatnonzero(withheld)),
        ),
    )


def public_part(system: CellSystem, policy: Policy) -> PublicCertificate:
    """Rules, promise and domain: nothing that depends on a count."""
    names = ["P0", "P1", "P2", "P3"]
    promises = names[: names.index(policy.promise.value) + 1]
    if policy.sensitive and policy.promise is not Promise.P0:
        promises.append("P4")
    if any(table.policy is not None for table in system.tables):
        promises.append("P5")
    return PublicCertificate(
        policy=policy,
        promises=tuple(promises),
        specs=tuple(t.spec for t in system.tables if t.printed and t.policy is None),
        domain=tuple(DomainAxis(variable=v, codes=c) for v, c in sorted(system.domain.items())),
    )


def verify(certificate: Certificate, system: CellSystem, targets: Targets, facts: Facts) -> bool:
    """Whether the pool alone proves every requirement, insiders included, by multiplication.

    No solver runs: each table is multiplied once with all facts, and the proofs are looked up.
    """
    world = universe(facts, targets.rows)
    tables = offered_tables(certificate, world)
    needs = targets.requirements
    if len(tables) == 0:
        return not needs
    true = np.asarray(targets.rows @ system.counts)
    sums = np.asarray(tables @ world.asked.T)
    right = agrees(world, tables).all() and (sums[0] == true).all()
    proofs = {proof.requirement: proof for proof in certificate.inside.proofs}
    if not right or set(proofs) != set(range(len(needs))):
        return False
    if any(
        max(p.first, p.second) >= len(tables) or min(p.first, p.second) < 0 for p in proofs.values()
    ):
        return False
    for i, need in enumerate(needs):
        one, two = sums[proofs[i].first, i], sums[proofs[i].second, i]
        if one == two or (need.bound is not None and max(one, two) < need.bound):
            return False
    if not any(need.insiders for need in needs):
        return True
    insight = Insight(world, facts, system.members, system.counts)
    lone = own_cells(system, facts, insight)
    differs = (sums != true[None, :]).astype(np.float32)
    able = insight.possible(tables).astype(np.float32)
    settled = (able @ differs > 0) | exempt_pairs(system, targets, lone)
    return bool(settled.all())
