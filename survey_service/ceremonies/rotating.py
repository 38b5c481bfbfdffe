"""Replacing a secret online: everything it wrapped is wrapped anew, then it is destroyed.

The new secret seals from the moment it lies beside the old one; reads try both. Then every row is
opened with whichever fits and sealed with the new one, some hundred rows a transaction, so that
nobody waits long for the store. A row written meanwhile is either seen here or was sealed with the
new one already, because whoever seals does so inside the writing transaction. Every step can be
repeated: what is sealed with the newest is left alone.

Cost grows linearly with the rows that the secret wraps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from survey_service.answers.models import FreezeKey
from survey_service.audit_log.appending import one_writer
from survey_service.audit_log.models import Detail
from survey_service.audit_log.references import DETAILS, Details
from survey_service.collection.key_models import SettleKey
from survey_service.stores.errors import EnvelopeBroken, StoreError
from survey_service.stores.keyring import Keyring
from survey_service.stores.models import RowKey
from survey_service.stores.rotating import RotatingKey
from survey_service.stores.store import Store
from survey_service.stores.stores import OfficeStores, Stores
from survey_service.stores.transactions import Tx

CHUNK = 200


class NotOpened(StoreError):
    """Something is sealed with a key that is not here, so that nothing may be thrown away."""


@dataclass(frozen=True)
class Wraps:
    """A table of wrapped keys: its primary key, what is wrapped, and what it is bound to."""

    model: type[Any]
    key: str
    wrapped: tuple[str, ...]
    scope: str | None = None

    def bound(self, key: Any) -> bytes:
        """Return what a row's wraps are bound to: its own key."""
        return key if isinstance(key, bytes) else str(key).encode()


WRAPS = {
    "office-wrap-vault": Wraps(RowKey, "name", ("wrapped",), "vault:"),
    "office-wrap-answers": Wraps(RowKey, "name", ("wrapped",), "answers:"),
    "office-wrap-freezes": Wraps(FreezeKey, "freeze", ("wrapped",)),
    "settle-keys": Wraps(SettleKey, "generation", ("vault_private", "answers_private")),
}


def rewrap(stores: Stores | OfficeStores, keyring: Keyring, name: str) -> int:
    """Seal all that a secret seals with its newest value and return how many rows there were.

    Raises:
        NotOpened: a row opens with none of the secret's values.
    """
    if name == DETAILS:
        return _details(stores.audit, Details(keyring, _no_nonce))
    return _wraps(stores.keys, keyring.rotating(name), WRAPS[name])


def _wraps(keys: Store, key: RotatingKey, of: Wraps) -> int:
    table: Any = of.model.__table__
    place = table.c[of.key]
    rows = select(place, *(table.c[c] for c in of.wrapped)).order_by(place).limit(CHUNK)
    if of.scope is not None:
        rows = rows.where(table.c.scope.startswith(of.scope, autoescape=True))
    later = rows.where(place > bindparam("after"))
    put = (
        update(table)
        .where(place == bindparam("of_row"))
        .values({c: bindparam(f"new_{c}") for c in of.wrapped})
    )

    def anew(tx: Tx, found: tuple[Any, ...]) -> None:
        bound = of.bound(found[0])
        if all(key.is_newest(sealed, bound) for sealed in found[1:]):
            return
        try:
            fresh = [key.seal(key.unseal(sealed, bound), bound) for sealed in found[1:]]
        except EnvelopeBroken as error:
            raise NotOpened("a wrapped key opens with none of the keys at hand") from error
        values = {f"new_{c}": v for c, v in zip(of.wrapped, fresh, strict=True)}
        tx.run(put, of_row=found[0], **values)

    return _in_chunks(keys, rows, later, anew)


def _details(audit: Store, details: Details) -> int:
    table: Any = Detail.__table__  # type: ignore[attr-defined]
    rows = select(table.c.seq, table.c.nonce, table.c.ciphertext).order_by(table.c.seq).limit(CHUNK)
    later = rows.where(table.c.seq > bindparam("after"))
    put = (
        update(table)
        .where(table.c.seq == bindparam("of_row"))
        .values(ciphertext=bindparam("new_ciphertext"))
    )

    def anew(tx: Tx, found: tuple[Any, ...]) -> None:
        fresh = details.renewed(*found)
        if fresh is None:
            raise NotOpened("a reason beside the audit log does not open")
        tx.run(put, of_row=found[0], new_ciphertext=fresh)

    return _in_chunks(audit, rows, later, anew)


def _in_chunks(
    store: Store, first: Any, later: Any, anew: Callable[[Tx, tuple[Any, ...]], None]
) -> int:
    seen, after = 0, None
    while True:

        def work(tx: Tx, after: Any = after) -> list[tuple[Any, ...]]:
            one_writer(tx)
            found = tx.all(first) if after is None else tx.all(later, after=after)
            for row in found:
                anew(tx, row)
            return found

        found = store.write_now(work)
        seen += len(found)
        if len(found) < CHUNK:
            return seen
        after = found[-1][0]


def _no_nonce(_size: int) -> bytes:
    raise ValueError("a reason keeps its nonce when it is sealed anew")
