"""Reading requests for lists of contacts, and the statistics that settle makes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from schemas.vocabulary import Frozen
from survey_service.contact_lists.models import ConsentStatisticRow, ContactListRow
from survey_service.stores.transactions import Tx
from survey_service.two_people.kept import Asked, Requests

LISTS = Requests(ContactListRow, Asked)

_STATISTIC: Any = ConsentStatisticRow.__table__  # type: ignore[attr-defined]
_SECRET = select(LISTS.table.c.salt, LISTS.table.c.sealed).where(
    LISTS.table.c.id == bindparam("of_id")
)
_STATISTICS = select(_STATISTIC).order_by(_STATISTIC.c.survey, _STATISTIC.c.purpose)


class ConsentStatistic(Frozen):
    """A purpose and how many have it in force, floored to ten; None below twenty."""

    survey: str
    purpose: str
    yes: int | None
    made_on: str


class Granted(Frozen):
    """A granted request as settle needs it."""

    id: str
    survey: str
    public_key: bytes
    made_at: str | None


_GRANTED = LISTS.granted.with_only_columns(*(LISTS.table.c[name] for name in Granted.model_fields))


def secret_of(tx: Tx, list_id: str) -> tuple[bytes, bytes | None]:
    """Return a request's salt and the sealed list, if there is one yet."""
    row = tx.one(_SECRET, of_id=list_id)
    return (b"", None) if row is None else (row[0], row[1])


def granted(tx: Tx, now: str) -> list[Granted]:
    """Return the requests that settle makes lists for."""
    return [Granted.model_validate(row) for row in tx.dicts(_GRANTED, now=now)]


def statistics(tx: Tx) -> list[ConsentStatistic]:
    """Return what settle last made of every survey."""
    return [ConsentStatistic.model_validate(row) for row in tx.dicts(_STATISTICS)]
