"""Accounts of people who work here: made, renewed and deactivated; one role each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.vocabulary import Frozen, Role
from survey_service.accounts.delays import Delays
from survey_service.accounts.models import Account
from survey_service.accounts.passwords import Passwords, new_one_time_password
from survey_service.accounts.people import Person
from survey_service.accounts.sessions import (
    ACCOUNT,
    IDLE,
    Sessions,
    end_all,
    end_one,
    stored_id,
    succeed,
)
from survey_service.accounts.sign_in import SignIns
from survey_service.accounts.tokens import REVOKE_ALL, Tokens
from survey_service.accounts.totp import SecondFactors, otpauth
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.references import Keyring
from survey_service.audit_log.service import AuditLog
from survey_service.clock import now as real_now
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.stores.ids import is_id, new_id
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

ONE_TIME_PASSWORD_LIVES = timedelta(hours=24)
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,38}[a-z0-9]")

_ALL = select(
    ACCOUNT.c.id, ACCOUNT.c.username, ACCOUNT.c.role, ACCOUNT.c.state, ACCOUNT.c.created_at
).order_by(ACCOUNT.c.username)
_ONE = _ALL.where(ACCOUNT.c.id == bindparam("of_id"))
_NAMED = select(ACCOUNT.c.id).where(ACCOUNT.c.username == bindparam("name"))
_CHANGE = (
    update(ACCOUNT)
    .where(ACCOUNT.c.id == bindparam("of_id"))
    .values(
        state=bindparam("new_state"),
        password_hash=bindparam("new_hash"),
        password_ends_at=bindparam("new_end"),
        second_factor=None,
    )
)


class NewAccount(Frozen):
    """An account just made or renewed; the password is shown this once."""

    id: str
    username: str
    role: Role
    password: str
    totp_secret: str | None = None
    otpauth: str | None = None

    def shown(self) -> dict[str, str]:
        """Return what the person who made it passes on."""
        return {k: str(v) for k, v in self.model_dump().items() if v is not None and k != "id"}


class AccountLine(Frozen):
    """An account as administrators see it."""

    id: str
    username: str
    role: Role
    state: str
    created_at: str


class Accounts:
    """The accounts in the office store; signing in and tokens are parts of their own."""

    def __init__(
        self,
        store: Store,
        audit: AuditLog,
        keyring: Keyring,
        clock: Callable[[], datetime] = real_now,
        idle_while_lent: timedelta = IDLE,
    ) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._passwords = self.passwords = Passwords()

        def key() -> bytes:
            return keyring.secret("second-factors")

        self._factors = SecondFactors(key)
        self.sessions = Sessions(store, clock, idle_while_lent)
        self.tokens = Tokens(store, audit, clock)
        self.sign_ins = SignIns(
            store, audit, self.sessions, self._passwords, self._factors, Delays(key), clock
        )
        self.person = self.sessions.person
        self.person_by_token = self.tokens.person

    def create_now(
        self,
        username: str,
        role: Role,
        password: str | None = None,
        totp_secret: str | None = None,
    ) -> NewAccount:
        """Return the account made at the machine itself, by a command.

        With password and secret it can sign in at once; without, it gets a one-time password and
        sets both up at the first sign-in.

        Raises:
            InvalidInput: the name is taken or is not a user name.
        """
        made = _new(new_id(), username, role, password, totp_secret)
        if self._store.read_now(lambda tx: tx.one(_NAMED, name=made.username)):
            raise _taken()
        row = self._row(made, self._passwords.hash_now(made.password))
        self._audit.append_now(_entry(Act.ACCOUNT_CREATED, None, made.id))
        if not self._store.write_now(lambda tx: tx.add(row, ignore=True)):
            raise _taken()
        return made

    async def create(self, by: Person, username: str, role: Role, key: str) -> NewAccount:
        """Return the account an administrator makes; `key` is made with the form.

        Raises:
            InvalidInput: the name is taken or is not a user name.
            Conflict: the form was sent before.
        """
        if not is_id(key):
            raise Conflict
        if await self._store.read(lambda tx: tx.one(_ONE, of_id=key)):
            raise Conflict(N_("This form was sent already. The password is shown only once."))
        made = _new(key, username, role, None, None)
        if await self._store.read(lambda tx: tx.one(_NAMED, name=made.username)):
            raise _taken()
        row = self._row(made, await self._passwords.hash(made.password))
        await self._audit.append(_entry(Act.ACCOUNT_CREATED, by, made.id))
        if not await self._store.write(lambda tx: tx.add(row, ignore=True)):
            raise _taken()
        return made

    async def renew(self, by: Person, account_id: str) -> NewAccount:
        """Return the account with a new one-time password; its second factor is forgotten.

        Raises:
            NotFound: there is no such account.
            Conflict: it is one's own, or deactivated.
        """
        line = await self._other(by, account_id)
        if line.state == "deactivated":
            raise Conflict(N_("This account is deactivated. Please create a new one."))
        password = new_one_time_password()
        hashed = await self._passwords.hash(password)
        ends_at = instant(self._clock() + ONE_TIME_PASSWORD_LIVES)
        await self._audit.append(_entry(Act.ACCOUNT_RENEWED, by, account_id))
        await self._store.write(lambda tx: _change(tx, account_id, "invited", hashed, ends_at))
        return NewAccount(id=line.id, username=line.username, role=line.role, password=password)

    async def deactivate(self, by: Person, account_id: str) -> None:
        """End an account for good: sessions, tokens, password and second factor are gone.

        Raises:
            NotFound: there is no such account.
            Conflict: it is one's own.
        """
        await self._other(by, account_id)
        await self._audit.append(_entry(Act.ACCOUNT_DEACTIVATED, by, account_id))
        await self._store.write(lambda tx: _change(tx, account_id, "deactivated", "", None))

    async def all(self, by: Person) -> tuple[AccountLine, ...]:
        """Return every account, by name."""
        await self._audit.append(_entry(Act.ACCOUNTS_READ, by, ""))
        return await self._store.read(_lines)

    async def directory(self, role: Role | None = None) -> dict[str, str]:
        """Return every user name by account id; with a role, of those who work here in it."""
        lines = await self._store.read(_lines)
        return {
            line.id: line.username
            for line in lines
            if role is None or (line.role is role and line.state != "deactivated")
        }

    async def replace_session(self, secret: str | None, successor: str) -> None:
        """End the session a browser held before it signed in anew."""
        if secret is not None:
            old, new = stored_id(secret), stored_id(successor)
            await self._store.write(lambda tx: succeed(tx, old, new))

    async def sign_out(self, person: Person) -> None:
        """End the present session."""
        session = person.session_id
        if session is None:
            return
        await self._audit.append(_entry(Act.SIGN_OUT, person, person.id))
        await self._store.write(lambda tx: end_one(tx, session))

    async def sign_out_everywhere(self, person: Person) -> int:
        """End every session of a person and return how many there were."""
        await self._audit.append(_entry(Act.SESSIONS_ENDED, person, person.id))
        return await self._store.write(lambda tx: end_all(tx, person.id))

    def _row(self, made: NewAccount, hashed: str) -> Account:
        now, secret = self._clock(), made.totp_secret
        row = {
            "id": made.id,
            "username": made.username,
            "role": made.role.value,
            "state": "active" if secret else "invited",
            "password_hash": hashed,
            "password_ends_at": None if secret else instant(now + ONE_TIME_PASSWORD_LIVES),
            "second_factor": self._factors.close(made.id, secret) if secret else None,
            "created_at": instant(now),
        }
        return Account.model_validate(row)

    async def _other(self, by: Person, account_id: str) -> AccountLine:
        found = await self._store.read(lambda tx: tx.dicts(_ONE, of_id=account_id))
        if not found:
            raise NotFound
        if account_id == by.id:
            raise Conflict(N_("Nobody changes the own account. Please ask another administrator."))
        return AccountLine.model_validate(found[0])


def _new(
    key: str, username: str, role: Role, password: str | None, secret: str | None
) -> NewAccount:
    """Return the account to be; it is ready at once only if both password and secret are given.

    Raises:
        InvalidInput: the name is not a user name.
    """
    name = username.strip().casefold()
    if not USERNAME.fullmatch(name):
        message = N_("This is not a user name.")
        remedy = N_("Use 3 to 40 small letters a to z, digits, dots and hyphens.")
        raise InvalidInput([FieldError("username", message, remedy)])
    secret = secret if password is not None else None
    return NewAccount(
        id=key,
        username=name,
        role=role,
        password=password or new_one_time_password(),
        totp_secret=secret,
        otpauth=otpauth(secret, name) if secret else None,
    )


def _lines(tx: Tx) -> tuple[AccountLine, ...]:
    return tuple(AccountLine.model_validate(row) for row in tx.dicts(_ALL))


def _change(tx: Tx, account_id: str, state: str, hashed: str, ends_at: str | None) -> None:
    tx.run(_CHANGE, of_id=account_id, new_state=state, new_hash=hashed, new_end=ends_at)
    end_all(tx, account_id)
    tx.run(REVOKE_ALL, of_account=account_id)


def _taken() -> InvalidInput:
    message = N_("This user name is taken.")
    return InvalidInput([FieldError("username", message, N_("Please choose another one."))])


def _entry(act: Act, by: Person | None, account_id: str) -> AuditEntry:
    return AuditEntry(
        act=act,
        object_type=ObjectType.ACCOUNT,
        object_ref=account_id,
        actor=by,
        purpose=Purpose.ADMINISTRATION,
    )
