"""Running the application: one process, no access log, a control socket, a clean stop."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable

import structlog
import uvicorn

from survey_service import control
from survey_service.app import create_app
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
    """Return a listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


def serve(services: Services, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until interrupted; `ready` is called once requests are taken."""
    configure_logging()
    config = uvicorn.Config(
        create_app(services),
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=65536,
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        commands = {
            "settle": lambda wave: services.maintenance.run() or wave,
            "wave-open": lambda wave: services.field_work.open_wave_now(wave).id,
            "wave-close": lambda wave: services.field_work.close_wave_now(wave).id,
        }
        sockets = await control.listen(services.settings.data_dir, commands)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        if server.started:
            ready()
        await serving
        sockets.close()
        control.socket_path(services.settings.data_dir).unlink(missing_ok=True)

    asyncio.run(run())
