"""Running the application: one process, no access log, a control socket, a clean stop."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
from collections.abc import Callable

import structlog
import uvloop

from survey_service import control
from survey_service.app import create_app
from survey_service.commands import commands_of
from survey_service.http_server import Server
from survey_service.services import Services


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


def serve(services: Services, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted; `ready` is called once requests are taken."""
    configure_logging()
    server = Server(create_app(services), ready)

    async def run() -> None:
        commands = commands_of(services)
        sockets = await control.listen(services.settings.data_dir, commands)
        try:
            await server.serve(sockets=[listener])
        finally:
            sockets.close()
            control.socket_path(services.settings.data_dir).unlink(missing_ok=True)

    # uvicorn raises the interrupt again once it has stopped; by then it was a clean stop.
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(run())
