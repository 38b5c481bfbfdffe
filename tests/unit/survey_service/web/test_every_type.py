"""Every type of question on its page: shown, read without JavaScript, stored, shown again."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.questionnaire import QuestionKind
from schemas.response import AnswerDict
from survey_service.collection.code import Code
from survey_service.stores.stores import Stores
from survey_service.surveys.browser_checks import earlier_of
from survey_service.surveys.waves import Wave
from tests.kit.every_type import every_type
from tests.kit.field import SLUG, Field
from tests.unit.survey_service.web.respondent import START, Respondent, respondent_on

LIVES_WITH = {"value": "yes", "go": "next"}


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    """The rooms from the form to the stores."""
    return Field(sqlite_stores, tmp_path)


@pytest.fixture
def wave(field: Field) -> Wave:
    """A wave of a questionnaire with every type."""
    return field.open_wave(questionnaire=every_type())


@pytest.fixture
def new_inside(field: Field, wave: Wave) -> Callable[[], Respondent]:
    """Another person who has said yes to everything but contact."""

    def begun() -> Respondent:
        respondent = respondent_on(field)
        respondent.consent()
        return respondent

    return begun


@pytest.fixture
def inside(new_inside: Callable[[], Respondent]) -> Respondent:
    """Somebody who has said yes to everything but contact."""
    return new_inside()


def shown(respondent: Respondent, qid: str, language: str = "en") -> str:
    answer = respondent.get(f"{language}/q/{qid}")
    assert answer.status_code == 200, answer.headers.get("location")
    return answer.text


def goes_to(respondent: Respondent, qid: str, posted: dict[str, Any]) -> str:
    answer = respondent.post(f"en/q/{qid}", {"go": "next", **posted})
    assert answer.status_code == 303, re.findall(r'field-error".*?</p>', answer.text, re.DOTALL)
    return answer.headers["location"].removeprefix(f"{START}/en/").removeprefix("q/")


def refused(
    respondent: Respondent, qid: str, posted: dict[str, Any], field: str, language: str = "en"
) -> str:
    answer = respondent.post(f"{language}/q/{qid}", {"go": "next", **posted})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    return answer.text


def codes(page: str) -> list[str]:
    return re.findall(r'name="value" value="([a-z]+)"', page)


def test_a_note_stands_above_the_question_that_follows_it(inside: Respondent) -> None:
    assert "Paldies, ka piedalāties." in shown(inside, "region", "lv")
    assert "Thank you for taking part." not in shown(inside, "fruit")


def test_what_is_required_wants_a_word_and_a_refusal_is_one(inside: Respondent) -> None:
    page = refused(inside, "region", {}, "value")
    assert "Please choose a region" in page
    assert "Lūdzu, izvēlieties reģionu" in refused(inside, "region", {}, "value", "lv")
    assert inside.post("en/q/region", {"go": "pause"}).headers["location"].endswith("/pause")
    assert "/lv/q/region" in inside.post("en/q/region", {"language": "lv"}).headers["location"]
    assert goes_to(inside, "region", {"value": "state:refused"}) == "town"


def test_choices_follow_an_earlier_answer_and_nothing_else_is_taken(inside: Respondent) -> None:
    goes_to(inside, "region", {"value": "west"})
    assert codes(shown(inside, "town")) == ["liepaja", "ventspils"]
    assert "Choose one of the answers shown." in refused(
        inside, "town", {"value": "rezekne"}, "value"
    )
    goes_to(inside, "region", {"value": "state:refused"})
    assert codes(shown(inside, "town")) == ["liepaja", "ventspils", "rezekne"]
    assert goes_to(inside, "region", {"value": "none"}) == "fruit"


def test_a_changed_earlier_answer_takes_the_later_one_back_in_plain_sight(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    goes_to(inside, "region", {"value": "west"})
    goes_to(inside, "town", {"value": "liepaja"})
    for qid in ("fruit", "hours", "moved", "seen", "rooms", "seen_it"):
        goes_to(inside, qid, {})
    changed = inside.post("en/q/region", {"value": "east", "from": "check"})
    assert changed.headers["location"].endswith("/q/town")
    page = shown(inside, "town")
    assert "Please choose again" in page
    assert " checked" not in page
    assert "Please choose again" in inside.get("en/check").text
    assert settled(field, wave, inside)["town"] == {"state": "missing", "value": None}


def test_a_random_order_is_a_persons_own_and_stays(
    new_inside: Callable[[], Respondent], field: Field, wave: Wave
) -> None:
    people = [new_inside() for _ in range(8)]
    orders = [codes(shown(person, "fruit")) for person in people]
    assert len({tuple(order) for order in orders}) > 4
    for person, order in zip(people, orders, strict=True):
        assert sorted(order) == sorted(o.code for o in wave.form.options_for("fruit"))
        assert order[-1] == "nothing"
        goes_to(person, "fruit", {"value": ["plum", "apple"]})
        assert codes(shown(person, "fruit", "lv")) == order
        wrong = refused(person, "fruit", {"value": ["nothing", "plum"]}, "value")
        assert codes(wrong) == order
        assert settled(field, wave, person)["fruit"]["value"] == ["apple", "plum"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("many", "Write a number in digits"),
        ("7.25", "at most 1 digits"),
        ("81", "from 0 to 80"),
        ("-1", "from 0 to 80"),
        ("1e2", "Write a number in digits"),
        ("13,5", "Not that many hours, please."),
    ],
)
def test_what_is_no_fitting_decimal_is_told(inside: Respondent, typed: str, message: str) -> None:
    page = refused(inside, "hours", {"value": typed}, "value")
    assert message in page
    assert f'value="{typed}"' in page


def test_a_decimal_is_read_with_either_sign_and_stored_as_its_band(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    goes_to(inside, "hours", {"value": "019,50"})
    assert 'value="19.5"' in shown(inside, "hours")
    assert 'value="19,5"' in shown(inside, "hours", "lv")
    assert "19,5" in inside.get("lv/check").text
    assert settled(field, wave, inside)["hours"]["value"] == "0-19"
    assert wave.form.variable["hours"].codes[0].text.text("en") == "0 – <20"


@pytest.mark.parametrize(
    ("day", "month", "year", "place", "message"),
    [
        ("31", "2", "2001", "day", "no such day"),
        ("3", "", "2001", "month", "the day, the month and the year"),
        ("x", "2", "2001", "day", "no such day"),
        ("3", "2", "01", "year", "no such day"),
        ("3", "2", "1985", "day", "from 1.1.1990 to 31.12.2025"),
    ],
)
def test_what_is_no_day_is_told_at_its_field(
    inside: Respondent, day: str, month: str, year: str, place: str, message: str
) -> None:
    posted = {"day": day, "month": month, "year": year}
    page = refused(inside, "moved", posted, place)
    assert message in page
    assert all(f'value="{typed}"' in page for typed in posted.values() if typed)
    also = refused(inside, "moved", {**posted, "state": "refused"}, "state")
    assert "but not both" in also


def test_a_date_is_three_fields_and_only_its_year_is_kept(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    page = shown(inside, "moved")
    assert 'type="date"' not in page
    assert [n for n in ("day", "month", "year") if f'name="{n}"' in page] == [
        "day",
        "month",
        "year",
    ]
    goes_to(inside, "moved", {"day": "03", "month": "2", "year": "2001"})
    assert 'id="day" name="day" maxlength="20" value="3"' in shown(inside, "moved")
    assert "3.2.2001" in inside.get("en/check").text
    assert "Not before you moved." in refused(
        inside, "seen", {"day": "2", "month": "2", "year": "2001"}, "day"
    )
    field.later(days=-2)
    today = field.now.date()
    ahead = {"day": "28", "month": "12", "year": str(today.year + 1)}
    assert f"to {today.day}.{today.month}.{today.year}" in refused(inside, "seen", ahead, "day")
    assert settled(field, wave, inside)["moved"]["value"] == "2001"
    assert [c.code for c in wave.form.variable["moved"].codes][:2] == ["1990", "1991"]
    assert not wave.form.variable["seen"].releasable


def test_what_stands_there_already_counts_only_when_it_is_sent(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    assert 'value="3"' in shown(inside, "rooms")
    assert settled(field, wave, inside)["rooms"]["state"] == "missing"


def test_a_household_is_added_person_by_person(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    goes_to(inside, "rooms", {"value": "2"})
    page = shown(inside, "person.0")
    assert "Now the people you live with." in page
    assert "Is there somebody to add: Person?" in page
    assert goes_to(inside, "person.0", LIVES_WITH) == "age.1"
    assert "Person 1" in shown(inside, "age.1")
    assert "Now the people you live with." not in shown(inside, "age.1")
    assert "from 0 to 120" in refused(inside, "age.1", {"value": "121"}, "value")
    assert goes_to(inside, "age.1", {"value": "70"}) == "works.1"
    assert goes_to(inside, "works.1", {"value": "no"}) == "person.1"
    assert goes_to(inside, "person.1", LIVES_WITH) == "age.2"
    assert goes_to(inside, "age.2", {"value": "9"}) == "person.2"
    page = shown(inside, "person.2")
    assert "Is there another one to add: Person?" in page
    assert re.findall(r'q/(\w+\.\d)">Person', page) == ["age.1", "age.2"]
    assert goes_to(inside, "person.2", {"value": "no"}) == "pensions"
    assert "Person 2" in inside.get("en/check").text
    record = settled(field, wave, inside)
    assert (record["age.1"]["value"], record["age.2"]["value"]) == ("70", "9")
    assert record["works.2"]["state"] == record["age.3"]["state"] == "not_asked"
    assert "person.1" not in record


def test_an_entry_that_is_removed_is_gone_and_removing_twice_is_once(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    goes_to(inside, "person.0", LIVES_WITH)
    goes_to(inside, "age.1", {"value": "70"})
    goes_to(inside, "works.1", {"value": "no"})
    goes_to(inside, "person.1", LIVES_WITH)
    goes_to(inside, "age.2", {"value": "9"})
    goes_to(inside, "person.2", LIVES_WITH)
    goes_to(inside, "age.3", {"value": "40"})
    for _ in range(2):
        answer = inside.post("en/q/person.2", {"go": "remove:1:3"})
        assert answer.headers["location"].endswith("/q/person.2")
    record = settled(field, wave, inside)
    assert [record[f"age.{n}"]["value"] for n in (1, 2, 3)] == ["9", "40", None]
    assert record["works.1"]["state"] == "not_asked"
    for forged in ("remove:1", "remove:x:2", "remove:-1:2", "remove:9:2"):
        assert inside.post("en/q/person.2", {"go": forged}).status_code in (303, 404)
    assert inside.post("en/q/rooms", {"go": "remove:1:2"}).status_code == 404
    assert settled(field, wave, inside) == record


def test_a_repeat_may_take_its_number_from_an_answer(inside: Respondent) -> None:
    goes_to(inside, "rooms", {"value": "3"})
    assert "Dwelling 2" in shown(inside, "where.2")
    assert inside.get("en/q/where.3").status_code == 303


def test_what_is_said_of_each_person_is_no_variable(wave: Wave) -> None:
    names = [variable.name for variable in wave.form.variables]
    assert not [name for name in names if name.startswith(("age", "works", "person", "where"))]


def test_the_copy_words_what_was_asked_of_each_person(
    inside: Respondent, field: Field, wave: Wave
) -> None:
    goes_to(inside, "person.0", LIVES_WITH)
    goes_to(inside, "age.1", {"value": "70"})
    goes_to(inside, "moved", {"day": "3", "month": "2", "year": "2001"})
    inside.post("en/check")
    text = json.dumps(asyncio.run(field.rights.copy(code_of(inside))), ensure_ascii=False)
    assert '"question": "How old?", "state": "answered", "value": "70"' in text
    assert "2001-02-03" not in text


def test_the_page_brings_its_checks_along_and_no_answer_that_it_does_not_need(
    inside: Respondent,
) -> None:
    goes_to(inside, "moved", {"day": "3", "month": "2", "year": "2001"})
    goes_to(inside, "hours", {"value": "20"})
    page = shown(inside, "seen", "lv")
    checks = json.loads(html.unescape(re.findall(r'data-checks="([^"]*)"', page)[0]))
    earlier = json.loads(html.unescape(re.findall(r'data-earlier="([^"]*)"', page)[0]))
    assert earlier == {"moved": {"state": "answered", "value": "2001-02-03"}}
    assert checks["checks"][0]["message"] == "Ne pirms pārcelšanās."
    wrong = refused(inside, "seen", {"day": "2", "month": "2", "year": "2001"}, "day", "lv")
    assert re.findall(r'data-earlier="([^"]*)"', wrong) == re.findall(
        r'data-earlier="([^"]*)"', page
    )
    assert "form.js" not in re.sub("form\\.[0-9a-f]+\\.js", "form.js", shown(inside, "town"))


def test_what_a_helper_must_not_see_is_not_in_a_page_that_he_may_see() -> None:
    asked = {q.id: q for q in every_type().questions}
    live: dict[str, AnswerDict] = {"moved": {"state": "answered", "value": "2001-02-03"}}
    seen = asked["seen"].model_copy(update={"helper": True})
    assert earlier_of(seen, asked, live) == {}
    assert earlier_of(asked["seen"], asked, live) == live
    asked["moved"] = asked["moved"].model_copy(update={"helper": True})
    assert earlier_of(seen, asked, live) == live


def code_of(respondent: Respondent) -> Code:
    """Return the code that the browser holds."""
    return Code.read(str(respondent.code))


def settled(field: Field, wave: Wave, respondent: Respondent) -> dict[str, Any]:
    """Return what a submission of the draft would store."""
    draft = asyncio.run(field.collection.draft(SLUG, code_of(respondent)))
    assert draft is not None
    return dict(wave.form.settle_record(draft.answers, draft.purposes, interview_language="en"))


@pytest.mark.parametrize(
    ("kind", "fields", "again"),
    [
        (QuestionKind.SINGLE, {}, None),
        (QuestionKind.DATE, {"day": "3", "month": "2", "year": "2001"}, "3.2.2001"),
        (QuestionKind.DECIMAL, {"value": "<b>20"}, "&lt;b&gt;20"),
        (QuestionKind.INTEGER, {"state": "refused"}, "I prefer not to say"),
    ],
)
def test_whatever_was_answered_is_shown_once_more_when_its_form_is_gone(
    inside: Respondent, kind: QuestionKind, fields: dict[str, str], again: str | None
) -> None:
    question = next(q for q in every_type().questions if q.kind is kind and not q.repeat)
    if again is None:
        fields = {"value": question.options[0].code}
        again = html.escape(question.options[0].text.text("en"))
    inside.post("en/stop", {})
    page = inside.post(f"en/q/{question.id}", {**fields, "go": "next"})
    assert page.status_code == 404
    assert f'<blockquote class="typed">{again}</blockquote>' in page.text
    assert html.escape(question.text.text("en"), quote=False) in page.text
