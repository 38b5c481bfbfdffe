"""Every page there is, in every language, on a phone and on a desktop: usable by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Response

from schemas.vocabulary import Role
from survey_service.web.permissions import FOR_PROGRAMMES, ROLE_PERMISSIONS
from tests.kit.audit import Audit
from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import PHONE, Windows
from tests.kit.plain import Forms, Staff, unprotected
from tests.kit.walks import (
    REPLIES,
    SLUG,
    SURVEY,
    WITH_CONTACT,
    WITHOUT_CONTACT,
    choose,
    press,
    words,
)

LANGUAGES = ["lv", "ru", "en"]
PEOPLE = {role: role.value for role in Role} | {Role.OUTPUT_CHECKER: "checker-one"}
LARGEST_FIRST_PAGE = 30_000
# Latvian by day, Russian by night: both sets of colours are looked at.
COLOURS = {"lv": "light", "ru": "dark", "en": "light"}


AuditIn = Callable[[str], Audit]


@pytest.fixture
def audit_in(browser_windows: Windows) -> AuditIn:
    """A window of a phone in which to look at pages."""

    def begin(language: str) -> Audit:
        scheme = COLOURS[language]
        return Audit(browser_windows.open(PHONE, color_scheme=scheme, locale=language))

    return begin


# Without a sign-in


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages(language: str, demo_service: LiveService, audit_in: AuditIn) -> None:
    audit = audit_in(language)
    url, page = demo_service.url, audit.page
    for address in ("/", "/accessibility", "/releases", "/problems/not-found", "/left"):
        audit.visit(f"{url}{address}?lang={language}")
    audit.visit(f"{url}/nothing?lang={language}", status=404)
    for address in ("/", "/releases"):
        page.goto(f"{url}{address}?lang={language}")
        assert page.locator("html").get_attribute("lang") == language
    with page.expect_navigation():
        page.locator("main .tile").first.click()
    audit.look()
    for step in ("", "/consent", "/goodbye", "/stopped", "/stop"):
        audit.visit(f"{url}{SURVEY}/{language}{step}")
    audit.visit(f"{url}{SURVEY}")
    page.goto(f"{url}{SURVEY}/{language}/consent")
    press(page, language, "Continue")
    audit.look()
    for purpose in WITH_CONTACT:
        choose(page, purpose, "no")
    press(page, language, "Continue")
    audit.look()
    for address in ("", "/erased", "/lost-code"):
        audit.visit(f"{url}/my-answers/{language}{address}")
    page.goto(f"{url}/my-answers/{language}")
    page.locator("#code").fill("7YQ2M-4K9TB-H01XC-VE5RZ-8NWPA")
    press(page, language, "Continue")
    audit.look()
    audit.passed(17)


def test_pages_that_fall_back_from_romani_and_the_reference_of_the_api(
    demo_service: LiveService, audit_in: AuditIn, forms: Forms
) -> None:
    audit = audit_in("lv")
    url = demo_service.url
    form = forms("rom").begin()
    form.hand_to(audit.page)
    for step in ("", "/consent", "/q/B5", "/check", "/pause"):
        audit.visit(f"{url}{form.here}{step}")
        assert audit.page.locator("html").get_attribute("lang") == "lv"
        assert audit.page.locator(".fallback").is_visible(), "it says that it is Latvian"
    audit.visit(f"{url}/my-answers/rom/status")
    audit.visit(f"{url}/api/v1/reference")
    audit.passed(7)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_form(
    language: str, demo_service: LiveService, audit_in: AuditIn, forms: Forms
) -> None:
    audit = audit_in(language)
    url, page = demo_service.url, audit.page
    form = forms(language).begin(WITH_CONTACT)
    form.hand_to(page)
    here = f"{url}{form.here}"
    audit.visit(f"{here}/contact")
    page.locator("#email").fill("at home")
    press(page, language, "Continue")
    audit.look()
    audit.visit(here)
    audit.visit(f"{here}/check")
    form.answer()
    for number, question in enumerate(REPLIES):
        mine = LANGUAGES[number % len(LANGUAGES)] == language
        audit.visit(f"{here}/q/{question}", thoroughly=mine)
    wrong_answers(audit, here, language)
    audit.visit(f"{here}/q/B4?from=check")
    for step in ("check", "pause", "stop"):
        audit.visit(f"{here}/{step}")
    for step in ("", "/status", "/erase"):
        audit.visit(f"{url}/my-answers/{language}{step}")
    form.reply("B3", "12")
    audit.visit(f"{here}/too-young")
    form.reply("B3", "41")
    form.submit()
    audit.visit(f"{here}/receipt")
    for step in ("status", "receipt"):
        audit.visit(f"{url}/my-answers/{language}/{step}")
    if language == "lv":
        for step in ("answers", "correct/B9", "correct/B1", "withdraw/ethnic_health"):
            audit.visit(f"{url}/my-answers/{language}/{step}")
    form.client.post(f"/my-answers/{language}/erase", headers={"Content-Type": "text/plain"})
    audit.visit(f"{here}/check", status=404)
    audit.passed(len(REPLIES) + 18)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_on_which_a_device_changes_hands(
    language: str, demo_service: LiveService, browser_windows: Windows
) -> None:
    page = office(browser_windows, demo_service, "mediator", PHONE, color_scheme=COLOURS[language])
    audit, url = Audit(page), demo_service.url
    begin_with_help(page, url, language)
    audit.look()
    audit.visit(f"{url}{SURVEY}/{language}/q/B5")
    submit(page)
    audit.look()
    for name in ("pin", "again"):
        page.locator(f"#{name}").fill("2580")
    submit(page)
    audit.look()
    audit.visit(f"{url}{SURVEY}/{language}/q/B5")
    audit.visit(f"{url}/hand-back?lang={language}")
    submit(page)
    audit.look()
    page.locator("#pin").fill("2580")
    submit(page)
    audit.visit(f"{url}{SURVEY}/{language}/check")
    audit.visit(f"{url}/office/assist")
    audit.visit(f"{url}/hand-over?lang={language}&to=pause")
    page.locator("#pin").fill("2580")
    submit(page)
    page.goto(f"{url}/hand-back?lang={language}")
    page.locator("summary").click()
    submit(page, page.locator("details .button"))
    audit.look()
    submit(page, page.locator("button[value=delete]"))
    audit.look()
    page.goto(f"{url}/office/assist")
    submit(page, page.locator('form[action="/office/assist-lend"] button'))
    audit.visit(f"{url}/hand-back?lang={language}")
    submit(page)
    audit.passed(13)


def begin_with_help(page: Page, url: str, language: str) -> None:
    """Begin an interview as a mediator, and say yes to everything but contact."""
    page.goto(f"{url}/office/assist/{SLUG}")
    said = {"script": "read", "read_by": "mediator", "interpreter": "no", "language": language}
    for name, value in said.items():
        choose(page, name, value)
    submit(page)
    page.goto(f"{url}{SURVEY}/{language}/consent")
    for purpose, answer in WITHOUT_CONTACT.items():
        choose(page, purpose, answer)
    submit(page)


def submit(page: Page, button: Locator | None = None) -> None:
    """Press this button, or the first of the page's own."""
    with page.expect_navigation():
        (button or page.locator("main .buttons .button").first).click()


def wrong_answers(audit: Audit, here: str, language: str) -> None:
    """One error on each kind of question."""
    page = audit.page
    for question, typed in (("B3", "140"), ("B6", "w" * 61)):
        page.goto(f"{here}/q/{question}")
        page.locator("#value").fill(typed)
        press(page, language, "Continue")
        audit.look()
    page.goto(f"{here}/q/C3")
    page.locator("#attending").fill("9")
    press(page, language, "Continue")
    audit.look()
    for question, value in (("B5", "none"), ("I2", "house"), ("B1", None)):
        page.goto(f"{here}/q/{question}")
        if value is None or question == "I2":
            choose(page, "state", "refused")
        else:
            choose(page, "value", value)
        press(page, language, "Continue")
        audit.look()
    assert words(language, "Please check this") in page.locator("main").inner_text()


def test_the_first_page_is_light(demo_service: LiveService, browser_windows: Windows) -> None:
    answers: list[Response] = []
    for address in (SURVEY, f"{SURVEY}/ru", "/?lang=lv"):
        page = browser_windows.open(PHONE)
        page.on("response", lambda answer: answers.append(answer))
        page.goto(f"{demo_service.url}{address}", wait_until="networkidle")
        loaded = [answer.request.sizes() for answer in answers]
        total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in loaded)
        assert total < LARGEST_FIRST_PAGE, (address, total)
        assert 1 <= len(answers) <= 4
        answers.clear()


def test_a_question_page_asks_for_little_the_first_time_and_for_one_thing_afterwards(
    demo_service: LiveService, browser_windows: Windows, forms: Forms
) -> None:
    """At 50 kbit/s and 500 ms a second round trip and 6 kB cost a second each."""
    page = browser_windows.open(PHONE)
    form = forms("lv").begin()
    form.hand_to(page)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    loaded: list[float] = []
    wire.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    for question, most, requests in (("A4", 20_000, 4), ("B2", 9_000, 1)):
        loaded.clear()
        page.goto(f"{demo_service.url}{form.here}/q/{question}", wait_until="networkidle")
        over_the_wire = [size for size in loaded if size > 0]
        assert sum(over_the_wire) < most, (question, over_the_wire)
        assert len(over_the_wire) <= requests, (question, over_the_wire)


# In the office


def kind(address: str) -> str:
    """An address without what tells one thing of a kind from another."""
    place = urlsplit(address)
    path = re.sub(r"/([a-z2-7]{26}|[0-9a-f]{64}|\d+)(?=/|$)", "/…", place.path)
    names = sorted({pair.partition("=")[0] for pair in place.query.split("&") if pair})
    return f"{path}?{','.join(names)}"


def links(page: Page) -> list[str]:
    """The office pages that this one leads to."""
    return [
        address
        for address in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        if urlsplit(address).path.startswith("/office")
    ]


def crawl(audit: Audit, start: str, *, thoroughly: bool) -> set[str]:
    """Follow every link of the office, one of each kind; return the kinds."""
    page = audit.page
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        address = waiting.pop(0).partition("#")[0]
        if kind(address) in seen:
            continue
        seen.add(kind(address))
        answer = page.request.get(address)
        if answer.headers.get("content-type", "").startswith("text/html"):
            audit.visit(address, thoroughly=thoroughly)
            waiting += links(page)
        elif answer.status != 200 or unprotected(answer.headers):
            audit.found.append(f"{address}: {answer.status}")
    return seen


@pytest.mark.parametrize("role", list(Role))
def test_pages_of_the_office(
    role: Role,
    demo_service: LiveService,
    browser_windows: Windows,
    staff: Callable[[str], Staff],
) -> None:
    who = PEOPLE[role]
    if held := ROLE_PERMISSIONS[role] & FOR_PROGRAMMES:
        staff(who).token(*held, name="an account with something in it")
    for language in LANGUAGES:
        page = office(browser_windows, demo_service, who, PHONE, color_scheme=COLOURS[language])
        with page.expect_navigation():
            page.locator(f'.languages button[value="{language}"]').click()
        assert page.locator("html").get_attribute("lang") == language
        audit = Audit(page)
        home = f"{demo_service.url}/office"
        seen = crawl(audit, home, thoroughly=language != "lv")
        audit.passed(2)
        reached = {address.partition("?")[0] for address in seen}
        assert "/office/account" in reached
        assert len(reached) >= 2 + bool(ROLE_PERMISSIONS[role])


def test_mistakes_in_the_office(demo_service: LiveService, browser_windows: Windows) -> None:
    url = demo_service.url
    stranger = browser_windows.open(PHONE)
    audit = Audit(stranger)
    audit.visit(f"{url}/office/sign-in")
    press(stranger, "en", "Continue")
    audit.look()
    signs = demo_service.sign_in("mediator")
    stranger.get_by_label("User name").fill(signs["username"])
    stranger.get_by_label("Password").fill(signs["password"])
    press(stranger, "en", "Continue")
    audit.look()
    stranger.get_by_label("six digits").fill("12 34")
    press(stranger, "en", "Sign in")
    audit.look()
    audit.passed(4)
    for who, address, button in (
        ("administrator", "/office/accounts", "Create the account"),
        ("researcher", "/office/account", "Create the token"),
        ("researcher", "/office/requests/new?rows=B1&columns=B2", "Submit"),
        ("dpo", "/office/audit-log/check", "Compare"),
        ("dpo", "/office/audit-log?since=yesterday", "Show"),
        ("checker-one", "/office/checks", "Vote"),
    ):
        page = office(browser_windows, demo_service, who, PHONE)
        audit = Audit(page)
        page.goto(f"{url}{address}")
        if button == "Vote":
            with page.expect_navigation():
                page.locator("main tbody a").first.click()
        if "since" not in address:
            press(page, "en", button)
        assert page.locator(".error-summary").is_visible(), address
        audit.look()
        audit.passed(1)
    forbidden = office(browser_windows, demo_service, "mediator", PHONE)
    audit = Audit(forbidden)
    audit.visit(f"{url}/office/audit-log", status=403)
    audit.visit(f"{url}/office/nothing", status=404)
    audit.passed(2)
