"""`survey check`, `survey import` and `survey export` on a real installation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey_service.cli import main
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.reading import read_workbook

FORM = """
| survey |
| | type | name | label::English (en) |
| | integer | a | {question} |
| settings |
| | form_id | version |
| | My Survey! | {version} |
"""


def form(folder: Path, question: str = "How many?", version: str = "1") -> str:
    """Return the path of a small form."""
    path = folder / "form.md"
    path.write_text(FORM.format(question=question, version=version), encoding="utf-8")
    return str(path)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EQUALITY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EQUALITY_KEYS_DIR", str(tmp_path / "keys"))
    run("init")
    return tmp_path


def run(*words: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, list(words))


def test_checking_reports_and_stores_nothing(office: Path) -> None:
    done = run("survey", "check", form(office), "--all")
    assert done.exit_code == 0, done.output
    assert "accepted  survey, row 4: question a (integer)" in done.output
    assert run("wave", "list").output == ""


def test_a_refused_file_is_stored_by_no_half(office: Path) -> None:
    path = form(office, "You said ${a}")
    for command in ("check", "import"):
        done = run("survey", command, path)
        assert done.exit_code == 1
        assert "refused   survey, row 4, label (en)" in done.output
    assert run("wave", "list").output == ""


def test_an_imported_questionnaire_becomes_a_wave_in_draft(office: Path) -> None:
    done = run("survey", "import", form(office), "--planned-sample", "50")
    assert done.exit_code == 0, done.output
    wave = done.output.splitlines()[-1]
    assert run("wave", "list").output == f"{wave} my-survey 1 draft\n"
    refused = run("wave", "open", wave)
    assert refused.exit_code == 1, "warnings are answered for"
    assert "--reason" in refused.output
    assert "warning no_indicators" in run("wave", "check", wave).output
    opened = run("wave", "open", wave, "--reason", "A trial among ourselves.")
    assert opened.output == "open\n"
    assert run("wave", "archive", wave).exit_code == 1, "only what is closed"
    assert run("wave", "close", wave).output == "closed\n"
    assert run("wave", "archive", wave).output == "archived\n"


def test_another_content_needs_another_version(office: Path) -> None:
    run("survey", "import", form(office))
    assert run("survey", "import", form(office)).exit_code == 0
    done = run("survey", "import", form(office, "How many now?"))
    assert done.exit_code == 1
    assert "next version number" in done.output
    assert run("survey", "import", form(office, "How many now?", "2")).exit_code == 0
    assert len(run("wave", "list").output.splitlines()) == 3


def test_the_report_can_be_read_by_a_programme(office: Path) -> None:
    found = json.loads(run("survey", "check", form(office), "--json").output)
    assert found[0].keys() == {"outcome", "sheet", "row", "column", "message", "remedy"}


def test_no_text_of_the_file_can_break_a_line_of_the_report(office: Path) -> None:
    path = office / "form.md"
    path.write_text(
        "| survey |\n| | type | name |\n| | \x1b[31m\\nrefused | a |\n", encoding="utf-8"
    )
    output = run("survey", "check", str(path)).output
    assert "\x1b" not in output
    assert len(output.splitlines()) == 4


@pytest.mark.parametrize("name", ["core.xlsx", "core.md"])
def test_the_core_questionnaire_can_be_written_out(tmp_path: Path, name: str) -> None:
    done = run("survey", "export", str(tmp_path / name))
    assert done.exit_code == 0, done.output
    rows = read_workbook((tmp_path / name).read_bytes())["survey"].rows
    assert len(rows) > len(load().questionnaire.questions)


def test_another_ending_is_bad_usage(tmp_path: Path) -> None:
    assert run("survey", "export", str(tmp_path / "core.doc")).exit_code == 2
