"""Reading and writing requests for lists of contacts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, bindparam, select, update

from schemas.vocabulary import Frozen
from survey_service.contact_lists.models import ConsentStatisticRow, ContactListRow
from survey_service.stores.transactions import Tx

_TABLE: Any = ContactListRow.__table__  # type: ignore[attr-defined]
_STATISTIC: Any = ConsentStatisticRow.__table__  # type: ignore[attr-defined]
_SHOWN = (
    *(_TABLE.c.id, _TABLE.c.survey, _TABLE.c.state, _TABLE.c.reason, _TABLE.c.asked_by),
    *(_TABLE.c.asked_at, _TABLE.c.ends_at, _TABLE.c.decided_by, _TABLE.c.decided_at),
    _TABLE.c.made_at,
)
_ALL = select(*_SHOWN).order_by(_TABLE.c.asked_at.desc()).limit(100)
_ONE = select(*_SHOWN).where(_TABLE.c.id == bindparam("of_id"))
_SECRET = select(_TABLE.c.salt, _TABLE.c.sealed).where(_TABLE.c.id == bindparam("of_id"))
_GRANTED = select(_TABLE.c.id, _TABLE.c.survey, _TABLE.c.public_key, _TABLE.c.made_at).where(
    _TABLE.c.state == "granted", _TABLE.c.ends_at > bindparam("now")
)
_DUE = select(_TABLE.c.id).where(
    _TABLE.c.state != "over", _TABLE.c.state != "refused", _TABLE.c.ends_at <= bindparam("now")
)
DECIDE = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bindparam("of_id"),
        _TABLE.c.state == "asked",
        _TABLE.c.asked_by != bindparam("by"),
        _TABLE.c.ends_at > bindparam("now"),
    )
    .values(
        state=bindparam("new_state"),
        decided_by=bindparam("by"),
        decided_at=bindparam("decided_now"),
        ends_at=bindparam("new_end"),
    )
)
KEEP = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of_id"), _TABLE.c.state == "granted")
    .values(sealed=bindparam("new_sealed", type_=LargeBinary), made_at=bindparam("at"))
)
END = update(_TABLE).where(_TABLE.c.id == bindparam("of_id")).values(state="over", sealed=None)
_STATISTICS = select(_STATISTIC).order_by(_STATISTIC.c.survey, _STATISTIC.c.purpose)


class ContactList(Frozen):
    """A request as pages show it; `state` is `over` as soon as its time is."""

    id: str
    survey: str
    state: str
    reason: str
    asked_by: str
    asked_at: str
    ends_at: str
    decided_by: str | None
    decided_at: str | None
    made_at: str | None


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


def _shown(row: dict[str, Any], now: str) -> ContactList:
    over = row["ends_at"] <= now and row["state"] in ("asked", "granted")
    return ContactList.model_validate(row | ({"state": "over"} if over else {}))


def every_list(tx: Tx, now: str) -> list[ContactList]:
    """Return the last hundred requests, newest first."""
    return [_shown(row, now) for row in tx.dicts(_ALL)]


def list_by_id(tx: Tx, list_id: str, now: str) -> ContactList | None:
    """Return a request, or None."""
    rows = tx.dicts(_ONE, of_id=list_id)
    return _shown(rows[0], now) if rows else None


def secret_of(tx: Tx, list_id: str) -> tuple[bytes, bytes | None]:
    """Return a request's salt and the sealed list, if there is one yet."""
    row = tx.one(_SECRET, of_id=list_id)
    return (b"", None) if row is None else (row[0], row[1])


def granted(tx: Tx, now: str) -> list[Granted]:
    """Return the requests that settle makes lists for."""
    return [Granted.model_validate(row) for row in tx.dicts(_GRANTED, now=now)]


def due(tx: Tx, now: str) -> list[str]:
    """Return the requests whose time is over and that were not ended yet."""
    return [str(row[0]) for row in tx.all(_DUE, now=now)]


def statistics(tx: Tx) -> list[ConsentStatistic]:
    """Return what settle last made of every survey."""
    return [ConsentStatistic.model_validate(row) for row in tx.dicts(_STATISTICS)]
