"""The commands of the how-to on tables do what the page says, on the files it names."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from anonymisation.cli import main

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "protect-a-table.md"
FOLDERS = ("tests/data/adult", "tests/data/domain", "docs/how-to/examples")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in FOLDERS:
        for file in (ROOT / folder).iterdir():
            if file.is_file():
                shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown() -> list[tuple[list[str], str | None]]:
    """Each command of the page, and what the page says it prints."""
    text = PAGE.read_text(encoding="utf-8")
    found: list[tuple[list[str], str | None]] = []
    for kind, block in re.findall(r"```(sh|text)\n(.*?)```", text, re.DOTALL):
        if kind == "text":
            found[-1] = (found[-1][0], block)
            continue
        lines = block.replace("\\\n", " ").splitlines()
        found += [(shlex.split(line), None) for line in lines if line.strip()]
    return found


def test_every_command_of_the_page_works_in_its_order(here: Path) -> None:
    codes = {}
    for (program, *arguments), said in shown():
        assert program == "anonymise"
        done = CliRunner().invoke(main, arguments)
        codes.setdefault(arguments[0], set()).add(done.exit_code)
        if said is not None:
            assert done.output == said
        if arguments[0] == "check":
            assert "safe: True" in done.output
    assert codes == {"table": {0}, "check": {0}, "redesign": {0}, "attack": {1}}
    assert {p.name for p in here.iterdir() if p.is_dir()} == {"adult", "later", "latvia"}


def test_the_table_of_rules_names_every_field_that_matters_here() -> None:
    from schemas.policy import Policy

    rows = re.findall(r"^\| (`.+?`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named <= set(Policy.model_fields)
    assert set(Policy.model_fields) - named <= {"cost", "method"}
