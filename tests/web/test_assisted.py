"""An interview with help, on the mediator's small tablet: by touch, without JavaScript."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Error, Page

from survey_service.surveys.core import load
from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows
from tests.kit.walks import (
    REPLIES,
    SLUG,
    SURVEY,
    WITHOUT_CONTACT,
    Interview,
    choose,
    cookies,
    path,
    unfit,
)

PIN = "2580"
OWN = [q.id for q in load().questionnaire.questions if not q.helper and q.id in REPLIES]
# What the respondent says when he is alone.
ALONE = {"B5": ["rom", "other"], "B6": "Kalderaš no Ventspils", "E1": "5", "H6": "1"}


def begin(page: Page, url: str) -> Interview:
    """Read the script out and begin."""
    page.goto(f"{url}/office")
    person = Interview(page, url, "en")
    with page.expect_navigation():
        page.locator('a.tile[href="/office/assist"]').tap()
    with page.expect_navigation():
        page.locator(f'a.tile[href="/office/assist/{SLUG}"]').tap()
    assert "does not depend on this" in page.locator("main").inner_text()
    assert unfit(page) == []
    person.press("Begin the interview")
    assert page.locator(".error-summary li").count() == 4, "nothing begins before it was read"
    for name, value in (("script", "read"), ("read_by", "mediator"), ("interpreter", "no")):
        choose(page, name, value)
    choose(page, "language", "en")
    person.press("Begin the interview")
    return person


def take(person: Interview, *, first: bool) -> None:
    """The respondent takes the device."""
    page = person.page
    assert page.locator("h1").inner_text() == "Give the device to the respondent"
    assert unfit(page) == []
    page.locator("#pin").fill(PIN)
    if first:
        page.locator("#again").fill(PIN)
    person.press("Continue")


def answer(person: Interview, *, own: bool) -> list[str]:
    """Answer as long as the page is a question of one kind; return which they were."""
    seen = []
    while (question := person.question) is not None and (question in OWN) == own:
        seen.append(question)
        person.reply(ALONE.get(question, REPLIES[question]))
        person.press("Continue")
    return seen


def test_from_the_script_to_a_clean_slate(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    page = office(
        browser_windows, demo_service, "mediator", PHONE, javascript=False, has_touch=True
    )
    person = begin(page, demo_service.url)
    assert path(page) == f"{SURVEY}/en"
    person.press("Continue")
    person.decide(WITHOUT_CONTACT)
    assert cookies(page) >= {"session", "assisted"}
    assert "code" not in cookies(page)
    asked = answer(person, own=False)
    take(person, first=True)
    code = person.code()
    person.press("Continue")
    alone = answer(person, own=True)
    assert alone == ["B5", "B6", "B7"]
    gives_back(person)
    for _ in range(4):
        back(page)
    assert says_nothing_of_what_was_said(page), "the back button shows no answer"
    page.goto(f"{demo_service.url}{SURVEY}/en/go-on")
    asked += answer(person, own=False)
    comes_last(person)
    asked += answer(person, own=False)
    take(person, first=False)
    alone += answer(person, own=True)
    assert sorted(asked + alone) == sorted(set(REPLIES) - {"A4"}), "every question once"
    assert path(page) == f"{SURVEY}/en/check"
    person.press("Send my answers")
    assert person.code() == code
    person.press("I have kept my code")
    assert cookies(page) & {"code", "assisted"} == set()
    leaves_nothing(person, demo_service.url)


def gives_back(person: Interview) -> None:
    page = person.page
    assert page.locator("h1").inner_text() == "Give the device back"
    assert unfit(page) == []
    page.goto(f"{person.url}/office")
    assert path(page) == "/hand-back", "no page of staff opens meanwhile"
    page.locator("#pin").fill("1379")
    person.press("Give the device back")
    assert page.locator(".error-summary").count() == 1
    page.locator("#pin").fill(PIN)
    person.press("Give the device back")
    assert person.question == "B8"


def back(page: Page) -> None:
    """Press the browser's back button; to a form that was sent it does not go without asking."""
    with suppress(Error):
        page.go_back()


def comes_last(person: Interview) -> None:
    """From the next question of his own: first everything with help."""
    page = person.page
    page.locator("summary").tap()
    person.press("First the questions with help")


def says_nothing_of_what_was_said(page: Page) -> bool:
    """Whether neither the page nor its fields hold what the respondent said alone."""
    text = page.locator("body").inner_text()
    fields = page.locator("main input[type=text], main input[type=password]")
    typed = [field.input_value() for field in fields.all()]
    return (
        "Kalderaš" not in text
        and not any("Kalderaš" in value for value in typed)
        and page.locator("main input:checked").count() == 0
    )


def leaves_nothing(person: Interview, url: str) -> None:
    """Neither the back button nor any address of the form shows the last person to the next."""
    page = person.page
    assert "has forgotten you" in page.locator("h1").inner_text()
    for _ in range(4):
        back(page)
        assert says_nothing_of_what_was_said(page)
        assert page.locator(".take-home").count() == 0
    for step in ("check", "q/B6", "q/B3", "pause", "receipt", "go-on"):
        page.goto(f"{url}{SURVEY}/en/{step}")
        assert path(page) in (f"{SURVEY}/en", f"{SURVEY}/en/goodbye"), step
    page.goto(f"{url}/my-answers/en/status")
    assert path(page) == "/my-answers/en"
    page.goto(f"{url}/office/assist")
    assert page.locator(f'a.tile[href="/office/assist/{SLUG}"]').count() == 1
