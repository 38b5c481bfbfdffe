"""The files: read back by independent readers, the states never collapse."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from pyjstat import pyjstat

from schemas.release import (
    Category,
    CategoryKind,
    Dimension,
    Mark,
    PrintedTable,
    Protection,
    Release,
)
from schemas.requests import TableQuestion
from schemas.texts import Texts
from survey_service.releases.formats.chart import chart_svg
from survey_service.releases.formats.jsonstat import table_json
from survey_service.releases.formats.table_csv import neutral, table_csv
from survey_service.releases.grid import grid
from survey_service.releases.wording import words_in

STATES = ("refused", "dont_know", "not_asked", "missing")
ENGLISH = words_in("en")


def said(text: str) -> Texts:
    return Texts.model_validate({"lv": text, "ru": text, "en": text})


def dimension(name: str, *values: str, total: bool = True) -> Dimension:
    categories = [
        Category(code=str(number), kind=CategoryKind.VALUE, text=said(value))
        for number, value in enumerate(values, 1)
    ]
    categories += [Category(code=state, kind=CategoryKind(state)) for state in STATES]
    if total:
        categories.append(Category(code="_T", kind=CategoryKind.TOTAL))
    return Dimension(
        variable=name, title=said(name), question=said(f"{name}?"), categories=tuple(categories)
    )


VALUES = (120, 33, None, 0, 12, 14, 31, 15, 225)
MARKS = ("published", "flagged", "withheld", *(["published"] * 6))


def release(first: str = "=1+1") -> Release:
    """One variable whose cells are everything a cell can be."""
    axis = dimension("E1", first, "Good", "Fair", "Bad")
    return Release(
        id="release-1",
        survey="roma-2026",
        survey_title=said("Roma"),
        wave="w",
        wave_number=1,
        frozen_on=date(2026, 11, 1),
        released_on=date(2026, 11, 20),
        table=PrintedTable(
            question=TableQuestion(survey="roma-2026", wave="w", variables=("E1",)),
            rows=("E1",),
            columns=(),
            dimensions=(axis,),
            values=VALUES,
            marks=tuple(Mark(mark) for mark in MARKS),
        ),
        protection=Protection(threshold=10, smallest_group=20, flagged_group=50, promise="P3"),
    )


def lines() -> list[dict[str, str]]:
    text = table_csv(release(), ENGLISH).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_tells_withheld_zero_flagged_and_every_state_apart() -> None:
    told = [(line["E1_KIND"], line["OBS_VALUE"], line["OBS_STATUS"]) for line in lines()]

    assert told == [
        ("value", "120", "A"),
        ("value", "33", "U"),
        ("value", "", "Q"),
        ("value", "0", "A"),
        ("refused", "12", "A"),
        ("dont_know", "14", "A"),
        ("not_asked", "31", "A"),
        ("missing", "15", "A"),
        ("total", "225", "A"),
    ]
    assert [line["CONF_STATUS"] for line in lines()].count("C") == 1
    assert len({line["E1_LABEL"] for line in lines()}) == 9


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|x"]
)
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert lines()[0]["E1_LABEL"] == "'=1+1"


@pytest.mark.parametrize("text", ["Rīga", "16-24", "1", "", "a=b"])
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text


def test_json_stat_is_read_back_by_another_reader() -> None:
    content = table_json(release(), ENGLISH).decode()
    with pytest.warns(DeprecationWarning, match="read"):
        frame = pyjstat.Dataset.read(content).write("dataframe")
    raw = json.loads(content)

    read = [None if value != value else int(value) for value in frame["value"]]
    assert read == list(VALUES)
    assert list(frame["E1"])[4:] == [
        "Preferred not to say",
        "Don't know",
        "Not asked",
        "No answer given",
        "Total",
    ]
    assert raw["status"] == ["A", "U", "Q", *(["A"] * 6)]
    assert set(raw["extension"]["status"]["label"]) == {"A", "U", "Q"}
    assert raw["dimension"]["E1"]["extension"]["kind"]["not_asked"] == "not_asked"


def test_the_chart_shows_withheld_as_a_mark_and_never_as_a_bar() -> None:
    svg = chart_svg(release(), ENGLISH)
    texts = [node.text for node in ET.fromstring(svg).iter() if node.text]

    assert {"120", "(33)", "c", "0", "31"} <= set(texts)
    assert "225" not in texts
    assert svg.count(b"stroke-dasharray") == 1


def test_the_chart_is_as_wide_as_a_phone_and_cuts_off_no_words() -> None:
    # Their width depends on the reader's font, so they may not stand left of the axis.
    long = "In very good health as far as anybody in the household can tell or would say"
    drawn = [ET.fromstring(chart_svg(release(first), ENGLISH)) for first in ("Good", long)]

    assert float(drawn[0].attrib["width"]) <= 360
    assert long in {node.text for node in drawn[1].iter()}
    assert float(drawn[1].attrib["width"]) > 360


def test_the_chart_carries_no_script_and_calls_nobody() -> None:
    svg = chart_svg(release("<script>alert(1)</script>"), ENGLISH)

    assert b"<script" not in svg
    assert b"href" not in svg
    assert b"url(" not in svg.replace(b"url(#", b"")


def test_files_are_the_same_bytes_every_time() -> None:
    for make in (table_csv, table_json, chart_svg):
        assert make(release(), ENGLISH) == make(release(), ENGLISH)


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_no_two_kinds_share_a_word_in_any_language(language: str) -> None:
    shown = grid(release().table, VALUES, words_in(language))
    words = [heading.text for row in shown.rows for heading in row.headings]

    assert len(set(words)) == len(words) == 9


def test_a_table_whose_marks_and_numbers_disagree_cannot_be_made() -> None:
    table = release().table.model_dump()
    for place, value in ((2, 3), (0, None), (0, -1)):
        values = [*VALUES]
        values[place] = value
        with pytest.raises(ValueError, match=r"cell|count"):
            PrintedTable.model_validate(table | {"values": values})


def test_headings_span_what_they_head() -> None:
    first = dimension("B1", "Riga", "Latgale")
    second = dimension("B4", "Women", "Men", total=False)
    third = dimension("E1", "Good", total=False)
    size = 7 * 6 * 5
    table = PrintedTable(
        question=TableQuestion(survey="s", wave="w", variables=("B1", "B4", "E1")),
        rows=("B1", "B4"),
        columns=("E1",),
        dimensions=(first, second, third),
        values=tuple(range(size)),
        marks=(Mark.PUBLISHED,) * size,
    )
    shown = grid(table, table.values, ENGLISH)

    assert shown.heads[0][0].text == "Good"
    assert [h.span for h in shown.rows[0].headings] == [6, 1]
    assert [h.text for h in shown.rows[1].headings] == ["Men"]
    assert shown.rows[7].cells == tuple(range(35, 40))
