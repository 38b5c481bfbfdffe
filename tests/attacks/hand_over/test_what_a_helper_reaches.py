"""A helper, with the device back in his hands, tries to read and write what is not his."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from schemas.texts import Texts
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.web.permissions import Access
from tests.kit.assisted import HAND_BACK, OWN, START, Device, Interviews
from tests.kit.field import SLUG, Field
from tests.kit.routes import all_routes

ROUTES = all_routes()
FORM = [r for r in ROUTES if r.needs is Access.RESPONDENT]


def filled(path: str) -> str:
    """A route's path with the survey's own places in it."""
    for name, value in (
        ("{slug:str}", SLUG), ("{lang:str}", "en"), ("{qid:str}", "B5"), ("{name:str}", "x"),
    ):  # fmt: skip
        path = path.replace(name, value)
    return path


def test_from_the_last_own_answer_on_only_the_pin_opens_anything(back: Device) -> None:
    for route in FORM:
        if route.method != "GET" or route.path in ("/left", "/hand-back/done"):
            continue
        answer = back.get(filled(route.path))
        if route.path.startswith("/hand-back"):
            assert answer.status_code == 200
        else:
            assert answer.headers["location"].startswith(HAND_BACK), route
    assert len(FORM) > 25


def test_a_helper_reads_and_writes_no_question_that_is_not_for_him(back: Device) -> None:
    assert back.give_back().headers["location"] == f"{START}/en/go-on"
    assert back.get("go-on").headers["location"] == f"{START}/en/q/B8"
    form = back.interview.field.surveys.waves_now()[0].form
    kept = asyncio.run(back.interview.field.collection.draft(SLUG, back.code()))
    for question in form.questions:
        page = back.get(f"q/{question.id}")
        forged = back.post(f"q/{question.id}", {"value": "1", "go": "next"})
        if not question.helper:
            assert page.headers["location"] == "/hand-over?lang=en", question.id
            assert forged.headers["location"] == "/hand-over?lang=en", question.id
    after = asyncio.run(back.interview.field.collection.draft(SLUG, back.code()))
    assert kept is not None
    assert after is not None
    own = {q.id for q in form.questions if not q.helper}
    assert {k: v for k, v in after.answers.items() if k in own} == {
        k: v for k, v in kept.answers.items() if k in own
    }


def test_a_helper_reaches_no_page_but_those_named_for_him(back: Device) -> None:
    code = back.code()
    back.give_back()
    seen = []
    for route in FORM:
        if route.method == "GET":
            answer = back.get(filled(route.path))
            if answer.status_code == 200:
                seen.append(route.path.removeprefix("/survey/{slug:str}/{lang:str}"))
                assert code.symbols not in answer.text.replace("</span><span>", "")
                assert "checked" not in answer.text or "q/" in route.path
    assert sorted(seen) == sorted(
        ["/survey/{slug:str}", "", "/check", "/stop", "/stopped", "/goodbye", "/left",
         "/hand-over", "/hand-back/done"]
    )  # fmt: skip


def test_the_check_page_of_a_helper_tells_nothing_of_what_was_handed_over(back: Device) -> None:
    back.give_back()
    text = back.get("check").text
    form = back.interview.field.surveys.waves_now()[0].form
    hidden = [q.text.text("en") for q in form.questions if not q.helper]
    assert [words for words in hidden if words in text] == []
    assert form.by_id["B4"].text.text("en") in text
    given = [o.text.text("en") for o in form.options_for("B5") if o.code in OWN["B5"]]
    assert [words for words in given if f"<dd>{words}" in text] == []


def test_a_question_for_the_helper_quotes_nothing_of_what_was_handed_over(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    core = load().questionnaire
    quoting = Texts(dict.fromkeys(core.languages, "You said ${B5}. And now?"))
    questions = tuple(
        q.model_copy(update={"text": quoting, "hint": quoting}) if q.id == "B8" else q
        for q in core.questions
    )
    field = Field(sqlite_stores, tmp_path)
    field.open_wave(questionnaire=core.model_copy(update={"questions": questions}))
    device = Interviews(field).device().until_hand_over()
    device.hand_over()
    device.get(f"{START}/en/go-on")
    device.answer(OWN)
    form = field.surveys.waves_now()[0].form
    given = [o.text.text("en") for o in form.options_for("B5") if o.code in OWN["B5"]]
    draft = asyncio.run(field.collection.draft(SLUG, device.code()))
    assert draft is not None
    told = form.quotes.asked(form.by_id["B8"], draft.answers, "en").text.text("en")
    assert told == f"You said {', '.join(given)}. And now?", "there is something to be told"
    device.give_back()
    wrong = device.post("q/B8", {"value": "no such choice", "go": "next"})
    assert wrong.status_code == 422
    for page in (device.get("q/B8"), wrong, device.get("check")):
        assert "You said (not known here). And now?" in page.text
        assert [words for words in given if f"You said {words}" in page.text] == []


def test_what_the_respondent_answered_himself_stays_his_though_a_helper_might_have_asked_it(
    device: Device,
) -> None:
    device.answer({"B4": "1"})
    device.give_back()
    assert device.get("q/B4").headers["location"] == "/hand-over?lang=en"
    assert device.is_open("q/B3")


def test_the_way_back_leaves_out_what_is_not_for_the_helper(back: Device) -> None:
    back.give_back()
    assert back.get("q/B8/back").headers["location"] == f"{START}/en/q/B4"


def test_taking_the_device_again_needs_the_pin(back: Device) -> None:
    back.give_back()
    page = back.get("/hand-over?lang=en")
    assert "same PIN again" not in page.text
    assert back.hand_over("9713").status_code == 422
    assert not back.is_open("q/B5")
    back.hand_over()
    assert back.is_open("q/B5")


@pytest.mark.parametrize("page", ["pause", "receipt", "code.svg"])
def test_pages_with_the_code_are_handed_over_first(back: Device, page: str) -> None:
    back.give_back()
    assert not back.is_open(page)
