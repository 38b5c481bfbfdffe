"""Room kept aside on the disk, so that a full one never blocks an erasure.

Each store that is a file has a ballast beside it. An erasure that finds the disk full lets the
ballast go and tries again; it is laid down anew when there is room.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from survey_service.stores.errors import StoreFull
from survey_service.stores.store import Store

SIZE = 1024 * 1024
T = TypeVar("T")


class Ballast:
    """The ballast of all stores that are files."""

    def __init__(self, stores: Iterable[Store]) -> None:
        self._paths = [s.path.with_suffix(".ballast") for s in stores if s.path is not None]

    def lay(self) -> bool:
        """Lay down what is missing; False where the disk has no room for it."""
        try:
            for path in self._paths:
                _fill(path)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Give the room back to the disk."""
        for path in self._paths:
            path.unlink(missing_ok=True)

    def behind(self, work: Callable[[], T]) -> T:
        """Run a work that must not be blocked; on a full disk release the ballast and repeat it.

        Raises:
            StoreFull: even the ballast was not enough.
        """
        try:
            return work()
        except StoreFull:
            self.release()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.release()
        return work()


def _fill(path: Path) -> None:
    if path.exists() and path.stat().st_size == SIZE:
        return
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        os.posix_fallocate(handle, 0, SIZE)
    finally:
        os.close(handle)
