"""A mediator tries to see, in his own window, what was said to nobody but the device."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from schemas.audit import Act
from schemas.texts import Texts
from survey_service.assisted.models import AssistedWindow
from survey_service.audit_log.service import EntryFilter
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.web.permissions import Access
from tests.kit.assisted import OWN, PIN, START, WITH_HELP, Device, Interviews
from tests.kit.field import SLUG, Field
from tests.kit.routes import all_routes

ROUTES = all_routes()
OFFICE = [r for r in ROUTES if r.path.startswith("/office") and r.needs is not Access.PUBLIC]
FORM = [r for r in ROUTES if r.needs is Access.RESPONDENT]
HAND_BACK = "/hand-back"
WINDOW = AssistedWindow.__table__  # type: ignore[attr-defined]


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    rooms = Field(sqlite_stores, tmp_path)
    rooms.open_wave()
    return rooms


@pytest.fixture
def interviews(field: Field) -> Interviews:
    return Interviews(field)


@pytest.fixture
def device(interviews: Interviews) -> Device:
    """Handed over: the respondent has answered his first part and says nothing of giving back."""
    device = interviews.device().until_hand_over()
    assert device.get("q/B5").headers["location"] == "/hand-over?lang=en"
    assert device.hand_over().headers["location"] == "/hand-over/code?lang=en"
    return device


def filled(path: str) -> str:
    """A route's path with the survey's own places in it."""
    for name, value in (
        ("{slug:str}", SLUG), ("{lang:str}", "en"), ("{qid:str}", "B5"), ("{name:str}", "x"),
    ):  # fmt: skip
        path = path.replace(name, value)
    return path


# While the respondent has the device


def test_every_page_of_staff_becomes_the_hand_back_page(device: Device) -> None:
    for route in OFFICE:
        for answer in (
            [device.get(route.filled())]
            if route.method == "GET"
            else [device.client.request(route.method, route.filled(), data={"_csrf": "x"})]
        ):
            assert answer.status_code == 303, route
            assert answer.headers["location"] == HAND_BACK, route
    assert len(OFFICE) > 30
    assert "Give the device back" in device.get("/hand-back?lang=en").text
    assert "mara" not in device.get("/office/no-such-page").text


def test_signing_in_anew_in_the_same_window_is_no_way_round_the_pin(
    device: Device, interviews: Interviews
) -> None:
    old = device.client.cookies["session"]
    account = interviews.hire("maris")
    new = interviews.session(account)
    asyncio.run(interviews.accounts.replace_session(old, new))
    device.client.cookies.set("session", new)
    for cookie in (None, device.client.cookies["assisted"]):
        device.client.cookies.pop("assisted", None)
        if cookie:
            device.client.cookies.set("assisted", cookie)
        assert device.get("/office/assist").headers["location"] == HAND_BACK
    fresh = interviews.session(account)
    device.client.cookies.set("session", fresh)
    assert device.get("/office/assist").headers["location"] == HAND_BACK, "by the window's cookie"


def test_throwing_the_window_away_does_not_open_the_session(device: Device) -> None:
    device.client.cookies.pop("assisted")
    assert device.get("/office").headers["location"] == HAND_BACK
    page = device.get(HAND_BACK)
    assert page.status_code == 200
    assert "pin" not in page.text.lower().replace("shipping", "")
    assert device.post("/hand-back/end", {"do": "keep"}).status_code == 200
    assert device.get("/office").headers["location"] == HAND_BACK


def test_a_copy_of_the_cookie_made_before_shows_nothing_while_he_answers(
    interviews: Interviews,
) -> None:
    device = interviews.device(account := interviews.hire("mara")).until_hand_over()
    onlooker = interviews.device(account)
    onlooker.client.cookies.set("assisted", device.client.cookies["assisted"])
    device.hand_over()
    assert onlooker.get("check").headers["location"].startswith(HAND_BACK), "before he goes on"
    assert device.is_open("q/B5")
    device.answer(OWN)
    for path in ("check", "q/B5", "pause", "code.svg", "receipt"):
        answer = onlooker.get(path)
        assert answer.status_code != 200, path


def test_the_code_never_stands_readable_in_the_mediators_browser(device: Device) -> None:
    code = device.code()
    held = "".join(f"{name}={value}" for name, value in device.client.cookies.items())
    assert code.symbols not in held
    assert set(device.client.cookies) == {"session", "assisted"}
    secret, _, sealed = device.client.cookies["assisted"].partition(".")
    assert device.get("/my-answers/en/status").headers["location"].startswith(HAND_BACK)
    for forged in (secret, f"{secret}.", f"{secret}.{sealed[:-4]}AAAA", "." + sealed, "x" * 300):
        device.client.cookies.set("assisted", forged)
        assert device.get("q/B5").status_code == 303


# When it is back


@pytest.fixture
def back(device: Device) -> Device:
    """Given back with the PIN, after the respondent's first part."""
    device.get(f"{START}/en/go-on")
    assert device.answer(OWN).headers["location"] == "/hand-back?lang=en"
    return device


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


# The PIN


def test_five_wrong_pins_close_the_form_for_good(back: Device) -> None:
    answers = [back.give_back("1357").status_code for _ in range(5)]
    assert answers == [422] * 4 + [303]
    assert back.give_back().headers["location"].startswith(HAND_BACK), "too late for the right one"
    assert "The PIN is not known" in back.get("/hand-back?lang=en").text
    for path in ("check", "q/B5", "q/B1", "pause", "receipt", "code.svg", "/my-answers/en/status"):
        assert not back.is_open(path), path
    assert back.get("/office").headers["location"] == HAND_BACK


def test_pins_tried_at_the_same_moment_count_like_others(back: Device) -> None:
    assisted = back.interview.assisted
    cookie = back.client.cookies["assisted"]

    async def storm() -> list[str]:
        held = await assisted.held(cookie)
        assert held is not None
        tries = [assisted.give_back(held.window, None, f"{n:04}") for n in range(1000, 1030)]
        found = await asyncio.gather(*tries, return_exceptions=True)
        return [type(one).__name__ for one in found]

    said = asyncio.run(storm())
    assert said.count("InvalidInput") <= 5
    assert back.give_back().headers["location"].startswith(HAND_BACK)
    assert "The PIN is not known" in back.get("/hand-back?lang=en").text


def test_wrong_pins_stay_counted_over_hand_overs(back: Device) -> None:
    for _ in range(2):
        back.give_back("1357")
    back.give_back()
    for _ in range(2):
        back.hand_over("1357")
    back.hand_over("1357")
    assert "The PIN is not known" in back.get("/hand-back?lang=en").text


def test_a_lost_pin_still_lets_the_respondent_send_keep_or_delete(back: Device) -> None:
    code, rights = back.code(), back.interview.field.rights
    back.post("/hand-back/forgotten")
    sent = back.post("/hand-back/end", {"do": "send"})
    assert sent.headers["location"].startswith("/hand-back/done")
    assert asyncio.run(rights.status(code)).kind == "waiting"
    assert back.is_open("/office/assist"), "the interview is over, and so is the lock"


def test_deleting_with_a_lost_pin_leaves_nothing(back: Device) -> None:
    code, rights = back.code(), back.interview.field.rights
    back.post("/hand-back/forgotten")
    back.post("/hand-back/end", {"do": "delete"})
    assert asyncio.run(rights.status(code)).kind == "nothing"


@pytest.mark.parametrize("pin", ["12", "1234", "7777", "25b0", "", "2580 again 2581"])
def test_a_pin_that_is_no_good_is_refused_and_says_so(interviews: Interviews, pin: str) -> None:
    device = interviews.device().until_hand_over()
    pin, _, again = pin.partition(" again ")
    answer = device.hand_over(pin, again or pin)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert not pin or f'value="{pin}"' not in answer.text
    assert not device.is_open("q/B5")


# The end, and the next person


def test_sending_is_all_that_a_helper_does_and_the_receipt_is_the_respondents(
    interviews: Interviews,
) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    assert device.post("check").headers["location"] == f"{START}/en/receipt"
    assert device.get("receipt").headers["location"] == "/hand-over?lang=en&to=receipt"
    device.post("stop")
    status = asyncio.run(interviews.field.rights.status(code))
    assert status.kind == "waiting", "what was sent, a helper cannot take back"


def test_with_help_is_all_that_stands_with_the_answers(interviews: Interviews) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    device.post("check")
    kept = asyncio.run(interviews.field.rights.copy(code))["surveys"][0]["submitted_and_waiting"]
    assert kept["answers"]["record"]["A4"]["value"] == "yes"
    assert not {"assisted", "said", "mediator", "helped"} & (set(kept["answers"]) | set(kept))
    assert "mara" not in str(kept)


def test_after_the_end_no_copy_of_the_window_opens_anything(back: Device) -> None:
    cookie, code = back.client.cookies["assisted"], back.code()
    back.give_back(go="self")
    last = back.client.cookies["assisted"]
    ended = back.post("kept")
    assert ended.headers["location"].startswith("/hand-back/done")
    assert ended.headers["clear-site-data"] == '"cache", "storage"'
    assert not back.client.cookies.get("assisted")
    for old in (cookie, last):
        back.client.cookies.set("assisted", old)
        for path in ("check", "q/B5", "pause", "receipt", "go-on"):
            assert not back.is_open(path), path
    assert asyncio.run(back.interview.field.rights.status(code)).kind == "draft", "his own, later"


def test_the_next_person_finds_a_clean_slate(back: Device) -> None:
    first = back.code()
    back.give_back()
    again = back.begin() if back.is_open("/office/assist") else None
    assert again is not None
    assert again.headers["location"] == "/office/assist", "one interview after the other"
    back.post("/hand-back/end", {"do": "keep"})
    assert back.begin().headers["location"] == f"{START}/en"
    back.consent()
    assert back.code() != first
    assert "checked" not in back.get("q/B1").text
    assert 'value="34"' not in back.answer(WITH_HELP).text


def test_a_second_consent_in_a_window_begins_no_second_person(back: Device) -> None:
    code = back.code()
    back.give_back()
    assert back.consent().headers["location"] == "/hand-over?lang=en", "decisions are his, too"
    assert back.get("consent").headers["location"] == "/hand-over?lang=en"
    back.hand_over()
    assert back.consent().headers["location"] == f"{START}/en/go-on"
    assert back.code() == code


def test_nobody_goes_on_as_helper_without_a_sign_in(back: Device) -> None:
    back.give_back()
    back.client.cookies.pop("session")
    assert back.get("check").headers["location"].startswith("/office/sign-in")


# A lent device


def test_a_lent_device_forgets_the_code_when_it_comes_back(interviews: Interviews) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    device.post("check")
    device.post("/hand-back/end", {"do": "keep"})
    lent = device.send("/office/assist", "/office/assist-lend", {})
    assert lent.headers["location"] == "/my-answers/en"
    assert device.get("/office").headers["location"] == HAND_BACK
    device.post("/my-answers/en", {"code": code.text})
    assert code.symbols not in str(dict(device.client.cookies))
    assert device.is_open("/my-answers/en/status")
    cookie = device.client.cookies["assisted"]
    device.post("/hand-back/end")
    device.client.cookies.set("assisted", cookie)
    assert not device.is_open("/my-answers/en/status")
    assert device.is_open("/office/assist")


def test_somebody_withdraws_with_his_code_on_a_lent_device(interviews: Interviews) -> None:
    device = interviews.device().until_hand_over()
    code = device.code()
    device.post("check")
    device.post("/hand-back/end", {"do": "keep"})
    device.send("/office/assist", "/office/assist-lend", {})
    device.post("/my-answers/en", {"code": code.text})
    device.post("/my-answers/en/erase")
    assert asyncio.run(interviews.field.rights.status(code)).kind == "nothing"


# What is kept of it


def test_the_log_has_days_and_no_interview(interviews: Interviews) -> None:
    device = interviews.device()
    before = len(entries(interviews))
    for _ in range(11):
        device.until_hand_over().hand_over()
        device.post("leave")
    assert len(entries(interviews)) == before
    interviews.field.later(days=1)
    interviews.assisted.upkeep()
    interviews.assisted.upkeep()
    newest = entries(interviews)[0]
    assert len(entries(interviews)) == before + 1
    assert newest.act is Act.INTERVIEWS_ASSISTED
    assert newest.counts == {"begun_floored_to_ten": 10, "handed_over_floored_to_ten": 10}
    assert newest.actor == "system"


def entries(interviews: Interviews) -> list[object]:
    found = asyncio.run(interviews.field.audit.entries(EntryFilter(), limit=200))
    return list(found.entries)


def test_own_counts_are_floored_and_hidden_below_twenty(interviews: Interviews) -> None:
    account = interviews.hire("mara")
    device = interviews.device(account)
    counting, today = interviews.assisted.counting, interviews.field.now.date()

    async def more(times: int) -> None:
        for _ in range(times):
            await counting.started(account, SLUG, today)

    assert "fewer than" not in device.get("/office/assist-counts").text
    asyncio.run(more(19))
    assert "fewer than 20" in device.get("/office/assist-counts").text
    asyncio.run(more(10))
    assert "at least 20" in device.get("/office/assist-counts").text


def test_a_window_names_no_mediator_and_no_draft(back: Device, field: Field) -> None:
    rows = field.stores.drafts.read_now(lambda tx: tx.dicts(select(WINDOW)))
    text = str(rows)
    accounts = asyncio.run(back.interview.accounts.directory())
    assert len(rows) == 1, "what came before the last hand-over is gone"
    assert not any(account in text for account in accounts)
    assert "mara" not in text
    assert back.code().symbols not in text
    assert PIN not in text
