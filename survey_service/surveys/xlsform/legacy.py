"""Reads the older .xls (BIFF8): texts and numbers of cells, nothing else.

Source: [MS-XLS] 2.3 (records), 2.5.293 (strings), 2.4.265 (shared strings and CONTINUE),
2.4.126 and 2.4.353 (formats).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Final

from survey_service.surveys.xlsform.compound import SAVE_AGAIN, CompoundFile
from survey_service.surveys.xlsform.days import as_day, shows_days
from survey_service.surveys.xlsform.findings import Unreadable
from survey_service.surveys.xlsform.package import plain_number
from survey_service.surveys.xlsform.sheets import Sheet, Workbook

_BOF, _EOF, _BOUNDSHEET, _SST, _CONTINUE = 0x0809, 0x000A, 0x0085, 0x00FC, 0x003C
_LABELSST, _LABEL, _NUMBER, _RK, _MULRK = 0x00FD, 0x0204, 0x0203, 0x027E, 0x00BD
_FORMULA, _BOOLERR, _FILEPASS, _SUPBOOK = 0x0006, 0x0205, 0x002F, 0x01AE
_FORMAT, _XF, _DATE1904 = 0x041E, 0x00E0, 0x0022
_MACROS: Final = frozenset({"Macros", "_VBA_PROJECT_CUR", "VBA"})
_OWN_BOOKS: Final = frozenset({b"\x01\x04", b"\x01\x3a"})
"""A reference to the workbook itself, or to functions of the programme."""
_NOT_READ = "The file cannot be read as a spreadsheet."


def read_xls(data: bytes, wanted: Callable[[str], bool]) -> Workbook:
    """The wanted sheets of a workbook of the older kind.

    Raises:
        Unreadable: it is no such workbook, is encrypted, or holds macros or links to others.
    """
    try:
        file = CompoundFile(data)
        if file.names & _MACROS:
            raise Unreadable("The file holds macros.", "Remove them, and save it as plain .xlsx.")
        stream = file.stream("Workbook")
        if stream is None:
            raise Unreadable(_NOT_READ, SAVE_AGAIN)
        return _read(stream, wanted)
    except (struct.error, IndexError):
        raise Unreadable(_NOT_READ, SAVE_AGAIN) from None


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from there to the end of their part."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        if kind == _EOF:
            return
        at += 4 + length


def _read(stream: bytes, wanted: Callable[[str], bool]) -> Workbook:
    listed: list[tuple[str, int]] = []
    shared: list[bytes] = []
    days = _Days()
    last = 0
    for kind, data in _records(stream, 0):
        if kind == _BOF and struct.unpack_from("<H", data)[0] != 0x0600:
            raise Unreadable("The file is of a kind older than 1997.", SAVE_AGAIN)
        if kind == _FILEPASS:
            raise Unreadable("The file is encrypted.", "Save it without a password.")
        if kind == _SUPBOOK and data[2:4] not in _OWN_BOOKS:
            raise Unreadable("The file holds links to other workbooks.", "Remove them.")
        if kind == _BOUNDSHEET and data[5] == 0:
            name = _text(data, 8, data[6], bool(data[7] & 1))
            listed.append((name.strip().lower(), struct.unpack_from("<I", data)[0]))
        if kind == _SST or (kind == _CONTINUE and last == _SST):
            shared.append(data)
        days.note(kind, data)
        last = last if kind == _CONTINUE else kind
    strings = _SharedStrings(shared).all() if shared else []
    workbook: Workbook = {}
    for name, start in listed:
        if name in workbook:
            raise Unreadable(f"Two sheets are named {name}.", "Rename one.")
        workbook[name] = Sheet(name)
        if wanted(name):
            _fill(workbook[name], stream, start, strings, days)
    return workbook


class _Days:
    """Which formats of cells show numbers as days, and from when these are counted."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._since_1904 = False

    def note(self, kind: int, data: bytes) -> None:
        """Take in a record of the workbook."""
        if kind == _FORMAT:
            number, length, wide = struct.unpack_from("<HHB", data)
            self._codes[number] = _text(data, 5, length, bool(wide & 1))
        elif kind == _XF:
            self._formats.append(struct.unpack_from("<H", data, 2)[0])
        elif kind == _DATE1904:
            self._since_1904 = data[:1] == b"\1"

    def said(self, text: str, style: int) -> str:
        """The number as the cell shows it: as a day, or as it is."""
        number = self._formats[style] if style < len(self._formats) else 0
        if not shows_days(number, self._codes.get(number, "")):
            return text
        return as_day(text, self._since_1904)


def _text(data: bytes, at: int, length: int, wide: bool) -> str:
    size = length * 2 if wide else length
    return data[at : at + size].decode("utf-16-le" if wide else "latin-1", "replace")


def _fill(sheet: Sheet, stream: bytes, start: int, strings: list[str], days: _Days) -> None:
    rows: dict[int, dict[int, str]] = {}
    for kind, data in _records(stream, start):
        if kind == _MULRK:
            row, first = struct.unpack_from("<HH", data)
            for index in range((len(data) - 6) // 6):
                style, number = struct.unpack_from("<HI", data, 4 + index * 6)
                rows.setdefault(row, {})[first + index] = days.said(_packed(number), style)
        elif kind == _FORMULA:
            row, column = struct.unpack_from("<HH", data)
            sheet.formulas.append((row + 1, column))
        elif kind in (_LABELSST, _LABEL, _NUMBER, _RK, _BOOLERR):
            row, column, style = struct.unpack_from("<HHH", data)
            said = _value(kind, data, strings)
            number = kind in (_NUMBER, _RK)
            rows.setdefault(row, {})[column] = days.said(said, style) if number else said
    for row, cells in sorted(rows.items()):
        sheet.add(row + 1, cells)


def _value(kind: int, data: bytes, strings: list[str]) -> str:
    if kind == _LABELSST:
        index: int = struct.unpack_from("<I", data, 6)[0]
        return strings[index]
    if kind == _LABEL:
        length: int = struct.unpack_from("<H", data, 6)[0]
        return _text(data, 9, length, bool(data[8] & 1))
    if kind == _NUMBER:
        return plain_number(repr(struct.unpack_from("<d", data, 6)[0]))
    if kind == _RK:
        return _packed(struct.unpack_from("<I", data, 6)[0])
    return "" if data[7] else ("TRUE" if data[6] else "FALSE")


def _packed(number: int) -> str:
    """A number in 30 bits: whole or the head of a double, as it is or in hundredths."""
    if number & 2:
        value = float(struct.unpack("<i", struct.pack("<I", number))[0] >> 2)
    else:
        (value,) = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", number & 0xFFFFFFFC))
    return plain_number(repr(value / 100 if number & 1 else value))


class _SharedStrings:
    """Texts that run on over several records; each record begins anew how wide letters are."""

    def __init__(self, blocks: list[bytes]) -> None:
        self._blocks = blocks
        self._block, self._at = 0, 8

    def all(self) -> list[str]:
        """Every text; no more than there are bytes for."""
        count = struct.unpack_from("<I", self._blocks[0], 4)[0]
        if count > sum(map(len, self._blocks)):
            raise Unreadable(_NOT_READ, SAVE_AGAIN)
        return [self._one() for _ in range(count)]

    def _take(self, size: int) -> bytes:
        found = b""
        while size:
            if self._at >= len(self._blocks[self._block]):
                self._block, self._at = self._block + 1, 0
            part = self._blocks[self._block][self._at : self._at + size]
            found += part
            size -= len(part)
            self._at += len(part)
        return found

    def _one(self) -> str:
        length, flags = struct.unpack("<HB", self._take(3))
        runs = struct.unpack("<H", self._take(2))[0] if flags & 8 else 0
        extra = struct.unpack("<I", self._take(4))[0] if flags & 4 else 0
        wide = bool(flags & 1)
        words: list[str] = []
        while length:
            if self._at >= len(self._blocks[self._block]):
                self._block, self._at = self._block + 1, 1
                wide = bool(self._blocks[self._block][0] & 1)
            left = len(self._blocks[self._block]) - self._at
            here = min(length, left // 2 if wide else left)
            if here == 0:
                raise Unreadable(_NOT_READ, SAVE_AGAIN)
            data = self._take(here * 2 if wide else here)
            words.append(_text(data, 0, here, wide))
            length -= here
        self._take(runs * 4 + extra)
        return "".join(words)
