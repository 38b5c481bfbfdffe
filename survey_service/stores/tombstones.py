"""What was erased, as keyed hashes in one append-only file that a restore replays.

A line is HMAC-SHA-256 under the tombstone key of the store's name and the row's stored tag. It
tells a thief nothing without the key, and with the key only whether a row he already holds was
erased later.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from survey_service.stores.envelopes import mac, macs


def lacks(path: Path, digests: Iterable[str]) -> set[str]:
    """Return which of these digests no beginning of the file has.

    A digest of the file at some time is one of a beginning of every later file. An empty answer
    says that the file is at least as new as each of those times. Line ends are tried first; a
    crash may have left half a line there, so then every byte is.
    """
    data = path.read_bytes()
    missing = set(digests) - {hashlib.sha256(b"").hexdigest()}
    for ends in (_line_ends(data), range(1, len(data) + 1)):
        running, begun = hashlib.sha256(), 0
        for end in ends:
            if not missing:
                return missing
            running.update(data[begun:end])
            begun = end
            missing.discard(running.copy().hexdigest())
    return missing


def _line_ends(data: bytes) -> Iterable[int]:
    end = data.find(b"\n")
    while end >= 0:
        yield end + 1
        end = data.find(b"\n", end + 1)


class Tombstones:
    """The file and, in memory, the set of its lines."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._offset = 0
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._catch_up()

    def bury(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Record rows (store name, stored tag) as erased, durably, each once."""
        with self._lock:
            self._catch_up()
            lines = [line for line in (self._line(s, t) for s, t in rows) if line not in self._seen]
            if not lines:
                return
            with self._path.open("ab") as file:
                # Half a line that a crash left must not swallow the next one.
                text = "\n" if file.tell() > self._offset else ""
                text += "".join(f"{line}\n" for line in sorted(lines))
                file.write(text.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            self._catch_up()

    def holds(self, store: str, tag: bytes) -> bool:
        """Return whether the row was erased."""
        return self._line(store, tag) in self._seen

    def held(self, store: str, tags: Iterable[bytes]) -> set[bytes]:
        """Return which of these rows were erased."""
        if not self._seen:
            return set()
        name = macs(self._key, before=store.encode("ascii") + b"\0")
        return {tag for tag in tags if name(tag).hex() in self._seen}

    def refresh(self) -> None:
        """See what other processes have buried since."""
        with self._lock:
            self._catch_up()

    def digest(self) -> str:
        """Return the SHA-256 of the file, for the audit log's settle entries."""
        return hashlib.sha256(self._path.read_bytes()).hexdigest()

    def position(self) -> tuple[int, str]:
        """Return how many bytes the file has and what they hash to."""
        data = self._path.read_bytes()
        return len(data), hashlib.sha256(data).hexdigest()

    def copy_to(self, target: Path) -> None:
        """Write a copy of the file."""
        target.write_bytes(self._path.read_bytes())

    def __len__(self) -> int:
        return len(self._seen)

    def _line(self, store: str, tag: bytes) -> str:
        return mac(self._key, store.encode("ascii") + b"\0" + tag).hex()

    def _catch_up(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        # A crash may leave half a line at the end; the erasure that wrote it is repeated whole.
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._seen.update(line for line in whole.decode("ascii").split("\n") if len(line) == 64)
