"""A person's way through `/my-answers` without JavaScript: see, correct, take back, erase."""

from __future__ import annotations

import pytest

from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import Forms
from tests.kit.walks import (
    EVERYTHING,
    SURVEY,
    Interview,
    choose,
    chosen,
    cookies,
    errors,
    path,
    unfit,
)

CONTACT = {"name": "Zelma Bērziņkalna", "phone": "+371 29384756"}


class Clicks:
    """A person who counts what he presses; typing costs nothing."""

    def __init__(self, person: Interview) -> None:
        self.person = person
        self.count = 0

    def press(self, message: str) -> None:
        """Press a button or follow a link."""
        self.person.press(message)
        self.count += 1

    def link(self, address: str) -> None:
        """Follow the link that leads there."""
        with self.person.page.expect_navigation():
            self.person.page.locator(f'main a[href="{address}"]').click()
        self.count += 1

    def choose(self, name: str, value: str) -> None:
        """Choose one of the answers."""
        choose(self.person.page, name, value)
        self.count += 1


@pytest.mark.parametrize("language", ["ru"])
def test_see_correct_withdraw_set_aside_and_erase_without_javascript(
    language: str, demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    form = forms(language).begin(EVERYTHING | {"contact": "yes"})
    form.post("contact", {**CONTACT, "go": "next"})
    form.answer().submit()
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, language)
    here = f"/my-answers/{language}"
    page.goto(f"{demo_service.url}{here}")
    page.locator("#code").fill(form.code)
    person.press("Continue")
    main = page.locator("main")
    assert CONTACT["phone"] not in main.inner_text(), "the first page shows no answer"
    assert unfit(page) == []

    person.press("Show my answers")
    assert path(page) == f"{here}/answers"
    for said in (CONTACT["phone"], "Kalderaš no Ventspils", "35–44"):
        assert said in main.inner_text()
    assert unfit(page) == []

    with page.expect_navigation():
        page.locator(f'a[href="{here}/correct/B9"]').click()
    assert unfit(page) == []
    page.locator('[id="B9.value"]').fill("5")
    page.locator('[id="B10.value"]').fill("9")
    person.press("Save the correction")
    assert len(errors(page).all()) == 1
    assert unfit(page) == []
    assert page.locator('[id="B10.value"]').input_value() == "9"
    page.locator('[id="B10.value"]').fill("2")
    page.locator('[id="F2.value"]').fill("1")
    choose(page, "G1.value", "2")
    person.press("Save the correction")
    assert path(page) == f"{here}/answers"
    assert chosen(page) == []

    page.goto(f"{demo_service.url}{here}/status")
    with page.expect_navigation():
        page.locator(f'a[href="{here}/withdraw/ethnic_health"]').click()
    assert unfit(page) == []
    person.press("Yes, take it back")
    assert person.says("Taken back") in main.inner_text()
    person.press("Set my answers aside")
    assert person.says("Your answers are set aside") in main.inner_text()
    assert unfit(page) == []
    person.press("Count my answers again")
    assert person.says("Your answers are set aside") not in main.inner_text()
    person.press("Show my answers")
    assert "Kalderaš no Ventspils" not in main.inner_text()

    page.goto(f"{demo_service.url}{here}/status")
    person.press("Erase everything")
    person.press("Yes, erase everything")
    assert page.locator("h1").inner_text() == person.says("Everything is erased")
    assert cookies(page) == set()


def test_taking_back_costs_no_more_clicks_than_giving(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    """GDPR, Art. 7(3): withdrawing is as easy as giving, for one purpose and for all."""
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "en")
    giving = Clicks(person)
    page.goto(f"{demo_service.url}{SURVEY}/en")
    giving.link(f"{SURVEY}/en/consent")
    for purpose in (*EVERYTHING, "contact"):
        giving.choose(purpose, "yes")
    giving.press("Continue")
    one_given = 2  # of these: its yes, and the button
    person.leave_contact(**CONTACT)
    page.goto(f"{demo_service.url}{SURVEY}/en/check")
    person.press("Send my answers")
    code = person.code()
    person.press("I have kept my code")

    for purpose in ("contact", "research_reuse"):
        taking = Clicks(person)
        page.goto(f"{demo_service.url}/my-answers/en")
        page.locator("#code").fill(code)
        taking.press("Continue")
        entered = taking.count
        taking.link(f"/my-answers/en/withdraw/{purpose}")
        taking.press("Yes, take it back")
        assert taking.count - entered <= one_given
        assert taking.count <= giving.count
        page.context.clear_cookies()

    erasing = Clicks(person)
    page.goto(f"{demo_service.url}/my-answers/en")
    page.locator("#code").fill(code)
    erasing.press("Continue")
    erasing.press("Erase everything")
    erasing.press("Yes, erase everything")
    assert erasing.count <= giving.count
