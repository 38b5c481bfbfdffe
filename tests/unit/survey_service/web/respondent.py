"""A respondent's browser, with the steps that many tests take."""

from __future__ import annotations

from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from survey_service.collection import pages as collection_pages
from survey_service.rights import pages as rights_pages
from survey_service.rights import receipt_pages
from tests.kit.field import SLUG, Field
from tests.unit.survey_service.web.kit import application, browser

START = f"/survey/{SLUG}"
YES_TO_ALL = {
    "participation": "yes",
    "ethnic_health": "yes",
    "research_reuse": "yes",
    "contact": "no",
}


class Respondent:
    """A browser that follows no redirect, so that each step is seen."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        """Begin without any cookie."""
        self.client = client

    def get(self, path: str) -> Response:
        """A page of the survey, or any that begins with a slash of its own."""
        return self.client.get(self._at(path))

    def post(self, path: str, data: dict[str, Any] | None = None) -> Response:
        """A form sent from one of our pages."""
        return self.client.post(self._at(path), data=data or {})

    def _at(self, path: str) -> str:
        return path if path.startswith("/") else f"{START}/{path}"

    def consent(self, **decisions: str) -> Response:
        """Decide: yes to everything but contact, unless said otherwise."""
        return self.post("lv/consent", {**YES_TO_ALL, **decisions})

    @property
    def code(self) -> str | None:
        """The code in the cookie, if there is one."""
        return self.client.cookies.get("code") or None


def respondent_on(field: Field) -> Respondent:
    """A browser on an application over these rooms."""
    routes = [*collection_pages.ROUTES, *rights_pages.ROUTES, *receipt_pages.ROUTES]
    app = application(
        routes,
        surveys=field.surveys,
        collection=field.collection,
        rights=field.rights,
        receipts=field.receipts,
        invitations=field.invitations,
    )
    return Respondent(browser(app, **{"accept-language": "lv"}))
