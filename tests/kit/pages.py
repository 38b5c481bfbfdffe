"""What every page must hold in a browser: accessible, nothing too wide, nothing too small."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlsplit
from weakref import WeakSet

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from tests.kit.loopback import is_loopback

PHONE = (320, 640)
_TOUCHED: WeakSet[Page] = WeakSet()
DESKTOP = (1280, 900)

_AXE = """async () => {
    const options = {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}};
    const found = await axe.run(document, options);
    return found.violations.map(v => `${v.id} (${v.impact}): ${v.help}: `
        + v.nodes.map(n => n.target.join(' ')).join(' | '));
}"""

_DESCRIBE = """const describe = e => {
    const box = e.getBoundingClientRect();
    const words = (e.innerText || e.value || e.name || '').trim().slice(0, 30);
    return `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''} "${words}" `
        + `${Math.round(box.width)}x${Math.round(box.height)} at ${Math.round(box.left)}`;
};"""

# A box inside a container that scrolls by itself (a wide table) does not widen the page.
_OVERFLOW = f"""() => {{
    {_DESCRIBE}
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const scrolls = e => e && e !== document.body && (
        ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)
        || scrolls(e.parentElement));
    const wide = [...document.body.querySelectorAll('*')].filter(e =>
        e.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(e.parentElement));
    return [`page ${{root.scrollWidth}} in ${{root.clientWidth}}`, ...wide.map(describe)];
}}"""

# WCAG 2.2, 2.5.8: at least 24 by 24 CSS pixels; a link inside a sentence is exempt, a label counts
# as part of its control.
_SMALL = f"""(least) => {{
    {_DESCRIBE}
    const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, '
        + '[role=button], [tabindex]:not([tabindex="-1"])';
    const inSentence = e => {{
        if (getComputedStyle(e).display !== 'inline' || !e.parentElement) return false;
        const around = e.parentElement.innerText.trim().length;
        return around > e.innerText.trim().length;
    }};
    const hidden = e => {{
        const box = e.getBoundingClientRect();
        return box.width <= 1 || box.height <= 1 || box.right <= 0 || box.bottom + scrollY <= 0
            || getComputedStyle(e).visibility === 'hidden';
    }};
    const big = e => {{
        const boxes = [e, ...(e.labels || [])].map(b => b.getBoundingClientRect());
        return boxes.some(b => b.width >= least && b.height >= least);
    }};
    return [...document.querySelectorAll(all)]
        .filter(e => !hidden(e) && !big(e) && !inSentence(e)).map(describe);
}}"""


@cache
def _axe_script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def axe(page: Page) -> list[str]:
    """Return what axe finds wrong with a page, one line per rule.

    The script enters through the browser's debugger, so the page keeps its content policy.

    Raises:
        ValueError: the window was opened without JavaScript, where axe would wait for ever.
    """
    _expect_timers(page)
    page.evaluate(_axe_script())
    return cast(list[str], page.evaluate(_AXE))


def _expect_timers(page: Page) -> None:
    page.evaluate("() => { setTimeout(() => { window.timersRun = true; }, 0); }")
    for _ in range(100):
        if page.evaluate("() => window.timersRun === true"):
            return
        time.sleep(0.02)
    raise ValueError("axe needs a window with JavaScript")


def overflow(page: Page) -> list[str]:
    """Return what makes a page wider than its window; nothing when it fits."""
    return cast(list[str], page.evaluate(_OVERFLOW))


def small_targets(page: Page, least: int = 24) -> list[str]:
    """Return the controls smaller than `least` CSS pixels either way."""
    return cast(list[str], page.evaluate(_SMALL, least))


def press_on(place: Locator) -> None:
    """Touch with a finger where the window has a touch screen, else click with a mouse."""
    if place.page in _TOUCHED:
        place.tap()
    else:
        place.click()


class Windows:
    """Opens pages in contexts of their own and remembers what went wrong in any of them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def open(
        self,
        size: tuple[int, int] = DESKTOP,
        *,
        javascript: bool = True,
        **options: Any,
    ) -> Page:
        """Return an empty page in a fresh context (no cookie, no cache) of this size."""
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            accept_downloads=True,
            **options,
        )
        self._contexts.append(context)
        page = context.new_page()
        if options.get("has_touch"):
            _TOUCHED.add(page)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        page.on("request", self._asked)
        return page

    def close(self) -> None:
        """Close every window."""
        for context in self._contexts:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        # The browser also reports a 4xx page as an error; the tests that ask for one know.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(f"{message.page and message.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme in {"http", "https", "ws", "wss"} and not is_loopback(url.hostname):
            self.troubles.append(f"third-party request: {request.url}")


@contextmanager
def windows(browser: Browser) -> Iterator[Windows]:
    """Give windows and close them afterwards.

    Raises:
        AssertionError: a page broke its content policy, threw, or asked another host.
    """
    opened = Windows(browser)
    try:
        yield opened
    finally:
        opened.close()
    if opened.troubles:
        raise AssertionError("\n".join(["In the browser:", *opened.troubles]))
