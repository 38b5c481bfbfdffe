"""What changed between two versions is named once, with what stood there and what stands now."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.questionnaire import Questionnaire
from schemas.texts import Texts
from survey_service.surveys.core import load
from survey_service.surveys.differences import Change, Kind, differences

CORE = load().questionnaire


def with_question(qid: str, **changed: Any) -> Questionnaire:
    """The core questionnaire with fields of one question changed."""
    questions = tuple(q.model_copy(update=changed) if q.id == qid else q for q in CORE.questions)
    return CORE.model_copy(update={"questions": questions})


def test_equal_versions_differ_in_nothing() -> None:
    again = Questionnaire.model_validate_json(CORE.model_dump_json())
    assert differences(CORE, again) == ()


@pytest.mark.parametrize(
    ("qid", "changed", "expected"),
    [
        ("B4", {"helper": False}, ("helper", "yes", "no")),
        ("B4", {"release_level": 1}, ("release_level", "0", "1")),
        ("B4", {"generalise": None}, ("generalise", "sex", None)),
        ("B9", {"purpose": "ethnic_health"}, ("purpose", "participation", "ethnic_health")),
        ("H6", {"maximum": 7}, ("maximum", "10", "7")),
    ],
)
def test_a_changed_field_is_named_with_both_values(
    qid: str, changed: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    found = differences(CORE, with_question(qid, **changed))
    assert [(c.of, c.field, c.before, c.after) for c in found] == [(qid, *expected)]


def test_words_are_compared_language_by_language() -> None:
    text = next(q for q in CORE.questions if q.id == "B4").text
    new = Texts({**text.root, "ru": "Иначе"})
    (found,) = differences(CORE, with_question("B4", text=new))
    assert found == Change(Kind.CHANGED, "B4", "text (ru)", text.root["ru"], "Иначе")


def test_choices_are_compared_code_by_code() -> None:
    options = next(q for q in CORE.questions if q.id == "D1").options
    renamed = options[1].model_copy(update={"text": Texts({**options[1].text.root, "en": "New"})})
    found = differences(CORE, with_question("D1", options=(renamed, *options[2:])))
    kinds = {(c.kind, c.field) for c in found}
    assert (Kind.REMOVED, f"options.{options[0].code}") in kinds
    assert (Kind.CHANGED, f"options.{options[1].code}.text (en)") in kinds
    assert len(found) == 2


def test_questions_that_came_went_or_moved_are_told_apart() -> None:
    first, second, *rest = CORE.questions
    new = first.model_copy(update={"id": "A9"})
    changed = CORE.model_copy(update={"questions": (new, *rest, second)})
    found = {(c.kind, c.of) for c in differences(CORE, changed)}
    assert found == {(Kind.REMOVED, first.id), (Kind.ADDED, "A9"), (Kind.MOVED, second.id)}


def test_a_condition_and_a_pinned_list_that_changed_are_named() -> None:
    relevant = next(q for q in CORE.questions if q.id == "C3").relevant
    (found,) = differences(CORE, with_question("B10", relevant=relevant))
    assert (found.of, found.field, found.kind) == ("B10", "relevant", Kind.CHANGED)
    assert found.before == "${B9} > 1"
    (pinned,) = differences(CORE, CORE, ({"lv_municipalities": "a"}, {"lv_municipalities": "b"}))
    assert (pinned.field, pinned.before, pinned.after) == ("code_lists.lv_municipalities", "a", "b")
