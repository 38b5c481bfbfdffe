"""Windows of interviews with help, in the `drafts` store: who holds the device, and what opens it.

The respondent's code travels in the window's cookie, sealed with a key that only the server has,
so a mediator who opens his own browser's cookies reads nothing. The server keeps that key and the
mode, and never the cookie: neither half opens a draft. Going back to an older cookie does not go
back to an older mode, and after the end of the interview every copy of the cookie is dead.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from survey_service.assisted.models import AssistedWindow
from survey_service.collection.code import ALPHABET, LENGTH, Code
from survey_service.stores.envelopes import seal, unseal
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

MOST_TRIES = 5
LONGEST_COOKIE = 250

_TABLE: Any = AssistedWindow.__table__  # type: ignore[attr-defined]
_FIND = select(_TABLE).where(
    _TABLE.c.id == bindparam("of_id"), _TABLE.c.expires_on >= bindparam("today")
)
_ONE = select(_TABLE).where(_TABLE.c.id == bindparam("of_id"))
_TRY = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of_id"), _TABLE.c.tries < MOST_TRIES)
    .values(tries=_TABLE.c.tries + 1)
)
_FORGIVE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of_id"), _TABLE.c.tries > 0)
    .values(tries=_TABLE.c.tries - 1)
)
_CLOSE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of_id"))
    .values(mode="waiting", pin_hash=bindparam("new_pin"))
)
_ARRIVED = update(_TABLE).where(_TABLE.c.id == bindparam("of_id")).values(replaces=None)
_END = delete(_TABLE).where(_TABLE.c.id == bindparam("of_id"))
_OLD = delete(_TABLE).where(_TABLE.c.expires_on < bindparam("today"))


class Mode(StrEnum):
    """Who holds the device, and what may be seen on it."""

    HELPER = "helper"
    """The mediator: what a helper may see."""
    OWN = "own"
    """The respondent, who has given his PIN: everything of his form."""
    WAITING = "waiting"
    """Nobody yet: the PIN decides."""
    STUCK = "stuck"
    """The PIN is lost: nothing is shown any more, only sent, kept or deleted."""
    RIGHTS = "rights"
    """Somebody who uses his own code on the mediator's device."""


@dataclass(frozen=True)
class Window:
    """One window as it stands, with the code where it has one."""

    secret: str
    id: bytes
    key: bytes = field(repr=False)
    slug: str
    mode: Mode
    pin_hash: str | None
    tries: int
    alone: bool
    later: bool
    said: dict[str, str]
    code: Code | None
    loan: str | None = None

    def cookie(self, code: Code | None) -> str:
        """Return what the window's cookie holds, with this code sealed in it."""
        return _cookie(self.secret, self.id, self.key, code)


def _cookie(secret: str, stored: bytes, key: bytes, code: Code | None) -> str:
    symbols = code.symbols.encode() if code else b""
    # An empty code is as long as a full one, so the cookie does not tell whether there is one.
    return f"{secret}.{urlsafe_b64encode(seal(key, symbols.ljust(LENGTH), stored)).decode()}"


def stored_id(secret: str) -> bytes:
    """Return the only form in which the store knows a window."""
    return hashlib.sha256(secret.encode()).digest()


class Windows:
    """Opens, finds, changes and ends them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, slug: str, mode: Mode, said: dict[str, str], today: date) -> Window:
        """Return a new window without a code; it ends by itself when tomorrow is over."""
        secret, row = fresh_row(slug, mode, said, today)
        await self._store.write(lambda tx: tx.add(AssistedWindow.model_validate(row)))
        return window_of_row(secret, row)

    async def find(self, cookie: str | None, today: date) -> Window | None:
        """Return the window of a cookie; None if there is none (any more) or it is forged."""
        secret, _, sealed = (cookie or "").partition(".")
        if not secret or len(cookie or "") > LONGEST_COOKIE:
            return None
        found = await self._store.read(
            lambda tx: tx.dicts(_FIND, of_id=stored_id(secret), today=today.isoformat())
        )
        if not found:
            return None
        try:
            octets = urlsafe_b64decode(sealed.encode("ascii"))
            symbols = unseal(bytes(found[0]["key"]), octets, bytes(found[0]["id"])).decode().strip()
        except (ValueError, EnvelopeBroken):
            return None
        if (old := found[0]["replaces"]) is not None:
            await self._store.write(lambda tx: self._arrived(tx, found[0]["id"], old))
        fits = len(symbols) == LENGTH and set(symbols) <= set(ALPHABET)
        return window_of_row(secret, found[0], Code(symbols) if fits else None)

    @staticmethod
    def _arrived(tx: Tx, new: bytes, old: bytes) -> None:
        tx.run(_END, of_id=old)
        tx.run(_ARRIVED, of_id=new)

    async def mode_of(self, stored: str, today: date) -> Mode | None:
        """Return the mode of a window by its stored id in hexadecimal; None if it is over."""
        found = await self._store.read(
            lambda tx: tx.dicts(_FIND, of_id=bytes.fromhex(stored), today=today.isoformat())
        )
        return Mode(found[0]["mode"]) if found else None

    async def become(self, window: Window, mode: Mode, **values: Any) -> Window | None:
        """Return the window in another mode under a new secret; None if it ended meanwhile.

        Whoever copied the cookie before this can look at nothing: that keeps a second browser from
        looking on while the respondent answers. Under its old secret the window waits for the PIN,
        so that an answer lost on the way loses nobody's form; the first request under the new one
        ends the old one for good.
        """
        secret = secrets.token_urlsafe(24)
        fresh = {
            "id": stored_id(secret),
            "key": secrets.token_bytes(32),
            "mode": mode.value,
            "replaces": window.id,
        }

        def work(tx: Tx) -> dict[str, Any] | None:
            found = tx.dicts(_ONE, of_id=window.id)
            if not found:
                return None
            made = AssistedWindow.model_validate({**found[0], **values, **fresh})
            tx.run(_CLOSE, of_id=window.id, new_pin=made.pin_hash)
            tx.add(made)
            return made.model_dump()

        row = await self._store.write(work)
        return None if row is None else window_of_row(secret, row, window.code)

    async def change(self, window: Window, **values: Any) -> None:
        """Set columns of a window."""
        change = update(_TABLE).where(_TABLE.c.id == window.id).values(**values)
        await self._store.write(lambda tx: tx.run(change))

    async def count_try(self, window: Window) -> bool:
        """Count a PIN before it is looked at; False where there were too many already."""
        return await self._store.write(lambda tx: tx.run(_TRY, of_id=window.id)) == 1

    async def forgive_try(self, window: Window) -> None:
        """Take back the try of a right PIN; wrong ones stay counted for the whole interview."""
        await self._store.write(lambda tx: tx.run(_FORGIVE, of_id=window.id))

    async def end(self, window: Window) -> None:
        """Destroy the window's key: no copy of its cookie opens anything from now on."""
        await self._store.write(lambda tx: tx.run(_END, of_id=window.id))

    def purge_now(self, today: date) -> int:
        """Delete windows whose time has passed and return how many."""
        return self._store.write_now(lambda tx: tx.run(_OLD, today=today.isoformat()))


def fresh_row(
    slug: str, mode: Mode, said: dict[str, str], today: date, loan: str | None = None
) -> tuple[str, dict[str, Any]]:
    """Return a new window's secret and its row; it ends by itself when tomorrow is over."""
    secret = secrets.token_urlsafe(24)
    row = {
        "id": stored_id(secret),
        "key": secrets.token_bytes(32),
        "slug": slug,
        "mode": mode.value,
        "said": json.dumps(said, sort_keys=True),
        "expires_on": (today + timedelta(days=1)).isoformat(),
        "loan": loan,
    }
    return secret, AssistedWindow.model_validate(row).model_dump()


def window_of_row(secret: str, row: dict[str, Any], code: Code | None = None) -> Window:
    """Return the window that a row and the secret of its cookie make together."""
    return Window(
        secret=secret,
        id=bytes(row["id"]),
        key=bytes(row["key"]),
        slug=row["slug"],
        mode=Mode(row["mode"]),
        pin_hash=row["pin_hash"],
        tries=row["tries"],
        alone=bool(row["alone"]),
        later=bool(row["later"]),
        said=json.loads(row["said"]),
        code=code,
        loan=row["loan"],
    )
