"""Our own icons: well formed, harmless, beside words and never for them."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from schemas.questionnaire import Option, Questionnaire
from schemas.texts import Texts
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.findings import Outcome
from survey_service.surveys.xlsform.importing import Imported, import_workbook
from survey_service.web.icons import DRAWINGS, FOR_OPTIONS
from survey_service.web.rendering import environment

FORM = """
| survey |
| | type | name | label::English (en) |
| | select_one l | a | Are you well? |
| choices |
| | list_name | name | label::English (en) | icon |
| | l | yes | Yes | {icon} |
| | l | no | No | no |
"""


def imported(icon: str) -> Imported:
    """Return what importing a form with this icon gives."""
    core = load()
    return import_workbook(
        FORM.format(icon=icon).encode(),
        code_lists={},
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_an_icon_is_lines_and_nothing_that_could_act_or_fetch(name: str) -> None:
    drawing = ET.fromstring(f"<svg>{DRAWINGS[name]}</svg>")
    assert {part.tag for part in drawing.iter()} <= {"svg", "path", "circle", "rect"}
    assert not re.search(r"on\w+=|href|style|fill|stroke", DRAWINGS[name])
    shown = environment("lv").from_string(
        '{% import "macros.html" as ui %}{{ ui.icon(name) }}'
    ).render(name=name)  # fmt: skip
    assert 'aria-hidden="true"' in shown
    assert DRAWINGS[name] in shown


def test_an_unknown_icon_is_refused_with_the_list_of_those_there_are() -> None:
    found = imported("skull")
    assert found.questionnaire is None
    (refusal,) = [f for f in found.findings if f.outcome is Outcome.REFUSED]
    assert str(refusal.place) == "choices, row 7, icon"
    assert "'skull'" in refusal.message
    assert all(name in refusal.remedy for name in FOR_OPTIONS)


def test_an_option_without_an_icon_has_the_document_it_always_had() -> None:
    option = Option(code="a", text=Texts({"en": "A"}))
    assert "icon" not in option.model_dump(mode="json")
    assert Option.model_validate(option.model_dump()) == option
    made: Questionnaire | None = imported("yes").questionnaire
    assert made is not None
    assert [o.icon for o in made.questions[0].options] == ["yes", "no"]
    assert Questionnaire.model_validate_json(made.model_dump_json()) == made


def test_the_core_questionnaire_names_only_icons_there_are() -> None:
    options = [o for q in load().questionnaire.questions for o in q.options if o.icon]
    assert len(options) > 20
    assert {option.icon for option in options} <= FOR_OPTIONS.keys()
