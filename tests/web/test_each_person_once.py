"""One person once, from the sheet of slips to the destroyed key, as its people walk it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.kit.audit import Audit
from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows
from tests.kit.several import INVITED, WHY
from tests.kit.walks import WITHOUT_CONTACT, Interview, cookies, errors, path, press, remember

HERE = f"/survey/{INVITED}"
NUMBER = "+371 2938 4756"
THE_SAME = "29384756"
SUBJECT = f"once-only/{INVITED}"


class Somebody(Interview):
    """A person with a phone whose pages are looked at."""

    def __init__(self, windows: Windows, service: LiveService, language: str) -> None:
        scheme = "dark" if language == "ru" else "light"
        self.audit = Audit(windows.open(PHONE, color_scheme=scheme))
        super().__init__(self.audit.page, service.url, language, HERE)

    def shows(self, slip: str) -> None:
        """From the notice to the decisions with the number of a slip."""
        self.page.goto(f"{self.url}{HERE}/{self.language}")
        self.press("Continue")
        assert path(self.page) == f"{HERE}/{self.language}/slip", "asked before anything is decided"
        self.page.locator("#slip").fill(slip)
        self.press("Continue")

    def is_told_that_it_is_useless(self, slip: str) -> None:
        """A used slip; what was typed still stands there."""
        self.shows(slip)
        useless = self.says("This invitation cannot be used, or its number is mistyped.")
        assert errors(self.page).all_inner_texts() == [useless]
        assert self.page.locator("#slip").input_value() == slip
        self.audit.look()

    def takes_part(self, number: str) -> None:
        """Decide, say who one is, answer a question and send."""
        remember(number)
        self.decide(WITHOUT_CONTACT)
        assert path(self.page) == f"{HERE}/{self.language}/once"
        self.page.locator("main form input[type=text]").fill("none of your business")
        self.press("Continue")
        assert errors(self.page).count() == 1
        self.audit.look()
        self.page.locator("main form input[type=text]").fill(number)
        self.press("Continue")
        self.answer(until="B1")
        self.page.goto(f"{self.url}{HERE}/{self.language}/check")
        self.press("Send my answers")


def test_from_the_sheet_of_slips_to_the_destroyed_key(
    several_service: LiveService, browser_windows: Windows
) -> None:
    service = several_service
    coordinator = Audit(office(browser_windows, service, "coordinator", PHONE))
    slips = makes_a_sheet(coordinator, service.url)

    first = Somebody(browser_windows, service, "lv")
    first.shows(slips[0].lower().replace("-", " "))
    first.takes_part(NUMBER)
    assert path(first.page) == f"{HERE}/lv/receipt"

    again = Somebody(browser_windows, service, "ru")
    again.is_told_that_it_is_useless(slips[0])
    again.shows(slips[1])
    again.takes_part(THE_SAME)
    told_neutrally(again)

    closes(coordinator, service.url)
    key_is_destroyed(browser_windows, service)
    for audit, pages in ((coordinator, 2), (first.audit, 1), (again.audit, 3)):
        audit.passed(pages)


def makes_a_sheet(audit: Audit, url: str) -> list[str]:
    """The numbers on a sheet of three, shown once."""
    page = audit.page
    page.goto(f"{url}/office/surveys")
    with page.expect_navigation():
        page.get_by_role("link", name=f"({INVITED})").click()
    press(page, "en", "Invitation slips")
    audit.look()
    page.locator("#count").fill("3")
    press(page, "en", "Make a sheet of slips")
    audit.look()
    slips = page.locator(".slip-number").all_inner_texts()
    assert len(set(slips)) == 3
    remember(*slips)
    page.emulate_media(media="print")
    assert page.locator(".slips").is_visible()
    assert not page.locator("h1").is_visible(), "on paper there are slips alone"
    page.emulate_media(media="screen")
    return slips


def told_neutrally(person: Somebody) -> None:
    """Nothing says that this number took part; what was written can be deleted there."""
    page = person.page
    text = page.locator("main").inner_text()
    assert page.locator("h1").inner_text() == person.says("These answers cannot be taken")
    assert THE_SAME not in text
    person.audit.look()
    person.press("Delete what I wrote and finish")
    assert page.locator("h1").inner_text() == person.says("Everything is deleted")
    assert cookies(page) == set()


def closes(audit: Audit, url: str) -> None:
    """The end of field work."""
    page = audit.page
    page.goto(f"{url}/office/surveys")
    with page.expect_navigation():
        page.get_by_role("link", name=f"({INVITED})").click()
    press(page, "en", "Close this wave")
    press(page, "en", "Yes, close it")


def key_is_destroyed(windows: Windows, service: LiveService) -> None:
    """An administrator proposes, the data protection officer confirms; then it is gone."""
    before = keys_kept(service)
    administrator = Audit(office(windows, service, "administrator", PHONE))
    page = administrator.page
    page.goto(f"{service.url}/office/ceremonies")
    press(page, "en", "Propose")
    assert errors(page).count() == 2
    administrator.look()
    page.locator("#subject").select_option(f"destroy/{SUBJECT}")
    page.locator("#reason").fill(WHY)
    press(page, "en", "Propose")
    administrator.look()
    assert page.get_by_role("button", name="Confirm").count() == 0, "nobody does it alone"
    administrator.passed(2)

    officer = Audit(office(windows, service, "dpo", PHONE))
    page = officer.page
    page.goto(f"{service.url}/office/ceremonies")
    row = page.get_by_role("row", name=SUBJECT)
    with page.expect_navigation():
        row.get_by_role("link").click()
    officer.look()
    press(page, "en", "Confirm and carry out")
    assert "\tdone\t" in row.inner_text()
    officer.look()
    officer.passed(2)
    assert keys_kept(service) == before - 1


def keys_kept(service: LiveService) -> int:
    """How many keys there are by which somebody could try a number."""
    file = service.data / "stores" / "inbox.sqlite"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT count(*) FROM once_key").fetchone()[0])
