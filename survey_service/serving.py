"""Running the application or a part: no access log, a control socket, a clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable

import structlog
import uvloop

from survey_service import control
from survey_service.app import HOUR, create_app
from survey_service.commands import commands_of
from survey_service.http_server import Server
from survey_service.parts.front import Front
from survey_service.parts.office import Office
from survey_service.parts.settle import SettlePart
from survey_service.services import Services
from survey_service.stores.parts import Part


def configure_logging() -> None:
    """Write JSON lines of an event, its level and what it names; nothing of a request's content."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def listen_on(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def serve(
    services: Services | Front | Office,
    listener: socket.socket,
    ready: Callable[[], None],
    part: Part | None = None,
) -> None:
    """Serve until interrupted, all of it or a part; `ready` is called once requests are taken."""
    configure_logging()
    server = Server(create_app(services, part=part), ready)

    async def run() -> None:
        async with controlled(services, part):
            await server.serve(sockets=[listener])

    # uvicorn raises the interrupt again once it has stopped; by then it was a clean stop.
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(run())


@contextlib.asynccontextmanager
async def controlled(
    services: Services | Front | Office | SettlePart, part: Part | None
) -> AsyncIterator[None]:
    """Take commands for a block; the front takes none."""
    if isinstance(services, Front):
        yield
        return
    data_dir = services.settings.data_dir
    sockets = await control.listen(data_dir, commands_of(services), part)
    try:
        yield
    finally:
        sockets.close()
        control.socket_path(data_dir, part).unlink(missing_ok=True)


def run_settle(part: SettlePart, ready: Callable[[], None], *, every: float = 1.0) -> None:
    """Settle until interrupted: look every second, do all that is due every hour."""
    configure_logging()
    # Nobody may see what a crash or a restored backup left of somebody who erased.
    part.maintenance.replay_tombstones()

    async def run() -> None:
        ends = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ends.set)
        async with controlled(part, Part.SETTLE):
            ready()
            due = float("-inf")
            while not ends.is_set():
                if time.monotonic() >= due:
                    await _try(part.maintenance.run)
                    await _try(part.purge_loans)
                    due = time.monotonic() + HOUR
                await _try(part.watch.look)
                await _try(lambda: part.reports.look(anew=part.watch.erased()))
                await _try(part.telling.look)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ends.wait(), every)

    uvloop.run(run())


async def _try(work: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(work)
    except Exception as error:  # noqa: BLE001 - what failed is tried again
        structlog.get_logger().error("settle_postponed", kind=type(error).__name__)
