"""A small application over the web base, with people who are whoever a test says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.clock import now
from survey_service.settings import Settings
from survey_service.web.error_pages import EXCEPTION_HANDLERS
from survey_service.web.guard import before_request
from survey_service.web.installation import ROUTES, install

OWN_PAGE = {"sec-fetch-site": "same-origin"}


class People:
    """Accounts whose session and token are simply the name of a role."""

    async def person(self, session: str) -> Person | None:
        """The person whose role the cookie names."""
        if session not in set(Role):
            return None
        return Person(id=session, username=session, role=Role(session), session_id="s")

    async def person_by_token(self, token: str) -> Person | None:
        """The person whose role the token names, with the scope after a plus sign."""
        role, _, scope = token.partition("+")
        if role not in set(Role):
            return None
        scopes = frozenset({scope})
        return Person(id=role, username=role, role=Role(role), token_id="t", scopes=scopes)


class Log:
    """An audit log that only remembers."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def append(self, entry: AuditEntry) -> int:
        """Keep the entry."""
        self.entries.append(entry)
        return len(self.entries)


class NoSurveys:
    """Surveys, none of which is there."""

    async def waves(self) -> list[Any]:
        """None."""
        return []


def services(**rooms: Any) -> Any:
    """Services with only the rooms that a test needs."""
    settings = Settings(data_dir=Path("data"), keys_dir=Path("keys"), demonstration=True)
    found = {
        "settings": settings,
        "accounts": People(),
        "surveys": NoSurveys(),
        "audit": Log(),
        "clock": now,
        **rooms,
    }
    return SimpleNamespace(**found)


def application(routes: Sequence[Any] = (), **rooms: Any) -> Litestar:
    """An application with our routes, the test's, and all protections."""
    app = Litestar(
        [*ROUTES, *routes],
        before_request=before_request,
        exception_handlers=EXCEPTION_HANDLERS,
        state=State({"services": services(**rooms)}),
        openapi_config=None,
        logging_config=None,
    )
    install(app)
    return app


def browser(app: Litestar, session: str | None = None, **headers: str) -> TestClient[Litestar]:
    """A browser on that application: it sends what browsers send, and follows no redirect."""
    client = TestClient(app, cookies={"session": session} if session else None)
    client.headers.update({**OWN_PAGE, **headers})
    client.follow_redirects = False
    return client
