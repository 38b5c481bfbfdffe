"""Records for a project: asked for, checked by two others, fetched; in a browser."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter

from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows, axe, overflow
from tests.kit.walks import path, press

PROJECT = "Doctors nearby"
PURPOSE = "To model how distance to a family doctor and housing act together; no table shows both. "
KNOWN, OTHERS = ("B1", "B4"), ("D2", "E1")


def ask(page: Page, url: str, *, purpose: str = PURPOSE * 2) -> None:
    """Fill in the form and send it."""
    page.goto(f"{url}/office/safe-files/new")
    page.get_by_label("Name of the project").fill(PROJECT)
    page.get_by_label("What the records are needed for").fill(purpose)
    for field, names in (("known", KNOWN), ("others", OTHERS)):
        for name in names:
            page.locator(f"input[name={field}][value='{name}']").check()
    press(page, "en", "Ask for the file")


def holds(page: Page) -> None:
    assert axe(page) + overflow(page) == [], page.url


def test_a_safe_file_goes_from_the_request_to_the_project(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    url = demo_service.url
    researcher = office(browser_windows, demo_service, "researcher", PHONE)
    ask(researcher, url, purpose="Research.")
    assert researcher.locator(".error-summary a").get_attribute("href") == "#purpose"
    assert researcher.locator("input[name=known]:checked").count() == len(KNOWN)
    holds(researcher)
    ask(researcher, url)
    request = path(researcher)
    assert researcher.locator("h1").inner_text() == PROJECT
    assert "Two output checkers look at the report" in researcher.locator("main").inner_text()
    holds(researcher)
    assert researcher.request.get(f"{url}{request}/file.csv").status == 404

    for who in ("checker-one", "checker-two"):
        checker = office(browser_windows, demo_service, who, PHONE)
        checker.goto(f"{url}/office/safe-file-checks")
        holds(checker)
        with checker.expect_navigation():
            checker.get_by_role("link", name=PROJECT).click()
        holds(checker)
        with checker.expect_download() as started:
            checker.get_by_role("link", name="Fetch the report").click()
        report = started.value.path().read_text(encoding="utf-8")
        assert report.lower().startswith("<!doctype html>")
        assert "http://" not in report.replace("http://www.w3.org/", "")
        assert "https://" not in report
        checker.get_by_label("Release", exact=False).first.check()
        press(checker, "en", "Vote")
        assert "Your vote is counted" in checker.locator("main").inner_text()

    researcher.goto(f"{url}{request}")
    holds(researcher)
    shown = researcher.locator("main").inner_text()
    with researcher.expect_download() as started:
        researcher.get_by_role("link", name="Fetch the file").click()
    content = started.value.path().read_bytes()
    assert hashlib.sha256(content).hexdigest() in shown
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert list(rows[0]) == [*KNOWN, *OTHERS]
    described = Counter(tuple(row[name] for name in KNOWN) for row in rows)
    assert min(described.values()) >= 10
    ask(researcher, url)
    assert "You already have a safe file of this wave" in researcher.locator("main").inner_text()
