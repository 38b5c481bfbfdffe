"""Tokens for programmes: scoped, expiring, shown once, kept as a hash."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, select

from schemas.audit import Act, ObjectType, Purpose
from schemas.vocabulary import Frozen, Role
from survey_service.accounts.models import Token
from survey_service.accounts.people import Person
from survey_service.accounts.sessions import ACCOUNT
from survey_service.audit_log.entries import AuditEntry, canonical, instant
from survey_service.audit_log.service import AuditLog
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.stores.ids import is_id
from survey_service.stores.store import Store
from survey_service.web.permissions import FOR_PROGRAMMES, ROLE_PERMISSIONS

PREFIX = "eds_"
LONGEST_DAYS = 90
MOST_TOKENS = 20
LONGEST_NAME = 60

TOKEN: Any = Token.__table__  # type: ignore[attr-defined]
_FIND = (
    select(
        TOKEN.c.id,
        TOKEN.c.scopes,
        TOKEN.c.ends_at,
        ACCOUNT.c.id,
        ACCOUNT.c.username,
        ACCOUNT.c.role,
    )
    .select_from(TOKEN.join(ACCOUNT, ACCOUNT.c.id == TOKEN.c.account_id))
    .where(TOKEN.c.hash == bindparam("of_hash"), ACCOUNT.c.state == "active")
)
_OWN = (
    select(TOKEN.c.id, TOKEN.c.name, TOKEN.c.scopes, TOKEN.c.created_at, TOKEN.c.ends_at)
    .where(TOKEN.c.account_id == bindparam("of_account"), TOKEN.c.ends_at > bindparam("now"))
    .order_by(TOKEN.c.created_at.desc(), TOKEN.c.id)
)
_REVOKE = delete(TOKEN).where(
    TOKEN.c.id == bindparam("of_id"), TOKEN.c.account_id == bindparam("of_account")
)
REVOKE_ALL = delete(TOKEN).where(TOKEN.c.account_id == bindparam("of_account"))


class OwnToken(Frozen):
    """One of somebody's tokens, as he is shown it; what opens the door is not in it."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: str
    ends_at: str


class TokenWish(Frozen):
    """What a new token is to be: checked in `Tokens.create`, field by field."""

    key: str
    name: str
    scopes: tuple[str, ...]
    days: str


class Tokens:
    """Makes, finds and revokes tokens in the office store."""

    def __init__(self, store: Store, audit: AuditLog, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock

    async def person(self, token: str) -> Person | None:
        """Return whose token it is, with the scopes the role still has; None if it is none."""
        if not token.startswith(PREFIX):
            return None
        row = await self._store.read(lambda tx: tx.one(_FIND, of_hash=_hash(token)))
        if row is None or row[2] <= instant(self._clock()):
            return None
        role = Role(row[5])
        held = frozenset(json.loads(row[1])) & ROLE_PERMISSIONS[role]
        return Person(
            id=row[3],
            username=row[4],
            role=role,
            token_id=row[0],
            scopes=frozenset(str(scope) for scope in held),
        )

    async def own(self, person: Person) -> tuple[OwnToken, ...]:
        """Return somebody's tokens that are still good, newest first."""
        now = instant(self._clock())
        rows = await self._store.read(lambda tx: tx.all(_OWN, of_account=person.id, now=now))
        return tuple(
            OwnToken(
                id=row[0],
                name=row[1],
                scopes=tuple(json.loads(row[2])),
                created_at=row[3],
                ends_at=row[4],
            )
            for row in rows
        )

    async def create(self, person: Person, wish: TokenWish) -> str:
        """Return the new token, which is shown this once; `wish.key` is made with the form.

        Raises:
            InvalidInput: no name, a scope the role has not or that opens nothing, over 90 days.
            Conflict: the form was sent before, or there are too many tokens.
        """
        days = _checked(person, wish)
        if len(await self.own(person)) >= MOST_TOKENS:
            raise Conflict(N_("There are too many tokens already. Please revoke one first."))
        now = self._clock()
        token = PREFIX + secrets.token_urlsafe(32)
        row = {
            "id": wish.key,
            "account_id": person.id,
            "hash": _hash(token),
            "name": wish.name.strip(),
            "scopes": canonical(sorted(wish.scopes)).decode(),
            "created_at": instant(now),
            "ends_at": instant(now + timedelta(days=days)),
        }
        counts = {"days": days, "scopes": len(wish.scopes)}
        await self._audit.append(_entry(Act.TOKEN_CREATED, person, wish.key, counts))
        made = Token.model_validate(row)
        if not await self._store.write(lambda tx: tx.add(made, ignore=True)):
            raise Conflict(N_("This form was sent already. The token is shown only once."))
        return token

    async def revoke(self, person: Person, token_id: str) -> None:
        """End one of somebody's own tokens.

        Raises:
            NotFound: he has no such token.
        """
        if token_id not in {token.id for token in await self.own(person)}:
            raise NotFound
        await self._audit.append(_entry(Act.TOKEN_REVOKED, person, token_id))
        await self._store.write(lambda tx: tx.run(_REVOKE, of_id=token_id, of_account=person.id))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _entry(
    act: Act, person: Person, token_id: str, counts: dict[str, int] | None = None
) -> AuditEntry:
    return AuditEntry(
        act=act,
        object_type=ObjectType.TOKEN,
        object_ref=token_id,
        actor=person,
        purpose=Purpose.STAFF_ACCESS,
        counts=counts or {},
    )


def _checked(person: Person, wish: TokenWish) -> int:
    """Return for how many days the token is to live.

    Raises:
        InvalidInput: see `Tokens.create`.
    """
    errors = []
    if not wish.name.strip() or len(wish.name.strip()) > LONGEST_NAME:
        remedy = N_("Please write what it is for, in at most %(longest)s characters.")
        errors.append(
            FieldError("name", N_("The token needs a name."), remedy, {"longest": LONGEST_NAME})
        )
    allowed: Sequence[str] = sorted(ROLE_PERMISSIONS[person.role] & FOR_PROGRAMMES)
    if not wish.scopes or not set(wish.scopes) <= set(allowed):
        message = N_("The token needs something it may do.")
        errors.append(FieldError("scopes", message, N_("Please choose from the list.")))
    days = int(wish.days) if wish.days.isascii() and wish.days.isdecimal() else 0
    if not 1 <= days <= LONGEST_DAYS:
        message = N_("A token lives at least one day and at most %(longest)s days.")
        errors.append(FieldError("days", message, "", {"longest": LONGEST_DAYS}))
    if not is_id(wish.key):
        raise Conflict
    if errors:
        raise InvalidInput(errors)
    return days
