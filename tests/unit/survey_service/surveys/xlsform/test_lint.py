"""What a coordinator is told before a wave opens."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.questionnaire import Questionnaire
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.lint import Concern, lint, remarks

CORE = load()
PLAIN: dict[str, Any] = {
    "id": "q",
    "kind": "text",
    "section": "s",
    "title": {"en": "t"},
    "text": {"en": "What do you think?"},
    "max_length": 100,
    "releasable": False,
    "privacy_role": "plain",
    "gdpr_category": "none",
    "purpose": "participation",
    "helper": False,
    "indicators": ["X"],
}
COUNT = {"kind": "integer", "minimum": 0, "maximum": 9, "releasable": True, "max_length": None}


def warned(**changed: Any) -> list[str]:
    """Return what is said of a questionnaire with one question."""
    made = Questionnaire.model_validate(
        {
            "id": "f",
            "version": 1,
            "reference_day": "2026-01-01",
            "languages": ["en"],
            "title": {"en": "T"},
            "sections": [{"id": "s", "title": {"en": "S"}}],
            "questions": [PLAIN | changed],
        }
    )
    return [finding.message for finding in lint(made, CORE.hierarchies)]


def test_a_question_that_is_well_made_gets_no_warning() -> None:
    assert warned() == []
    assert warned(**COUNT, generalise="age", privacy_role="quasi_identifier") == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": {"en": "What is your full name?"}}, "vault"),
        ({"text": {"en": "Your phone number?"}}, "vault"),
        ({"text": {"en": "Tell us.", "lv": "Kāds ir Jūsu vārds un uzvārds?"}}, "vault"),
        ({"text": {"en": "Tell us.", "ru": "Ваш номер телефона?"}}, "vault"),
        ({"hint": {"en": "Name and address"}}, "who somebody is"),
        ({"id": "email"}, "vault"),
        ({"text": {"en": "What is your religion?"}}, "special-category"),
        ({"text": {"en": "Tell us.", "lv": "Kāda ir Jūsu etniskā piederība?"}}, "special-category"),
        ({**COUNT, "privacy_role": "quasi_identifier"}, "no hierarchy"),
        ({**COUNT, "generalise": "nonsense"}, "no hierarchy 'nonsense'"),
        ({"text": {"en": "word " * 21 + "."}}, "21 words"),
        ({"hint": {"en": "word " * 30}}, "30 words"),
        ({"id": "consent"}, "vault"),
        ({"indicators": []}, "indicator"),
    ],
)
def test_a_question_that_costs_trust_or_time_is_pointed_out(
    changed: dict[str, Any], message: str
) -> None:
    found = warned(**changed)
    assert len(found) == 1, found
    assert message in found[0]


def test_sentences_of_twenty_words_are_short_enough_and_links_do_not_count() -> None:
    assert (
        warned(text={"en": "word " * 20 + ". " + "word " * 20 + "? https://example.org/a/b"}) == []
    )


def test_a_question_no_indicator_uses_is_named_where_others_have_one() -> None:
    unused = {f.place.column for f in lint(CORE.questionnaire, CORE.hierarchies)}
    assert {"B5", "D3"} <= unused
    assert not unused & {"B1", "B3", "D2", "C1"}


def test_what_blocks_opening_is_told_from_what_a_person_decides() -> None:
    made = CORE.questionnaire.model_copy(update={"languages": ("lv", "en", "ru", "de")})
    found = remarks(made, CORE.hierarchies)
    lacking = [r for r in found if r.concern is Concern.UNTRANSLATED]
    assert all(r.blocks and r.language == "de" for r in lacking)
    assert {r.question for r in lacking} >= {"title", *(q.id for q in made.questions)}
    assert not [r for r in remarks(CORE.questionnaire, CORE.hierarchies) if r.blocks]


def test_romani_waits_for_native_readers_and_blocks_nothing() -> None:
    made = CORE.questionnaire.model_copy(update={"languages": ("lv", "en", "ru", "rom")})
    assert not [r for r in remarks(made, CORE.hierarchies) if r.blocks]
