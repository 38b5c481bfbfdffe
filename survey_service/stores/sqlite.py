"""SQLite as a store: write-ahead log, full durability, deleted bytes overwritten.

Source: SQLite documentation, PRAGMA synchronous, secure_delete and wal_checkpoint.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path

from survey_service.stores.errors import StoreError, StoreFull
from survey_service.stores.transactions import Tx

_FULL = ("disk is full", "disk I/O error", "no space left")


class SqliteConnection:
    """One connection to one file, in autocommit mode so that every BEGIN is ours."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, synchronous: str) -> None:
        self.raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in (
            "busy_timeout=10000",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "secure_delete=ON",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            # Kibibytes. Keys are random, so that a writer comes back to any page of the file.
            "cache_size=-16000",
        ):
            self.raw.execute(f"PRAGMA {pragma}")
        self._tx = Tx(self.raw, "sqlite")

    def begin(self) -> Tx:
        """Take the write lock at once: a deferred read-then-write can fail as busy."""
        self.raw.execute("BEGIN IMMEDIATE")
        return self._tx

    def begin_reading(self) -> Tx:
        """Open a consistent view."""
        self.raw.execute("BEGIN")
        return self._tx

    def single(self) -> Tx:
        """Give what runs single reading statements, each a consistent view by itself."""
        return self._tx

    def commit(self) -> None:
        """Make it durable."""
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo; SQLite has already done so when the disk was full."""
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def translate(self, error: BaseException) -> BaseException:
        """Name a full disk by what it is; leave every other error as it came."""
        if isinstance(error, sqlite3.OperationalError) and any(w in str(error) for w in _FULL):
            full = StoreFull("the disk under a store is full")
            full.__cause__ = error
            return full
        return error

    def truncate_log(self) -> None:
        """Empty the write-ahead log, waiting for readers to let go of it.

        Raises:
            StoreError: a reader held the log for more than ten seconds.
        """
        for _ in range(200):
            busy, in_log, _moved = self.raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy and in_log <= 0:
                return
            time.sleep(0.05)
        raise StoreError("the write-ahead log of a store could not be emptied")

    def compact(self) -> None:
        """Write the whole file anew in key order and empty the log."""
        self.raw.execute("VACUUM")
        self.truncate_log()

    def copy_to(self, target: Path) -> None:
        """Write a copy into a new file that only its owner reads; rows lie in key order."""
        prepare_file(target)
        self.raw.execute("VACUUM INTO ?", (str(target),))

    def leave_log(self) -> None:
        """Fold the write-ahead log into the file and do without one from now on."""
        self.truncate_log()
        self.raw.execute("PRAGMA journal_mode=DELETE")

    def close(self) -> None:
        """Let go of the file."""
        self.raw.close()


def prepare_file(path: Path) -> None:
    """Create the file readable by its owner only, before SQLite would with the usual mask.

    In a folder that hands its group on (set-group-ID) the group shares the file, and SQLite gives
    its logs the same mode.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        shared = path.parent.stat().st_mode & stat.S_ISGID
        handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            if shared:
                os.fchmod(handle, 0o660)
        finally:
            os.close(handle)
