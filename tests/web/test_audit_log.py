"""The data protection officer at work: read, filter, verify, and prove it later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import Windows
from tests.kit.walks import path, press, secrets_said

DIRECTLY = ("Zelma", "Kalderaš", "+371", "@example.org")


def lines(page: Page) -> list[list[str]]:
    """The entries on the page: number, when, who, what, about, outcome."""
    rows = page.locator("main tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in rows]


def shows(page: Page, **conditions: str) -> list[list[str]]:
    """Filter the log and return the entries that are left."""
    form = page.locator('main form[method="get"]')
    if not form.is_visible():
        page.locator("summary", has_text="Filter").click()
    for name, label in conditions.items():
        page.locator(f"#{name}").select_option(label=label)
    press(page, "en", "Show")
    return lines(page)


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def compare(page: Page, note: str) -> str:
    """Paste a checkpoint, and return what the answer begins with."""
    page.goto(page.url.partition("/office")[0] + "/office/audit-log/check")
    page.get_by_label("The text of the checkpoint").fill(note)
    press(page, "en", "Compare")
    return heading(page)


def download(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("link", name=link, exact=True).click()
    kept = folder / started.value.suggested_filename
    started.value.save_as(kept)
    return kept


def test_the_log_is_read_filtered_and_names_no_respondent(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    page = office(browser_windows, demo_service, "dpo")
    page.goto(f"{demo_service.url}/office/audit-log")
    everything = lines(page)
    assert len(everything) >= 20
    assert everything[0][3] == "Read this log", "that it is read stands in it, too"
    released = shows(page, act="A table was released to the public")
    assert released
    assert {line[3] for line in released} == {"A table was released to the public"}
    voted = shows(page, act="Voted on a table", who="checker-one")
    assert voted
    assert all(line[2].startswith("checker-one") for line in voted)
    assert shows(page, who="mediator", act="Voted on a table")[0][0].startswith("No entry fits")
    press(page, "en", "Show everything")
    assert path(page) == "/office/audit-log"
    with page.expect_navigation():
        page.locator("main tbody a").nth(3).click()
    entry = page.locator("main").inner_text()
    assert "As it lies in the log" in entry
    page.goto(f"{demo_service.url}/office/audit-log")
    whole = ""
    while True:
        whole += page.locator("main").inner_text()
        older = page.get_by_role("link", name="Older entries")
        if not older.count():
            break
        with page.expect_navigation():
            older.click()
    said = [secret for secret in (*secrets_said(), *DIRECTLY) if secret in whole]
    assert said == []


def test_the_log_is_verified_and_a_checkpoint_proves_it_later(
    demo_service: LiveService, browser_windows: Windows, tmp_path: Path
) -> None:
    page = office(browser_windows, demo_service, "dpo")
    page.goto(f"{demo_service.url}/office/audit-log")
    press(page, "en", "Check that nothing was changed")
    press(page, "en", "Verify now")
    assert heading(page) == "The log holds together"
    press(page, "en", "Back to the checks")
    saved = download(page, "Download a checkpoint", tmp_path)
    note = saved.read_text(encoding="utf-8")
    press(page, "en", "Verify now")
    assert compare(page, note) == "Nothing was changed since your checkpoint"
    words = page.locator(".lead").inner_text()
    assert f"The first {note.splitlines()[1]} entries" in words
    lied = note.splitlines()
    lied[2] = lied[2][:5] + ("A" if lied[2][5] != "A" else "B") + lied[2][6:]
    assert compare(page, "\n".join(lied) + "\n") == "This is not a checkpoint of this log"
    page.goto(f"{demo_service.url}/office/audit-log/check")
    press(page, "en", "Compare")
    assert "There is no checkpoint in the box." in page.locator(".error-summary").inner_text()
    key = page.locator("pre").last.inner_text().strip()
    export = download(page, "Download the log", tmp_path)
    program = Path(sys.executable).with_name("equality-survey")
    verify = [
        str(program),
        "audit-log",
        "verify",
        str(export),
        "--checkpoint",
        str(saved),
        "--key",
        key,
    ]
    offline = subprocess.run(verify, capture_output=True, text=True)
    assert offline.returncode == 0, offline.stdout + offline.stderr
