"""pyxform is asked when our own reading has found nothing, and its words are told as its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import pyxform.xls2xform

import survey_service
from survey_service.surveys.xlsform.findings import Outcome
from survey_service.surveys.xlsform.reading import read_workbook
from survey_service.surveys.xlsform.second_judge import as_pyxform_reads
from tests.kit.every_type import SHEET
from tests.unit.survey_service.surveys.xlsform.test_importing import imported, refused, taken

FORMS = Path(__file__).parents[4] / "data" / "xlsform"
ONE = "text | a | Well? "


def test_what_only_pyxform_refuses_is_refused_in_its_words_where_it_points() -> None:
    headings = "type | name | label::English (en) | parameters"
    found = refused(
        imported(f"{ONE}|", "range | b | How much? | start=1 end=0 step=0", headings=headings)
    )
    assert len(found) == 1
    assert found[0].message.startswith("pyxform, which other programmes for XLSForm use, refuses")
    assert (found[0].place.sheet, found[0].place.row) == ("survey", 4)
    assert found[0].remedy


def test_it_is_not_asked_about_what_is_refused_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyxform.xls2xform, "convert", None)
    refused(imported(ONE, ONE))


def test_a_slip_of_its_own_keeps_no_form_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def slips(**_: object) -> None:
        raise KeyError("secret cell")

    monkeypatch.setattr(pyxform.xls2xform, "convert", slips)
    found = imported(ONE)
    taken(found)
    assert [
        f.message for f in found.findings if f.outcome is Outcome.WARNING and not f.place.sheet
    ] == ["pyxform could not read this (KeyError), so only one judge has."]


@pytest.mark.parametrize("name", ["correlaid-testA-de.xlsx", "correlaid-mitwirken-umfrage-de.xlsx"])
def test_it_reads_from_our_sheets_what_it_reads_from_the_file(name: str) -> None:
    data = (FORMS / name).read_bytes()
    ours = pyxform.xls2xform.convert(as_pyxform_reads(read_workbook(data)), form_name="data")
    own = pyxform.xls2xform.convert(data, file_type=".xlsx", form_name="data")
    assert ours.xform == own.xform


def test_what_we_write_opens_elsewhere() -> None:
    made = pyxform.xls2xform.convert(as_pyxform_reads(read_workbook(SHEET.read_bytes())))
    assert re.search(r"<repeat ", made.xform)


def test_one_module_alone_knows_it() -> None:
    package = Path(str(survey_service.__file__)).parent
    knows = [
        p.name
        for p in package.rglob("*.py")
        if re.search(r"import.*pyxform|from pyxform", p.read_text("utf-8"))
    ]
    assert knows == ["second_judge.py"]
