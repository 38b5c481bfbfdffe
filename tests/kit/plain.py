"""Respondents and staff without a browser: for what none would send, and for many at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Page

from tests.kit.walks import REPLIES, SURVEY, WITHOUT_CONTACT, Reply, remember, remember_code

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


def safe(answer: httpx.Response, *statuses: int) -> None:
    """Nothing, if the answer has one of these statuses, is protected, and tells nothing inside.

    Raises:
        AssertionError: names what is wrong with it.
    """
    found = [*unprotected(answer.headers), *tells_too_much(answer.text)]
    if answer.status_code not in statuses or found:
        raise AssertionError(f"{answer.status_code} {str(answer.url)[:200]} {found}")
