"""The report on a file speaks the language of the page."""

from __future__ import annotations

import ast
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
SAYING = {"refuse", "warn", "drop", "_refuse", "Unreadable", "ExpressionRefused"}
MOST_UNTRANSLATED = 0.25
"""Rare sentences about expressions stay in English, marked as such."""


def sentences() -> Iterator[str]:
    """Every sentence of a report, as the source has it, places filled with an x."""
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            for given in node.args if name in SAYING else ():
                if isinstance(given, ast.JoinedStr):
                    yield "".join(str(p.value) if isinstance(p, ast.Constant) else "x"
                                  for p in given.values)  # fmt: skip
                elif isinstance(given, ast.Constant) and " " in str(given.value):
                    yield str(given.value)


def test_most_of_what_a_report_can_say_has_words() -> None:
    said = {text if text.endswith((".", "?")) else f"{text}." for text in sentences()}
    lacking = sorted(text for text in said if known(text) is None)
    assert len(said) > 100
    assert len(lacking) < MOST_UNTRANSLATED * len(said), lacking


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
