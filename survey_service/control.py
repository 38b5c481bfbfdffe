"""Commands ask the running service through a socket that only its own user can open.

One JSON line each way. The service holds the stores; a second process opening them would break
the promise of one writer.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from survey_service.lock import run_dir
from survey_service.problems import Problem
from survey_service.stores.errors import StoreError
from survey_service.stores.parts import Part

Command = Callable[..., Any]
LONGEST_LINE = 1 << 22
"""A recording of 2 MB fits into one, in base64."""


REMEDY = (
    "The running service does this as its own user and writes only where its unit lets it "
    "(ReadWritePaths)."
)


class ControlRefused(Exception):
    """The running service refused a command; the message says why."""


def socket_path(data_dir: Path, part: Part | None = None) -> Path:
    """Return where the socket of a data folder lies, or of one of its parts."""
    return (data_dir if part is None else run_dir(data_dir, part)) / "control.sock"


async def listen(
    data_dir: Path, commands: Mapping[str, Command], part: Part | None = None
) -> asyncio.Server:
    """Start to take commands; each runs in a thread."""
    path = socket_path(data_dir, part)
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            command = commands[asked.pop("command")]
            reply: dict[str, Any] = {"result": await asyncio.to_thread(command, **asked)}
        except Exception as error:  # noqa: BLE001 - told to whoever gave the command
            reply = {"refused": _words(error)}
        writer.write(json.dumps(reply).encode() + b"\n")
        await writer.drain()
        writer.close()

    mask = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(answer, path, limit=LONGEST_LINE)
    finally:
        os.umask(mask)


def _words(error: Exception) -> str:
    if isinstance(error, Problem):
        fields = [
            f"{f.field}: {f.message} {f.remedy}".strip() % dict(f.values) for f in error.fields
        ]
        return "\n".join([error.detail % dict(error.values), *fields])
    if isinstance(error, OSError) and error.strerror:
        # A file is named by whoever gave the command, and tells of nobody.
        return f"{error.strerror}: {error.filename or 'a file of the service'}. {REMEDY}"
    return str(error) if isinstance(error, StoreError) else type(error).__name__


def ask(data_dir: Path, command: str, part: Part | None = None, /, **arguments: Any) -> Any | None:
    """Return what the running service answers, or None where none runs.

    Raises:
        ControlRefused: the service refused.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(socket_path(data_dir, part)))
        except OSError:
            return None
        client.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
        with client.makefile("r", encoding="utf-8") as file:
            reply = json.loads(file.readline())
    if "refused" in reply:
        raise ControlRefused(reply["refused"])
    return reply["result"]
