"""Signing in: a password, then a one-time code; or, at first, setting both up.

Whoever is refused is told the same, and as much is done, whether the name is known or not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Frozen
from survey_service.accounts.delays import Delays
from survey_service.accounts.models import UsedTotp
from survey_service.accounts.passwords import Passwords, refuse_weak
from survey_service.accounts.people import Person
from survey_service.accounts.sessions import (
    ACCOUNT,
    Pending,
    Sessions,
    Stage,
    begin,
    count_try,
)
from survey_service.accounts.totp import SecondFactors, fitting_step, new_secret
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.service import AuditLog
from survey_service.problems import N_, FieldError, InvalidInput, NotSignedIn, TooMany
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

MOST_TRIES = 5

_USED: Any = UsedTotp.__table__  # type: ignore[attr-defined]
_BY_NAME = select(ACCOUNT).where(ACCOUNT.c.username == bindparam("name"))
_BY_ID = select(ACCOUNT).where(ACCOUNT.c.id == bindparam("of_id"))
_REHASH = (
    update(ACCOUNT)
    .where(ACCOUNT.c.id == bindparam("of_id"))
    .values(password_hash=bindparam("new_hash"))
)
_ENROL = (
    update(ACCOUNT)
    .where(ACCOUNT.c.id == bindparam("of_id"))
    .values(
        password_hash=bindparam("new_hash"),
        password_ends_at=None,
        second_factor=bindparam("new_factor"),
        state="active",
    )
)
_FORGET_STEPS = delete(_USED).where(
    _USED.c.account_id == bindparam("of_account"), _USED.c.step < bindparam("before")
)


class NextStep(Frozen):
    """Where a right password leads: the pending session's id and what it waits for."""

    secret: str
    stage: Stage


class SignedIn(Frozen):
    """A full sign-in: the new session's id, and the mark of the browser it happened in."""

    secret: str
    browser: str


class SignIns:
    """The steps of signing in."""

    def __init__(
        self,
        store: Store,
        audit: AuditLog,
        sessions: Sessions,
        passwords: Passwords,
        factors: SecondFactors,
        delays: Delays,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._audit = audit
        self._sessions = sessions
        self._passwords = passwords
        self._factors = factors
        self._delays = delays
        self._clock = clock

    async def password(self, username: str, password: str, browser: str | None) -> NextStep:
        """Return the next step after a right password.

        Raises:
            TooMany: there were too many attempts under this name; says how long to wait.
            InvalidInput: the name or the password is not right; never which.
        """
        name = username.strip().casefold()[:200]
        found = await self._store.read(lambda tx: tx.dicts(_BY_NAME, name=name))
        account = found[0] if found else None
        await self._count(self._delays.track(name, account["id"] if account else None, browser))
        stored = self._usable_hash(account)
        fits = await self._passwords.fits(stored, password)
        if account is None or stored is None or not fits:
            await self._log(Act.SIGN_IN_FAILED, account, Outcome.DENIED)
            message = N_("The user name or the password is not right.")
            raise InvalidInput([FieldError("username", message)])
        rehashed = (
            await self._passwords.hash(password) if self._passwords.outdated(stored) else None
        )
        stage = Stage.CODE if account["state"] == "active" else Stage.ENROL
        factor = None
        if stage is Stage.ENROL:
            factor = self._factors.close(account["id"], new_secret())
        now = self._clock()

        def go_on(tx: Tx) -> str:
            if rehashed is not None:
                tx.run(_REHASH, of_id=account["id"], new_hash=rehashed)
            return begin(tx, account["id"], stage, now, factor)

        return NextStep(secret=await self._store.write(go_on), stage=stage)

    async def code(self, pending_secret: str, code: str, browser: str | None) -> SignedIn:
        """Return the new session after a right one-time code.

        Raises:
            NotSignedIn: the sign-in took too long, or a code was wrong too often: begin again.
            TooMany: there were too many attempts under this name; says how long to wait.
            InvalidInput: the code is not right, or was used before.
        """
        pending = await self._waiting(pending_secret, Stage.CODE)
        account = await self._account(pending.person.id)
        track = self._delays.track(account["username"], account["id"], browser)
        await self._count(track)
        secret = self._factors.open(account["id"], bytes(account["second_factor"] or b""))
        if not await self._use(pending, secret, code):
            await self._log(Act.SIGN_IN_FAILED, account, Outcome.DENIED)
            message = N_("The one-time code is not right, or was used already.")
            raise InvalidInput([FieldError("code", message, N_("Please enter the next one."))])
        await self._log(Act.SIGN_IN, account, Outcome.OK)
        return await self._sign_in(pending, [track])

    async def enrolment(self, pending_secret: str) -> tuple[Person, str]:
        """Return who is to set up a second factor, and its new secret.

        Raises:
            NotSignedIn: the sign-in took too long: begin again.
        """
        pending = await self._waiting(pending_secret, Stage.ENROL)
        return pending.person, self._factors.open(pending.person.id, pending.second_factor or b"")

    async def enrol(self, pending_secret: str, password: str, repeated: str, code: str) -> SignedIn:
        """Return the new session after an own password and the first one-time code.

        Raises:
            NotSignedIn: the sign-in took too long, or a code was wrong too often: begin again.
            InvalidInput: the password is weak or mistyped, or the code is not right.
        """
        pending = await self._waiting(pending_secret, Stage.ENROL)
        person = pending.person
        refuse_weak("password", password, person.username)
        if password != repeated:
            message = N_("The two passwords are not the same.")
            raise InvalidInput([FieldError("repeated", message)])
        secret = self._factors.open(person.id, pending.second_factor or b"")
        if not await self._use(pending, secret, code):
            message = N_("The one-time code is not right.")
            remedy = N_("Please scan the picture again and enter the code your app shows now.")
            raise InvalidInput([FieldError("code", message, remedy)])
        hashed = await self._passwords.hash(password)
        account = await self._account(person.id)
        await self._log(Act.SECOND_FACTOR_ENROLLED, account, Outcome.OK)
        await self._log(Act.SIGN_IN, account, Outcome.OK)
        await self._store.write(
            lambda tx: tx.run(
                _ENROL, of_id=person.id, new_hash=hashed, new_factor=pending.second_factor
            )
        )
        return await self._sign_in(pending, [self._delays.track(person.username, None, None)])

    async def _waiting(self, secret: str, stage: Stage) -> Pending:
        pending = await self._sessions.pending(secret, stage)
        if pending is None or pending.tries >= MOST_TRIES:
            raise NotSignedIn
        return pending

    async def _account(self, account_id: str) -> dict[str, Any]:
        return (await self._store.read(lambda tx: tx.dicts(_BY_ID, of_id=account_id)))[0]

    async def _count(self, track: str) -> None:
        now = self._clock()
        wait = await self._store.write(lambda tx: self._delays.count(tx, track, now))
        if wait:
            detail = N_("Please wait %(seconds)s seconds and try again.")
            headers = {"Retry-After": str(wait)}
            raise TooMany(detail, values={"seconds": wait}, headers=headers)

    async def _use(self, pending: Pending, secret: str, code: str) -> bool:
        """True if the code fits and was not used before; from then on it is used."""
        step = fitting_step(secret, code, self._clock())

        def use(tx: Tx) -> bool:
            count_try(tx, pending.session_id)
            if step is None:
                return False
            tx.run(_FORGET_STEPS, of_account=pending.person.id, before=step - 10)
            row = {"account_id": pending.person.id, "step": step}
            return tx.add(UsedTotp.model_validate(row), ignore=True)

        return await self._store.write(use)

    async def _sign_in(self, pending: Pending, tracks: list[str]) -> SignedIn:
        now = self._clock()

        def change(tx: Tx) -> str:
            for track in tracks:
                self._delays.forget(tx, track)
            return begin(tx, pending.person.id, Stage.SIGNED_IN, now)

        secret = await self._store.write(change)
        return SignedIn(secret=secret, browser=self._delays.new_browser(pending.person.id))

    def _usable_hash(self, account: dict[str, Any] | None) -> str | None:
        if account is None or account["state"] == "deactivated":
            return None
        ends_at = account["password_ends_at"]
        if ends_at is not None and ends_at <= instant(self._clock()):
            return None
        return str(account["password_hash"])

    async def _log(self, act: Act, account: dict[str, Any] | None, outcome: Outcome) -> None:
        """Log an attempt; what was typed as an unknown name may be a password and stays out."""
        await self._audit.append(
            AuditEntry(
                act=act,
                object_type=ObjectType.ACCOUNT,
                object_ref=account["id"] if account else "",
                actor=_person(account) if account and outcome is Outcome.OK else None,
                purpose=Purpose.STAFF_ACCESS,
                outcome=outcome,
            )
        )


def _person(account: dict[str, Any]) -> Person:
    return Person(id=account["id"], username=account["username"], role=account["role"])
