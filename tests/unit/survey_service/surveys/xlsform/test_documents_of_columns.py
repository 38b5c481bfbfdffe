"""The documents on questionnaires: their form imports, their lists are those of the code."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from schemas.response import Answers
from survey_service.cli import main
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.formula_functions import FUNCTIONS
from survey_service.surveys.xlsform.columns import KNOWN, TRANSLATED
from survey_service.surveys.xlsform.importing import import_workbook
from survey_service.surveys.xlsform.types import Fate, row_type
from survey_service.web.icons import FOR_OPTIONS

DOCS = Path(__file__).parents[5] / "docs"
TUTORIAL = (DOCS / "how-to" / "write-your-first-survey.md").read_text(encoding="utf-8")
COLUMNS = (DOCS / "reference" / "questionnaire-columns.md").read_text(encoding="utf-8")
NOT_KEPT = {"style", "list_name"}


def test_the_steps_of_the_first_survey_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EQUALITY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EQUALITY_KEYS_DIR", str(tmp_path / "keys"))
    form = re.findall(r"```text\n(.*?)```", TUTORIAL, re.DOTALL)
    Path("survey.md").write_text(form[0], encoding="utf-8")
    steps = re.findall(r"(?:^|`)equality-survey (survey [^`\n]+)", TUTORIAL, re.MULTILINE)
    assert [step.split()[1] for step in steps] == ["export", "check", "import"]
    for step in ("init", *steps):
        done = CliRunner().invoke(main, step.replace("--notice NOTICE", "").split())
        assert done.exit_code == 0, done.output
    assert "0 refused." in done.output


def test_the_sheet_with_everything_else_does_what_the_text_beneath_it_says() -> None:
    sheet = re.findall(r"```text\n(.*?)```", TUTORIAL, re.DOTALL)[1]
    core = load()
    found = import_workbook(
        sheet.encode(),
        code_lists=core.code_lists,
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )
    made = found.questionnaire
    assert made is not None, [str(finding) for finding in found.findings]
    asked = {question.id: question for question in made.questions}
    assert asked["moved"].latest == date(2026, 12, 31)
    assert asked["children"].ceiling is not None
    assert asked["children"].constraint_message is not None
    assert asked["distance"].decimals == 1
    assert asked["why"].randomize
    assert asked["why"].max_choices == 2
    assert asked["people"].required
    assert made.repeats[0].at_most == 8
    assert not asked["age"].releasable
    form = CompiledForm.compile(made, core.code_lists, core.parameters)
    north: Answers = {"region": {"state": "answered", "value": "north"}}
    towns = [option.code for option in form.options_for("town", north)]
    assert towns == ["ainava", "birzs"]
    tables = {variable.name for variable in form.variables if variable.releasable}
    assert tables >= {"moved", "distance", "children", "people"}


def test_every_column_function_and_type_of_the_code_is_in_the_reference() -> None:
    named = set(re.findall(r"`\.?([A-Za-z_-]+)(?:::…)?`", COLUMNS))
    named |= set(re.findall(r"`([a-z_]+)::", COLUMNS))
    assert set().union(*KNOWN.values(), TRANSLATED) - NOT_KEPT <= named
    functions = COLUMNS.split("Functions: ")[1].split("\n")[0]
    assert set(re.findall(r"`([a-z-]+)`", functions)) == set(FUNCTIONS)

    icons = COLUMNS.split("Icons: ")[1].split(". ")[0]
    assert re.findall(r"`([a-z]+)`", icons) == list(FOR_OPTIONS)


def test_what_the_reference_says_of_types_is_so() -> None:
    parts = re.findall(r"(?m)^(Dropped|Refused)[^\n]*", COLUMNS)
    assert parts == ["Dropped", "Refused"]
    for line in COLUMNS.splitlines():
        fate = Fate.DROPPED if line.startswith("Dropped") else Fate.REFUSED
        if line.startswith(("Dropped", "Refused")):
            for name in re.findall(r"`([A-Za-z_-]+)`", line):
                assert row_type(name).fate is fate, name
