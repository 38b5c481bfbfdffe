"""Making a certificate: the pool the suppressor ended with, and two of its tables per requirement.

Checking one is `verification.verify`, which shares nothing with this module.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

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
    from anonymisation.tables.rules import Requirement
    from anonymisation.tables.system import CellSystem


def certify(
    system: CellSystem, policy: Policy, reduced: Reduced, moves: Any, withheld: Any
) -> Certificate:
    """The pool as a certificate, with a pair of its tables per requirement.

    Args:
        moves: int64 (tables, classes of `reduced`), dense or csr: table less the true one, the
            true one first; None where the promise asks for linear algebra only.
    """
    changes: list[Change] = []
    proofs: list[Proof] = []
    if moves is not None:
        pool = sp.csr_array(moves, dtype=np.int64)
        pool.eliminate_zeros()
        changes = _changes(pool)
        answers = sp.csc_array(pool @ reduced.rows.T)
        for i, need in enumerate(reduced.requirements):
            column = answers[:, [i]].toarray().ravel() + int(reduced.row_value[i])
            second = _witness(need, column, int(reduced.row_value[i]))
            proofs.append(Proof(requirement=i, first=0, second=second))
    return Certificate(
        public=public_part(system, policy),
        inside=InsideCertificate(
            class_of=tuple(np.asarray(reduced.class_of).tolist()),
            truth=tuple(np.asarray(reduced.truth).tolist()),
            pool=tuple(changes),
            proofs=tuple(proofs),
            withheld=tuple(np.flatnonzero(withheld).tolist()),
        ),
    )


def _changes(pool: Any) -> list[Change]:
    bounds = pool.indptr.tolist()
    return [
        Change(
            places=tuple(pool.indices[begin:end].tolist()), by=tuple(pool.data[begin:end].tolist())
        )
        for begin, end in pairwise(bounds)
    ]


def _witness(need: Requirement, values: Any, true: int) -> int:
    """The first table that proves the requirement; the true one, which proves nothing, if none."""
    if need.bound is not None:
        good = values >= need.bound
    elif need.at_most is not None:
        good = values <= need.at_most
    else:
        good = values != true
    return int(good.argmax())


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
