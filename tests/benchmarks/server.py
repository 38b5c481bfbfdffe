"""One application in a process of its own, on the server that the service itself runs on.

`python -m tests.benchmarks.server bare|real FOLDER ROW_BYTES` prints its port and serves until
its standard input ends.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from survey_service.http_server import Server

if TYPE_CHECKING:
    from litestar import Litestar


def application(kind: str, folder: Path, row_bytes: int) -> Litestar:
    """Return the application over what the campaign has laid down in the folder.

    Each process imports no more than it serves: a larger heap makes garbage collection dearer.
    """
    if kind == "bare":
        from survey_service.stores.store import Store
        from tests.benchmarks.bare import bare_app

        return bare_app(Store("bare", path=folder / "bare.sqlite"), row_bytes)
    from survey_service.app import create_app
    from survey_service.services import open_services
    from survey_service.settings import Settings

    # The front: it takes answers, and settle runs elsewhere.
    settings = Settings(data_dir=folder, keys_dir=folder / "keys")
    return create_app(open_services(settings, settles_itself=False), maintains=False)


async def serve(app: Litestar) -> None:
    """Serve until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = Server(app, lambda: print(listener.getsockname()[1], flush=True))
    loop = asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(setattr, server, "should_exit", True)

    threading.Thread(target=watch, daemon=True).start()
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    uvloop.run(serve(application(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
