"""The office's wraps of row keys, in the `keys` store under names that only a secret gives.

A row's key is wrapped twice: with the respondent's code inside the row, and here for the office.
Destroying the wrap here leaves only what the code opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from survey_service.stores.envelopes import expand, mac, macs
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.keyring import Keyring
from survey_service.stores.models import RowKey
from survey_service.stores.row_counts import COUNTED, Counted, RowCounts
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement

_TABLE = RowKey.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.wrapped).where(_TABLE.c.name == bindparam("name"))
_SCOPE = select(_TABLE.c.scope).where(_TABLE.c.name == bindparam("name"))
_SCOPES = select(_TABLE.c.scope).distinct()
_NAMES = select(_TABLE.c.name).where(_TABLE.c.scope == bindparam("scope"))
_REMOVE = delete(_TABLE).where(_TABLE.c.name == bindparam("name"))


class Compared(NamedTuple):
    """Rows against keys of one scope: how many rows have no key, how many keys no row.

    `keys`: how many there are. `counted`: what was counted of them, None where nothing was.
    """

    unkeyed: int
    unowned: int
    keys: int
    counted: Counted | None


class RowKeys:
    """Wraps and unwraps the row keys of one store (`vault` or `answers`)."""

    def __init__(self, store: Store, keyring: Keyring, of: str) -> None:
        self._store = store
        self._of = of
        names = keyring.secret("row-key-names")
        self._name = macs(names, before=of.encode("ascii") + b"\0")
        self._wrap = keyring.rotating(f"office-wrap-{of}")
        self._counts = RowCounts(expand(names, b"row-counts/v1"))
        self._told = expand(names, b"settled-count/v1")

    def name(self, tag: bytes) -> bytes:
        """Return the name under which a row's key is kept."""
        return self._name(tag)

    def keep(
        self, scope: str, keys: Iterable[tuple[bytes, bytes]], *, settled: bool = True
    ) -> None:
        """Keep (tag, key) pairs in one transaction and count the new ones; again is the same.

        `settled`: whether their rows are new, too.

        They are written by name, which is where their places are: in any other order the pages
        of a large file would be written again and again. A name says nothing of its row.
        """
        name_of = self._name
        rows = sorted((name_of(tag), key) for tag, key in keys)

        def work(tx: Tx) -> None:
            put, wrap = replacement(RowKey, tx.dialect), self._wrap.sealer()
            new = sum(tx.one(_SCOPE, name=name) is None for name, _ in rows)
            tx.run_all(
                put,
                ({"name": name, "scope": scope, "wrapped": wrap(key, name)} for name, key in rows),
            )
            if new:
                self._counts.move(tx, scope, **{"settled" if settled else "again": new})

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

    def destroy(self, tags: Iterable[bytes], *, ended: bool = False) -> int:
        """Destroy the office's wraps of these rows and return how many there were.

        `ended`: whether because their time was over, and not because somebody erased.
        """
        names = [self.name(tag) for tag in tags]

        def work(tx: Tx) -> int:
            scopes = [row[0] for name in names if (row := tx.one(_SCOPE, name=name)) is not None]
            gone = sum(tx.run(_REMOVE, name=name) for name in names)
            for scope, count in Counter(scopes).items():
                self._counts.move(tx, scope, **{"ended" if ended else "erased": count})
            return gone

        return self._store.write_now(work)

    def compare(self, scope: str, tags: Iterable[bytes]) -> Compared:
        """Hold these rows against the keys of their scope, name by name. Linear in both."""
        rows = {self.name(tag) for tag in tags}

        def work(tx: Tx) -> Compared:
            keys = {bytes(row[0]) for row in tx.all(_NAMES, scope=scope)}
            counted = self._counts.read(tx, scope)
            return Compared(len(rows - keys), len(keys - rows), len(keys), counted)

        return self._store.read_now(work)

    def scopes(self) -> list[str]:
        """Return the scopes of this store that have keys or a count."""

        def work(tx: Tx) -> set[str]:
            found = {row[0] for statement in (_SCOPES, COUNTED) for row in tx.all(statement)}
            return {scope for scope in found if scope.startswith(f"{self._of}:")}

        return sorted(self._store.read_now(work))

    def recount(self, scope: str, tags: Iterable[bytes]) -> None:
        """Begin to count anew, from the rows and keys that a restore has left."""
        found = self.compare(scope, tags)
        counted = Counted(before=found.keys, lost=found.unowned, bare=found.unkeyed)
        self._store.write_now(lambda tx: self._counts.write(tx, scope, counted))

    def told(self, of: str, count: int) -> bytes:
        """Return how the log tells an exact count: by trying, whoever holds the secret finds it."""
        return mac(self._told, f"{of}/{count}".encode())
