"""Finding thousands of byte strings in megabytes of files, in time that grows with the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

_PAGE = bytes(4096)


def first_places(data: bytes, needles: list[bytes]) -> dict[bytes, int]:
    """Return the first offset of each needle (eight bytes or longer) that lies in the data."""
    by_start: dict[int, list[bytes]] = {}
    for needle in needles:
        by_start.setdefault(int.from_bytes(needle[:8], "little"), []).append(needle)
    starts = np.fromiter(by_start, dtype=np.uint64, count=len(by_start))
    found: dict[bytes, int] = {}
    for shift in range(8):
        count = (len(data) - shift) // 8
        if count <= 0:
            break
        words = np.frombuffer(data, dtype="<u8", count=count, offset=shift)
        for place in np.flatnonzero(pd.Index(words).isin(starts)):
            offset = int(place) * 8 + shift
            for needle in by_start[int(words[place])]:
                if data.startswith(needle, offset):
                    found[needle] = min(offset, found.get(needle, offset))
    return found


def bytes_of(path: Path) -> bytes:
    """Return a file's bytes; a log that the server removed since it was listed holds none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def without_empty_pages(data: bytes) -> bytes:
    """Return the data without its pages of zeros: preallocated logs are mostly those."""
    pages = (data[i : i + 4096] for i in range(0, len(data), 4096))
    return b"".join(page for page in pages if page != _PAGE)
