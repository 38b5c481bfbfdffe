"""An administrator makes an account; a new person sets it up, works, and leaves."""

from __future__ import annotations

import time

import pyotp
from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows, axe
from tests.kit.walks import errors, path, press, remember, unfit

NAME = "ilze.kalnina"
PASSWORD = "nine quiet herons on the Daugava"


def holds(page: Page) -> None:
    assert axe(page) + unfit(page) == [], page.url


def test_a_new_person_gets_an_account_enrols_and_signs_in(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    url = demo_service.url
    administrator = office(browser_windows, demo_service, "administrator")
    once = makes_an_account(administrator, url)
    page = browser_windows.open(PHONE)
    secret = enrols(page, url, once)
    assert page.locator("h1").inner_text() == f"Good day, {NAME}"
    assert "Coordinator" in page.locator("main").inner_text()

    elsewhere = browser_windows.open()
    signs_in(elsewhere, url, once)
    assert elsewhere.locator(".error-summary").is_visible(), "the one-time password was for once"
    signs_in(elsewhere, url, PASSWORD)
    elsewhere.get_by_label("six digits").fill(pyotp.TOTP(secret).at(int(time.time()) + 30))
    press(elsewhere, "en", "Sign in")
    assert path(elsewhere) == "/office"
    elsewhere.goto(f"{url}/office/account")
    assert "Another browser" in elsewhere.locator("main").inner_text()
    press(elsewhere, "en", "Sign out everywhere")
    assert "You are signed out" in elsewhere.locator("main").inner_text()
    page.goto(f"{url}/office/surveys")
    assert path(page) == "/office/sign-in", "the other browser is signed out, too"

    administrator.goto(f"{url}/office/accounts")
    with administrator.expect_navigation():
        administrator.get_by_role("link", name=NAME).click()
    holds(administrator)
    press(administrator, "en", "Deactivate the account")
    assert path(administrator) == "/office/accounts"
    signs_in(elsewhere, url, PASSWORD)
    assert elsewhere.locator(".error-summary").is_visible()


def makes_an_account(page: Page, url: str) -> str:
    """Return the one-time password that is shown once."""
    page.goto(f"{url}/office/accounts")
    page.get_by_label("User name").fill("Ilze Kalniņa")
    page.get_by_label("Coordinator").check()
    press(page, "en", "Create the account")
    assert errors(page).count() == 1
    assert page.get_by_label("User name").input_value() == "Ilze Kalniņa"
    assert page.get_by_label("Coordinator").is_checked()
    holds(page)
    page.get_by_label("User name").fill(NAME)
    press(page, "en", "Create the account")
    assert "It is shown only now" in page.locator("main").inner_text()
    holds(page)
    once = page.locator("#one-time-password").inner_text()
    remember(once)
    press(page, "en", "Back to the accounts")
    assert NAME in page.locator("main tbody").inner_text()
    assert once not in page.content()
    return once


def signs_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/office/sign-in")
    page.get_by_label("User name").fill(NAME)
    page.get_by_label("Password").fill(password)
    press(page, "en", "Continue")


def enrols(page: Page, url: str, once: str) -> str:
    """Set up the second factor and an own password; return the secret."""
    signs_in(page, url, once)
    assert page.locator("h1").inner_text() == "Your first sign-in"
    assert page.locator("img.qr").evaluate("e => e.complete && e.naturalWidth > 0")
    page.locator("summary", has_text="I cannot scan it").click()
    secret = page.locator("details .code").inner_text().replace(" ", "")
    remember(secret, PASSWORD)
    holds(page)
    for password, repeated, said in (
        ("short", "short", "15"),
        (PASSWORD, PASSWORD + ".", "same"),
    ):
        finish(page, secret, password, repeated)
        assert said in page.locator(".error-summary").inner_text()
    kept = page.locator("details .code").text_content() or ""
    assert kept.replace(" ", "") == secret
    holds(page)
    finish(page, secret, PASSWORD, PASSWORD)
    return secret


def finish(page: Page, secret: str, password: str, repeated: str) -> None:
    page.get_by_label("six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same password again").fill(repeated)
    press(page, "en", "Finish and sign in")
