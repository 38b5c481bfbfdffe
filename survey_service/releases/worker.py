"""Requests are answered by a worker, at fixed moments, so that no answer tells how long it took.

A table that is refused at once and one that takes a minute to protect would otherwise be told
apart by a clock. The worker counts one table at a time and writes every answer at the next
moment of a coarse clock.
"""

from __future__ import annotations

import asyncio

import structlog

from survey_service.accounts.people import Person
from survey_service.problems import NotReady
from survey_service.releases.deciding import decide
from survey_service.releases.desk import Desk


class Worker:
    """Answers the requests it is given, each at a tick of the clock."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, request_id: str, person: Person | None) -> None:
        """See to it that the request is answered; the caller does not wait."""
        task = asyncio.create_task(self._answer(request_id, person))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Leave what is not answered to the next start."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, request_id: str, person: Person | None) -> None:
        try:
            await decide(self._desk, request_id, person, pause=self._until_tick)
        except NotReady:
            return
        except Exception as error:  # noqa: BLE001 - the request waits, the next run tries again
            structlog.get_logger().error("request_not_answered", kind=type(error).__name__)

    async def _until_tick(self) -> None:
        tick = self._desk.limits.tick
        if tick > 0:
            await asyncio.sleep(tick - self._desk.now().timestamp() % tick)
