"""One process at a time holds an installation, or each of its parts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from survey_service.stores.errors import StoreRefused
from survey_service.stores.parts import Part


def run_dir(data_dir: Path, part: Part) -> Path:
    """Return the folder that a part alone writes: its lock and its control socket."""
    return data_dir / "run" / part


def parts_are_separate(data_dir: Path) -> bool:
    """Return whether the installation was laid out for parts under users of their own."""
    return (data_dir / "run").is_dir()


def refuse_wrong_layout(data_dir: Path, part: str | None) -> None:
    """Nothing, if the installation was laid out for what is to be started.

    Raises:
        StoreRefused: it was laid out for parts and none is named, or the other way round.
    """
    if part is None and parts_are_separate(data_dir):
        raise StoreRefused(
            "The parts of this installation are separate. Name the one to serve: "
            "--part front, --part office or --part settle."
        )
    if part is not None and not parts_are_separate(data_dir):
        raise StoreRefused(
            "This installation is not laid out for parts. Stop it, and run "
            "`equality-survey init --parts` once (docs/how-to/separate-parts.md)."
        )


class Lock:
    """An advisory lock on the data folder, let go of when the process ends however it ends.

    With a part, the lock is the part's own: SQLite itself lets the parts take turns in a store.
    """

    def __init__(self, data_dir: Path, part: Part | None = None) -> None:
        folder = data_dir if part is None else run_dir(data_dir, part)
        if part is None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)

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


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Hold the installation and each of its parts for a block.

    Raises:
        StoreRefused: one of them is running.
    """
    with ExitStack() as locks:
        locks.enter_context(Lock(data_dir))
        for part in Part:
            if run_dir(data_dir, part).is_dir():
                locks.enter_context(Lock(data_dir, part))
        yield
