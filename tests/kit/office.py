"""Staff at work in a browser: signed in once per person, then from window to window."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.pages import DESKTOP, Windows

_SIGNED_IN: WeakKeyDictionary[LiveService, dict[str, Any]] = WeakKeyDictionary()


def sign_in(page: Page, service: LiveService, who: str) -> None:
    """Go through both steps of signing in, as a person would; `who` is a user name or a role."""
    person = service.sign_in(who)
    page.goto(f"{service.url}/office/sign-in")
    page.get_by_label("User name").fill(person["username"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("six digits").fill(service.one_time_code(who))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def office(
    windows: Windows,
    service: LiveService,
    who: str,
    size: tuple[int, int] = DESKTOP,
    **options: Any,
) -> Page:
    """Return a window at /office with somebody signed in.

    The session is kept for the next window of the same person: a one-time code is good once, and
    a test that signs out or waits for the session's end uses `sign_in` instead.
    """
    kept = _SIGNED_IN.setdefault(service, {})
    if who not in kept:
        page = windows.open(size)
        sign_in(page, service, who)
        kept[who] = page.context.storage_state()
    page = windows.open(size, storage_state=kept[who], **options)
    page.goto(f"{service.url}/office")
    return page
