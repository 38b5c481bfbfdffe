r"""Sheets as Markdown tables: the form in which questionnaires can be reviewed line by line.

    | survey |
    | | type | name | label::English (en) |
    | | integer | age | How old are you? |

A line with a name in its first cell begins a sheet. `\|`, `\\` and `\n` stand for a bar, a
backslash and a line break. Source: pyxform's Markdown form of XLSForm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from survey_service.surveys.xlsform.findings import Place, Unreadable
from survey_service.surveys.xlsform.sheets import Sheet, Workbook

_CELL = re.compile(r"((?:[^|\\]|\\.)*)\|")
_ESCAPED = re.compile(r"\\(.)")
MAX_LINE = 100_000
_RULE = re.compile(r"\|[\s|:-]*-[\s|:-]*")


def read_markdown(text: str) -> Workbook:
    """The sheets of a text; a row's number is its line.

    Raises:
        Unreadable: there is no table in it, or a sheet stands twice.
    """
    workbook: Workbook = {}
    sheet: Sheet | None = None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line.startswith("|") or _RULE.fullmatch(line):
            continue
        if len(line) > MAX_LINE:
            raise Unreadable("A line is too long.", "Shorten it.", Place("", number))
        cells = [_ESCAPED.sub(_meant, cell).strip() for cell in _CELL.findall(line[1:] + "|")]
        if cells[0]:
            name = cells[0].lower()
            if name in workbook:
                raise Unreadable(
                    f"Two sheets are named {name}.", "Rename one.", Place(name, number)
                )
            workbook[name] = sheet = Sheet(name)
        if sheet is not None:
            sheet.add(number, dict(enumerate(cells[1:])))
    if not workbook:
        raise Unreadable(
            "The file is neither a spreadsheet nor a Markdown table.",
            "Save it as .xlsx, or as a table whose first column names the sheets.",
        )
    return workbook


def _meant(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def write_markdown(sheets: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """The sheets, each with its headings first, as one text."""
    lines: list[str] = []
    for name, rows in sheets.items():
        lines.append(f"| {name} |")
        lines.extend("| | " + " | ".join(map(_escaped, row)) + " |" for row in rows)
        lines.append("")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "\\n")
