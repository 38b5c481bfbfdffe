"""How a backup stands to what is here: whose audit log is newer, and what would be forgotten."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import func, select

from survey_service.audit_log.appending import LEAF, LogBroken
from survey_service.audit_log.service import AuditLog
from survey_service.backups.manifest import Manifest
from survey_service.releases.models import LedgerRow
from survey_service.stores.errors import StoreError, StoreRefused
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

T = TypeVar("T")
_ENTRIES = select(LEAF.c.entry)
_LEDGER: Any = LedgerRow.__table__  # type: ignore[attr-defined]
_LENGTH = select(func.count()).select_from(_LEDGER)
UNREADABLE = (StoreError, LogBroken, sqlite3.Error, psycopg.Error, ValueError)


def read_or(default: T, read: Callable[[], T]) -> T:
    """Return what is read, or the default where the store is lost or damaged."""
    try:
        return read()
    except UNREADABLE:
        return default


@dataclass(frozen=True)
class Standing:
    """The size of the audit log here (0: lost) and in the backup."""

    here: int
    backup: int

    @classmethod
    def of(cls, audit: AuditLog, manifest: Manifest) -> Standing:
        """Return how the two stand.

        Raises:
            StoreRefused: the log here is as long, but is not the one the backup was made of.
        """
        here = read_or(0, lambda: audit.head_now()[0])
        if here >= manifest.log_size:
            root = read_or(None, lambda: audit.root_at_now(manifest.log_size))
            if root != manifest.log_root:
                raise StoreRefused(
                    "The audit log here does not continue the one of this backup: it was changed, "
                    "or this is another installation. Move it away if it is damaged, and try "
                    "again; the data protection officer must know."
                )
            return cls(here, manifest.log_size)
        return cls(0, manifest.log_size)

    @property
    def keeps_log(self) -> bool:
        """Whether the log here is at least as new as the backup's."""
        return self.here >= self.backup

    def told(self) -> list[str]:
        """Return what whoever restores must know of it."""
        if not self.keeps_log:
            return [
                "The audit log is as old as the backup: a comparison with a later checkpoint will "
                "say so. Tell the data protection officer."
            ]
        more = self.here - self.backup
        if not more:
            return ["The audit log here is as new as the backup's and stays."]
        return [
            f"The audit log here is newer than the backup (entries since: {more}) and stays. What "
            "they tell of may be undone by this restore: tell the data protection officer."
        ]


def stated_digests(log: Store | Path) -> set[str]:
    """Return every digest of the list of erasures that an audit log states; none of a lost one."""

    def work(tx: Tx) -> set[str]:
        hashes = [json.loads(bytes(row[0]))["hashes"] for row in tx.all(_ENTRIES)]
        return {found["tombstones"] for found in hashes if "tombstones" in found}

    if isinstance(log, Store):
        return read_or(set(), lambda: log.read_now(work))
    with reading(log) as tx:
        return work(tx)


@contextmanager
def reading(file: Path) -> Iterator[Tx]:
    """Give a view of a copy that leaves every byte of it as it is."""
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        yield Tx(connection, "sqlite")
    finally:
        connection.close()


def refuse_forgetting(office: Store, copy: Path) -> None:
    """Nothing, unless the office here knows published tables that the copy does not.

    Raises:
        StoreRefused: it does; a forgotten table could be told apart from a later one.
    """
    with reading(copy) as tx:
        old = tx.one(_LENGTH)
    new = read_or(None, lambda: office.read_now(lambda tx: tx.one(_LENGTH)))
    if new is not None and old is not None and new[0] > old[0]:
        raise StoreRefused(
            f"The office's store here is readable and its ledger has {new[0] - old[0]} entries "
            "more than the backup's: published tables would be forgotten, and later ones could "
            "give somebody away. Restore without it: --store vault --store answers."
        )
