"""Files made to hurt: each is refused with a remedy, in bounded time and memory."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey_service.surveys.core import load
from survey_service.surveys.xlsform.findings import Finding, Outcome, Unreadable
from survey_service.surveys.xlsform.importing import import_workbook
from survey_service.surveys.xlsform.markdown import read_markdown, write_markdown
from survey_service.surveys.xlsform.reading import read_workbook
from survey_service.surveys.xlsform.sheets import MAX_BYTES, MAX_ROWS
from survey_service.surveys.xlsform.spreadsheet import write_xlsx
from survey_service.surveys.xlsform.syntax import ExpressionRefused, parse_formula

CORE = load()
DATA = Path(__file__).parents[1] / "data" / "xlsform"
OLDER = (DATA / "cells.xls").read_bytes()
FORM = {"survey": [["type", "name", "label::English (en)"], ["text", "a", "What?"]]}
SHEET = "xl/worksheets/sheet1.xml"


def repacked(changes: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a small form with some of its parts replaced or added."""
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(write_xlsx(FORM))) as archive:
        parts |= {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in {**parts, **changes}.items():
            archive.writestr(name, data)
    return file.getvalue()


def sheet(inner: str, head: str = "") -> dict[str, bytes]:
    """Return the first sheet with these rows."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'{head}<worksheet xmlns="{main}"><sheetData>{inner}</sheetData></worksheet>'
    return {SHEET: text.encode()}


def refused(data: bytes) -> list[Finding]:
    """Return what keeps the file out; something has to."""
    found = import_workbook(
        data,
        code_lists=CORE.code_lists,
        parameters=CORE.parameters,
        reference_day=CORE.questionnaire.reference_day,
    )
    assert found.questionnaire is None
    return [f for f in found.findings if f.outcome is Outcome.REFUSED]


def cell(reference: str, inner: str, kind: str = "inlineStr") -> str:
    """Return a cell."""
    return f'<c r="{reference}" t="{kind}">{inner}</c>'


HEADINGS = (
    '<row r="1">'
    + "".join(
        cell(f"{column}1", f"<is><t>{text}</t></is>")
        for column, text in zip("ABC", FORM["survey"][0], strict=True)
    )
    + "</row>"
)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
ROW = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>text</t></is></c></row>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (repacked({SHEET: b" " * 31_000_000}), "unpacks to far more"),
        (repacked({SHEET: b" " * 5_000_000}), "unpacks to far more"),
        (repacked({"xl/externalLinks/externalLink1.xml": b"<x/>"}), "links to other workbooks"),
        (repacked({"xl/vbaProject.bin": b"x"}), "macros"),
        (repacked({"xl/connections.xml": b"<x/>"}), "data connections"),
        (repacked({f"xl/media/{n}.png": b"x" for n in range(600)}), "too many parts"),
        (repacked(sheet(cell("A1", "<is><t>&b;</t></is>"), LAUGHS)), "declares entities"),
        (repacked(sheet(cell("A1", "<is><t>&a;</t></is>"), OUTSIDE)), "declares entities"),
        (repacked(sheet("".join(ROW.format(n) for n in range(1, 3_000)))), "2,000 rows"),
        (repacked(sheet(ROW.format(1) + "<row><c r='ZZZ2' t='str'><v>x</v></c></row>")), "columns"),
        (repacked(sheet(f"<row>{cell('A1', '<v>' + 'x' * 20_000 + '</v>', 'str')}</row>")), "cell"),
        (repacked({SHEET: b"<worksheet><unclosed>"}), "cannot be read"),
        (repacked({SHEET: b"\xff\xfe\x00\x00 nonsense"}), "cannot be read"),
        (repacked({"xl/_rels/workbook.xml.rels": b"<Relationships/>"}), "cannot be read"),
        (write_xlsx(FORM)[:400], "cannot be read"),
        (b"PK\x03\x04" + b"\0" * 100, "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000, "cannot be read"),
        (b"x" * (MAX_BYTES + 1), "larger than 5 MB"),
        (b"", "neither a spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\0\0", "neither a spreadsheet"),
        (b"just words", "neither a spreadsheet"),
        (b"| choices |\n| | list_name | name |\n", "no sheet named 'survey'"),
        (b"| survey |\n| survey |\n| | type | name |\n", "Two sheets"),
        (b"| survey |\n| | kind | name |\n| | text | a |\n", "no column 'type'"),
        (b"| survey |\n| | type | name |\n" + b"| | text | a |\n" * 3_000, "2,000 rows"),
        (b"|" + b"\\" * 200_000, "line is too long"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused_with_a_remedy(data: bytes, message: str) -> None:
    found = refused(data)
    assert any(message in finding.message for finding in found), found
    assert all(finding.remedy for finding in found)


def test_a_formula_of_the_spreadsheet_is_refused_at_its_cell() -> None:
    computed = cell("C2", "<f>HYPERLINK(&quot;http://x&quot;)</f><v>x</v>", "str")
    rows = HEADINGS + '<row r="2">' + cell("A2", "<is><t>text</t></is>") + computed + "</row>"
    found = refused(repacked(sheet(rows)))
    places = [(f.place.sheet, f.place.row, f.place.column) for f in found]
    assert ("survey", 2, "column C") in places


def test_a_chain_of_sectors_that_runs_in_a_circle_is_refused() -> None:
    data = bytearray(OLDER)
    (table,), (directory,) = struct.unpack_from("<I", data, 76), struct.unpack_from("<I", data, 48)
    struct.pack_into("<I", data, (table + 1) * 512 + directory * 4, directory)
    assert "cannot be read" in refused(bytes(data))[0].message


def test_a_million_empty_rows_are_only_skipped() -> None:
    empty = "".join(f'<row r="{n}"/>' for n in range(3, 100_000))
    rows = HEADINGS + '<row r="2"><c r="A2" t="str"><v>text</v></c></row>' + empty
    workbook = read_workbook(repacked(sheet(rows), zipfile.ZIP_STORED))
    assert len(workbook["survey"].rows) == 2


def test_as_many_rows_as_allowed_are_read() -> None:
    rows = [["type", "name"], *(["text", f"q{n}"] for n in range(MAX_ROWS))]
    assert len(read_workbook(write_xlsx({"survey": rows}))["survey"].rows) == MAX_ROWS + 1


# Fuzz

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
tables = st.lists(st.lists(words, min_size=1, max_size=5), min_size=1, max_size=6)


def remedy(data: bytes) -> str | None:
    """Return what is said to do about a file; None where it was read."""
    try:
        read_workbook(data)
    except Unreadable as error:
        return error.finding.remedy
    return None


def filled(rows: list[list[str]]) -> list[dict[int, str]]:
    """Return what of the rows is kept: cells that hold anything, without spaces around."""
    kept = [{i: text.strip() for i, text in enumerate(row) if text.strip()} for row in rows]
    return [row for row in kept if row]


@given(tables)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_read_again(rows: list[list[str]]) -> None:
    written = [list(row) for row in rows]
    for data in (write_xlsx({"survey": written}), write_markdown({"survey": written}).encode()):
        read = read_workbook(data)["survey"].rows
        assert [cells for _, cells in read] == filled(written)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"| survey |\n| "):
        assert remedy(start + data) != ""


@given(st.integers(0, 5_000), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_read_or_refused(place: int, byte: int) -> None:
    data = bytearray(write_xlsx(FORM))
    data[place % len(data)] = byte
    assert remedy(bytes(data)) != ""


@given(st.integers(0, 13_000), st.binary(min_size=1, max_size=4))
@settings(max_examples=250, deadline=None)
def test_a_damaged_file_of_the_older_kind_is_read_or_refused(place: int, damage: bytes) -> None:
    data = bytearray(OLDER)
    place %= len(data) - len(damage)
    data[place : place + len(damage)] = damage
    assert remedy(bytes(data)) != ""


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    def nothing(name: str) -> None:
        raise ExpressionRefused("none", "none")

    with suppress(ExpressionRefused):
        parse_formula(text, nothing)  # type: ignore[arg-type]


@given(st.text("${}ab.'\"()<>=!+-*/ andor1not,|\\", max_size=40), st.sampled_from([3, 4, 5, 6]))
@settings(max_examples=200, deadline=None)
def test_any_cell_gives_a_report_and_never_an_error(text: str, column: int) -> None:
    headings = ["type", "name", "label::English (en)", "relevant", "constraint", "derive", "hint"]
    row = ["integer", "b", "How many?", "", "", "", ""]
    row[column] = text
    rows = [headings, ["integer", "a", "What?", "", "", "", ""], row]
    found = import_workbook(
        write_markdown({"survey": rows}).encode(),
        code_lists=CORE.code_lists,
        parameters=CORE.parameters,
        reference_day=CORE.questionnaire.reference_day,
    )
    assert found.findings


def test_a_bar_and_a_line_break_in_a_markdown_cell_come_back() -> None:
    rows = [["a|b", "c\\d", "e\nf", "\\n"]]
    assert read_markdown(write_markdown({"s": rows}))["s"].rows[0][1] == dict(enumerate(rows[0]))
