"""A mediator with a device, over the real rooms and the real guard, without a network."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from schemas.vocabulary import Role
from survey_service.accounts import sessions
from survey_service.accounts.service import Accounts
from survey_service.app import routes
from survey_service.assisted.beginning import AssistedHere
from survey_service.assisted.counting import Counting
from survey_service.assisted.desks import DeskHere
from survey_service.assisted.windows import Windows
from survey_service.collection.code import Code
from tests.kit.field import SLUG, Field
from tests.unit.survey_service.web.kit import application, browser

START = f"/survey/{SLUG}"
HAND_BACK = "/hand-back"
PIN = "2580"
YES = {"participation": "yes", "ethnic_health": "yes", "research_reuse": "yes", "contact": "no"}
WITH_HELP = {"B1": "LV0001000", "B2": "1", "B3": "34", "B4": "2"}
"""What comes before the first question that is the respondent's own."""
OWN = {"B5": ["rom"], "B7": ["lav", "rom"]}
"""The first of these, with answers that a helper must not see."""


class Device:
    """A mediator's browser: it follows no redirect, so that each step is seen."""

    def __init__(self, interview: Interviews, session: str | None) -> None:
        self.interview = interview
        self.client: TestClient[Litestar] = browser(
            interview.app, session, **{"accept-language": "en"}
        )

    def get(self, path: str) -> Response:
        """Open a page: of the survey in English, or any path that begins with a slash."""
        return self.client.get(self._at(path))

    def post(self, path: str, data: dict[str, Any] | None = None) -> Response:
        """Send a form."""
        return self.client.post(self._at(path), data=data or {})

    def send(self, page: str, path: str, data: dict[str, Any]) -> Response:
        """Send a form of the office with the token of its page."""
        found = re.search(r'name="_csrf" value="([0-9a-f]+)"', self.get(page).text)
        if found is None:
            raise AssertionError(f"no form on {page}")
        return self.post(path, {**data, "_csrf": found[1]})

    @staticmethod
    def _at(path: str) -> str:
        return path if path.startswith("/") else f"{START}/en/{path}"

    # Steps

    def begin(self) -> Response:
        """Read the script out and begin with a new person."""
        page = f"/office/assist/{SLUG}"
        said = {"read_by": "mediator", "interpreter": "no", "language": "en"}
        return self.send(page, page, {"script": "read", **said})

    def consent(self, **decisions: str) -> Response:
        """Write down what the person decides."""
        return self.post("consent", {**YES, **decisions})

    def answer(self, answers: dict[str, Any]) -> Response:
        """Answer questions and return the last answer's redirect."""
        for question, value in answers.items():
            fields = value if isinstance(value, dict) else {"value": value}
            last = self.post(f"q/{question}", {**fields, "go": "next"})
        return last

    def hand_over(self, pin: str = PIN, again: str | None = None) -> Response:
        """The respondent takes the device."""
        return self.post("/hand-over?lang=en", {"pin": pin, "again": again or pin})

    def give_back(self, pin: str = PIN, go: str = "back") -> Response:
        """The respondent gives it back, or goes on alone."""
        return self.post("/hand-back?lang=en", {"pin": pin, "go": go})

    def until_hand_over(self) -> Device:
        """Go as far as the first question that is the respondent's own."""
        self.begin()
        self.consent()
        self.answer(WITH_HELP)
        return self

    def code(self) -> Code:
        """The code, read with the server's own key: no page shows it to a helper."""
        cookie = self.client.cookies["assisted"]
        held = asyncio.run(self.interview.assisted.held(cookie))
        if held is None or held.code is None:
            raise AssertionError("no interview in this window")
        return held.code

    def is_open(self, path: str) -> bool:
        """Whether a page shows itself, instead of leading elsewhere."""
        return self.get(path).status_code == 200


class Interviews:
    """The rooms of a field with its office, and mediators who come in."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.accounts = Accounts(field.stores.office, field.audit, field.keyring, field.clock)
        windows = Windows(field.stores.drafts)
        counting = Counting(field.stores.office, field.audit)
        self.assisted = AssistedHere(
            windows,
            DeskHere(windows, self.accounts, counting, field.clock),
            counting,
            self.accounts.passwords,
            field.collection,
            field.rights,
            field.clock,
        )
        rooms = dict.fromkeys(("releases", "safe_files", "field_work", "maintenance"))
        self.app = application(
            _but_base(routes()),
            accounts=self.accounts,
            audit=field.audit,
            surveys=field.surveys,
            collection=field.collection,
            rights=field.rights,
            assisted=self.assisted,
            clock=field.clock,
            **rooms,
        )

    def hire(self, name: str, role: Role = Role.MEDIATOR) -> str:
        """Make an account and return its id."""
        return self.accounts.create_now(name, role).id

    def session(self, account: str) -> str:
        """Sign somebody in, without the steps that other tests look at."""
        work = lambda tx: sessions.begin(  # noqa: E731
            tx, account, sessions.Stage.SIGNED_IN, self.field.now
        )
        return self.field.stores.office.write_now(work)

    def device(self, account: str | None = None) -> Device:
        """A browser in which a mediator is signed in."""
        return Device(self, self.session(account or self.hire("mara")))


def _but_base(all_routes: list[Any]) -> list[Any]:
    """Every room's routes without those that the small application has already."""
    from survey_service.web.installation import ROUTES

    return [route for route in all_routes if route not in ROUTES]


__all__ = ["OWN", "PIN", "START", "WITH_HELP", "Device", "Interviews"]
