"""Tables of rounded and of noised numbers as whoever reads them sees them: no count anywhere."""

from __future__ import annotations

import pytest

from tests.kit.audit import Audit
from tests.kit.live import LiveService
from tests.kit.pages import PHONE, Windows
from tests.kit.several import RELEASED
from tests.kit.walks import path

CUT_OFF = """() => [...document.querySelectorAll('svg text')]
    .filter(t => t.getBoundingClientRect().right > document.documentElement.width.baseVal.value)
    .map(t => t.textContent)"""
SIGN = {"rounded": "≈", "noised": "±"}
LANGUAGE = {"rounded": "lv", "noised": "ru"}


@pytest.mark.parametrize("slug", RELEASED)
def test_a_released_table_says_of_every_number_that_it_is_no_count(
    slug: str, several_service: LiveService, browser_windows: Windows
) -> None:
    language = LANGUAGE[slug]
    scheme = "light" if slug == "rounded" else "dark"
    audit = Audit(browser_windows.open(PHONE, color_scheme=scheme, locale=language))
    page = audit.page
    audit.visit(f"{several_service.url}/releases?lang={language}")
    with page.expect_navigation():
        page.locator("main a", has_text=f"({slug})").first.click()
    assert path(page).startswith("/releases/")
    audit.look()
    cells = page.locator("main table").first.locator("tbody td").all_inner_texts()
    assert len(cells) >= 6
    assert [cell for cell in cells if not cell.strip().startswith(SIGN[slug])] == []
    legend = page.locator(".legend").inner_text()
    assert f"{SIGN[slug]}" in legend
    page.emulate_media(media="print")
    assert page.locator("main table").first.is_visible()
    assert page.locator(".legend").first.is_visible(), "on paper the signs are explained, too"
    page.emulate_media(media="screen")
    audit.passed(2)
    chart = page.locator("main img").first
    assert chart.evaluate("e => e.complete && e.naturalWidth > 0")
    page.goto(f"{several_service.url}{chart.get_attribute('src')}")
    assert page.evaluate(CUT_OFF) == [], "no word of the drawing is cut off"
