"""Looking at pages as everybody will use them, and noting what is wrong with any.

SCREENSHOTS=folder keeps a picture of each page that is looked at, as on a phone and on a desktop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

from tests.kit.pages import DESKTOP, PHONE, axe, overflow, small_targets
from tests.kit.plain import unprotected

MOST_OPENED = 6
_OPEN = (
    "most => [...document.querySelectorAll('details')].slice(0, most).forEach(d => d.open = true)"
)


class Audit:
    """Looks at one page after the other and notes what is wrong with any."""

    def __init__(self, page: Page, turn: int | None = None) -> None:
        """With a turn (0 or 1) every second page is looked at thoroughly, from that one on.

        So two walks, each in a language of its own, share the work.
        """
        self.page = page
        self.turn = turn
        self.found: list[str] = []
        self.seen = 0

    def look(self, *, thoroughly: bool = True) -> None:
        """Look at the page with the first of its details open, on a phone and on a desktop."""
        page = self.page
        thoroughly = thoroughly and self.turn in (None, self.seen % 2)
        self.seen += 1
        page.evaluate(_OPEN, MOST_OPENED)
        wrong = overflow(page) + [f"small: {target}" for target in small_targets(page)]
        self.keep("phone")
        if thoroughly:
            wrong += axe(page)
            page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
            wrong += [f"desktop: {one}" for one in overflow(page)]
            self.keep("desktop")
            page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        if not page.title().strip() or page.locator("h1").count() != 1:
            wrong.append("no title, or not one h1")
        self.note(wrong)

    def visit(self, address: str, *, status: int = 200, thoroughly: bool = True) -> None:
        """Open a page and look at it."""
        answer = self.page.goto(address)
        self.answered(answer, status)
        self.look(thoroughly=thoroughly)

    def answered(self, answer: Response | None, status: int) -> None:
        """Note an answer that is not protected, or not the one that was expected."""
        if answer is None or answer.status != status:
            self.note([f"{answer and answer.status} instead of {status}"])
        elif missing := unprotected(answer.headers):
            self.note([f"without {name}" for name in missing])

    def keep(self, kind: str) -> None:
        """Keep a picture of the page, where that was asked for."""
        if folder := os.environ.get("SCREENSHOTS"):
            place = re.sub(r"\W+", "-", urlsplit(self.page.url).path)[-60:]
            name = f"{id(self) % 10_000:04}-{self.seen:02}{place}-{kind}.png"
            self.page.screenshot(path=Path(folder) / name, full_page=True)

    def note(self, wrong: Iterable[str]) -> None:
        """Remember what is wrong with this page."""
        place = urlsplit(self.page.url)
        self.found += [f"{place.path}?{place.query}: {one}" for one in wrong]

    def passed(self, least: int) -> None:
        """Fail if anything was wrong, or fewer pages were seen than there are."""
        assert self.found == []
        assert self.seen >= least
