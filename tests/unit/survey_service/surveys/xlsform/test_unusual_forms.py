"""Forms that are legal and unusual: what other programmes write, and what authors are used to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from schemas.notice import PurposeId
from schemas.questionnaire import QuestionKind
from schemas.requests import Filter
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.xlsform.exporting import as_sheets
from survey_service.surveys.xlsform.findings import Outcome
from survey_service.surveys.xlsform.importing import Imported, import_workbook
from survey_service.surveys.xlsform.markdown import write_markdown
from survey_service.surveys.xlsform.reading import read_workbook
from tests.unit.survey_service.surveys.xlsform.test_importing import (
    CORE,
    imported,
    refused,
    taken,
)

DATA = Path(__file__).parents[4] / "data" / "xlsform"
Rows = Sequence[Sequence[Any]]


def read(data: bytes) -> Imported:
    """Return what the file gives."""
    return import_workbook(
        data,
        code_lists=CORE.code_lists,
        parameters=CORE.parameters,
        reference_day=CORE.questionnaire.reference_day,
    )


def written_by_openpyxl(change: Callable[[Workbook], None] | None = None, **sheets: Rows) -> bytes:
    """Return a workbook as another programme writes it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if change is not None:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def found(what: Imported, outcome: Outcome, words: str) -> list[int | None]:
    """Return the rows of which this is said."""
    return [f.place.row for f in what.findings if f.outcome is outcome and words in f.message]


def as_in_the_field(book: Workbook) -> None:
    """Hide a row, a column and a sheet, and join cells: what people do to sheets."""
    survey = book["survey"]
    survey.row_dimensions[4].hidden = True
    survey.column_dimensions["F"].hidden = True
    survey.merge_cells("C6:D6")
    book.create_sheet("notes to self").sheet_state = "hidden"


def test_a_form_of_a_form_builder_is_taken() -> None:
    made = read(
        written_by_openpyxl(
            as_in_the_field,
            survey=[
                ["type ", "name", "Label", "required", "relevant", "$kuid", "disabled", "hint "],
                ["start", "start"],
                ["begin_group", "_your-work", "Work"],
                ["select_one yn ", "_1_works", " Do you work? ", True, None, "x1"],
                ["integer", "hours", "How many hours?", False, "${_1_works} = 'yes'", "x2"],
                ["select_multiple days", "which", "On which days?"],
                ["text", "old", "Not asked any more", None, None, None, "yes"],
                ["end_group"],
                [None, None, None, None, None, None, None, "ask the translators"],
                ["note", "thanks", "Thank you"],
            ],
            choices=[
                ["list name", "name", "label", "order"],
                ["yn", "yes", "Yes"],
                ["yn", "no", "No"],
                ["days", 1, "Monday"],
                ["days", 2.0, "Tuesday"],
            ],
        )
    )
    form = taken(made)
    assert [question.id for question in form.questions] == ["_1_works", "hours", "which"]
    assert form.questions[0].text.root == {"und": "Do you work?"}
    assert form.questions[0].required
    assert [option.code for option in form.questions[2].options] == ["1", "2"]
    assert found(made, Outcome.DROPPED, "disabled") == [7]
    assert found(made, Outcome.WARNING, "no type, name or label") == [9]


def test_days_in_cells_are_read_as_days_and_other_numbers_as_shown() -> None:
    form = taken(
        read(
            written_by_openpyxl(
                survey=[
                    ["type", "name", "label::English (en)", "default", "constraint"],
                    ["date", "moved", "When?", date(2020, 5, 1), ". >= '1990-01-01'"],
                    ["select_one c", "since", "Since when?"],
                    ["decimal", "rooms", "How many?", 0.1 + 0.2, ". <= 10"],
                ],
                choices=[
                    ["list_name", "name", "label::English (en)"],
                    ["c", 1, date(2019, 12, 31)],
                    ["c", 2, datetime(2020, 1, 1, 12, 30)],  # noqa: DTZ001 - sheets know no zones
                ],
            )
        )
    )
    assert [question.default for question in form.questions] == ["2020-05-01", None, "0.3"]
    said = [option.text.text("en") for option in form.questions[1].options]
    assert said == ["2019-12-31", "2020-01-01 12:30:00"]


def test_days_of_the_older_kind_of_file_are_read_as_days() -> None:
    form = taken(read((DATA / "days.xls").read_bytes()))
    assert form.languages == ("ru",)
    assert form.questions[0].default == "2020-05-01"
    said = [option.text.text("ru") for option in form.questions[1].options]
    assert said == ["2019-12-31", "2020-01-01 12:30:00", "0.3"]


def test_parts_may_have_any_name_and_signs_may_be_escaped() -> None:
    data = written_by_openpyxl(
        survey=[["type", "name", "label"], ["integer", "a", "One_x000D_\ntwo"]]
    )
    moved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(moved, "w") as new:
        for name in old.namelist():
            text = old.read(name).replace(b"xl/", b"sheets/").replace(b"sharedStrings", b"words")
            text = text.replace(b"relationships/words", b"relationships/sharedStrings")
            new.writestr(name.replace("xl/", "sheets/").replace("sharedStrings", "words"), text)
    assert read_workbook(moved.getvalue())["survey"].rows[1][1][2] == "One\ntwo"


def test_an_older_spelling_means_the_same() -> None:
    form = taken(
        imported(
            "begin group | work-life | Life | | ",
            "add select one prompt using r | where | Where? | | ",
            "select one from t | town | Which town? | ${where} != '' | region=${where}",
            "select all that apply from t | towns | Which? | not(selected(${where}, “n”)) | ",
            "int | age | How old? | selected-at(${towns}, 0) = 'a' | ",
            "end group | another name | | | ",
            headings="type | name | caption | relevance | choice_filter",
            more="| choices |\n| | list name | value | label | region |\n| | r | n | North | |\n"
            "| | r | s | South | |\n| | t | a | A | n |\n| | t | b | B | s |",
        )
    )
    kinds = [question.kind for question in form.questions]
    assert kinds == [QuestionKind.SINGLE] * 2 + [QuestionKind.MULTI, QuestionKind.INTEGER]


def test_labels_without_a_language_stand_beside_those_of_one() -> None:
    found_there = imported(
        "integer | a | How many? | Cik? | . < 10",
        headings="type | name | label | label::Latviešu (lv) | constraint",
    )
    form = taken(found_there)
    assert form.questions[0].text.root == {"und": "How many?", "lv": "Cik?"}
    assert found(found_there, Outcome.WARNING, "Nobody says which language") == [None]


def test_an_answer_may_be_checked_under_its_own_name() -> None:
    form = taken(
        imported(
            "integer | age | How old? | ${age} >= 16 and ${age} < 120",
            headings="type | name | label | constraint",
        )
    )
    assert (form.questions[0].minimum, form.questions[0].maximum) == (16, 119)


def test_the_entries_of_a_repeat_can_be_counted_from_inside() -> None:
    form = taken(
        imported(
            "begin_repeat | people | People | | most=3",
            "integer | age | How old? | | ",
            "begin_group | more-of | More | | ",
            "integer | years | How long? | position(../..) > 1 | ",
            "end_group | | | | ",
            "end_repeat | | | | ",
            "integer | rest | And? | sum(${age}) > 3 | ",
            headings="type | name | label | relevant | parameters",
        )
    )
    compiled = CompiledForm.compile(form, CORE.code_lists, CORE.parameters)
    yes = {"state": "answered", "value": "yes"}
    purposes = frozenset({PurposeId.PARTICIPATION})
    asked = compiled.route({"people.0": yes, "people.1": yes}, purposes)
    again = taken(read(write_markdown(as_sheets(form, CORE.code_lists)).encode()))
    assert again.questions == form.questions, "exported, it is read again as it was"
    assert "years.2" in asked
    assert "years.1" not in asked


@pytest.mark.parametrize(
    ("calculation", "remedy"),
    [
        ("pulldata('towns', 'a', 'b', ${n})", "choices sheet"),
        ("once(random())", "by chance"),
        ("jr:choice-name(${n}, '${n}')", "${question} = 'name'"),
        ("format-date(${n}, '%Y')", "Compare days"),
        ("position(..)", "between begin_repeat and end_repeat"),
        ("position()", "between begin_repeat and end_repeat"),
    ],
)
def test_what_is_not_taken_says_what_does_its_work(calculation: str, remedy: str) -> None:
    (only,) = refused(
        imported(
            "integer | n | How many? | ",
            f"calculate | c | | {calculation}",
            headings="type | name | label | calculation",
        )
    )
    assert only.place.row == 4
    assert remedy in only.remedy


@pytest.mark.parametrize(
    ("kind", "default"),
    [("integer", "abc"), ("integer", "1200"), ("decimal", "1,5"), ("date", "43832"),
     ("date", "2020-02-30"), ("date", "1989-12-31")],
)  # fmt: skip
def test_a_default_that_no_one_could_give_is_refused(kind: str, default: str) -> None:
    limits = ". >= '1990-01-01'" if kind == "date" else ". <= 20"
    headings = "type | name | label | default | constraint"
    found_there = refused(imported(f"{kind} | a | When? | {default} | {limits}", headings=headings))
    assert [finding.place.column for finding in found_there] == ["default"]


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ("| survey |\n| | type | name | label |\n| | text | a | Что? |".encode("cp1251"), "UTF-8"),
        (b"type,name,label\ninteger,a,A\n", "CSV"),
    ],
)
def test_a_text_of_another_kind_says_how_to_save_it(data: bytes, remedy: str) -> None:
    assert remedy in refused(read(data))[0].remedy


def test_a_text_as_windows_calls_unicode_is_read() -> None:
    text = "| survey |\r\n| | type | name | label |\r\n| | text | a | Что? |\r\n"
    assert taken(read(text.encode("utf-16"))).questions[0].text.root == {"und": "Что?"}


@pytest.mark.parametrize("rows", [("note | n | Hello",), ("begin_group | g | G", "end_group | |")])
def test_a_sheet_that_asks_nothing_is_refused_in_words(rows: tuple[str, ...]) -> None:
    assert [finding.message for finding in refused(imported(*rows))] == ["The sheet asks nothing."]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("integer | a | <b>How</b> many? | ", "shown as they are written"),
        ("integer | a | **How** many? | ", "shown as they are written"),
        ("integer | a | How many? | 1 + 1", "people answer it themselves"),
    ],
)
def test_what_is_kept_otherwise_than_written_is_said(row: str, words: str) -> None:
    made = imported(row, headings="type | name | label | calculation")
    taken(made)
    assert found(made, Outcome.WARNING, words) == [3]


def test_signs_that_turn_writing_round_are_refused_and_right_to_left_is_not() -> None:
    taken(imported("integer | a | كم عمرك؟ \u200f👩‍👩‍👧"))
    (only,) = refused(imported("integer | a | \u202eyes\u202c"))
    assert (only.place.row, only.place.column) == (3, "label::English (en)")


def test_whatever_a_form_may_name_a_researcher_may_ask_for() -> None:
    long = "a" * 64
    form = taken(
        imported(
            f"select_multiple c | {long} | Which?",
            headings="type | name | label",
            more="| choices |\n| | list_name | name | label |\n"
            "| | c | 0-5 | A |\n| | c | два | B |",
        )
    )
    for option in form.questions[0].options:
        assert Filter(variable=f"{long}.{option.code}", codes=(option.code,))


@pytest.mark.parametrize(
    ("kind", "choices", "medium", "warned"),
    [
        ("select_one", 16, "image", True),
        ("select_one", 16, "media::audio", True),
        ("select_one", 15, "image", False),
        ("select_multiple", 16, "image", False),
        ("select_one", 16, "note", False),
    ],
)
def test_a_list_too_long_to_show_its_files_is_warned_of_where_it_is_asked(
    kind: str, choices: int, medium: str, warned: bool
) -> None:
    rows = [
        f"| | places | p{n} | Place {n} | {'a.png' if n == 2 else ''} |" for n in range(choices)
    ]
    head = ["| choices |", f"| | list_name | name | label::English (en) | {medium} |"]
    found = imported(f"{kind} places | where | Where do you live?", more="\n".join([*head, *rows]))
    taken(found)
    said = [f for f in found.findings if "pick from a list" in f.message]
    assert [(f.outcome, f.place.sheet, f.place.row) for f in said] == (
        [(Outcome.WARNING, "survey", 3)] if warned else []
    )
    assert all("choice_filter" in f.remedy for f in said)
