"""Reading and writing choices of officers, and requests to find a lost code."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.escrow import OfficerKeys
from schemas.vocabulary import Frozen
from survey_service.escrow.models import EscrowChoiceRow, EscrowRequestRow, EscrowSettleKeyRow
from survey_service.stores.transactions import Tx, replacement
from survey_service.two_people.kept import Asked, Requests

_CHOICE: Any = EscrowChoiceRow.__table__  # type: ignore[attr-defined]
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
_PUBLIC = select(_KEY.c.public_key).where(_KEY.c.id == THE_KEY)


class KeptChoice(Frozen):
    """Two officers, or None for nobody, as they were proposed, and what became of it."""

    wave: str
    number: int
    keys: OfficerKeys | None
    reason: str
    state: str
    proposed_by: str
    proposed_on: str


class LostCode(Asked):
    """A request with its wave, and when its file was last fetched."""

    wave: str
    fetched_at: str | None


class Granted(Frozen):
    """A granted request as settle needs it."""

    id: str
    survey: str
    wave: str
    told: bytes


REQUESTS = Requests(EscrowRequestRow, LostCode, told=("told",))
_TABLE = REQUESTS.table
_GRANTED = REQUESTS.granted.with_only_columns(
    *(_TABLE.c[name] for name in Granted.model_fields)
).where(_TABLE.c.made_at.is_(None))
FETCHED = update(_TABLE).where(_TABLE.c.id == bindparam("of_id")).values(fetched_at=bindparam("at"))


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


def granted(tx: Tx, now: str) -> list[Granted]:
    """Return the requests that settle looks for."""
    return [Granted.model_validate(row) for row in tx.dicts(_GRANTED, now=now)]


def settle_key(tx: Tx) -> bytes | None:
    """Return the key that whom to look for is sealed to; None before settle left one."""
    row = tx.one(_PUBLIC)
    return None if row is None else bytes(row[0])


def keep_settle_key(tx: Tx, public: bytes) -> None:
    """Leave the key that whom to look for is sealed to."""
    tx.run(replacement(EscrowSettleKeyRow, tx.dialect), id=THE_KEY, public_key=public)
