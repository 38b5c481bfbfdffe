"""The office's wraps of row keys, in the `keys` store under names that only a secret gives.

A row's key is wrapped twice: with the respondent's code inside the row, and here for the office.
Destroying the wrap here leaves only what the code opens.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, select

from survey_service.stores.envelopes import macs
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.keyring import Keyring
from survey_service.stores.models import RowKey
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement

_TABLE = RowKey.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.wrapped).where(_TABLE.c.name == bindparam("name"))
_REMOVE = delete(_TABLE).where(_TABLE.c.name == bindparam("name"))


class RowKeys:
    """Wraps and unwraps the row keys of one store (`vault` or `answers`)."""

    def __init__(self, store: Store, keyring: Keyring, of: str) -> None:
        self._store = store
        names = keyring.secret("row-key-names")
        self._name = macs(names, before=of.encode("ascii") + b"\0")
        self._wrap = keyring.rotating(f"office-wrap-{of}")

    def name(self, tag: bytes) -> bytes:
        """Return the name under which a row's key is kept."""
        return self._name(tag)

    def keep(self, scope: str, keys: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep (tag, key) pairs in one transaction; again is the same.

        They are written by name, which is where their places are: in any other order the pages
        of a large file would be written again and again. A name says nothing of its row.
        """
        name_of = self._name
        rows = sorted((name_of(tag), key) for tag, key in keys)

        def work(tx: Tx) -> None:
            put, wrap = replacement(RowKey, tx.dialect), self._wrap.sealer()
            tx.run_all(
                put,
                ({"name": name, "scope": scope, "wrapped": wrap(key, name)} for name, key in rows),
            )

        self._store.write_now(work)

    def read(self, tx: Tx, tag: bytes) -> bytes | None:
        """Return a row's key, or None where it was destroyed."""
        name = self.name(tag)
        row = tx.one(_ONE, name=name)
        return self._wrap.unseal(row[0], name) if row else None

    def read_all(self, tags: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the keys of those rows that still have one."""
        wanted = list(tags)

        def work(tx: Tx) -> dict[bytes, bytes]:
            found = ((tag, self.read(tx, tag)) for tag in wanted)
            return {tag: key for tag, key in found if key is not None}

        try:
            return self._store.read_now(work)
        except EnvelopeBroken:
            # The wraps were renewed behind this view of them; a new view sees the new ones.
            return self._store.read_now(work)

    def destroy(self, tags: Iterable[bytes]) -> int:
        """Destroy the office's wraps of these rows and return how many there were."""
        names = [self.name(tag) for tag in tags]
        return self._store.write_now(lambda tx: sum(tx.run(_REMOVE, name=name) for name in names))
