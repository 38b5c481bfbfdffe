"""Reads .xlsx with nothing but the standard library: no entity, formula or link is followed.

One module: the few parts of a package that are read, and what keeps each of them harmless.
Every limit is checked on what is really unpacked, because a zip's own figures may lie.
Source: ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings), 18.8 (formats) and 22.9.2.19
(escaped signs); part 2 (packages).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Final
from xml.parsers import expat

from survey_service.surveys.xlsform.days import as_day, shows_days
from survey_service.surveys.xlsform.findings import Place, Unreadable
from survey_service.surveys.xlsform.sheets import Sheet, Workbook, column_index

MAX_PARTS: Final = 500
MAX_PART: Final = 30_000_000
MAX_RATIO: Final = 200
"""Of parts beyond a megabyte; sheets people make stay far below."""
_FORBIDDEN: Final = (
    (re.compile(r"^xl/externalLinks/", re.IGNORECASE), "links to other workbooks"),
    (re.compile(r"vbaProject\.bin$", re.IGNORECASE), "macros"),
    (re.compile(r"^xl/(connections\.xml|queryTables/)", re.IGNORECASE), "data connections"),
    (re.compile(r"^xl/embeddings/", re.IGNORECASE), "embedded files"),
)
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_READ = "The file cannot be read as a spreadsheet."
_SAVE_AGAIN = "Open it in a spreadsheet programme and save it again as .xlsx."


def read_xlsx(data: bytes, wanted: Callable[[str], bool]) -> Workbook:
    """The wanted sheets of a workbook; time and memory grow with the unpacked size, ≤ 30 MB each.

    Raises:
        Unreadable: it is no .xlsx, is packed too tightly, or holds macros, links or entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, wanted)
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(_NOT_READ, _SAVE_AGAIN) from None
    except (EOFError, NotImplementedError, RuntimeError, OSError, zlib.error):
        # Truncated, encrypted, or packed in a way nobody uses for spreadsheets.
        raise Unreadable(_NOT_READ, _SAVE_AGAIN) from None


def _read(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> Workbook:
    names = archive.namelist()
    if len(names) > MAX_PARTS:
        raise Unreadable("The file holds too many parts.", _SAVE_AGAIN)
    for pattern, what in _FORBIDDEN:
        if any(pattern.search(name) for name in names):
            raise Unreadable(f"The file holds {what}.", "Remove them, and save it as plain .xlsx.")
    book = _targets(archive, "").by_kind.get("officeDocument", "xl/workbook.xml")
    targets = _targets(archive, book)
    listed, strings, styles = _Listed(), _Strings(), _Styles()
    _parse(_part(archive, book), listed)
    for kind, handler in (("sharedStrings", strings), ("styles", styles)):
        if kind in targets.by_kind:
            _parse(_part(archive, targets.by_kind[kind]), handler)
    workbook: Workbook = {}
    for name, relation in listed.sheets:
        key = name.strip().lower()
        if key in workbook:
            raise Unreadable(f"Two sheets are named {key}.", "Rename one.", Place(key))
        workbook[key] = sheet = Sheet(key)
        if wanted(key):
            rows = _Rows(sheet, strings.found, styles.days, listed.since_1904)
            _parse(_part(archive, targets.by_id[relation]), rows)
    return workbook


def _targets(archive: zipfile.ZipFile, part: str) -> _Targets:
    """Where the part's relations lead; programmes name the parts as they like."""
    folder, name = posixpath.split(part)
    found = _Targets(folder)
    _parse(_part(archive, posixpath.join(folder, "_rels", f"{name}.rels")), found)
    return found


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    packed = archive.getinfo(name).compress_size
    with archive.open(name) as file:
        data = file.read(MAX_PART + 1)
    if len(data) > MAX_PART or (len(data) > 1_000_000 and len(data) > MAX_RATIO * max(1, packed)):
        raise Unreadable("The file unpacks to far more than it should.", _SAVE_AGAIN)
    return data


class _Handler:
    """What a part's elements do; names come without their namespace."""

    def start(self, name: str, values: dict[str, str]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End an element."""

    def text(self, text: str) -> None:
        """Take the words inside."""


def _parse(data: bytes, handler: _Handler) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise Unreadable("The file declares entities.", _SAVE_AGAIN)

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, values: handler.start(
        name.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in values.items()}
    )
    parser.EndElementHandler = lambda name: handler.end(name.rpartition(" ")[2])
    parser.CharacterDataHandler = handler.text
    parser.Parse(data, True)


class _Listed(_Handler):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.since_1904 = False

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "sheet":
            self.sheets.append((values["name"], values["id"]))
        elif name == "workbookPr":
            self.since_1904 = values.get("date1904", "0") in ("1", "true")


class _Targets(_Handler):
    def __init__(self, folder: str) -> None:
        self.by_id: dict[str, str] = {}
        self.by_kind: dict[str, str] = {}
        self._folder = folder

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "Relationship" and values.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", self._folder, values["Target"]))
            self.by_id[values["Id"]] = path.lstrip("/")
            self.by_kind[values.get("Type", "").rpartition("/")[2]] = path.lstrip("/")


class _Styles(_Handler):
    """Which formats of cells show numbers as days."""

    def __init__(self) -> None:
        self.days: list[bool] = []
        self._codes: dict[int, str] = {}
        self._inside = False

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "numFmt":
            self._codes[int(values["numFmtId"])] = values.get("formatCode", "")
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            number = int(values.get("numFmtId", "0"))
            self.days.append(shows_days(number, self._codes.get(number, "")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


class _Strings(_Handler):
    """Shared texts; how they are pronounced (rPh) is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._words: list[str] = []
        self._inside = self._phonetic = False

    def start(self, name: str, values: dict[str, str]) -> None:  # noqa: ARG002
        if name == "si":
            self._words = []
        self._phonetic = self._phonetic or name == "rPh"
        self._inside = name == "t" and not self._phonetic

    def end(self, name: str) -> None:
        self._inside = False
        if name == "rPh":
            self._phonetic = False
        if name == "si":
            self.found.append(_unescaped("".join(self._words)))

    def text(self, text: str) -> None:
        if self._inside:
            self._words.append(text)


class _Rows(_Handler):
    def __init__(
        self, sheet: Sheet, strings: list[str], days: list[bool], since_1904: bool
    ) -> None:
        self._sheet = sheet
        self._strings = strings
        self._days = days
        self._since_1904 = since_1904
        self._day = False
        self._row = 0
        self._column = -1
        self._kind = ""
        self._words: list[str] = []
        self._cells: dict[int, str] = {}
        self._inside = False

    def start(self, name: str, values: dict[str, str]) -> None:
        if name == "row":
            self._row = int(values.get("r", self._row + 1))
            self._column, self._cells = -1, {}
        elif name == "c":
            found = _CELL.fullmatch(values.get("r", ""))
            self._column = column_index(found[1]) if found else self._column + 1
            self._kind, self._words = values.get("t", "n"), []
            style = int(values.get("s", "0"))
            self._day = style < len(self._days) and self._days[style]
        elif name == "f" or (name == "v" and self._kind == "e"):
            self._sheet.formulas.append((self._row, self._column))
        self._inside = name in ("v", "t")

    def text(self, text: str) -> None:
        if self._inside:
            self._words.append(text)

    def end(self, name: str) -> None:
        self._inside = False
        if name == "c" and self._words:
            self._cells[self._column] = self._value("".join(self._words))
        elif name == "row":
            self._sheet.add(self._row, self._cells)

    def _value(self, text: str) -> str:
        if self._kind == "s":
            return self._strings[int(text)] if 0 <= int(text) < len(self._strings) else ""
        if self._kind == "b":
            return "TRUE" if text == "1" else "FALSE"
        if self._kind != "n":
            return _unescaped(text)
        return as_day(text, self._since_1904) if self._day else plain_number(text)


def _unescaped(text: str) -> str:
    """The text with signs that XML cannot hold, _x000D_ say, as they are; line ends as one sign."""
    found = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
    return found.replace("\r\n", "\n").replace("\r", "\n")


def plain_number(text: str) -> str:
    """A number without a needless point: "12.0" becomes "12"; other text stays."""
    try:
        number = float(text)
    except ValueError:
        return text
    whole = number.is_integer() and abs(number) < 1e15
    # Fifteen digits, as spreadsheet programmes show them: 0.3, not 0.30000000000000004.
    return str(int(number)) if whole else repr(float(f"{number:.15g}"))
