"""The way through the core questionnaire."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.questionnaire import GdprCategory, Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from tests.kit.every_type import every_type

FORM = load().form
ALL = frozenset({"participation", "ethnic_health"})
WITHOUT_BLOCK = frozenset({"participation", "research_reuse", "contact"})
SPECIAL = {q.id for q in FORM.questions if q.gdpr_category is not GdprCategory.NONE}


def answered(**values: Any) -> dict[str, AnswerDict]:
    return {qid: {"state": "answered", "value": value} for qid, value in values.items()}


def test_nothing_is_asked_of_who_does_not_take_part() -> None:
    assert FORM.route({}, frozenset()) == []
    assert FORM.route({}, frozenset({"ethnic_health"})) == []
    assert FORM.following(None, {}, frozenset()) is None


def test_refusing_the_block_skips_exactly_its_questions() -> None:
    answers = answered(
        B5=["other"], B9=5, B11=2, C4={"children_7_to_15": 1, "attending": 1}, D1="3", H1=["job"],
        H2=["job"],
    )  # fmt: skip
    with_block = FORM.route(answers, ALL)
    without = FORM.route(answers, WITHOUT_BLOCK)
    assert set(with_block) == {q.id for q in FORM.questions}
    assert set(with_block) - set(without) == SPECIAL
    assert [q for q in with_block if q in without] == without
    assert {"B5", "B6", "B7", "C5", "E1", "E2", "E3", "E4", "H2", "H3", "H4"} == SPECIAL


def test_questions_follow_their_conditions() -> None:
    assert "B6" not in FORM.route(answered(B5=["rom"]), ALL)
    assert "B6" in FORM.route(answered(B5=["other"]), ALL)
    assert "B10" not in FORM.route(answered(B9=1), ALL)
    assert "B10" in FORM.route(answered(B9=2), ALL)
    assert "D2" not in FORM.route(answered(D1="1"), ALL)
    assert "D2" in FORM.route(answered(D1="4"), ALL)
    assert "H2" not in FORM.route(answered(H1=["none"]), ALL)
    assert "H3" not in FORM.route(answered(H1=["job"], H2=["none"]), ALL)


def test_a_refused_answer_asks_nothing_that_depends_on_it() -> None:
    refused: dict[str, AnswerDict] = {"D1": {"state": "refused", "value": None}}
    assert "D2" not in FORM.route(refused, ALL)


def test_an_answer_off_the_route_no_longer_counts() -> None:
    # C4 was answered while there were children; then the household became one person.
    answers = answered(B9=1, B11=2, C4={"children_7_to_15": 1, "attending": 1})
    route = FORM.route(answers, ALL)
    assert not {"B11", "C4", "C5"} & set(route)


def test_being_too_young_ends_the_survey() -> None:
    young = answered(B3=15)
    assert FORM.ends(young)
    assert FORM.route(young, ALL)[-1] == "B3"
    assert FORM.following("B3", young, ALL) is None
    assert not FORM.ends(answered(B3=16))
    assert not FORM.ends({"B3": {"state": "refused", "value": None}})


def test_following_and_preceding_are_each_others_way_back() -> None:
    route = FORM.route({}, ALL)
    assert FORM.following(None, {}, ALL) == route[0]
    for before, after in pairwise(route):
        assert FORM.following(before, {}, ALL) == after
        assert FORM.preceding(after, {}, ALL) == before
    assert FORM.following(route[-1], {}, ALL) is None
    assert FORM.preceding(route[0], {}, ALL) is None


def test_a_question_that_left_the_route_still_has_neighbours_on_it() -> None:
    assert FORM.following("B6", {}, ALL) == "B7"
    assert FORM.preceding("B6", {}, ALL) == "B5"


def test_a_resumed_form_goes_on_at_the_first_question_without_an_answer() -> None:
    answers: dict[str, AnswerDict] = {"A4": {"state": "missing", "value": None}, **answered(B2="1")}
    assert FORM.first_open(answers, ALL) == "B1"
    assert FORM.place("B1", answers, ALL)[0] == 2


@st.composite
def some_answer(draw: st.DrawFn, question: Question) -> AnswerDict:
    state = draw(st.sampled_from(["answered"] * 5 + ["refused", "dont_know", "missing"]))
    value: Any = None
    if state == "answered":
        codes = [option.code for option in FORM.options_for(question.id)]
        if question.kind is QuestionKind.MULTI:
            value = draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))
        elif question.kind is QuestionKind.INTEGER:
            value = draw(st.integers(question.minimum or 0, question.maximum or 0))
        elif question.kind is QuestionKind.GROUP:
            value = {part.name: draw(st.integers(0, 20)) for part in question.parts}
        else:
            value = "words" if question.kind is QuestionKind.TEXT else draw(st.sampled_from(codes))
    return {"state": state, "value": value}


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([ALL, WITHOUT_BLOCK]))
def test_any_way_through_ends_and_asks_each_question_at_most_once(
    data: st.DataObject, purposes: frozenset[str]
) -> None:
    answers: dict[str, AnswerDict] = {}
    seen: list[str] = []
    qid = FORM.following(None, answers, purposes)
    while qid is not None:
        assert qid not in seen
        seen.append(qid)
        answers[qid] = data.draw(some_answer(FORM.by_id[qid]))
        qid = FORM.following(qid, answers, purposes)
    assert seen == FORM.route(answers, purposes)
    if FORM.ends(answers):
        return
    record = FORM.settle_record(answers, purposes, interview_language="lv")
    row = FORM.coded(record)
    assert set(row) == set(FORM.variable)
    for name, value in row.items():
        codes = {code.code for code in FORM.variable[name].codes}
        assert value in codes | {"answered", "refused", "dont_know", "missing", "not_asked"}


def test_whether_one_question_is_asked_does_not_need_the_whole_route() -> None:
    chance = random.Random(7)
    core = load()
    every = CompiledForm.compile(every_type(), core.code_lists, core.parameters)
    purposes = frozenset({"participation", "ethnic_health"})
    for form in (core.form, every):
        places = {question.id: place for place, question in enumerate(form.questions)}
        for _ in range(40):
            answers: dict[str, AnswerDict] = {}
            for question in form.questions:
                codes = [option.code for option in form.options_for(question.id)]
                number = chance.randint(0, 70)
                value: Any = chance.choice(codes) if codes else number
                if "yes" in codes and chance.random() < 0.7:
                    value = "yes"
                value = [value] if question.kind == "multi" else value
                if question.kind not in ("group", "date") and chance.random() < 0.8:
                    answers[question.id] = {"state": "answered", "value": value}
            route, live = form.walk(answers, purposes)
            for question in form.questions:
                qid = question.id
                asked, near = form.walk_to(qid, answers, purposes)
                assert (qid in asked) == (qid in route), qid
                assert near.get(qid) == live.get(qid)
                part, _ = form.walk_to(qid, answers, purposes, section=True)
                rest = [q for q in route if places[q] >= places[qid]]
                here = {q.id for q in form.questions if q.section == question.section}
                assert [q for q in part if places[q] >= places[qid] and q in here] == [
                    q for q in rest if q in here
                ]
                after = form.following(qid, answers, purposes)
                assert after == next((q for q in route if places[q] > places[qid]), None)
                before = form.preceding(qid, answers, purposes)
                assert before == next((q for q in reversed(route) if places[q] < places[qid]), None)
