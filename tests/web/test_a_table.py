"""A table from the researcher's question to the public page, and one that is not released."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows
from tests.kit.walks import path, press

PURPOSE = "To see whether the housing plan reaches women and men in the same measure."
TITLE = "Housing tenure by Planning region"


def compose(page: Page, url: str, *, rows: tuple[str, ...], columns: str) -> None:
    """Choose rows and columns as in the lists of the page, and look ahead."""
    page.goto(f"{url}/office/requests/new")
    for place, variable in zip(("#rows", "#rows-2"), rows, strict=False):
        page.locator(place).select_option(variable)
    page.locator("#columns").select_option(columns)
    press(page, "en", "Preview")


def ask(page: Page, purpose: str = PURPOSE) -> None:
    """Say what the table is for, and submit."""
    page.get_by_label("Monitoring equality over time").check()
    page.get_by_label("What will you use the table for?").fill(purpose)
    press(page, "en", "Submit")
    for _ in range(240):
        # The answer comes from a worker, at a fixed moment; the page is looked at again.
        if page.locator(".notice-box h2").inner_text() != "Being prepared":
            return
        page.wait_for_timeout(500)
        press(page, "en", "Look again")


def asked_today(page: Page, url: str) -> int:
    """How many requests the page counts for today."""
    page.goto(f"{url}/office/requests")
    counted = re.search(r"Asked today: (\d+) of \d+", page.locator("main").inner_text())
    assert counted is not None
    return int(counted[1])


def cells(page: Page) -> list[list[str]]:
    """The table of the page, as it is read."""
    rows = page.locator("main table").first.locator("tbody tr").all()
    return [[c.inner_text().strip() for c in row.locator("th, td").all()] for row in rows]


def test_a_table_goes_from_the_question_to_the_public(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    url = demo_service.url
    researcher = office(browser_windows, demo_service, "researcher")
    reads_the_codebook(researcher)
    before = asked_today(researcher, url)
    compose(researcher, url, rows=("F1",), columns="B1")
    text = researcher.locator("main").inner_text()
    assert "It looks at no answers, so it says nothing about them." in text
    assert re.search(r"likely: \d+", text)
    ask(researcher)
    request = path(researcher)
    assert researcher.locator("h1").inner_text() == TITLE
    sees_no_number(researcher)
    assert asked_today(researcher, url) == before + 1

    check = f"{url}{request.replace('/requests/', '/checks/')}"
    first = office(browser_windows, demo_service, "checker-one")
    second = office(browser_windows, demo_service, "checker-two")
    for checker in (first, second):
        checker.goto(f"{url}/office/checks")
        with checker.expect_navigation():
            checker.get_by_role("link", name=TITLE, exact=True).click()
        assert checker.url == check
        compares_both_tables(checker)
    protected = cells(first)
    votes(first, "Release")
    first.goto(check)
    own = first.locator("main").inner_text()
    assert "You voted to release it." in own
    assert "The other checker's vote shows once both are in." in own
    second.reload()
    assert "voted" not in second.locator("main").inner_text(), "blind to the other's vote"
    researcher.goto(f"{url}{request}")
    sees_no_number(researcher)
    votes(second, "Release")

    researcher.goto(f"{url}{request}")
    assert researcher.locator(".notice-box h2").inner_text() == "Released"
    press(researcher, "en", "Open the table")
    release = path(researcher)
    public = browser_windows.open()
    public.goto(f"{url}/releases?lang=en")
    public.locator(f'a[href^="{release}"]').click()
    public.wait_for_url(f"**{release}*")
    assert cells(public) == protected, "what the checkers saw is what is published"
    reads_the_release(public, url + release)


def reads_the_codebook(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name="Variables", exact=True).first.click()
    page.locator("summary", has_text="Housing tenure (F1)").click()
    shown = page.locator("details[open]")
    assert shown.locator("dd").count() >= 3, "the question in every language"
    assert "Owner" in shown.inner_text()
    assert "Preferred not to say" in shown.inner_text()


def sees_no_number(page: Page) -> None:
    """The page of a request says where it stands, and shows no table."""
    notice = page.locator(".notice-box")
    assert notice.locator("h2").inner_text() == "Under review"
    assert re.search(r"\d", notice.inner_text()) is None
    assert page.locator("main table").count() == 0


def compares_both_tables(page: Page) -> None:
    """Protected and unprotected stand on one page, and differ where it says "c"."""
    frames = page.locator("main table")
    assert frames.count() == 2
    assert page.locator("main table >> nth=0").locator(".withheld").count() > 0
    assert page.locator("main table >> nth=1").locator(".withheld").count() == 0
    assert "too few people" in frames.nth(1).inner_text()
    assert PURPOSE in page.locator("main").inner_text()


def votes(page: Page, choice: str) -> None:
    page.locator("label.choice", has_text=re.compile(f"^{choice}")).click()
    press(page, "en", "Vote")
    assert "Your vote is counted" in page.locator("main").inner_text()


def reads_the_release(page: Page, address: str) -> None:
    """Table, legend, chart and files say the same."""
    shown = cells(page)
    flat = [cell for row in shown for cell in row[1:]]
    legend = page.locator(".legend").inner_text()
    assert "c" in flat
    assert "It is not zero." in legend
    assert ("Nobody: a true zero." in legend) == ("0" in flat)
    image = page.locator("main img")
    image.scroll_into_view_if_needed()
    assert image.evaluate("e => e.decode().then(() => e.naturalWidth > 100)")
    assert page.get_by_role("heading", name="How it was protected").is_visible()
    same_numbers(flat, address)
    opened = page.context.new_page()
    opened.goto(f"{address}/chart.svg?lang=en")
    assert opened.locator("svg text", has_text="Latgale").count() > 0
    opened.close()


def same_numbers(flat: list[str], address: str) -> None:
    """The files hold the numbers of the page, and a status where there is none."""
    printed = [None if c == "c" else int(c.strip("()").replace(",", "")) for c in flat]
    table = httpx.get(f"{address}/table.json?lang=en")
    assert 'filename="' in table.headers["content-disposition"]
    stat: dict[str, Any] = table.json()
    assert (stat["version"], stat["class"]) == ("2.0", "dataset")
    assert stat["id"] == ["F1", "B1"]
    assert len(stat["value"]) == stat["size"][0] * stat["size"][1]
    assert stat["value"] == printed
    sheet = httpx.get(f"{address}/table.csv?lang=en")
    assert sheet.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert [int(r["OBS_VALUE"]) if r["OBS_VALUE"] else None for r in rows] == printed
    for row, cell in zip(rows, flat, strict=True):
        expected = "Q" if cell == "c" else "U" if cell.startswith("(") else "A"
        assert row["OBS_STATUS"] == expected
    certificate = httpx.get(f"{address}/certificate.json").json()
    for name, content in (("table.en.json", table.content), ("table.en.csv", sheet.content)):
        assert certificate["files"][name] == hashlib.sha256(content).hexdigest()


def test_a_refused_table_names_a_coarser_one_and_nothing_else(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    page = office(browser_windows, demo_service, "researcher", PHONE)
    compose(page, demo_service.url, rows=("D1", "C1"), columns="B4")
    ask(page)
    notice = page.locator(".notice-box")
    assert notice.locator("h2").inner_text() == "Not released"
    said = notice.inner_text()
    assert "is never said" in said
    assert "This coarser table could go:" in said
    assert re.search(r"\d", said) is None, "no cell, no rule, no number"
    assert page.locator("main table").count() == 0
    coarser = notice.locator("strong").inner_text()
    press(page, "en", "Ask for the coarser table")
    assert path(page) == "/office/requests/new"
    ask(page)
    assert page.locator("h1").inner_text() == coarser
    assert notice.locator("h2").inner_text() in ("Under review", "Released")
