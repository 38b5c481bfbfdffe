"""What pyxform says of a spreadsheet that our own reading has taken: the second judge.

pyxform is what most programmes for XLSForm are built on, so a form that it refuses opens nowhere
else. It is asked last, because it stops at the first thing and often names no row; and it is given
our reading of the sheets, never the file, so that no other parser meets what a stranger sent.
This is the only module that knows pyxform.
"""

from __future__ import annotations

import re
from typing import Any

from survey_service.surveys.xlsform.findings import Findings, Place
from survey_service.surveys.xlsform.reading import READ
from survey_service.surveys.xlsform.sheets import Sheet, Workbook

_PLACE = re.compile(r"\[row : (?P<row>[0-9]+)\]\s*(?:On the '(?P<sheet>\w+)' sheet)?")
_LONGEST = 400
_DESCRIBES = re.compile(r"media\s*::?\s*image[\s_-]alt\b", re.IGNORECASE)


def ask_second_judge(workbook: Workbook, findings: Findings) -> None:
    """Refuse what pyxform refuses, in its own words; warn where it cannot say."""
    # Takes a third of a second to load, and most commands never need it.
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        convert(xlsform=as_pyxform_reads(workbook), warnings=[], validate=False)
    except PyXFormError as error:
        words = " ".join(str(error).split())[:_LONGEST].removesuffix(".")
        findings.refuse(
            _place(words, workbook),
            f"pyxform, which other programmes for XLSForm use, refuses this: {words}.",
            "Mend it there, so that the form opens elsewhere too.",
        )
    except Exception as error:  # noqa: BLE001 - another project's slip must not keep a form out
        findings.warn(
            Place(),
            f"pyxform could not read this ({type(error).__name__}), so only one judge has.",
            "Look whether another programme opens the form, if you need that.",
        )


def _place(words: str, workbook: Workbook) -> Place:
    found = _PLACE.search(words)
    sheet = (found and found["sheet"]) or "survey"
    if not found or sheet not in workbook:
        return Place("survey")
    # It takes the headings for row 1, wherever they stand.
    return Place(sheet, int(found["row"]) + workbook[sheet].rows[0][0] - 1)


def as_pyxform_reads(workbook: Workbook) -> dict[str, Any]:
    """The sheets as pyxform has them after its own reading: a mapping for each row."""
    said: dict[str, Any] = {"sheet_names": [name for name in workbook if name in READ]}
    for name in READ:
        if name in workbook and workbook[name].rows:
            headings, rows = _rows(workbook[name])
            said[name] = rows
            said[f"{name}_header"] = [dict.fromkeys(headings)]
    return said


def _rows(sheet: Sheet) -> tuple[list[str], list[dict[str, str]]]:
    headings, rows = sheet.table()
    # A description of a picture is ours; pyxform takes it for another kind of file.
    headings = {at: name for at, name in headings.items() if not _DESCRIBES.match(name)}
    # pyxform counts rows itself, from the second of the sheet: empty ones have to be there.
    found: list[dict[str, str]] = []
    first = sheet.rows[0][0]
    for number, cells in rows:
        while len(found) < number - first - 1:
            found.append({})
        found.append({headings[i]: text for i, text in cells.items() if i in headings})
    return list(headings.values()), found
