"""Codes are looked up one after the other, so that a flood of them holds nobody's question up.

All pages are made by one thread. Without turns, a page would wait for every code that came before
it; so it waits for one, and for the mere reading of the others' requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from survey_service.problems import TooMany

MOST_WAITING = 200
OTHERS = 3
SHORTEST_PAUSE, LONGEST_PAUSE = 0.001, 0.1


class Turns:
    """One turn at a time, in the order of asking.

    `OTHERS` times as long as a turn took pass before the next: so much of the thread's time is left
    to everybody else.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._free = asyncio.Lock()
        self._waiting = 0
        self._others_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold it.

        Raises:
            TooMany: so many wait already that this one would wait for a minute.
        """
        if self._waiting >= MOST_WAITING:
            raise TooMany(headers={"Retry-After": "60"})
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            # Also where nobody waited: those who came at the same moment had not asked yet.
            rest = self._others_until - self._clock()
            if rest > 0:
                await asyncio.sleep(max(rest, SHORTEST_PAUSE))
            began = self._clock()
            try:
                yield
            finally:
                ended = self._clock()
                self._others_until = ended + min(OTHERS * (ended - began), LONGEST_PAUSE)
        finally:
            self._free.release()
