"""The real service in a process of its own, on a free loopback port."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyotp

_READY = re.compile(r"Ready: (http://\S+)")


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class LiveService:
    """A running `equality-survey` with its data folder.

    `command` is what follows the program's name, `demo` or `serve`; the folder and the port are
    added. `environment` is added to a small one of the tests' own.
    """

    def __init__(
        self,
        data: Path,
        command: tuple[str, ...] = ("demo",),
        *,
        environment: Mapping[str, str] | None = None,
        patience: float = 300,
    ) -> None:
        self.data = data
        self._given: dict[str, str] = {}
        self.port = free_port()
        self.log = data.with_name(f"{data.name}-{self.port}.log")
        program = Path(sys.executable).with_name("equality-survey")
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [program, *command, "--data-dir", data, "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env=_environment(environment or {}),
                start_new_session=True,
            )
        self.url = self._wait(patience).rstrip("/")

    def sign_in(self, who: str) -> dict[str, Any]:
        """Return `{role, username, password, totp_secret, otpauth}` of a user name or role."""
        people = json.loads((self.data / "sign-ins.json").read_text(encoding="utf-8"))
        return next(person for person in people if who in (person["username"], person["role"]))

    def one_time_code(self, who: str) -> str:
        """Return a second factor that was not given out before, waiting for it if need be.

        A code is good once, so whoever signs in twice within its half minute waits.
        """
        person = self.sign_in(who)
        factor = pyotp.TOTP(person["totp_secret"])
        while (code := factor.now()) == self._given.get(person["username"]):
            time.sleep(0.2)
        self._given[person["username"]] = code
        return code

    def printed(self) -> str:
        """Return everything the process has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        return self._end(signal.SIGINT)

    def kill(self) -> int:
        """End it without a chance to tidy up."""
        return self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        return self.process.wait(60)

    def _wait(self, patience: float) -> str:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            ready = _READY.search(self.printed())
            if ready:
                return ready.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("the service did not become ready:\n" + self.printed()[-3000:])


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", **extra}
