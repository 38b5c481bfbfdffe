"""The next table of a wave: judged with all its audience has seen, of this freeze and earlier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from anonymisation.errors import BadTable, NoSuchWave, Refused, Undecided
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.reduction import NOT_KEPT
from anonymisation.tables.snapshots import compare_freezes
from anonymisation.tables.spec import Domain
from anonymisation.tables.tabulation import tabulate
from schemas.policy import Policy
from schemas.tables import PUBLIC, Ledger, ProtectedTable, TableSpec


def protect_next(
    frame: pd.DataFrame,
    specs: Iterable[TableSpec],
    policy: Policy,
    *,
    ledger: Ledger,
    freeze: str,
    audience: str = PUBLIC,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    domain: Domain | None = None,
    seconds: float | None = None,
    effort: float = 1.0,
) -> Protection:
    """The tables protected against everything the audience has seen of this wave.

    `frame` is the freeze named, `ledger` the wave's. A project's facts include the public ones,
    so what is safe for it passes the public's check as well: with fewer facts no more can be
    proved. With releases of earlier freezes the tables are compared with those too, and if any
    count of leavers or of who was there can be proved small, they are refused as they stand.

    Raises:
        Refused: the promise cannot be kept.
        Undecided: it was not settled in the time given.
        BadTable: the freeze is not the newest that anything was released of.
    """
    seen = seen_up_to(ledger, freeze, audience)
    own = seen.of_freeze(freeze)
    system = tabulate(frame, specs, hierarchies, domain, ledger=own)
    made = protect(system, policy, own, seconds, effort=effort)
    check_leavers(
        seen, freeze, made.tables, frame, {**(domain or {}), **system.domain}, hierarchies, seconds
    )
    return made


def seen_up_to(ledger: Ledger, freeze: str, audience: str = PUBLIC) -> Ledger:
    """What the audience has seen of the wave, none of it of a later freeze.

    Raises:
        BadTable: the freeze is not the newest that anything was released of.
    """
    seen = ledger.seen_by(audience)
    if freeze in seen.freezes and seen.freezes[-1] != freeze:
        raise BadTable("A later freeze was published already.", remedy="Count the newest one.")
    return seen


def check_leavers(
    seen: Ledger,
    freeze: str,
    tables: Sequence[ProtectedTable],
    frame: pd.DataFrame,
    domain: Domain,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    seconds: float | None = None,
) -> None:
    """No small count of leavers, or of who was there, follows from these tables and the seen.

    `domain` are the codes declared; other variables of earlier releases have their column's.

    Raises:
        BadTable: the codes of an earlier release's variable are not known.
        Refused: one does.
        Undecided: it was not settled in the time given.
    """
    earlier = [name for name in seen.freezes if name != freeze]
    if not earlier:
        return
    before = [_tables(seen.of_freeze(name)) for name in earlier]
    together = [*before, [*_tables(seen.of_freeze(freeze)), *tables]]
    codes = {**_codes_before(frame, seen, domain), **domain}
    try:
        found = compare_freezes(together, codes, hierarchies, seconds=seconds, first_only=True)
    except NoSuchWave as error:
        # Somebody has corrected an answer: a count has grown, and the difference shows whose.
        raise Refused(NOT_KEPT) from error
    if found.unsettled and not found.falls:
        raise Undecided("Whether the freezes tell of those who left was not settled.")
    if not found.kept:
        raise Refused(NOT_KEPT)


def _tables(ledger: Ledger) -> list[ProtectedTable]:
    return [entry.table for entry in ledger.releases]


def _codes_before(frame: pd.DataFrame, seen: Ledger, domain: Domain) -> Domain:
    """The code lists of earlier releases' variables: as declared, or the columns' categories."""
    names = {v for e in seen.releases for v in (*e.table.spec.variables, *e.table.spec.where)}
    full: dict[str, tuple[str, ...]] = {}
    for name in names:
        if name in domain:
            full[name] = tuple(domain[name])
        elif isinstance(frame[name].dtype, pd.CategoricalDtype):
            full[name] = tuple(str(code) for code in frame[name].cat.categories)
        else:
            raise BadTable(
                f"The codes of {name!r} are not declared.",
                remedy="Give the domain, so that codes nobody has any more are known.",
            )
    return full
