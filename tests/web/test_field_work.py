"""A demonstration of its own: started, stopped, started again; its wave closed, the next opened."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from survey_service.services import open_services
from survey_service.settings import Settings
from survey_service.surveys.core import load
from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows, axe
from tests.kit.plain import Form
from tests.kit.walks import SLUG, SURVEY, Interview, errors, press, unfit

RESPONDENTS = 67
COMMAND = ("demo", "--respondents", str(RESPONDENTS), "--seed", "3")


@pytest.fixture(scope="module")
def started_twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A small demonstration on its second start, with a third wave that is not open yet."""
    folder = tmp_path_factory.mktemp("small") / "data"
    first = LiveService(folder, COMMAND)
    people = (folder / "sign-ins.json").read_bytes()
    assert stat.S_IMODE((folder / "sign-ins.json").stat().st_mode) == 0o600
    assert first.stop() == 0, "Ctrl-C ends it cleanly"
    assert "Traceback" not in first.printed()
    prepare_a_wave(folder)
    second = LiveService(folder, COMMAND)
    assert (folder / "sign-ins.json").read_bytes() == people, "the second start keeps the data"
    yield second
    second.kill()


def prepare_a_wave(folder: Path) -> None:
    """Store a third wave, as somebody at the machine would."""
    core = load()
    services = open_services(Settings.from_environment(folder, demonstration=True))
    services.surveys.add_wave_now(SLUG, 3, core.questionnaire, core.notice, planned_sample=500)
    services.close()


def wave(page: Page, url: str, number: int) -> None:
    """Open the page of a wave from the list."""
    page.goto(f"{url}/office/surveys")
    with page.expect_navigation():
        page.get_by_role("link", name=f"wave {number}").click()


def holds(page: Page) -> None:
    assert axe(page) + unfit(page) == [], page.url


def test_the_coordinator_closes_one_wave_and_opens_the_next(
    started_twice: LiveService, browser_windows: Windows
) -> None:
    url = started_twice.url
    submitted = Form(url)
    unfinished = Form(url)
    try:
        submitted.begin().answer(["A4", "B1", "B3"]).submit()
        unfinished.begin().answer(["A4"])
        page = office(browser_windows, started_twice, "coordinator", PHONE)
        progress_is_rounded(page)
        closes_after_asking_twice(page, url)
        holds(page)
        nobody_can_answer(url, unfinished)
        respondent = browser_windows.open(PHONE, javascript=False)
        the_code_still_works(Interview(respondent, url, "lv"), submitted)
        wave(page, url, 3)
        holds(page)
        opens_for_a_reason(page)
        assert "open" in state(page)
        assert httpx.get(f"{url}{SURVEY}/en/consent").status_code == 200
    finally:
        submitted.close()
        unfinished.close()
    assert started_twice.stop() == 0


def progress_is_rounded(page: Page) -> None:
    """Tens, and nothing below twenty: not even for the coordinator."""
    with page.expect_navigation():
        page.get_by_role("link", name="Progress", exact=True).first.click()
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in page.locator("main tbody tr").all()
    }
    first, second = (next(v for k, v in rows.items() if f"wave {n}" in k) for n in (1, 2))
    assert first[1] == str(RESPONDENTS // 10 * 10)
    assert second[1] == "fewer than 20"
    assert str(RESPONDENTS) not in page.locator("main").inner_text()
    holds(page)


def state(page: Page) -> str:
    return page.locator(".summary-list > div", has_text="State").locator("dd").first.inner_text()


def closes_after_asking_twice(page: Page, url: str) -> None:
    wave(page, url, 2)
    press(page, "en", "Close this wave")
    assert page.locator("h1").inner_text() == "Close this wave?"
    holds(page)
    press(page, "en", "No, go back")
    assert state(page) == "open"
    press(page, "en", "Close this wave")
    press(page, "en", "Yes, close it")
    assert state(page) == "closed"
    buttons = page.locator("main").get_by_role("button").all_inner_texts()
    assert buttons == ["Archive this wave"], "it cannot be opened again"


def opens_for_a_reason(page: Page) -> None:
    """Every warning is answered for; nothing opens before."""
    press(page, "en", "Open this wave")
    holds(page)
    press(page, "en", "Open this wave")
    assert errors(page).count() == 1
    holds(page)
    page.get_by_label("I looked at this and open all the same.").check()
    page.get_by_label("Why?").fill("The community wants these questions.")
    press(page, "en", "Open this wave")


def nobody_can_answer(url: str, unfinished: Form) -> None:
    for answer in (
        httpx.get(f"{url}{SURVEY}/en"),
        unfinished.get("q/B1"),
        unfinished.reply("B1"),
        unfinished.post("check", {}),
    ):
        assert answer.status_code == 409
        assert "This survey is not open" in answer.text


def the_code_still_works(person: Interview, form: Form) -> None:
    """What was sent is settled with the closing, and is still its sender's own."""
    page = person.page
    page.goto(f"{person.url}/my-answers/lv")
    page.locator("#code").fill(form.code)
    person.press("Continue")
    mixed = person.says(
        "Your answers are kept together with those of others, without your name "
        "and apart from your decisions."
    )
    assert page.locator(".lead").inner_text() == mixed
    with page.expect_download() as started:
        page.get_by_role("link", name=person.says("Download my copy")).click()
    copy = json.loads(Path(started.value.path()).read_text(encoding="utf-8"))
    kept = copy["surveys"][0]["answers"]["record"]
    assert kept["B3"]["value"] == "35-44"
    assert not re.search(r'"value": "?41\b', json.dumps(kept))
    person.press("Erase everything")
    person.press("Yes, erase everything")
    assert page.locator("h1").inner_text() == person.says("Everything is erased")
    page.goto(f"{person.url}/my-answers/lv")
    page.locator("#code").fill(form.code)
    person.press("Continue")
    nothing = person.says("Nothing is kept under this code, or it is mistyped.")
    assert errors(page).all_inner_texts() == [nothing]
