"""Nobody passes a route whose permission he does not hold."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath

from schemas.audit import Act, Outcome
from survey_service.audit_log.entries import AuditEntry
from survey_service.stores.errors import StoreFull
from survey_service.web.forms import read_form
from survey_service.web.permissions import PUBLIC, SIGNED_IN, Permission, needs
from survey_service.web.refusals import MOST, Refusals
from survey_service.web.rendering import html
from tests.unit.survey_service.web.kit import Log, application, browser


@get("/office/audit-log", **needs(Permission.AUDIT_LOG_READ))
async def log_page() -> Response[bytes]:
    return html("log")


@get("/office/audit-log/entries/{seq:int}", **needs(Permission.AUDIT_LOG_READ))
async def one_entry(seq: FromPath[int]) -> Response[bytes]:
    return html(str(seq))


@get("/api/v1/log", **needs(Permission.AUDIT_LOG_READ))
async def log_document() -> dict[str, str]:
    return {"log": "entries"}


@get("/office/anybody", **needs(SIGNED_IN))
async def anybody() -> Response[bytes]:
    return html("anybody")


@post("/form", **needs(PUBLIC))
async def public_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    await read_form(request)
    return html("taken")


@pytest.fixture(scope="module")
def app() -> Litestar:
    return application([log_page, log_document, anybody, public_form])


def test_sends_strangers_to_sign_in_and_remembers_the_page(app: Litestar) -> None:
    answer = browser(app).get("/office/audit-log?page=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/office/sign-in?next=/office/audit-log%3Fpage%3D2"


def test_lets_the_role_in_and_no_other(app: Litestar) -> None:
    assert browser(app, "dpo").get("/office/audit-log").status_code == 200
    refused = browser(app, "researcher").get("/office/audit-log")
    assert refused.status_code == 403
    assert "<h1>" in refused.text


def refusals(log: Log) -> list[tuple[str, str]]:
    """Who was refused what, as it stands in the log."""
    assert {entry.act for entry in log.entries} <= {Act.PERMISSION_DENIED}
    assert {entry.outcome for entry in log.entries} <= {Outcome.DENIED}
    return [
        (entry.actor.username if entry.actor else "", entry.object_ref) for entry in log.entries
    ]


def test_a_refusal_is_logged_once_a_day_and_page_and_never_of_a_stranger() -> None:
    log = Log()
    moment = [datetime(2026, 11, 21, tzinfo=UTC)]
    app = application([log_page, log_document, one_entry], audit=log, clock=lambda: moment[0])
    for session in (None, "dpo", "researcher", "researcher", "mediator"):
        browser(app, session).get("/office/audit-log?act=sign_in")
    browser(app, "researcher").get("/office/audit-log/entries/17")
    browser(app, "researcher").get("/office/audit-log/entries/18")
    browser(app, Authorization="Bearer dpo+surveys.read").get("/api/v1/log")
    assert refusals(log) == [
        ("researcher", "/office/audit-log"),
        ("mediator", "/office/audit-log"),
        ("researcher", "/office/audit-log/entries/:seq"),
        ("dpo", "/api/v1/log"),
    ]
    moment[0] += timedelta(days=1)
    browser(app, "researcher").get("/office/audit-log")
    assert len(log.entries) == 5


def test_nobody_fills_the_log_with_refusals() -> None:
    kept = Refusals()
    today = date(2026, 11, 21)
    logged = [kept.is_new("1", f"/office/{n}", today) for n in range(500)]
    assert sum(logged) == MOST
    assert kept.is_new("2", "/office/1", today)


def test_a_full_log_refuses_all_the_same() -> None:
    class Full(Log):
        async def append(self, entry: AuditEntry) -> int:
            raise StoreFull

    app = application([log_page], audit=Full())
    assert browser(app, "researcher").get("/office/audit-log").status_code == 403


def test_signed_in_is_enough_where_the_route_says_so(app: Litestar) -> None:
    assert browser(app, "mediator").get("/office/anybody").status_code == 200


def test_a_planted_second_cookie_makes_nobody_of_both(app: Litestar) -> None:
    answer = browser(app).get(
        "/office/anybody", headers={"cookie": "session=dpo; session=researcher"}
    )
    assert answer.status_code == 303


def test_the_api_wants_a_token_and_says_how(app: Litestar) -> None:
    answer = browser(app, "dpo").get("/api/v1/log")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/not-signed-in"


def test_a_token_does_what_its_scope_says_and_no_more(app: Litestar) -> None:
    def ask(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return browser(app).get("/api/v1/log", headers=headers).status_code

    assert ask("dpo+audit_log.read") == 200
    assert ask("dpo+audit_log.verify") == 403
    assert ask("researcher+audit_log.read") == 403
    assert ask("nobody") == 401


def test_a_token_opens_no_page(app: Litestar) -> None:
    headers = {"authorization": "Bearer dpo+audit_log.read"}
    assert browser(app).get("/office/audit-log", headers=headers).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://testserver.local.elsewhere.example"},
    ],
)
def test_takes_no_form_from_a_foreign_page(app: Litestar, headers: dict[str, str]) -> None:
    answer = browser(app).post("/form", data={"a": "1"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "null"}, {"origin": "http://testserver.local"}, {"sec-fetch-site": "none"}],
)
def test_takes_a_form_from_our_own_page(app: Litestar, headers: dict[str, str]) -> None:
    answer = browser(app).post("/form", data={"a": "1"}, headers=headers)
    assert answer.status_code == 200


def test_the_office_takes_no_form_without_any_sign_of_where_it_comes_from(app: Litestar) -> None:
    client = browser(app, "dpo")
    del client.headers["sec-fetch-site"]
    answer = client.post("/office/language", data={}, headers={"origin": "null"})
    assert answer.status_code == 403
