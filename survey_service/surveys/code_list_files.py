"""The next version of a code list from a CSV file, judged against the version before it.

Columns: `code`, `valid_from`, `valid_to`, `successor`, and words per language under `label::lv` or
`name_lv`. Words that are not in the file stay as they were. A code is never removed: it ends.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from schemas.codelist import Code, CodeList
from schemas.texts import Texts
from survey_service.problems import N_, FieldError, InvalidInput, Values

FIELD = "file"
MOST_CODES = 5_000
_SHOWN = 20
_ALIASES = {"atvk_code": "code", "successor_code": "successor"}
_WORDS = re.compile(r"(?:label::|name_)(?:.*\(\s*([a-z]{2,3})\s*\)|([a-z]{2,3}))")
_CODE = re.compile(r"-?\w[\w-]{0,63}")


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the file with its number."""

    number: int
    cells: Mapping[str, str]

    def wrong(self, message: str, **values: str | int) -> FieldError:
        return FieldError(FIELD, message, "", {"row": self.number, **values})


def next_version(data: bytes, before: CodeList, *, source: str = "") -> CodeList:
    """The list that a file makes, numbered after the version before it.

    Raises:
        InvalidInput: names every row that is wrong (the first 20), or what is wrong with the file.
    """
    lines = _lines(data)
    known = {code.code: code for code in before.codes}
    wrong: list[FieldError] = []
    made: list[Code] = []
    for line in lines:
        try:
            made.append(_code(line, known, before))
        except InvalidInput as error:
            wrong += error.fields
    wrong += _between(made, lines, known)
    if wrong:
        raise InvalidInput(wrong[:_SHOWN])
    fields: dict[str, Any] = {
        "id": before.id,
        "version": before.version + 1,
        "title": before.title,
        "source": source.strip() or before.source,
        "codes": tuple(made),
    }
    try:
        return CodeList.model_validate(fields)
    except ValidationError as error:
        raise _refused(N_("The file is no code list.")) from error


def _refused(message: str, **values: str | int) -> InvalidInput:
    return InvalidInput([FieldError(FIELD, message, "", values)])


def _lines(data: bytes) -> list[_Line]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(N_("The file is no text in UTF-8.")) from error
    head, _, _ = text.partition("\n")
    delimiter = ";" if head.count(";") > head.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _refused(N_("The file is no CSV.")) from error
    if len(rows) < 2 or len(rows) > MOST_CODES + 1:
        raise _refused(N_("A list has 1 to %(most)s codes, one a row, below a row of headings."),
                       most=MOST_CODES)  # fmt: skip
    headings = [_ALIASES.get(name.strip(), name.strip()) for name in rows[0]]
    if len(set(headings)) != len(headings) or "code" not in headings:
        raise _refused(N_("The first row names the columns, each once; one of them is code."))
    return [
        _Line(number, dict(zip(headings, (cell.strip() for cell in row), strict=False)))
        for number, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]


def _code(line: _Line, known: Mapping[str, Code], before: CodeList) -> Code:
    code = line.cells.get("code", "")
    wrong = [] if _CODE.fullmatch(code) else [line.wrong(N_("Row %(row)s: this is no code."))]
    days: dict[str, date | None] = {}
    for name in ("valid_from", "valid_to"):
        text = line.cells.get(name, "")
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            wrong.append(line.wrong(N_("Row %(row)s: write the day as 2025-07-01.")))
    words = dict(known[code].text.root) if code in known else {}
    words |= {tag: text for tag, text in _words(line) if text}
    lacking = [tag for tag in before.title.root if tag not in words]
    if lacking:
        message = N_("Row %(row)s, %(code)s: the words are missing in: %(languages)s.")
        wrong.append(line.wrong(message, code=code[:64], languages=", ".join(lacking)))
    if wrong:
        raise InvalidInput(wrong)
    successor = line.cells.get("successor") or None
    return Code(code=code, text=Texts(words), successor=successor, **days)


def _words(line: _Line) -> Iterator[tuple[str, str]]:
    for heading, text in line.cells.items():
        found = _WORDS.fullmatch(heading)
        if found:
            yield found[1] or found[2], text


def _between(
    made: list[Code], lines: list[_Line], known: Mapping[str, Code]
) -> Iterator[FieldError]:
    """What only shows when all codes are there: doubles, lost ones, successors, days."""
    rows = {line.cells.get("code", ""): line.number for line in lines}
    seen: set[str] = set()
    for code in made:
        values: Values = {"row": rows[code.code], "code": code.code}
        if code.code in seen:
            yield FieldError(FIELD, N_("Row %(row)s: the code %(code)s stands twice."), "", values)
        seen.add(code.code)
        if code.valid_from and code.valid_to and code.valid_to < code.valid_from:
            yield FieldError(FIELD, N_("Row %(row)s, %(code)s: it ends before it begins."), "",
                             values)  # fmt: skip
        if code.successor and code.successor not in rows:
            message = N_("Row %(row)s, %(code)s: its successor is not in the file.")
            yield FieldError(FIELD, message, "", values)
        if code.successor and code.valid_to is None:
            message = N_("Row %(row)s, %(code)s: it has a successor, but no day on which it ends.")
            yield FieldError(FIELD, message, "", values)
    for lost in [code for code in known if code not in rows]:
        message = N_("The code %(code)s is gone: a code is never removed.")
        remedy = N_("Keep it, and write into valid_to when it ended.")
        yield FieldError(FIELD, message, remedy, {"code": lost})


def as_csv(made: CodeList) -> bytes:
    """The list as a file that `next_version` reads."""
    tags = list(made.title.root)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["code", *(f"label::{tag}" for tag in tags), "valid_from", "valid_to",
                     "successor"])  # fmt: skip
    for code in made.codes:
        words = (code.text.root.get(tag, "") for tag in tags)
        days = (day.isoformat() if day else "" for day in (code.valid_from, code.valid_to))
        writer.writerow([code.code, *words, *days, code.successor or ""])
    return file.getvalue().encode("utf-8")
