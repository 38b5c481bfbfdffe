"""Reading and writing choices of officers, and requests to find a lost code."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, bindparam, select, update

from schemas.escrow import OfficerKeys
from schemas.vocabulary import Frozen
from survey_service.escrow.models import EscrowChoiceRow, EscrowRequestRow, EscrowSettleKeyRow
from survey_service.stores.transactions import Tx, replacement

_CHOICE: Any = EscrowChoiceRow.__table__  # type: ignore[attr-defined]
_REQUEST: Any = EscrowRequestRow.__table__  # type: ignore[attr-defined]
_KEY: Any = EscrowSettleKeyRow.__table__  # type: ignore[attr-defined]
THE_KEY = "settle"

_CHOICES = (
    select(_CHOICE).where(_CHOICE.c.wave == bindparam("of")).order_by(_CHOICE.c.number.desc())
)
_DECIDE_CHOICE = (
    update(_CHOICE)
    .where(
        _CHOICE.c.wave == bindparam("of"),
        _CHOICE.c.number == bindparam("the_number"),
        _CHOICE.c.state == "proposed",
        _CHOICE.c.proposed_by != bindparam("new_by"),
    )
    .values(
        state=bindparam("new_state"), decided_by=bindparam("new_by"), decided_on=bindparam("new_on")
    )
)
_SHOWN = tuple(c for c in _REQUEST.c if c.name not in ("told", "sealed"))
_ALL = select(*_SHOWN).order_by(_REQUEST.c.asked_at.desc()).limit(100)
_ONE = select(*_SHOWN).where(_REQUEST.c.id == bindparam("of_id"))
_SEALED = select(_REQUEST.c.sealed).where(_REQUEST.c.id == bindparam("of_id"))
_GRANTED = select(_REQUEST.c.id, _REQUEST.c.survey, _REQUEST.c.wave, _REQUEST.c.told).where(
    _REQUEST.c.state == "granted",
    _REQUEST.c.made_at.is_(None),
    _REQUEST.c.ends_at > bindparam("now"),
)
_DUE = select(_REQUEST.c.id).where(
    _REQUEST.c.state != "over",
    _REQUEST.c.state != "refused",
    _REQUEST.c.ends_at <= bindparam("now"),
)
_PUBLIC = select(_KEY.c.public_key).where(_KEY.c.id == THE_KEY)
DECIDE = (
    update(_REQUEST)
    .where(
        _REQUEST.c.id == bindparam("of_id"),
        _REQUEST.c.state == "asked",
        _REQUEST.c.asked_by != bindparam("by"),
        _REQUEST.c.ends_at > bindparam("now"),
    )
    .values(
        state=bindparam("new_state"),
        decided_by=bindparam("by"),
        decided_at=bindparam("decided_now"),
        ends_at=bindparam("new_end"),
    )
)
DECIDE_AND_FORGET = DECIDE.values(told=None)
KEEP = (
    update(_REQUEST)
    .where(_REQUEST.c.id == bindparam("of_id"), _REQUEST.c.state == "granted")
    .values(told=None, sealed=bindparam("new_sealed", type_=LargeBinary), made_at=bindparam("at"))
)
FETCHED = (
    update(_REQUEST).where(_REQUEST.c.id == bindparam("of_id")).values(fetched_at=bindparam("at"))
)
END = (
    update(_REQUEST)
    .where(_REQUEST.c.id == bindparam("of_id"))
    .values(state="over", told=None, sealed=None)
)


class KeptChoice(Frozen):
    """Two officers, or None for nobody, as they were proposed, and what became of it."""

    wave: str
    number: int
    keys: OfficerKeys | None
    reason: str
    state: str
    proposed_by: str
    proposed_on: str


class LostCode(Frozen):
    """A request as pages show it; `state` is `over` as soon as its time is."""

    id: str
    survey: str
    wave: str
    state: str
    reason: str
    asked_by: str
    asked_at: str
    ends_at: str
    decided_by: str | None
    decided_at: str | None
    made_at: str | None
    fetched_at: str | None


class Granted(Frozen):
    """A granted request as settle needs it."""

    id: str
    survey: str
    wave: str
    told: bytes


def choices_of(tx: Tx, wave: str) -> list[KeptChoice]:
    """Return all that was proposed for a wave, the newest first."""
    return [
        KeptChoice(
            keys=_keys(row),
            **{name: row[name] for name in KeptChoice.model_fields if name != "keys"},
        )
        for row in tx.dicts(_CHOICES, of=wave)
    ]


def _keys(row: dict[str, Any]) -> OfficerKeys | None:
    outer, inner = row["outer_key"], row["inner_key"]
    return None if outer is None else OfficerKeys(outer=outer, inner=inner)


def agreed_for(tx: Tx, wave: str) -> OfficerKeys | None:
    """Return the officers whom two people agreed on for a wave; None where nobody finds a code."""
    agreed = (choice.keys for choice in choices_of(tx, wave) if choice.state == "agreed")
    return next(agreed, None)


def decide_choice(tx: Tx, wave: str, number: int, *, state: str, by: str, on: str) -> bool:
    """Decide on what was proposed; False where somebody has, or it is the proposer's own."""
    given = {"of": wave, "the_number": number, "new_state": state, "new_by": by, "new_on": on}
    return tx.run(_DECIDE_CHOICE, **given) == 1


def _shown(row: dict[str, Any], now: str) -> LostCode:
    over = row["ends_at"] <= now and row["state"] in ("asked", "granted")
    return LostCode.model_validate(row | ({"state": "over"} if over else {}))


def every_request(tx: Tx, now: str) -> list[LostCode]:
    """Return the last hundred requests, newest first."""
    return [_shown(row, now) for row in tx.dicts(_ALL)]


def request_by_id(tx: Tx, request_id: str, now: str) -> LostCode | None:
    """Return a request, or None."""
    rows = tx.dicts(_ONE, of_id=request_id)
    return _shown(rows[0], now) if rows else None


def sealed_of(tx: Tx, request_id: str) -> bytes | None:
    """Return the file of a request, if there is one yet."""
    row = tx.one(_SEALED, of_id=request_id)
    return None if row is None else row[0]


def granted(tx: Tx, now: str) -> list[Granted]:
    """Return the requests that settle looks for."""
    return [Granted.model_validate(row) for row in tx.dicts(_GRANTED, now=now)]


def due(tx: Tx, now: str) -> list[str]:
    """Return the requests whose time is over and that were not ended yet."""
    return [str(row[0]) for row in tx.all(_DUE, now=now)]


def settle_key(tx: Tx) -> bytes | None:
    """Return the key that whom to look for is sealed to; None before settle left one."""
    row = tx.one(_PUBLIC)
    return None if row is None else bytes(row[0])


def keep_settle_key(tx: Tx, public: bytes) -> None:
    """Leave the key that whom to look for is sealed to."""
    tx.run(replacement(EscrowSettleKeyRow, tx.dialect), id=THE_KEY, public_key=public)
