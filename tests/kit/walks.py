"""Steps that browser tests share: the form as a respondent fills it.

Every secret that a walk types or is given is remembered, so that a test can look for it where it
must never be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from survey_service.web.translation import LANGUAGES, translator
from tests.kit.pages import overflow, press_on, small_targets

SLUG = "roma-2026"
SURVEY = f"/survey/{SLUG}"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}")
EVERYTHING = {"participation": "yes", "ethnic_health": "yes", "research_reuse": "yes"}
WITHOUT_CONTACT = EVERYTHING | {"contact": "no"}
WITH_CONTACT = EVERYTHING | {"contact": "yes"}

# What a person says whose form takes the longest way through the questions. A text is a choice or
# what is typed, a list is ticked, a mapping fills several fields.
Reply = str | list[str] | dict[str, str]
REPLIES: Mapping[str, Reply] = {
    "A4": "no",
    "B1": "LV0001000",
    "B2": "1",
    "B3": "41",
    "B4": "1",
    "B5": ["rom", "other"],
    "B6": "Kalderaš no Ventspils",
    "B7": ["lav", "rom"],
    "B8": "1",
    "B9": "5",
    "B10": "2",
    "B11": "3",
    "C1": "2",
    "C2": "2",
    "C3": {"children_3_to_6": "1", "attending": "1"},
    "C4": {"children_7_to_15": "2", "attending": "2"},
    "C5": "3",
    "D1": "3",
    "D2": "2",
    "D3": "1",
    "E1": "3",
    "E2": "3",
    "E3": "1",
    "E4": "1",
    "F1": "1",
    "F2": "2",
    "F3": ["water", "power"],
    "F4": ["damp"],
    "G1": "3",
    "G2": "3",
    "G3": ["holiday", "car"],
    "H1": ["job", "health"],
    "H2": ["job"],
    "H3": "2",
    "H4": ["insult"],
    "H5": "1",
    "H6": "4",
    "I1": ["school"],
    "I2": ["edu", "work"],
}

_SECRETS: set[str] = set()


def remember(*secrets: str) -> None:
    """Add what no log may ever show to what `secrets_said` returns."""
    _SECRETS.update(secret for secret in secrets if len(secret) >= 5)


def secrets_said() -> frozenset[str]:
    """Return every secret that the walks of this run have typed or were given."""
    return frozenset(_SECRETS)


def words(language: str, message: str, **values: object) -> str:
    """Return a text of the service as a page in this language shows it."""
    return translator(language)(message, **values)


def press(page: Page, language: str, message: str) -> None:
    """Press the button or follow the link that says this, and wait for the page behind it."""
    name = words(language, message)
    button = page.locator("main").get_by_role("button", name=name, exact=True)
    link = page.locator("main").get_by_role("link", name=name, exact=True)
    with page.expect_navigation():
        press_on(button.or_(link).first)


def path(page: Page) -> str:
    """Return where the page is, without host and query."""
    return urlsplit(page.url).path


class Interview:
    """Somebody in front of the form, in one window."""

    def __init__(self, page: Page, url: str, language: str, survey: str = SURVEY) -> None:
        self.page = page
        self.url = url
        self.language = language
        self.survey = survey
        self.seen: list[str] = []

    def says(self, message: str, **values: object) -> str:
        """Return a text of the service in the language of this interview."""
        return words(self.language, message, **values)

    def press(self, message: str) -> None:
        """Press the button, or follow the link, that says this."""
        press(self.page, self.language, message)

    def begin(self) -> None:
        """Open the survey and choose the language."""
        self.page.goto(f"{self.url}{self.survey}")
        with self.page.expect_navigation():
            press_on(self.page.locator("main").get_by_role("link", name=LANGUAGES[self.language]))

    def back(self) -> None:
        """Follow the link at the top of the page to the one before."""
        with self.page.expect_navigation():
            press_on(self.page.locator("a.back"))

    def switch(self, language: str) -> None:
        """Press the name of another language at the top of the page."""
        with self.page.expect_navigation():
            press_on(self.page.locator(".languages").get_by_text(LANGUAGES[language], exact=True))
        self.language = language

    def decide(self, decisions: Mapping[str, str]) -> None:
        """Choose yes or no for purposes and go on."""
        for purpose, answer in decisions.items():
            choose(self.page, purpose, answer)
        self.press("Continue")

    def leave_contact(self, **fields: str) -> None:
        """Write how to be reached and go on."""
        for name, text in fields.items():
            self.page.locator(f"#{name}").fill(text)
            remember(text)
        self.press("Continue")

    @property
    def question(self) -> str | None:
        """The question on the page, or None on any other page."""
        found = re.fullmatch(rf"{self.survey}/\w+/q/(\w+)", path(self.page))
        return found[1] if found else None

    def reply(self, reply: Reply) -> None:
        """Fill in the question's answer, without going on."""
        if isinstance(reply, dict):
            for name, text in reply.items():
                self.page.locator(f"#{name}").fill(text)
        elif isinstance(reply, list):
            for value in reply:
                choose(self.page, "value", value)
        elif self.page.locator("select#value").count():
            self.page.locator("#value").select_option(reply)
        elif self.page.locator("#value[type=text]").count():
            self.page.locator("#value").fill(reply)
            remember(reply)
        else:
            choose(self.page, "value", reply)

    def say_state(self, state: str) -> None:
        """Choose "I don't know" or "I prefer not to say"."""
        name = "value" if self.page.locator('input[value^="state:"]').count() else "state"
        choose(self.page, name, f"state:{state}" if name == "value" else state)

    def go_on(self) -> None:
        """Note the question and press "Continue"."""
        if self.question is not None:
            self.seen.append(self.question)
        self.press("Continue")

    def answer(self, replies: Mapping[str, Reply] = REPLIES, *, until: str | None = None) -> None:
        """Answer one question after the other, until this one or any other page stands there."""
        while (question := self.question) is not None and question != until:
            self.reply(replies[question])
            self.go_on()

    def code(self) -> str:
        """Return the code that the page shows, and remember it as a secret."""
        groups = self.page.locator(".take-home .code span").all_inner_texts()
        code = "-".join(groups)
        if not CODE.fullmatch(code):
            raise AssertionError(f"no code on {self.page.url}")
        remember_code(code)
        return code


def choose(page: Page, name: str, value: str) -> None:
    """Click the words beside a radio button or a box, as a finger would."""
    press_on(page.locator("label", has=page.locator(f'input[name="{name}"][value="{value}"]')))


def remember_code(code: str) -> None:
    """Remember a code as people see it, and as it is without its dashes."""
    remember(code, code.replace("-", ""), code.lower())


def chosen(page: Page) -> list[str]:
    """Return the values of everything that is ticked, in the page's order."""
    return [box.get_attribute("value") or "" for box in page.locator("main input:checked").all()]


def errors(page: Page) -> Locator:
    """The links of the summary of what is wrong."""
    return page.locator(".error-summary li a")


def cookies(page: Page) -> set[str]:
    """Return the names of the cookies that this browser holds."""
    return {cookie["name"] for cookie in page.context.cookies()}


def unfit(page: Page) -> list[str]:
    """Return what is too wide for the window or too small for a finger."""
    return overflow(page) + small_targets(page)
