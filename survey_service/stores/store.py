"""One store: consistent reads, and durable writes that share their commits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Executable

from survey_service.stores.postgresql import PostgresConnection
from survey_service.stores.sqlite import SqliteConnection, prepare_file
from survey_service.stores.transactions import Tx
from survey_service.stores.writer import Following, GroupWriter

T = TypeVar("T")


class Store:
    """A database of its own, on SQLite (`path`) or PostgreSQL (`url`).

    `durable=False` is for drafts alone: the last second of an unfinished form may be lost with
    the machine's power, never with the process.
    """

    def __init__(
        self,
        name: str,
        *,
        path: Path | None = None,
        url: str | None = None,
        durable: bool = True,
    ) -> None:
        self.name = name
        self.path = path
        self.url = url
        self.dialect = "postgresql" if url else "sqlite"
        self._durable = durable
        self._local = threading.local()
        self._open: list[tuple[threading.Thread, SqliteConnection | PostgresConnection]] = []
        self._guard = threading.Lock()
        self.writer = GroupWriter(name, self._connect)
        if path is not None:
            prepare_file(path)

    def _connect(self) -> Any:
        if self.url:
            return PostgresConnection(self.url, durable=self._durable)
        return SqliteConnection(self._file, synchronous="FULL" if self._durable else "NORMAL")

    @property
    def _file(self) -> Path:
        if self.path is None:
            raise ValueError("this store is not a file")
        return self.path

    def _reader(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            with self._guard:
                ended = [one for one in self._open if not one[0].is_alive()]
                self._open = [one for one in self._open if one[0].is_alive()]
                self._open.append((threading.current_thread(), connection))
            # A server has few places: whoever reads no more keeps none.
            for _, left in ended:
                left.close()
        return connection

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Return what `work` makes of one consistent view.

        SQLite answers from the page cache in microseconds, so it is read where the request is;
        PostgreSQL answers over a socket, so it is read in a thread.
        """
        if self.dialect == "sqlite":
            return self.read_now(work)
        return await asyncio.to_thread(self.read_now, work)

    def read_now(self, work: Callable[[Tx], T]) -> T:
        """Return what `work` makes of one consistent view, in this thread."""
        connection = self._reader()
        try:
            result = work(connection.begin_reading())
            connection.commit()
            return result
        except BaseException as error:
            connection.rollback()
            translated = connection.translate(error)
            if translated is error:
                raise
            raise translated from error

    async def first(self, statement: Executable, **params: Any) -> tuple[Any, ...] | None:
        """Return the first row that one statement finds; it needs no transaction around it."""
        if self.dialect == "sqlite":
            return self.first_now(statement, **params)
        return await asyncio.to_thread(self.first_now, statement, **params)

    def first_now(self, statement: Executable, **params: Any) -> tuple[Any, ...] | None:
        """Return the same, in this thread."""
        if self.dialect == "sqlite":
            rows = self._reader().single().all(statement, **params)
            return rows[0] if rows else None
        return self.read_now(lambda tx: tx.one(statement, **params))

    async def write(self, work: Callable[[Tx], T], following: Following | None = None) -> T:
        """Run `work` in a transaction and return its result once it is durable.

        If that is something true, what is `following` is durable by then too, in its own store.

        Raises:
            StoreFull: the disk is full; nothing was kept of what did not fit.
        """
        result: T = await self.writer.submit_from_loop(work, following)
        return result

    def following(self, work: Callable[[Tx, Sequence[T]], Any], what: T) -> Following:
        """Return what this store does once another one's write is durable; see `Following`."""
        return Following(self.writer, work, what)

    def write_now(self, work: Callable[[Tx], T]) -> T:
        """Do the same from a thread that has no event loop to keep waiting."""
        result: T = self.writer.submit(work).result()
        return result

    def truncate_log(self) -> None:
        """Empty the write-ahead log (SQLite); on PostgreSQL the server's own checkpoints do."""
        self._maintain("truncate_log")

    def compact(self) -> None:
        """Write the file anew, so that nothing but the key decides where a row lies."""
        self._maintain("compact")

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy of a SQLite store, in key order, into a new file."""
        connection = SqliteConnection(self._file, synchronous="FULL")
        try:
            connection.copy_to(target)
        finally:
            connection.close()

    def leave_log(self) -> None:
        """Leave a SQLite file that is whole without a log beside it, as copies are kept."""
        self.close()
        connection = SqliteConnection(self._file, synchronous="FULL")
        try:
            connection.leave_log()
        finally:
            connection.close()

    def _maintain(self, what: str) -> None:
        # The caller's own reader may hold the log; it is idle between reads, so a fresh
        # connection sees every lock released.
        connection = self._connect()
        try:
            getattr(connection, what)()
        finally:
            connection.close()

    def close(self) -> None:
        """Finish the writes that wait and close every connection."""
        self.writer.close()
        with self._guard:
            connections, self._open = self._open, []
        for _, connection in connections:
            connection.close()
        self._local = threading.local()
