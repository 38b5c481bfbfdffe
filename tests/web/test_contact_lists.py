"""Being asked again: a coordinator asks, somebody else agrees, and only the passphrase opens it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows, overflow
from tests.kit.walks import remember

PASSPHRASE = "seven storks over a wet meadow"


def test_a_list_of_contacts_is_asked_for_granted_and_opened_without_javascript(
    demo_service: LiveService, browser_windows: Windows
) -> None:
    remember(PASSPHRASE)
    page = office(browser_windows, demo_service, "coordinator", javascript=False)
    page.goto(f"{demo_service.url}/office/contact-lists")
    page.get_by_label("Survey").select_option(index=1)
    reason = page.get_by_label("What people will be asked, and when")
    reason.fill("To ask the same people again in spring.")
    page.get_by_label("A passphrase for this list").fill(PASSPHRASE)
    page.get_by_label("The passphrase again").fill("something else")
    page.get_by_role("button", name="Ask for the list").click()
    expect(page.get_by_role("link", name="The two are not the same.")).to_be_visible()
    expect(reason).to_have_value("To ask the same people again in spring.")
    page.get_by_label("A passphrase for this list").fill(PASSPHRASE)
    page.get_by_label("The passphrase again").fill(PASSPHRASE)
    page.get_by_role("button", name="Ask for the list").click()
    asked = page.url
    expect(page.get_by_role("button", name="Yes, give the list")).to_have_count(0)

    dpo = office(browser_windows, demo_service, "dpo", PHONE)
    dpo.goto(asked)
    assert overflow(dpo) == []
    dpo.get_by_role("button", name="Yes, give the list").click()
    expect(dpo.get_by_label("Your passphrase for this list")).to_have_count(0)
    dpo.goto(f"{demo_service.url}/office/consents")
    assert overflow(dpo) == []
    expect(dpo.get_by_role("row", name="Taking part")).to_contain_text("0")

    page.goto(asked)
    page.get_by_label("Your passphrase for this list").fill(PASSPHRASE + "s")
    page.get_by_role("button", name="Show the list").click()
    expect(page.get_by_role("link", name="The list does not open with this.")).to_be_visible()
    page.get_by_label("Your passphrase for this list").fill(PASSPHRASE)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Take it as a file").click()
    lines = Path(taken.value.path()).read_text(encoding="utf-8-sig").splitlines()
    page.get_by_label("Your passphrase for this list").fill(PASSPHRASE)
    page.get_by_role("button", name="Show the list").click()
    assert page.locator("tbody tr").count() == len(lines) - 1 > 20
