"""Taking a release back: it is no longer shown, but what was read stays known for ever.

Its entry in the ledger stays where it is, so every later table is judged with its numbers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from schemas.audit import Act, ObjectType
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.problems import InvalidInput, NotFound
from survey_service.releases.desk import Desk, longer_than
from survey_service.releases.models import RevocationRow
from survey_service.releases.reading import release_by_id
from survey_service.stores.transactions import Tx

SHORTEST_REASON = 20
LONGEST_REASON = 2000
_TABLE: Any = RevocationRow.__table__  # type: ignore[attr-defined]
_ALL = select(_TABLE.c.release, _TABLE.c.revoked_on)


class Revocation(Frozen):
    """That a release was taken back, and on which day; the reason stands in the audit log."""

    release: str
    revoked_on: str


def revocations(tx: Tx) -> dict[str, str]:
    """Return the day of revocation by release."""
    return {row[0]: row[1] for row in tx.all(_ALL)}


async def revoke(desk: Desk, person: Person, release_id: str, reason: str) -> None:
    """Take a release back; again is the same.

    Raises:
        NotFound: there is no such release.
        InvalidInput: the reason is too short.
    """
    reason = reason.strip()[:LONGEST_REASON]
    errors = list(longer_than("reason", reason, SHORTEST_REASON))
    if errors:
        raise InvalidInput(errors)
    release, known = await desk.office.read(
        lambda tx: (release_by_id(tx, release_id), revocations(tx))
    )
    if release is None:
        raise NotFound
    if release_id in known:
        return
    await desk.log(Act.RELEASE_REVOKED, release_id, person, kind=ObjectType.RELEASE, reason=reason)
    row = {"release": release_id, "revoked_on": desk.now().date().isoformat()}
    await desk.office.write(lambda tx: tx.add(RevocationRow.model_validate(row), ignore=True))
