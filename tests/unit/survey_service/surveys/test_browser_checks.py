"""The limit that an earlier answer sets: page and server draw it at the same number."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from pydantic import TypeAdapter

from schemas.expression import Expression
from schemas.questionnaire import Question
from survey_service.surveys.browser_checks import checks_of, earlier_of
from survey_service.surveys.conditions import compile_check
from survey_service.surveys.core import load
from survey_service.surveys.reading import InvalidAnswer, read_answer
from survey_service.web.translation import translator

TREE: TypeAdapter[Any] = TypeAdapter(Expression)
SAY = translator("en")
BY_ID = {question.id: question for question in load().questionnaire.questions}
LIMITED = [question for question in BY_ID.values() if question.ceiling is not None]


def _page(question: Question) -> list[tuple[str, Any]]:
    told = checks_of(question, "en", SAY)
    assert told is not None
    return [(check["field"], compile_check(TREE.validate_python(check["test"])))
            for check in told["checks"]]  # fmt: skip


@pytest.mark.parametrize("question", LIMITED, ids=lambda question: question.id)
def test_the_page_refuses_exactly_the_numbers_that_the_server_refuses(question: Question) -> None:
    assert question.ceiling is not None
    earlier_states: list[Any] = [{"state": "answered", "value": n} for n in (0, 1, 2, 7)]
    earlier_states += [{"state": "refused", "value": None}, None]
    fields = [part.name for part in question.parts] or ["value"]
    checks = [check for check in _page(question) if check[0] == fields[0]]
    for said, typed in product(earlier_states, range(-1, 25)):
        answers = {} if said is None else {question.ceiling.question: said}
        posted = {fields[0]: [str(typed)], **{name: ["0"] for name in fields[1:]}}
        try:
            read_answer(question, (), posted, answers)
            server = True
        except InvalidAnswer:
            server = False
        page = all(test(answers, typed) is not False for _, test in checks)
        assert page == server, (said, typed)


def test_the_number_comes_with_the_page_unless_a_helper_must_not_know_it() -> None:
    question = LIMITED[0].model_copy(update={"helper": True})
    assert question.ceiling is not None
    source = BY_ID[question.ceiling.question]
    live: Any = {source.id: {"state": "answered", "value": 4}, "A1": {"state": "refused"}}
    told = {**BY_ID, source.id: source.model_copy(update={"helper": True})}
    assert earlier_of(question, told, live) == {source.id: live[source.id]}
    hidden = {**BY_ID, source.id: source.model_copy(update={"helper": False})}
    assert earlier_of(question, hidden, live) == {}
