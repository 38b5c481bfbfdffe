"""The report on a file speaks the language of the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from survey_service.surveys import xlsform
from survey_service.surveys.core import load
from survey_service.surveys.finding_words import finding_in, known
from survey_service.surveys.xlsform.findings import as_plain
from survey_service.surveys.xlsform.importing import import_workbook
from tests.unit.survey_service.surveys.coordinating import small

SOURCE = Path(xlsform.__file__).parent
SAYING = {"refuse", "warn", "drop", "accept", "_refuse", "Unreadable", "ExpressionRefused"}
ELSEWHERE = {"lint.py", "commands.py"}
"""Lint has words of its own; commands speak English."""
KEPT_AS_READ = re.compile(r"\A[A-Z'][^|\\<]* [^|\\<]*[.?]\Z")
"""Sentences that stand in tables and constants, not in the calls themselves; patterns are none."""


def said_by(node: ast.expr) -> Iterator[str]:
    """Every text that an argument can be, places filled with an x."""
    match node:
        case ast.JoinedStr(values=parts):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "x" for p in parts)
        case ast.Constant(value=str(text)) if " " in text:
            yield text
        case ast.IfExp(body=body, orelse=otherwise):
            yield from said_by(body)
            yield from said_by(otherwise)


def sentences() -> Iterator[str]:
    """Every sentence of a report, as the source has it."""
    for path in SOURCE.glob("*.py"):
        if path.name in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = {part for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for part in n.values}
        unsaid = {n.value for n in ast.walk(tree) if isinstance(n, ast.Expr)} | parts
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                for given in node.args if name in SAYING else ():
                    yield from said_by(given)
                if name == "lose":
                    yield from (f"'x' {why}." for why in said_by(node.args[1]))
            elif isinstance(node, ast.Constant) and node not in unsaid:
                yield from KEPT_AS_READ.findall(str(node.value))


def test_whatever_a_report_can_say_has_words() -> None:
    said = set(sentences()) - {"'x' x"}  # a name and why it is gone: those are looked at apiece
    lacking = sorted(t for t in said if not known(t) and not known(t.rstrip(".") + "."))
    assert len(said) > 200
    assert not lacking, "words for finding_words.py and findings.po"


@pytest.mark.parametrize(
    ("language", "word"), [("lv", "netiek pieņemts"), ("ru", "не принимается")]
)
def test_a_report_is_said_in_the_language_of_the_page(language: str, word: str) -> None:
    refused = finding_in("The type 'geopoint' is not taken.", language)
    assert word in refused
    assert "geopoint" in refused


def test_what_a_file_holds_is_text_in_every_language() -> None:
    attack = "<b>'%(x)s</b>"
    assert finding_in(f"The type '{attack}' is not taken.", "lv").count("<") == 0
    unknown = finding_in(f"Nobody foresaw {attack}", "ru")
    assert unknown.startswith('<span lang="en">')
    assert "<b>" not in unknown


def test_a_usual_report_has_no_english_left() -> None:
    bad = small(**{"select_one yesno |": "geopoint         |", "begin_group ": "start "})
    core = load()
    found = import_workbook(
        bad,
        code_lists=core.code_lists,
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )
    assert len(found.findings) > 3
    for finding in as_plain(found.findings):
        for text in (str(finding["message"]), str(finding["remedy"])):
            assert "lang=" not in finding_in(text, "lv"), text
