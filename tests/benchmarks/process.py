"""A server in a process of its own, and the CPU time that it has used."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_SCHEDULER_CLOCK = 2


class ServerProcess:
    """A running server; its CPU time is that of all its threads, ended ones included."""

    def __init__(self, kind: str, folder: Path, row_bytes: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server", kind, str(folder), str(row_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.strip().isdigit():
            raise RuntimeError(f"the {kind} server did not start")
        self.port = int(line)
        # Linux, clock_getcpuclockid(3): the CPU clock of another process, in nanoseconds.
        self._clock = (~self._process.pid << 3) | _SCHEDULER_CLOCK

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, in user and system mode."""
        return time.clock_gettime_ns(self._clock) / 1e9

    def stop(self) -> None:
        """Let it finish."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
