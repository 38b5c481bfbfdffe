"""A mediator's browser before two parts: each gets its own requests and its own cookies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from httpx import Response

from schemas.vocabulary import Role
from survey_service.accounts import sessions
from survey_service.app import create_app
from survey_service.clock import now
from survey_service.stores.parts import Part
from survey_service.stores.stores import Stores
from survey_service.web.cookies import COOKIES_OF
from tests.kit.assisted import Device
from tests.kit.parts import WiredParts
from tests.unit.survey_service.web.kit import browser


class Proxy:
    """What the shipped proxy does: by the path to a part, with no cookie of the other."""

    def __init__(self, parts: WiredParts, session: str) -> None:
        headers = {"accept-language": "en"}
        self._clients = {
            part: browser(create_app(services, part=part, maintains=False), None, **headers)
            for part, services in ((Part.FRONT, parts.front), (Part.OFFICE, parts.office))
        }
        self.cookies = {"session": session}
        self.seen: dict[Part, set[str]] = {part: set() for part in self._clients}

    def request(self, method: str, path: str, **given: Any) -> Response:
        """Send a request where it belongs, and keep the cookies that come back."""
        part = Part.OFFICE if path.startswith(("/office", "/api")) else Part.FRONT
        client = self._clients[part]
        client.cookies.clear()
        own = {n: value for n, value in self.cookies.items() if n in COOKIES_OF[part]}
        self.seen[part] |= set(own.values())
        line = "; ".join(f"{name}={value}" for name, value in own.items())
        answer = client.request(
            method, path, headers={b"cookie": line.encode("latin-1")} if line else {}, **given
        )
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        return answer

    def get(self, path: str) -> Response:
        """Open a page."""
        return self.request("GET", path)

    def post(self, path: str, data: dict[str, Any] | None = None) -> Response:
        """Send a form."""
        return self.request("POST", path, data=data or {})


class ApartDevice(Device):
    """The steps of an interview, through the proxy."""

    def __init__(self, parts: WiredParts, session: str) -> None:
        self.parts = parts
        self.client: Any = Proxy(parts, session)

    def begin(self) -> Response:
        """Read the script out; the office lends the device, and the front takes it."""
        super().begin()
        return self.get("/lent")

    def opens(self, path: str = "/office/assist") -> bool:
        """Whether the mediator's own page opens."""
        return self.get(path).status_code == 200


class ApartInterviews(WiredParts):
    """Parts over one set of stores, a mediator, and a clock that a test turns."""

    def __init__(self, stores: Stores, folder: Path, **given: Any) -> None:
        self.ahead = timedelta()
        super().__init__(stores, folder, clock=lambda: now() + self.ahead, **given)
        self.account = self.office.accounts.create_now("mara", Role.MEDIATOR).id

    def session(self) -> str:
        """Sign the mediator in, without the steps that other tests look at."""
        begun = self.office.clock()
        return self.office.stores.office.write_now(
            lambda tx: sessions.begin(tx, self.account, sessions.Stage.SIGNED_IN, begun)
        )

    def device(self) -> ApartDevice:
        """A browser in which the mediator is signed in."""
        return ApartDevice(self, self.session())
