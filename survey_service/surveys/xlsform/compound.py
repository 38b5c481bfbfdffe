"""Streams of a compound file, the container of the older .xls.

Source: [MS-CFB] 2.2 (header), 2.3 to 2.5 (FAT, mini FAT, DIFAT), 2.6 (directory).
"""

from __future__ import annotations

import struct

from survey_service.surveys.xlsform.findings import Unreadable

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST = 0xFFFFFFFA
"""From here on a sector number means the end, a free sector or one of the tables."""
_NOT_READ = "The file cannot be read as a spreadsheet."
SAVE_AGAIN = "Open it in a spreadsheet programme and save it as .xlsx."


class CompoundFile:
    """The streams by name; every chain of sectors is followed at most once round the file."""

    def __init__(self, data: bytes) -> None:
        """Read header, tables and directory.

        Raises:
            Unreadable: a sector lies outside the file, or a chain runs in a circle.
        """
        if len(data) < 512 or not data.startswith(MAGIC):
            raise Unreadable(_NOT_READ, SAVE_AGAIN)
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise Unreadable(_NOT_READ, SAVE_AGAIN)
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        directory, _, self._cutoff, mini_fat, _, more, _ = struct.unpack_from("<IIIIIII", data, 48)
        self._fat = self._table(self._fat_sectors(more))
        self._entries = self._directory(self._chain(directory))
        root = next((entry for entry in self._entries.values() if entry[0] == 5), None)
        self._mini = self._chain(root[1]) if root else b""
        self._mini_fat = list(_numbers(self._chain(mini_fat))) if mini_fat < _LAST else []

    @property
    def names(self) -> frozenset[str]:
        """The names of storages and streams."""
        return frozenset(self._entries)

    def stream(self, name: str) -> bytes | None:
        """The stream of that name, if there is one."""
        if name not in self._entries:
            return None
        _, start, size = self._entries[name]
        if size >= self._cutoff:
            return self._chain(start)[:size]
        found: list[bytes] = []
        seen = 0
        while start < _LAST:
            if start >= len(self._mini_fat) or seen > len(self._mini_fat):
                raise Unreadable(_NOT_READ, SAVE_AGAIN)
            at = start * self._mini_size
            found.append(self._mini[at : at + self._mini_size])
            start, seen = self._mini_fat[start], seen + 1
        return b"".join(found)[:size]

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        if at >= len(self._data):
            raise Unreadable(_NOT_READ, SAVE_AGAIN)
        return self._data[at : at + self._size].ljust(self._size, b"\0")

    def _fat_sectors(self, more: int) -> list[int]:
        sectors = [n for n in struct.unpack_from("<109I", self._data, 76) if n < _LAST]
        rounds = 0
        while more < _LAST and rounds <= len(self._data) // self._size:
            *numbers, more = _numbers(self._sector(more))
            sectors += [n for n in numbers if n < _LAST]
            rounds += 1
        return sectors

    def _table(self, sectors: list[int]) -> list[int]:
        if len(sectors) > len(self._data) // self._size:
            raise Unreadable(_NOT_READ, SAVE_AGAIN)
        return [number for sector in sectors for number in _numbers(self._sector(sector))]

    def _chain(self, start: int) -> bytes:
        found: list[bytes] = []
        while start < _LAST:
            if start >= len(self._fat) or len(found) > len(self._data) // self._size:
                raise Unreadable(_NOT_READ, SAVE_AGAIN)
            found.append(self._sector(start))
            start = self._fat[start]
        return b"".join(found)

    def _directory(self, data: bytes) -> dict[str, tuple[int, int, int]]:
        entries: dict[str, tuple[int, int, int]] = {}
        for at in range(0, len(data), 128):
            length, kind = struct.unpack_from("<HB", data, at + 64)
            if kind and 2 <= length <= 64:
                name = data[at : at + length - 2].decode("utf-16-le", "replace")
                entries.setdefault(name, (kind, *struct.unpack_from("<II", data, at + 116)))
        return entries


def _numbers(sector: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sector) // 4}I", sector)
