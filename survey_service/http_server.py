"""The HTTP server as it is always set, for the service and for what it is measured against."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket

    from litestar.types import ASGIApp

# A request makes and drops thousands of objects without a cycle; at Python's own threshold of
# 700 the collector would look for one several times in each.
YOUNG_OBJECTS = 10_000


class Server(uvicorn.Server):
    """Serves an application; says once that requests are taken."""

    def __init__(self, app: ASGIApp, ready: Callable[[], None]) -> None:
        """Prepare; nothing listens yet."""
        super().__init__(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=True,
                timeout_graceful_shutdown=5,
                h11_max_incomplete_event_size=65536,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            spare_the_collector()
            self._ready()


def spare_the_collector() -> None:
    """Leave out of every later collection what the start has made, and collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
