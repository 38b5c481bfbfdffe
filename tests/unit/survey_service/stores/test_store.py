"""A store holds as many connections as there are threads that still read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from survey_service.stores.stores import Stores


def held(path: Path) -> int:
    """Count the file descriptors of this process that a file has."""
    found = Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(one) == str(path.resolve()) for one in found)


def test_a_thread_that_ended_keeps_no_connection(sqlite_stores: Stores) -> None:
    store = sqlite_stores.office
    assert store.path is not None
    for _ in range(20):
        reads = threading.Thread(target=lambda: store.read_now(lambda tx: tx.dialect))
        reads.start()
        reads.join()
    assert 0 < held(store.path) < 5
    store.read_now(lambda tx: tx.dialect)
    store.close()
    assert held(store.path) == 0
