"""Group commit: many callers' transactions become one durable commit, each judged by itself.

One thread owns the writing connection of a store. It takes what waits (at most `BATCH`), runs it
in one transaction and commits once, so the cost of a durable commit is shared. While others come
too it waits a few milliseconds for them; who is alone waits for nobody. If anything in a batch
fails, the batch is rolled back and its members run one by one, so that nobody pays for another's
error; that is why a work must touch nothing but its transaction.

Source: PostgreSQL documentation, commit_delay and commit_siblings.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple, Protocol

from survey_service.stores.transactions import Tx

BATCH = 64
# A commit for fewer than this waits for more, if there were several of late. Nobody notices a
# hundredth of a second, and a commit costs the processor as much as several submissions' rows.
COMPANY = 32
PAUSE, PAUSES = 0.004, 3


class Connection(Protocol):
    """The little that the writer needs of an engine's connection."""

    def begin(self) -> Tx: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def translate(self, error: BaseException) -> BaseException: ...
    def close(self) -> None: ...


class Following(NamedTuple):
    """What another store does as soon as a work is durable that returned something true.

    It goes from thread to thread, and what follows the works of one commit is one work: nothing
    in between waits for the event loop, and the interpreter changes hands once for all of them.
    """

    writer: GroupWriter
    work: Callable[[Tx, Sequence[Any]], Any]
    """Does it for many; it either can be done for all of them or for none."""
    what: Any


class _Job:
    __slots__ = ("error", "following", "future", "loop", "result", "waiting", "work")

    def __init__(
        self,
        work: Callable[[Tx], Any],
        loop: Any = None,
        future: Any = None,
        following: Following | None = None,
        waiting: list[_Job] | None = None,
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future
        self.following = following
        self.waiting = waiting
        self.result: Any = None
        self.error: BaseException | None = None

    @property
    def told(self) -> list[_Job]:
        """Those whose callers hear of this one: itself, or all that it follows."""
        if self.waiting is None:
            return [self]
        for job in self.waiting:
            job.error, job.following = self.error, None
        return self.waiting


def _of_all(work: Callable[[Tx, Sequence[Any]], Any], many: Sequence[Any], tx: Tx) -> None:
    work(tx, many)


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)


class GroupWriter:
    """Owns the writing connection of one store and the thread that uses it."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Connection],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = name
        self._connect = connect
        self._pause = pause
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.commits = 0

    def submit(self, work: Callable[[Tx], Any]) -> Future[Any]:
        """Queue a work; the future is done once it is durable."""
        future: Future[Any] = Future()
        self._put(_Job(work, None, future))
        return future

    def submit_from_loop(
        self, work: Callable[[Tx], Any], following: Following | None = None
    ) -> asyncio.Future[Any]:
        """Queue a work from the running event loop, and what shall follow it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._put(_Job(work, loop, future, following))
        return future

    def close(self) -> None:
        """Finish what waits and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _put(self, job: _Job) -> None:
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._serve, name=f"writer-{self._name}", daemon=True
                    )
                    self._thread.start()
        self._queue.put(job)

    def _serve(self) -> None:
        connection = self._connect()
        ends, served = False, 0
        try:
            while not ends:
                job = self._queue.get()
                if job is None:
                    return
                jobs = [job]
                ends = self._gather(jobs, served)
                self._run(connection, jobs)
                self._answer(jobs)
                served = len(jobs)
        finally:
            connection.close()

    def _gather(self, jobs: list[_Job], served: int) -> bool:
        """Add what waits, and what comes meanwhile; return whether the writer is being closed."""
        pauses = PAUSES
        while True:
            if self._take(jobs):
                return True
            alone = len(jobs) == 1 and served <= 1
            if alone or len(jobs) >= COMPANY or not pauses:
                return False
            pauses -= 1
            self._pause(PAUSE)

    def _take(self, jobs: list[_Job]) -> bool:
        while len(jobs) < BATCH:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                return False
            if following is None:
                return True
            jobs.append(following)
        return False

    def _run(self, connection: Connection, jobs: list[_Job]) -> None:
        try:
            self._commit(connection, jobs)
            return
        except Exception as error:  # noqa: BLE001 - handed to its caller
            if len(jobs) == 1:
                jobs[0].error = connection.translate(error)
                return
        for job in jobs:
            try:
                self._commit(connection, [job])
            except Exception as error:  # noqa: BLE001 - handed to its caller
                job.error = connection.translate(error)

    def _commit(self, connection: Connection, jobs: list[_Job]) -> None:
        try:
            tx = connection.begin()
            for job in jobs:
                job.result = job.work(tx)
            connection.commit()
            self.commits += 1
        except BaseException:
            connection.rollback()
            raise

    def _answer(self, jobs: list[_Job]) -> None:
        by_loop: dict[Any, list[_Job]] = {}
        followed: dict[tuple[GroupWriter, Any], list[tuple[_Job, Any]]] = {}
        for job in (one for each in jobs for one in each.told):
            after = job.following
            if after is None or job.error is not None or not job.result:
                by_loop.setdefault(job.loop, []).append(job)
            else:
                followed.setdefault((after.writer, after.work), []).append((job, after.what))
        for (writer, work), pairs in followed.items():
            many = [what for _, what in pairs]
            writer._put(_Job(partial(_of_all, work, many), waiting=[job for job, _ in pairs]))
        for loop, group in by_loop.items():
            if loop is None:
                _settle(group)
            elif not loop.is_closed():
                loop.call_soon_threadsafe(_settle, group)
