"""Real forms that nobody here wrote: taken or refused as their provenance says, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.formula import Words
from schemas.questionnaire import QuestionKind
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.findings import Outcome
from survey_service.surveys.xlsform.importing import Imported, import_workbook
from survey_service.surveys.xlsform.reading import read_workbook
from survey_service.surveys.xlsform.syntax import ExpressionRefused, parse_formula

FORMS = Path(__file__).parents[4] / "data" / "xlsform"
EVERY = sorted(path.name for path in FORMS.glob("*.xlsx"))
CORE = load()

REFUSED: dict[str, dict[tuple[str, int], str]] = {
    "correlaid-all-types.xlsx": {
        ("survey", 8): "hidden",
        ("survey", 18): "time",
        ("survey", 19): "datetime",
        ("survey", 22): "rank",
        ("survey", 42): "rank",
    },
    "pma2020-BFR5-selection-en-fr.xlsx": {
        ("survey", 6): "dateTime",
        ("survey", 9): "dateTime",
        ("survey", 11): "hidden",
        ("survey", 12): "select_one_external",
        ("survey", 13): "select_one_external",
        ("survey", 14): "select_one_external",
        ("survey", 15): "select_one_external",
    },
    "pma2020-BFR5-female-questionnaire-en-fr.xlsx": {
        ("survey", 407): "hidden string",
        ("survey", 409): "hidden string",
    },
    "pma2020-HQ-household-questionnaire.xlsx": {("survey", 9): "no question named 'test'"},
    "pma2020-demo-duplicate-choices.xlsx": {
        ("choices", 7): "already has a choice named 'never'",
        ("choices", 8): "already has a choice named 'primary'",
        ("choices", 9): "already has a choice named 'secondary'",
        ("choices", 13): "already has a choice named '-99'",
    },
    "pyxform-spec-test.xlsx": {
        ("survey", 32): "time",
        ("survey", 33): "datetime",
        ("survey", 34): "geopoint",
        ("survey", 35): "barcode",
        ("survey", 36): "image",
        ("survey", 37): "audio",
        ("survey", 38): "video",
    },
}
TAKEN = {
    "correlaid-testA-de.xlsx": (21, 3),
    "correlaid-mitwirken-umfrage-de.xlsx": (38, 4),
    "pyxform-or-other.xlsx": (3, 0),
}
DROPPED = {
    "correlaid-all-types.xlsx": [2, 3, 4, 5, 6, 9],
    "pma2020-BFR5-selection-en-fr.xlsx": [43, 44, 45, 46, 47],
    "pyxform-spec-test.xlsx": [42, 44, 46, 48, 50, 52],
}


def imported(name: str) -> Imported:
    """Return what importing one of the forms gives."""
    return import_workbook(
        (FORMS / name).read_bytes(),
        code_lists=CORE.code_lists,
        parameters=CORE.parameters,
        reference_day=CORE.questionnaire.reference_day,
    )


def test_every_form_has_a_verdict() -> None:
    assert set(EVERY) == set(REFUSED) | set(TAKEN)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_names_the_row_and_a_remedy(name: str) -> None:
    found = imported(name)
    assert found.questionnaire is None
    refused = [f for f in found.findings if f.outcome is Outcome.REFUSED]
    for (sheet, row), words in REFUSED[name].items():
        here = [f for f in refused if (f.place.sheet, f.place.row) == (sheet, row)]
        assert any(words in f.message and f.remedy for f in here), (sheet, row)


@pytest.mark.parametrize("name", sorted(TAKEN))
def test_what_can_be_asked_here_is_imported_whole(name: str) -> None:
    made = imported(name).questionnaire
    assert made is not None
    assert (len(made.questions), len(made.remarks)) == TAKEN[name]


@pytest.mark.parametrize("name", sorted(DROPPED))
def test_tracking_fields_are_dropped_in_plain_sight(name: str) -> None:
    found = imported(name).findings
    assert [f.place.row for f in found if f.outcome is Outcome.DROPPED] == DROPPED[name]


def test_a_range_becomes_a_whole_number_and_says_so() -> None:
    found = imported("correlaid-testA-de.xlsx")
    assert found.questionnaire is not None
    question = next(q for q in found.questionnaire.questions if q.id == "attribution_beruf")
    assert (question.kind, question.minimum, question.maximum) == (QuestionKind.INTEGER, 0, 100)
    assert any(f.place.row == 22 and "step of 5" in f.message for f in found.findings)


def test_or_other_becomes_a_question_in_own_words_that_no_table_shows() -> None:
    made = imported("pyxform-or-other.xlsx").questionnaire
    assert made is not None
    colour, words, pastel = made.questions
    assert [option.code for option in colour.options][-1] == "other"
    assert (words.id, words.kind, words.releasable) == ("fav_color_other", "text", False)
    assert words.relevant is not None
    assert [option.code for option in pastel.options] == ["mauve", "apricot"]


def test_at_least_99_percent_of_real_expressions_can_be_read() -> None:
    read = refused = 0
    for name in EVERY:
        headings, rows = read_workbook((FORMS / name).read_bytes())["survey"].table()
        for _, cells in rows:
            for index, text in cells.items():
                column = headings.get(index, "").strip().lower().replace(" ", "_")
                if column not in ("relevant", "constraint", "calculation", "choice_filter",
                                  "repeat_count", "required", "read_only"):  # fmt: skip
                    continue
                if text.lower() in ("yes", "no", "true", "false", "1", "0"):
                    continue
                columns: dict[str, str] | None = {} if column == "choice_filter" else None
                try:
                    parse_formula(text, lambda name: Words(value=name), columns)
                    read += 1
                except ExpressionRefused:
                    refused += 1
    assert read > 700
    assert read / (read + refused) >= 0.99


def test_the_same_form_in_the_older_format_gives_the_same_report() -> None:
    older, newer = (imported(f"correlaid-mitwirken-umfrage-de.{kind}") for kind in ("xls", "xlsx"))
    assert older == newer


def test_cells_of_the_older_format_are_read_as_they_are_shown() -> None:
    sheet = read_workbook((FORMS / "cells.xls").read_bytes())["survey"]
    assert [cells for _, cells in sheet.rows[1:]] == [
        {0: "integer", 1: "age", 2: "How old are you? Ā ж 😀"},
        {0: "text", 1: "1.5", 2: "TRUE"},
        {0: "x", 1: "-3", 2: "1234567.25", 3: "0.07"},
    ]
    assert sheet.formulas == [(3, 3)]
