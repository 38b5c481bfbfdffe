"""The core questionnaire as a spreadsheet: there and back again, and shipped as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.questionnaire import Questionnaire
from survey_service.surveys import core as core_package
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.exporting import as_sheets
from survey_service.surveys.xlsform.findings import Outcome
from survey_service.surveys.xlsform.importing import Imported, import_workbook
from survey_service.surveys.xlsform.markdown import write_markdown
from survey_service.surveys.xlsform.spreadsheet import write_xlsx
from tests.kit.every_type import every_type

CORE = load()
SHEETS = as_sheets(CORE.questionnaire, CORE.code_lists)
BESIDE = Path(core_package.__file__).parent


def imported(data: bytes) -> Imported:
    """Return what importing gives."""
    return import_workbook(
        data,
        code_lists=CORE.code_lists,
        parameters=CORE.parameters,
        reference_day=CORE.questionnaire.reference_day,
    )


@pytest.mark.parametrize("data", [write_xlsx(SHEETS), write_markdown(SHEETS).encode()])
def test_the_core_questionnaire_comes_back_equal_and_without_a_warning(data: bytes) -> None:
    found = imported(data)
    assert found.questionnaire == CORE.questionnaire
    assert {finding.outcome for finding in found.findings} == {Outcome.ACCEPTED}
    assert as_sheets(found.questionnaire, CORE.code_lists) == SHEETS


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("questionnaire.xlsx", write_xlsx(SHEETS)),
        ("questionnaire.md", write_markdown(SHEETS).encode()),
    ],
)
def test_the_shipped_spreadsheets_agree_with_the_questionnaire(name: str, data: bytes) -> None:
    shipped = (BESIDE / name).read_bytes()
    assert shipped == data, f"run: equality-survey survey export {BESIDE / name}"
    assert imported(shipped).questionnaire == CORE.questionnaire


def test_the_same_sheets_give_the_same_bytes() -> None:
    assert write_xlsx(SHEETS) == write_xlsx(SHEETS)


FORM = """
| survey |
| | type | name | label::English (en) | relevant | constraint | constraint_message::English (en) |
| | note | hello | Hello. | | | |
| | integer | a | How many? | | . <= 9 and (. != 4 or . > 7) | Not four. |
| | text | b | Why? | ${a} + 1 > 3 and (${a} = 5 or ${a} = 6) | regex(., "it's.*") | |
| | begin_group | g | And now | not(${a} = 1 or ${a} = 3) | | |
| | select_multiple l | c | Which? | ${a} * 2 - 1 < 5 or ${b} != '' | count-selected(.) <= 2 | |
| | select_one l | d | One? | selected(${c}, 'x') or if(${a} > 1, ${a}, 2) - (1 - 1) = 2 | | |
| | note | bye | Bye. | ${a} = 1 | | |
| | end_group | | | | | |
| choices |
| | list_name | name | label::English (en) |
| | l | x | X |
| | l | y | Y |
"""


def test_conditions_limits_messages_and_remarks_come_back_equal() -> None:
    made = imported(FORM.encode()).questionnaire
    assert made is not None
    again = imported(write_xlsx(as_sheets(made, {}))).questionnaire
    assert again == made
    assert Questionnaire.model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("kind", ["xlsx", "md"])
def test_every_type_comes_back_as_it_was(kind: str) -> None:
    made = every_type()
    sheets = as_sheets(made, CORE.code_lists)
    data = write_xlsx(sheets) if kind == "xlsx" else write_markdown(sheets).encode()
    assert imported(data).questionnaire == made
