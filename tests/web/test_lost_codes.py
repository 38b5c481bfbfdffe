"""Two officers find a lost code: settled, told, said yes to with help, asked for, opened."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from schemas.escrow import fingerprint
from tests.kit.audit import Audit
from tests.kit.escrow import SEEN, Officers
from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows
from tests.kit.several import ESCROW, WHY
from tests.kit.walks import WITHOUT_CONTACT, Interview, choose, errors, path, press, remember

HERE = f"/survey/{ESCROW}"
PIN = "2580"
WHO = {"name": "Zelma Bērziņkalna", "phone": "+371 2938 4756"}
TOLD_AGAIN = {"name": "berzinkalna zelma", "phone": "29384756"}


def test_a_lost_code_from_the_officers_keys_to_the_persons_hand(
    several_service: LiveService, browser_windows: Windows
) -> None:
    service = several_service
    officers = Officers()
    coordinator, dpo, mediator = (
        Audit(office(browser_windows, service, who, PHONE))
        for who in ("coordinator", "dpo", "mediator")
    )
    of_wave(coordinator.page, service.url)
    proposes(coordinator, officers)
    agrees(dpo, service.url)
    opens(coordinator, service.url)
    code = is_helped(mediator, service.url)
    of_wave(coordinator.page, service.url)
    press(coordinator.page, "en", "Close this wave")
    press(coordinator.page, "en", "Yes, close it")

    asked = asks(dpo, service.url)
    grants(coordinator, asked)
    assert fetches(dpo, asked, officers) == [code.replace("-", "")]
    for audit, pages in ((coordinator, 4), (dpo, 5), (mediator, 6)):
        audit.passed(pages)


def of_wave(page: Page, url: str) -> None:
    """Open the wave's page from the list."""
    page.goto(f"{url}/office/surveys")
    with page.expect_navigation():
        page.get_by_role("link", name=f"({ESCROW})").click()


def proposes(audit: Audit, officers: Officers) -> None:
    """The coordinator types keys and fingerprints; one fingerprint is of another key."""
    page = audit.page
    press(page, "en", "What becomes of lost codes")
    audit.look()
    choose(page, "mode", "escrow")
    keys = officers.keys
    for name, key in (("outer", keys.outer), ("inner", keys.inner)):
        page.locator(f"#{name}").fill(key)
        page.locator(f"#{name}_print").fill(fingerprint(keys.outer))
    page.locator("#reason").fill(WHY)
    press(page, "en", "Propose")
    assert errors(page).count() == 1
    audit.look()
    page.locator("#inner_print").fill(fingerprint(keys.inner))
    press(page, "en", "Propose")
    assert "Waits for the data protection officer" in page.locator("main").inner_text()
    audit.look()


def agrees(audit: Audit, url: str) -> None:
    """The data protection officer compares first."""
    page = audit.page
    page.goto(f"{url}/office/escrow")
    press(page, "en", "Agree")
    assert errors(page).count() == 1
    audit.look()
    page.get_by_label("I compared both fingerprints").check()
    press(page, "en", "Agree")
    audit.look()


def opens(audit: Audit, url: str) -> None:
    """Every warning is answered for."""
    page = audit.page
    of_wave(page, url)
    press(page, "en", "Open this wave")
    for tick in page.locator('main input[name="accept"]').all():
        tick.check()
    for reason in page.locator("main textarea").all():
        reason.fill(WHY)
    press(page, "en", "Open this wave")


def is_helped(audit: Audit, url: str) -> str:
    """Somebody answers with help, says yes to being found, and takes the code home alone."""
    page = audit.page
    person = Interview(page, url, "en", HERE)
    page.goto(f"{url}/office/assist/{ESCROW}")
    audit.look()
    said = {"script": "read", "read_by": "mediator", "interpreter": "no", "language": "en"}
    for name, value in said.items():
        choose(page, name, value)
    person.press("Begin the interview")
    person.press("Continue")
    person.decide(WITHOUT_CONTACT)
    assert path(page) == f"{HERE}/en/lost-code"
    person.press("Continue")
    assert errors(page).count() == 1, "nothing is chosen for anybody"
    audit.look()
    choose(page, "find", "yes")
    for name, text in WHO.items():
        page.locator(f"#{name}").fill(text)
        remember(text)
    person.press("Continue")

    page.goto(f"{url}{HERE}/en/q/B5")
    assert page.locator("h1").inner_text() == "Give the device to the respondent"
    looks_in_forced_colours(audit)
    for name in ("pin", "again"):
        page.locator(f"#{name}").fill(PIN)
    person.press("Continue")
    code = person.code()
    looks_in_forced_colours(audit)
    prints_the_code_alone(page)
    page.goto(f"{url}{HERE}/en/check")
    person.press("Send my answers")
    assert "two officers together can find it" in page.locator(".receipt").inner_text()
    looks_in_forced_colours(audit)
    prints_the_code_alone(page)
    person.press("I have kept my code")
    audit.look()
    return code


def looks_in_forced_colours(audit: Audit) -> None:
    """Where the system's colours take the place of ours, what can be pressed keeps its edge."""
    page = audit.page
    audit.keep("usual")
    page.emulate_media(forced_colors="active")
    audit.look(thoroughly=False)
    edges = page.locator("main :is(.button, input[type=text], input[type=password])")
    bare = "all => all.filter(e => parseFloat(getComputedStyle(e).borderTopWidth) < 1).length"
    assert edges.count() > 0
    assert edges.evaluate_all(bare) == 0
    page.emulate_media(forced_colors="none")


def prints_the_code_alone(page: Page) -> None:
    """On paper: the code and its drawing; nothing to press, and nothing of the office."""
    page.emulate_media(media="print")
    assert page.locator(".take-home .code").is_visible()
    assert page.locator(".take-home img").is_visible()
    for nothing in ("main .buttons", "nav.languages", "header nav"):
        assert page.locator(nothing).locator("visible=true").count() == 0, nothing
    page.emulate_media(media="screen")


def asks(audit: Audit, url: str) -> str:
    """The data protection officer asks, having seen a document; return the address."""
    page = audit.page
    page.goto(f"{url}/office/escrow")
    press(page, "en", "Ask for the code")
    assert errors(page).count() >= 3
    audit.look()
    page.locator("#wave").select_option(index=1)
    for name, text in {**TOLD_AGAIN, "reason": SEEN}.items():
        page.locator(f"#{name}").fill(text)
    press(page, "en", "Ask for the code")
    assert page.get_by_role("button", name="Yes, look for it").count() == 0
    audit.look()
    return page.url


def grants(audit: Audit, asked: str) -> None:
    """Somebody else agrees."""
    audit.visit(asked)
    press(audit.page, "en", "Yes, look for it")


def fetches(audit: Audit, asked: str, officers: Officers) -> list[str]:
    """The sealed file, opened by both officers one after the other; then it is destroyed here."""
    page = audit.page
    button = page.get_by_role("button", name="Fetch the sealed file")
    page.goto(asked)
    audit.look()
    with page.expect_download() as started:
        button.click()
    codes = officers.codes(Path(started.value.path()).read_bytes())
    press(page, "en", "The officers have it: destroy it here")
    assert "the file is destroyed here" in page.locator("main").inner_text()
    return codes
