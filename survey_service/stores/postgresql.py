"""PostgreSQL as a store, through psycopg 3."""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg
from psycopg import sql

from survey_service.stores.errors import StoreFull
from survey_service.stores.transactions import Tx


class PostgresConnection:
    """One connection to one database; reconnects when the server let go of it."""

    dialect = "postgresql"

    def __init__(self, url: str, *, durable: bool) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._durable = durable
        self._connect()

    def _connect(self) -> None:
        self.raw: psycopg.Connection[Any] = psycopg.connect(self._url, autocommit=True)
        if not self._durable:
            self.raw.execute("SET synchronous_commit = off")

    def begin(self) -> Tx:
        """Open a transaction, on a new connection if the old one is gone."""
        if self.raw.closed:
            self._connect()
        try:
            self.raw.execute("BEGIN")
        except psycopg.OperationalError:
            self._connect()
            self.raw.execute("BEGIN")
        return Tx(self.raw, "postgresql")

    def begin_reading(self) -> Tx:
        """Open a consistent view that cannot write."""
        tx = self.begin()
        self.raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return tx

    def commit(self) -> None:
        """Make it durable."""
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        """Undo, if there is anything to undo."""
        if not self.raw.closed:
            self.raw.rollback()

    def translate(self, error: BaseException) -> BaseException:
        """Name a full disk by what it is; leave every other error as it came."""
        if isinstance(error, psycopg.errors.DiskFull):
            full = StoreFull("the disk under a store is full")
            full.__cause__ = error
            return full
        return error

    def truncate_log(self) -> None:
        """Nothing: the write-ahead log is the server's, and goes at its checkpoints."""

    def compact(self) -> None:
        """Free what deleted rows took, and let go of the log that still holds their order.

        Switching the log and the checkpoint need the rights that docs/how-to/postgresql.md
        grants; without them the old log stays until the server's own next checkpoint.
        """
        self.raw.execute("VACUUM")
        for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                self.raw.execute(statement)

    def close(self) -> None:
        """Let go of the server."""
        self.raw.close()


def holds_rows(url: str) -> bool:
    """Return whether any table of a database but that of its migrations holds a row."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = current_schema() AND tablename <> 'migration'"
        ).fetchall()
        any_row = "SELECT EXISTS (SELECT FROM {})"
        asked = [sql.SQL(any_row).format(sql.Identifier(name)) for (name,) in tables]
        return any(row[0] for query in asked if (row := connection.execute(query).fetchone()))
