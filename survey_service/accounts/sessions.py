"""Sessions of staff: our own ids, new at every step, kept only as hashes.

An id that a browser brings is only ever looked up, never adopted: one planted by somebody else
leads nowhere, before signing in and after.

Source: OWASP ASVS 5.0, 7.2 to 7.4.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from schemas.vocabulary import Frozen, Role
from survey_service.accounts.models import Account, Session
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import instant
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)


class Stage(StrEnum):
    """How far a sign-in has come; only the last is one."""

    CODE = "code"
    ENROL = "enrol"
    SIGNED_IN = "signed_in"


# How long each stage lives: setting up an authenticator takes longer than reading a code off it.
LIVES = {
    Stage.CODE: timedelta(minutes=5),
    Stage.ENROL: timedelta(minutes=15),
    Stage.SIGNED_IN: LONGEST,
}

ACCOUNT: Any = Account.__table__  # type: ignore[attr-defined]
SESSION: Any = Session.__table__  # type: ignore[attr-defined]
_FIND = (
    select(SESSION, ACCOUNT.c.username, ACCOUNT.c.role)
    .select_from(SESSION.join(ACCOUNT, ACCOUNT.c.id == SESSION.c.account_id))
    .where(
        SESSION.c.id == bindparam("session_id"),
        SESSION.c.stage == bindparam("of_stage"),
        ACCOUNT.c.state != "deactivated",
    )
)
_OWN = (
    select(SESSION.c.id, SESSION.c.created_at, SESSION.c.seen_at, SESSION.c.ends_at)
    .where(
        SESSION.c.account_id == bindparam("of_account"),
        SESSION.c.stage == Stage.SIGNED_IN.value,
        SESSION.c.ends_at > bindparam("now"),
        SESSION.c.seen_at > bindparam("idle_since"),
    )
    .order_by(SESSION.c.seen_at.desc())
)
_SEEN = update(SESSION).where(SESSION.c.id == bindparam("of_id")).values(seen_at=bindparam("now"))
_TRIED = update(SESSION).where(SESSION.c.id == bindparam("of_id")).values(tries=SESSION.c.tries + 1)
_HOLD = (
    update(SESSION)
    .where(SESSION.c.id == bindparam("of_id"))
    .values(handed_over=bindparam("with_window"))
)
_HELD = select(SESSION.c.handed_over).where(SESSION.c.id == bindparam("of_id"))
_END = delete(SESSION).where(SESSION.c.id == bindparam("of_id"))
_END_ALL = delete(SESSION).where(SESSION.c.account_id == bindparam("of_account"))
_END_PENDING = delete(SESSION).where(
    SESSION.c.account_id == bindparam("of_account"), SESSION.c.stage != Stage.SIGNED_IN.value
)
_END_OLD = delete(SESSION).where(SESSION.c.ends_at <= bindparam("now"))


class Pending(Frozen):
    """A sign-in whose password was right and whose second step is still to come."""

    session_id: str
    person: Person
    stage: Stage
    second_factor: bytes | None
    tries: int


class OwnSession(Frozen):
    """One of somebody's sessions, as he is shown it."""

    created_at: str
    seen_at: str
    ends_at: str
    present: bool


def stored_id(secret: str) -> str:
    """Return what the store keeps of an id: its hash, of no use to whoever reads it."""
    return sha256(secret.encode()).hexdigest()


def begin(
    tx: Tx, account_id: str, stage: Stage, now: datetime, second_factor: bytes | None = None
) -> str:
    """Return the id of a new session; steps that were pending for this account are over."""
    secret = secrets.token_urlsafe(32)
    tx.run(_END_OLD, now=instant(now))
    tx.run(_END_PENDING, of_account=account_id)
    row = {
        "id": stored_id(secret),
        "account_id": account_id,
        "stage": stage.value,
        "second_factor": second_factor,
        "created_at": instant(now),
        "seen_at": instant(now),
        "ends_at": instant(now + LIVES[stage]),
    }
    tx.add(Session.model_validate(row))
    return secret


def end_all(tx: Tx, account_id: str) -> int:
    """End every session of an account and return how many there were."""
    return tx.run(_END_ALL, of_account=account_id)


def end_one(tx: Tx, session_id: str) -> None:
    """End one session."""
    tx.run(_END, of_id=session_id)


def succeed(tx: Tx, old: str, new: str) -> None:
    """End a session for another in the same browser; a device that is handed over stays so.

    Else signing in anew would be a way round the respondent's PIN.
    """
    row = tx.one(_HELD, of_id=old)
    if row is not None and row[0]:
        tx.run(_HOLD, of_id=new, with_window=row[0])
    tx.run(_END, of_id=old)


def count_try(tx: Tx, session_id: str) -> None:
    """Count a one-time code given in a pending sign-in."""
    tx.run(_TRIED, of_id=session_id)


class Sessions:
    """Looks sessions up in the office store."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], idle_while_lent: timedelta = IDLE
    ) -> None:
        """Wire; with `idle_while_lent` a session whose device is lent lives so long unused."""
        self._store = store
        self._clock = clock
        self._idle_while_lent = idle_while_lent

    async def person(self, secret: str) -> Person | None:
        """Return who holds a session, and note that it is in use; None if it is none (any more).

        A session ends after 15 minutes without a request and after 8 hours in any case.
        """
        now = self._clock()
        row = await self._find(secret, Stage.SIGNED_IN)
        if row is None or row["ends_at"] <= instant(now):
            return None
        # No page of staff opens while a device is lent, and nobody here sees it being used.
        idle = IDLE if row["handed_over"] is None else self._idle_while_lent
        if row["seen_at"] <= instant(now - idle):
            return None
        if row["seen_at"] <= instant(now - SEEN_EVERY):
            await self._store.write(lambda tx: tx.run(_SEEN, of_id=row["id"], now=instant(now)))
        return _person(row, session_id=row["id"])

    async def pending(self, secret: str, stage: Stage) -> Pending | None:
        """Return the sign-in that waits for its second step, if it still does."""
        row = await self._find(secret, stage)
        if row is None or row["ends_at"] <= instant(self._clock()):
            return None
        return Pending(
            session_id=row["id"],
            person=_person(row),
            stage=stage,
            second_factor=None if row["second_factor"] is None else bytes(row["second_factor"]),
            tries=row["tries"],
        )

    async def hand_over(self, session_id: str, window: str | None) -> None:
        """Lock the pages of staff in a session while a window is handed over; None opens them."""
        await self._store.write(lambda tx: tx.run(_HOLD, of_id=session_id, with_window=window))

    async def own(self, person: Person) -> tuple[OwnSession, ...]:
        """Return somebody's open sessions, the one last used first."""
        now = self._clock()
        rows = await self._store.read(
            lambda tx: tx.dicts(
                _OWN, of_account=person.id, now=instant(now), idle_since=instant(now - IDLE)
            )
        )
        return tuple(
            OwnSession(
                created_at=row["created_at"],
                seen_at=row["seen_at"],
                ends_at=row["ends_at"],
                present=row["id"] == person.session_id,
            )
            for row in rows
        )

    async def _find(self, secret: str, stage: Stage) -> dict[str, Any] | None:
        found = await self._store.read(
            lambda tx: tx.dicts(_FIND, session_id=stored_id(secret), of_stage=stage.value)
        )
        return found[0] if found else None


def _person(row: dict[str, Any], session_id: str | None = None) -> Person:
    return Person(
        id=row["account_id"],
        username=row["username"],
        role=Role(row["role"]),
        session_id=session_id,
        handed_over=row["handed_over"],
    )
