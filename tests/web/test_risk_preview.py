"""A coordinator looks at what a questionnaire could reveal, and plans another sample."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows, axe, overflow
from tests.kit.walks import press

TITLE = "What could this questionnaire reveal?"


def opened(browser_windows: Windows, service: LiveService) -> Page:
    page = office(browser_windows, service, "coordinator", PHONE)
    page.goto(f"{service.url}/office/surveys")
    with page.expect_navigation():
        page.get_by_role("link", name="wave 2").click()
    with page.expect_navigation():
        page.get_by_role("link", name=TITLE).click()
    return page


def test_a_plan_of_few_people_loses_every_question(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    page = opened(browser_windows, demo_service)
    assert page.locator("h1").inner_text() == TITLE
    assert "Every question can give at least one figure" in page.locator("main").inner_text()
    fields = page.locator("input[name^='n.']")
    assert fields.count() > 40
    assert sum(int(field.input_value()) for field in fields.all()) >= 500
    for field in fields.all():
        field.fill("0")
    fields.first.fill("15")
    press(page, "en", "Work it out")
    said = page.locator("main").inner_text()
    assert "could only ever be withheld. Leave them out" in said
    assert fields.first.input_value() == "15"
    assert axe(page) + overflow(page) == []


def test_a_wrong_number_is_named_and_what_was_typed_stays(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    page = opened(browser_windows, demo_service)
    field = page.locator("input[name^='n.']").nth(3)
    field.fill("a few")
    press(page, "en", "Work it out")
    summary = page.locator(".error-summary a")
    assert summary.count() == 1
    target = summary.get_attribute("href")
    assert target == f"#{field.get_attribute('id')}"
    assert field.input_value() == "a few"
    assert field.get_attribute("aria-invalid") == "true"
    assert axe(page) + overflow(page) == []


def test_the_look_ahead_is_in_the_audit_log(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    opened(browser_windows, demo_service)
    log = office(browser_windows, demo_service, "dpo", PHONE)
    log.goto(f"{demo_service.url}/office/audit-log")
    assert "Looked at what a questionnaire could reveal" in log.locator("main").inner_text()
