"""Steps that browser tests share: the form as a respondent fills it, in a browser or without one.

Every secret that a walk types or is given is remembered, so that a test can look for it where it
must never be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from playwright.sync_api import Locator, Page

from survey_service.web.translation import LANGUAGES, translator

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
        button.or_(link).first.click()


def path(page: Page) -> str:
    """Return where the page is, without host and query."""
    return urlsplit(page.url).path


class Interview:
    """Somebody in front of the form, in one window."""

    def __init__(self, page: Page, url: str, language: str) -> None:
        self.page = page
        self.url = url
        self.language = language
        self.seen: list[str] = []

    def says(self, message: str, **values: object) -> str:
        """Return a text of the service in the language of this interview."""
        return words(self.language, message, **values)

    def press(self, message: str) -> None:
        """Press the button, or follow the link, that says this."""
        press(self.page, self.language, message)

    def begin(self) -> None:
        """Open the survey and choose the language."""
        self.page.goto(f"{self.url}{SURVEY}")
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("link", name=LANGUAGES[self.language]).click()

    def back(self) -> None:
        """Follow the link at the top of the page to the one before."""
        with self.page.expect_navigation():
            self.page.locator("a.back").click()

    def switch(self, language: str) -> None:
        """Press the name of another language at the top of the page."""
        with self.page.expect_navigation():
            self.page.locator(".languages").get_by_text(LANGUAGES[language], exact=True).click()
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
        found = re.fullmatch(rf"{SURVEY}/\w+/q/(\w+)", path(self.page))
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
    page.locator("label", has=page.locator(f'input[name="{name}"][value="{value}"]')).click()


def remember_code(code: str) -> None:
    """Remember a code as people see it, and as it is without its dashes."""
    remember(code, code.replace("-", ""), code.lower())


def chosen(page: Page) -> list[str]:
    """Return the values of everything that is ticked, in the page's order."""
    return [box.get_attribute("value") or "" for box in page.locator("main input:checked").all()]


def errors(page: Page) -> Locator:
    """The links of the summary of what is wrong."""
    return page.locator(".error-summary li a")


# Without a browser

Forms = Callable[..., "Form"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def encoded(fields: Mapping[str, Any]) -> str:
    """Return fields as a form sends them; one without fields is a form, too."""
    return urlencode(dict(fields), doseq=True)


class Form:
    """A respondent's form over plain HTTP, for what no browser would send and for many at once."""

    def __init__(self, url: str, language: str = "en") -> None:
        origin = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
        self.client = httpx.Client(base_url=url, headers=origin, timeout=30)
        self.here = f"{SURVEY}/{language}"

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def begin(self, decisions: Mapping[str, str] = WITHOUT_CONTACT) -> Form:
        """Decide, and hold the code from then on."""
        made = self.post("consent", decisions)
        if made.status_code != 303:
            raise AssertionError(f"{made.status_code} instead of the first question")
        remember_code(self.code)
        return self

    def get(self, step: str = "", **options: Any) -> httpx.Response:
        """Open a page of the survey."""
        return self.client.get(f"{self.here}/{step}" if step else self.here, **options)

    def post(self, step: str, fields: Mapping[str, Any]) -> httpx.Response:
        """Send a form of the survey."""
        return self.client.post(f"{self.here}/{step}", content=encoded(fields), headers=FORM)

    def reply(self, question: str, reply: Reply | None = None) -> httpx.Response:
        """Answer a question."""
        given = REPLIES[question] if reply is None else reply
        fields = given if isinstance(given, dict) else {"value": given}
        return self.post(f"q/{question}", {**fields, "go": "next"})

    def answer(self, questions: Iterable[str] = REPLIES) -> Form:
        """Answer these questions, in the order of the form."""
        for question in questions:
            self.reply(question)
        return self

    def submit(self) -> Form:
        """Send the answers."""
        sent = self.post("check", {})
        if not sent.headers["location"].endswith("/receipt"):
            raise AssertionError(f"sent, and then at {sent.headers['location']}")
        return self

    @property
    def code(self) -> str:
        """The code in the cookie, in groups."""
        symbols = self.client.cookies["code"]
        return "-".join(symbols[at : at + 5] for at in range(0, 25, 5))

    def hand_to(self, page: Page) -> None:
        """Go on with this form in a browser window."""
        url = str(self.client.base_url).rstrip("/")
        page.context.add_cookies(
            [{"name": "code", "value": self.client.cookies["code"], "url": url}]
        )


# Staff without a browser


class Staff:
    """A person of the office over plain HTTP, with the session of a browser that signed in."""

    def __init__(self, url: str, cookies: Iterable[Mapping[str, Any]]) -> None:
        origin = {"Origin": url, "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        self.client = httpx.Client(base_url=url, headers=origin, timeout=60)
        for cookie in cookies:
            self.client.cookies.set(cookie["name"], cookie["value"])
            remember(cookie["value"])
        found = re.search(r'name="_csrf" value="([^"]+)"', self.get("/office").text)
        if found is None:
            raise AssertionError("not signed in")
        self.csrf = found[1]
        remember(self.csrf)

    def get(self, address: str) -> httpx.Response:
        """Open a page."""
        return self.client.get(address)

    def post(self, address: str, fields: Mapping[str, Any]) -> httpx.Response:
        """Send a form as its page would, with the token against foreign forms."""
        content = encoded({**fields, "_csrf": self.csrf})
        return self.client.post(address, content=content, headers=FORM)

    def token(self, *scopes: str, name: str = "test") -> str:
        """Make a token on the account page, good for these scopes."""
        page = self.get("/office/account").text
        key = re.search(r'name="key" value="([^"]+)"', page)
        if key is None:
            raise AssertionError("this role has nothing that a programme could do")
        fields = {"key": key[1], "name": name, "scopes": list(scopes), "days": "1"}
        made = re.search(r'id="token">([^<]+)<', self.post("/office/account/tokens", fields).text)
        if made is None:
            raise AssertionError("no token was made")
        remember(made[1])
        return made[1]

    def close(self) -> None:
        """Close the connections."""
        self.client.close()


# What every answer of the service carries

PROTECTIVE = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=()",
}


def unprotected(headers: Mapping[str, str]) -> list[str]:
    """Return the protective headers that an answer lacks, and what it tells about the server."""
    missing = [name for name, text in PROTECTIVE.items() if text not in headers.get(name, "")]
    if "unsafe" in headers.get("content-security-policy", ""):
        missing.append("a strict policy")
    return missing + [name for name in ("server", "x-powered-by") if name in headers]


def tells_too_much(text: str) -> list[str]:
    """Return the signs of a stack trace, of our files or of a database in an answer."""
    signs = (
        "Traceback",
        "site-packages",
        "survey_service/",
        '.py"',
        "sqlite",
        "SELECT ",
        "pydantic",
    )
    return [sign for sign in signs if sign in text]
