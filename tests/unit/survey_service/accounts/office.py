"""An office for tests: accounts and audit log over stores, behind the real guard and headers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, TypeVar

import pyotp
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient

from schemas.audit import Act
from schemas.vocabulary import Role
from survey_service.accounts import api, pages
from survey_service.accounts.service import Accounts
from survey_service.audit_log import api as audit_api
from survey_service.audit_log import pages as audit_pages
from survey_service.audit_log.service import AuditLog, EntryFilter
from survey_service.stores import Stores
from survey_service.stores.keyring import Keyring
from survey_service.web.error_pages import EXCEPTION_HANDLERS
from survey_service.web.guard import before_request
from survey_service.web.installation import ROUTES, install

T = TypeVar("T")
PASSWORD = "eleven green umbrellas"
HERE = {"Origin": "http://office.test", "Sec-Fetch-Site": "same-origin"}


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Office:
    """The services, the application over them, and the second factors of who works there."""

    stores: Stores
    clock: Clock = field(default_factory=Clock)
    keyring: Keyring = field(default_factory=Keyring.random)
    secrets: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.audit = AuditLog(self.stores.audit, self.keyring, self.clock)
        self.accounts = Accounts(self.stores.office, self.audit, self.keyring, self.clock)
        self.app = Litestar(
            [*ROUTES, *pages.ROUTES, *api.ROUTES, *audit_pages.ROUTES, *audit_api.ROUTES],
            before_request=before_request,
            exception_handlers=EXCEPTION_HANDLERS,
            state=State({"services": self._services()}),
            logging_config=None,
            openapi_config=None,
        )
        install(self.app)

    def _services(self) -> Any:
        return SimpleNamespace(
            stores=self.stores,
            audit=self.audit,
            accounts=self.accounts,
            settings=SimpleNamespace(demonstration=False),
            clock=self.clock,
        )

    def hire(self, username: str, role: Role) -> str:
        """Make an account that can sign in at once and return its id."""
        self.secrets[username] = pyotp.random_base32(32)
        return self.accounts.create_now(username, role, PASSWORD, self.secrets[username]).id

    def code(self, username: str, steps: int = 0) -> str:
        """The one-time code of now, or of some steps of 30 seconds away."""
        moment = self.clock() + timedelta(seconds=30 * steps)
        return pyotp.TOTP(self.secrets[username]).at(moment)

    def browser(self) -> Browser:
        """A browser nobody is signed in with."""
        return Browser(self)

    def signed_in(self, username: str) -> Browser:
        """A browser somebody is signed in with; the next step of codes begins."""
        self.clock.forward(seconds=30)
        browser = self.browser()
        assert browser.sign_in(username).headers["location"] == "/office"
        return browser

    def acts(self) -> list[Act]:
        """What the log says was done, oldest first."""
        page = run(self.audit.entries(EntryFilter(), limit=200))
        return [entry.act for entry in reversed(page.entries)]


class Browser:
    """A client that keeps cookies, sends the headers browsers send, and follows no redirect."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.client: TestClient[Litestar] = TestClient(
            office.app, base_url="http://office.test", raise_server_exceptions=False
        )
        self.client.headers["Accept-Language"] = "en"

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, follow_redirects=False, **options)

    def post(self, path: str, data: dict[str, Any], **options: Any) -> Any:
        """Send a form as a page of ours would, without the session's token."""
        return self.client.post(
            path, data=data, headers=HERE | options.pop("headers", {}), follow_redirects=False
        )

    def send(self, page: str, path: str, data: dict[str, Any]) -> Any:
        """Open a page, and send a form from it with the session's token."""
        return self.post(path, data | {"_csrf": self.token(page)})

    def token(self, page: str = "/office/account") -> str:
        found = re.search(r'name="_csrf" value="([0-9a-f]+)"', self.get(page).text)
        assert found is not None, f"no form on {page}"
        return found[1]

    def hidden(self, page: str, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]+)"', self.get(page).text)
        assert found is not None
        return found[1]

    def plant(self, name: str, value: str) -> None:
        """Put a cookie into this browser, as somebody at it before could have done."""
        self.client.cookies.set(name, value, domain="office.test")

    def give_password(self, username: str, password: str = PASSWORD, query: str = "") -> Any:
        return self.post(f"/office/sign-in{query}", {"username": username, "password": password})

    def give_code(self, code: str, query: str = "") -> Any:
        return self.post(f"/office/sign-in/code{query}", {"code": code})

    def sign_in(self, username: str, query: str = "") -> Any:
        assert self.give_password(username, query=query).status_code == 303
        return self.give_code(self.office.code(username), query)

    @property
    def session(self) -> str | None:
        return self.client.cookies.get("session")

    def is_in(self) -> bool:
        return bool(self.get("/office/account").status_code == 200)
