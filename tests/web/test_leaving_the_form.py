"""Out of the form and back: pause, leave, stop; two tabs, two people at one device."""

from __future__ import annotations

from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import Forms
from tests.kit.walks import (
    REPLIES,
    SURVEY,
    Interview,
    cookies,
    errors,
    path,
)


def test_leaving_takes_the_code_from_this_device_at_once(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "en")
    form = forms().begin().answer(["A4", "B1"])
    form.hand_to(page)
    page.goto(f"{demo_service.url}{form.here}/q/B2")
    person.press("Leave this page")
    assert (path(page), cookies(page)) == ("/left", set())
    assert "survey" not in page.locator("main").inner_text().lower(), "it could be anybody's page"
    page.go_back()
    assert path(page) == f"{SURVEY}/en", "the question is not shown again"
    assert form.get("check").status_code == 200, "what was answered waits for the code"


def test_stop_and_delete_leaves_nothing(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "lv")
    form = forms("lv").begin().answer(["A4", "B1"])
    form.hand_to(page)
    page.goto(f"{demo_service.url}{form.here}/q/B2")
    person.press("Stop and delete")
    person.press("No, go on")
    assert person.question == "B2"
    person.press("Stop and delete")
    person.press("Yes, delete everything")
    assert page.locator("h1").inner_text() == person.says("Everything is deleted")
    assert cookies(page) == set()
    page.goto(f"{demo_service.url}/my-answers/lv")
    page.locator("#code").fill(form.code)
    person.press("Continue")
    nothing = person.says("Nothing is kept under this code, or it is mistyped.")
    assert errors(page).all_inner_texts() == [nothing]


def test_a_child_is_thanked_and_nothing_can_be_sent(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "lv")
    form = forms("lv").begin().answer(["A4", "B1", "B2"])
    form.hand_to(page)
    page.goto(f"{demo_service.url}{form.here}/q/B3")
    page.locator("#value").fill("15")
    person.press("Continue")
    assert path(page) == f"{form.here}/too-young"
    assert page.locator("h1").inner_text() == person.says("Thank you for your interest")
    assert form.post("check", {}).headers["location"] == f"{form.here}/too-young"
    person.press("Correct my age")
    page.locator("#value").fill("16")
    person.press("Continue")
    assert person.question == "B4"
    person.back()
    page.locator("#value").fill("15")
    person.press("Continue")
    person.press("Delete what I wrote and finish")
    assert page.locator("h1").inner_text() == person.says("Everything is deleted")
    assert cookies(page) == set()


def test_sending_twice_is_sending_once(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "en")
    form = forms().begin().answer(["A4", "B1"])
    form.hand_to(page)
    late = page.context.new_page()
    late.goto(f"{demo_service.url}{form.here}/q/B1")
    page.goto(f"{demo_service.url}{form.here}/check")
    person.press("Send my answers")
    code = person.code()
    form.submit()
    assert person.code() == code
    with late.expect_navigation():
        late.get_by_role("button", name="Continue").last.click()
    said = late.locator("main").inner_text()
    assert "already sent" in said or path(late) == f"{form.here}/receipt"
    page.go_back()
    assert path(page) == f"{form.here}/receipt", "there is no way back into what was sent"


def test_somebody_else_at_the_same_device_sees_nothing(
    demo_service: LiveService, forms: Forms, browser_windows: Windows
) -> None:
    page = browser_windows.open(PHONE, javascript=False)
    person = Interview(page, demo_service.url, "lv")
    form = forms("lv").begin().answer()
    form.hand_to(page)
    person.begin()
    assert person.says("A form is open on this device") in page.locator("main").inner_text()
    assert str(REPLIES["B6"]) not in page.content()
    person.press("It is not mine: close it")
    assert cookies(page) == set()
    person.begin()
    assert page.locator(".notice-box").count() == 0
    assert form.get("check").status_code == 200, "it is kept for whoever holds its code"
