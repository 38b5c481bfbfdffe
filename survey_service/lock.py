"""One process at a time holds an embedded installation."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from survey_service.stores.errors import StoreRefused


class Lock:
    """An advisory lock on the data folder, let go of when the process ends however it ends."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._handle = os.open(data_dir / "lock", os.O_CREAT | os.O_RDWR, 0o600)

    def take(self) -> None:
        """Hold the lock.

        Raises:
            StoreRefused: another process holds it.
        """
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreRefused(
                "Another process is using this data folder. Stop it first, or give it the command "
                "through `equality-survey`, which asks the running service."
            ) from error

    def __enter__(self) -> Self:
        """Hold the lock for a block."""
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go at its end."""
        self.release()

    def release(self) -> None:
        """Let go."""
        os.close(self._handle)
