"""Synthetic respondents: the same for the same seed, and only what a browser could post."""

from __future__ import annotations

from schemas.questionnaire import GdprCategory
from schemas.response import AnswerDict
from survey_service.demo.population import SyntheticRespondent, synthetic_respondents
from survey_service.surveys.core import load

FORM = load().form
PEOPLE = list(synthetic_respondents(300, seed=7))


def answers_of(person: SyntheticRespondent) -> dict[str, AnswerDict]:
    answers: dict[str, AnswerDict] = {}
    for qid, fields in person.posted.items():
        answers[qid] = FORM.read(qid, fields, answers)
    return answers


def granted(person: SyntheticRespondent) -> frozenset[str]:
    return frozenset(purpose for purpose, yes in person.decisions.items() if yes)


def test_the_seed_decides_everything() -> None:
    assert list(synthetic_respondents(40, seed=7)) == PEOPLE[:40]
    assert list(synthetic_respondents(40, seed=8)) != PEOPLE[:40]


def test_everything_posted_is_a_valid_answer_along_the_route() -> None:
    for person in PEOPLE:
        answers = answers_of(person)
        assert FORM.route(answers, granted(person)) == list(person.posted)
        assert not FORM.ends(answers)


def test_who_refuses_the_block_is_asked_nothing_of_it() -> None:
    without = [person for person in PEOPLE if not person.decisions["ethnic_health"]]
    assert without
    for person in without:
        for qid in person.posted:
            assert FORM.by_id[qid].gdpr_category is GdprCategory.NONE


def test_every_state_language_and_decision_occurs() -> None:
    states = {answer["state"] for person in PEOPLE for answer in answers_of(person).values()}
    assert states == {"answered", "refused", "dont_know", "missing"}
    assert {person.language for person in PEOPLE} == {"lv", "ru", "en", "rom"}
    for purpose in ("ethnic_health", "research_reuse", "contact"):
        assert {person.decisions[purpose] for person in PEOPLE} == {True, False}


def test_a_contact_is_there_exactly_where_it_was_agreed_to() -> None:
    for person in PEOPLE:
        assert (person.contact is not None) == person.decisions["contact"]
        if person.contact is not None:
            assert (person.contact.email or "").endswith("@example.org")


def test_places_are_those_of_the_register() -> None:
    roma = {row.code: row.roma for row in load().register}
    places = [answers_of(person)["B1"]["value"] for person in PEOPLE]
    assert all(roma[str(place)] > 0 for place in places if place is not None)
