"""Models of questionnaires, notices, code lists, consent and answers refuse what cannot be."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.canonical import canonical_json, digest
from schemas.codelist import CodeHierarchy, CodeList
from schemas.consent import ConsentRecord, Contact, Decision
from schemas.notice import Notice, PurposeId
from schemas.questionnaire import Question, Questionnaire
from schemas.response import Answer
from schemas.texts import Texts
from survey_service.surveys.core import load

WORDS = {"lv": "vārds", "en": "word"}
YES = {"code": "yes", "text": WORDS}


def question(**changes: Any) -> dict[str, Any]:
    return {
        "id": "Q1", "kind": "single", "section": "S", "title": WORDS, "text": WORDS,
        "options": [YES, {"code": "no", "text": WORDS}], "privacy_role": "plain",
        "gdpr_category": "none", "purpose": "participation", "helper": True, **changes,
    }  # fmt: skip


def questionnaire(*questions: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "T", "version": 1, "reference_day": "2026-01-01", "languages": ["lv", "en"],
        "title": WORDS, "sections": [{"id": "S", "title": WORDS}], "questions": questions,
    }  # fmt: skip


def looks_at(qid: str) -> dict[str, Any]:
    return {"node": "comparison", "item": {"question": qid}, "operator": "==", "value": "yes"}


def nested(levels: int) -> dict[str, Any]:
    tree = looks_at("Q0")
    for _ in range(levels):
        tree = {"node": "not", "term": tree}
    return tree


@pytest.mark.parametrize(
    "changes",
    [
        {"options": []},
        {"options": [YES, YES]},
        {"kind": "integer"},
        {"kind": "text", "options": [], "max_length": 60},  # own words are never releasable
        {"kind": "group", "options": []},
        {"kind": "code"},
        {"gdpr_category": "article_9"},  # special categories need their own consent
        {"purpose": "ethnic_health"},
        {"purpose": "contact"},
        {"id": "Q 1"},
        {"unknown": 1},
        {"relevant": {"node": "eval", "code": "1"}},
        {"relevant": nested(13)},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(changes: dict[str, Any]) -> None:
    Question.model_validate(question())
    with pytest.raises(ValidationError):
        Question.model_validate(question(**changes))


@pytest.mark.parametrize(
    "questions",
    [
        [question(), question()],
        [question(section="X")],
        [question(relevant=looks_at("Q1"))],
        [question(relevant=looks_at("Q2")), question(id="Q2")],
        [question(options_from="Q9")],
    ],
)
def test_questions_are_named_once_and_look_only_backwards(questions: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Questionnaire.model_validate(questionnaire(*questions))


def test_words_fall_back_visibly() -> None:
    texts = Texts(WORDS)
    assert texts.said_in("en") == ("word", "en")
    assert texts.said_in("rom") == ("vārds", "lv")
    assert Texts({"lt": "žodis"}).said_in("rom") == ("žodis", "lt")
    assert texts.missing(("lv", "ru", "en")) == ("ru",)
    with pytest.raises(ValidationError):
        Texts({"lv": ""})


def test_equal_values_have_equal_bytes() -> None:
    assert canonical_json({"b": 1, "a": "ā"}) == '{"a":"ā","b":1}'.encode()
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_changing_one_letter_of_the_notice_changes_its_hash() -> None:
    notice = load().notice
    again = Notice.model_validate_json(notice.model_dump_json())
    assert again.hash == notice.hash
    data = notice.model_dump(mode="json")
    data["full"]["ru"] += "."
    assert Notice.model_validate(data).hash != notice.hash
    assert notice.full_in("rom").language == "lv"
    assert [p.id for p in notice.purposes if p.mandatory] == [PurposeId.PARTICIPATION]


def test_a_code_list_names_each_code_once_and_only_known_successors() -> None:
    code = {"code": "1", "text": WORDS}
    head = {"id": "l", "version": 1, "title": WORDS, "source": "own"}
    with pytest.raises(ValidationError):
        CodeList.model_validate({**head, "codes": [code, code]})
    with pytest.raises(ValidationError):
        CodeList.model_validate({**head, "codes": [{**code, "successor": "2"}]})


@pytest.mark.parametrize(
    "rows",
    [
        [("1", "a", "*"), ("1", "b", "*")],
        [("1", "a", "*"), ("2", "a", "all")],
        [("1", "a")],
        [("1", "a", "x", "*"), ("2", "a", "y", "*")],
    ],
)
def test_a_hierarchy_gives_each_value_one_parent_and_ends_in_a_star(
    rows: list[tuple[str, ...]],
) -> None:
    levels = [{"id": str(n), "title": WORDS} for n in range(max(map(len, rows)))]
    with pytest.raises(ValidationError):
        CodeHierarchy.model_validate({"id": "h", "levels": levels, "rows": rows, "texts": {}})


def test_a_consent_record_knows_what_was_granted_and_nothing_else() -> None:
    yes = Decision(purpose=PurposeId.PARTICIPATION, granted=True)
    no = Decision(purpose=PurposeId.CONTACT, granted=False)
    record = ConsentRecord(
        survey="roma-2026", notice_hash="0" * 64, decisions=(yes, no), day=date(2026, 2, 1)
    )
    assert record.granted == {"participation"}
    assert set(ConsentRecord.model_fields) == {
        "survey", "notice_hash", "decisions", "day", "receipt_commitment",
    }  # fmt: skip
    with pytest.raises(ValidationError):
        ConsentRecord(survey="s", notice_hash="0" * 64, decisions=(yes, yes), day=date.today())  # noqa: DTZ011


@pytest.mark.parametrize(
    "contact",
    [{}, {"name": "A"}, {"email": "no address"}, {"phone": "call me"}, {"email": "a@b.c" * 99}],
)
def test_a_contact_that_reaches_nobody_is_refused(contact: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Contact.model_validate(contact)


def test_an_answer_has_a_value_exactly_where_it_is_answered() -> None:
    assert Answer.model_validate({"state": "refused", "value": None}).as_dict()["value"] is None
    for wrong in (
        {"state": "answered", "value": None},
        {"state": "refused", "value": "1"},
        {"state": "answered", "value": True},
        {"state": "answered", "value": 1.5},
    ):
        with pytest.raises(ValidationError):
            Answer.model_validate(wrong)
