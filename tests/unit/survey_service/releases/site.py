"""The room's pages and documents behind the real guard and headers; signing in is a name."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from survey_service.accounts.people import Person
from survey_service.clock import now
from survey_service.releases import api, pages
from survey_service.web.error_pages import EXCEPTION_HANDLERS
from survey_service.web.guard import before_request
from survey_service.web.installation import ROUTES, install
from tests.unit.survey_service.releases.conftest import Office

HERE = {"Origin": "http://office.test", "Sec-Fetch-Site": "same-origin"}


class Site:
    """The application over an office's releases."""

    def __init__(self, office: Office) -> None:
        self.office = office
        people = (
            office.ada, office.ben, office.cleo, office.dan, office.eve, office.dee, office.cora,
        )  # fmt: skip
        self._people = {person.username: person for person in people}
        services = SimpleNamespace(
            accounts=SimpleNamespace(person=self._person, person_by_token=self._person),
            audit=office.audit,
            clock=now,
            releases=office.releases,
            surveys=office.releases.desk.surveys,
            settings=SimpleNamespace(demonstration=True),
        )
        self.app = Litestar(
            [*ROUTES, *pages.ROUTES, *api.ROUTES],
            before_request=before_request,
            exception_handlers=EXCEPTION_HANDLERS,
            state=State({"services": services}),
            logging_config=None,
            openapi_config=None,
        )
        install(self.app)

    async def _person(self, name: str) -> Person | None:
        await asyncio.sleep(0)
        return self._people.get(name)

    def visitor(self, name: str | None = None, language: str = "en") -> Visitor:
        """Somebody with a browser and a programme, signed in under a name or not at all."""
        return Visitor(self, name, language)


class Visitor:
    """Opens pages, sends forms with their token, and calls the API."""

    def __init__(self, site: Site, name: str | None, language: str) -> None:
        self.client: TestClient[Litestar] = TestClient(
            site.app, base_url="http://office.test", raise_server_exceptions=False
        )
        self.name = name
        self.client.headers["accept-language"] = language
        if name:
            self.client.cookies.set("session", name)

    def get(self, path: str) -> Any:
        return self.client.get(path, follow_redirects=False)

    def send(self, page: str, path: str, data: dict[str, Any]) -> Any:
        """Open a page and send a form from it, with its hidden fields unless they are given."""
        text = self.get(page).text
        forms = re.findall(r"<form[^>]*method=\"post\"[^>]*>(.*?)</form>", text, re.DOTALL)
        own = next((form for form in forms if "<textarea" in form), forms[-1])
        hidden: dict[str, Any] = {}
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', own):
            hidden.setdefault(name, []).append(value)
        return self.client.post(path, data=hidden | data, headers=HERE, follow_redirects=False)

    def call(self, method: str, path: str, document: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.name}"} if self.name else {}
        if document is not None:
            return self.client.request(method, path, json=document, headers=headers)
        return self.client.request(method, path, headers=headers)
