"""The next table of a wave by any method: withheld, rounded or noised, beside all that was seen.

What each method asks of a wave's earlier freezes differs. Withheld and rounded numbers are facts
and are compared with those of earlier freezes. Cell keys do not survive a withdrawal, so a
second freeze is refused. Geometric noise composes: what all freezes' releases have cost counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from anonymisation.errors import Refused
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.cell_key import WITHDRAWAL, cell_keys, record_keys
from anonymisation.tables.company import budget_of, check_company
from anonymisation.tables.geometric import keyed
from anonymisation.tables.methods import BUDGET_SPENT, Publication, publish
from anonymisation.tables.next_release import check_leavers, protect_next, seen_up_to
from anonymisation.tables.protection import Protection
from anonymisation.tables.spec import Domain
from anonymisation.tables.tabulation import tabulate
from schemas.canonical import canonical_json
from schemas.methods import CellKey, Geometric, Suppression
from schemas.policy import Policy
from schemas.tables import PUBLIC, Ledger, TableSpec


def publish_next(
    frame: pd.DataFrame,
    specs: Iterable[TableSpec],
    policy: Policy,
    *,
    ledger: Ledger,
    freeze: str,
    secret: bytes,
    audience: str = PUBLIC,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    domain: Domain | None = None,
    seconds: float | None = None,
    effort: float = 1.0,
) -> Protection | Publication:
    """The tables by the policy's method, judged with everything the audience has seen.

    Equal arguments give equal bytes: rounding's seed, the records' keys and the noise all come
    from `secret` (16 random bytes or more, the wave's own, kept inside), the freeze and the
    tables asked for. The records' order is part of the freeze and never changes.

    Raises:
        Refused: the promise cannot be kept, the budget is spent, or the wave was published by a
            method that this one may not stand beside.
        Undecided: it was not settled in the time given.
        BadTable: the freeze is not the newest that anything was released of.
        BadPolicy: the policy has rules that withhold, which the method does not do.
    """
    asked, method = list(specs), policy.method
    if isinstance(method, Suppression):
        check_company(ledger.seen_by(audience), policy)
        return protect_next(
            frame, asked, policy, ledger=ledger, freeze=freeze, audience=audience,
            hierarchies=hierarchies, domain=domain, seconds=seconds, effort=effort,
        )  # fmt: skip
    seen = seen_up_to(ledger, freeze, audience)
    own = seen.of_freeze(freeze)
    _check_earlier(seen, own, policy)
    system = tabulate(frame, asked, hierarchies, domain, ledger=own)
    of_freeze = _derived(secret, "freeze", freeze)
    of_tables = _derived(of_freeze, *[canonical_json(spec).decode() for spec in asked])
    keys: Any = None
    if isinstance(method, CellKey):
        own_keys = record_keys((str(place) for place in range(len(frame))), of_freeze)
        keys = cell_keys(system, frame, own_keys)
    made = publish(
        system, policy, own, secret=of_freeze if isinstance(method, CellKey) else of_tables,
        keys=keys, below=keyed(of_tables), draw=_derived(of_tables, "draw").hex()[:16],
        seconds=seconds,
    )  # fmt: skip
    if not isinstance(method, CellKey | Geometric):
        codes = {**(domain or {}), **system.domain}
        check_leavers(seen, freeze, made.tables, frame, codes, hierarchies, seconds)
    return made


def _check_earlier(seen: Ledger, own: Ledger, policy: Policy) -> None:
    """What was published of earlier freezes lets this method go on.

    Raises:
        Refused: it does not.
    """
    check_company(seen, policy)
    method = policy.method
    if isinstance(method, CellKey) and len(seen.releases) > len(own.releases):
        raise Refused(WITHDRAWAL)
    if isinstance(method, Geometric) and not budget_of(seen, method).allows(method.epsilon):
        raise Refused(BUDGET_SPENT)


def _derived(secret: bytes, *names: str) -> bytes:
    told = b"".join(hashlib.sha256(name.encode()).digest() for name in names)
    return hmac.new(secret, told, hashlib.sha256).digest()
