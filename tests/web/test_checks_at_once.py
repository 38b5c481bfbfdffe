"""What is wrong is said before anything is sent, where the browser runs scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows, axe, overflow
from tests.kit.plain import Forms


@pytest.fixture
def at(demo_service: LiveService, forms: Forms, browser_windows: Windows) -> Callable[[str], Page]:
    """A phone at a question of a form whose questions are all answered."""

    def opened(question: str) -> Page:
        page = browser_windows.open(PHONE)
        form = forms("en").begin().answer()
        form.hand_to(page)
        page.goto(f"{demo_service.url}{form.here}/q/{question}")
        return page

    return opened


def test_a_number_out_of_range_is_told_when_it_is_typed_and_untold_when_mended(
    at: Callable[[str], Page],
) -> None:
    page = at("B3")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.fill("#value", "400")
    page.locator("#value").dispatch_event("change")
    told = page.get_by_role("alert")
    assert "Write a number from" in told.inner_text()
    assert page.get_attribute("#value", "aria-invalid") == "true"
    assert axe(page) == []
    assert overflow(page) == []
    page.fill("#value", "40")
    page.locator("#value").dispatch_event("change")
    told.wait_for(state="detached")
    assert page.get_attribute("#value", "aria-invalid") is None
    sent = [url for url in asked if "/static/" not in url]
    assert sent == [], "nothing typed was sent anywhere"
    page.fill("#value", "400")
    with page.expect_navigation():
        page.locator("#value").press("Enter")
    assert page.locator(".error-summary").is_visible(), "the server has the last word"


def test_a_number_above_what_an_earlier_answer_leaves_is_told_with_the_number(
    at: Callable[[str], Page],
) -> None:
    page = at("B10")
    people = page.evaluate("JSON.parse(document.querySelector('form').dataset.earlier).B9.value")
    page.fill("#value", str(people))
    page.locator("#value").dispatch_event("change")
    assert f"from 0 to {people - 1}." in page.get_by_role("alert").inner_text()
    page.fill("#value", str(people - 1))
    page.locator("#value").dispatch_event("change")
    page.get_by_role("alert").wait_for(state="detached")


def test_a_box_that_does_not_apply_is_closed_and_opened_as_one_types(
    at: Callable[[str], Page],
) -> None:
    page = at("C4")
    children, attending = (f'[name="{n}"]' for n in ("children_7_to_15", "attending"))
    page.fill(children, "0")
    assert page.locator(attending).is_disabled()
    page.fill(children, "2")
    assert page.locator(attending).is_enabled()
    page.fill(attending, "3")
    page.locator(attending).dispatch_event("change")
    assert "cannot be greater" in page.get_by_role("alert").inner_text()
