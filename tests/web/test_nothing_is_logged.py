"""What the service writes down about requests: method, route, status, duration; no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from schemas.vocabulary import Role
from survey_service.web.permissions import (
    FOR_PROGRAMMES,
    PUBLIC,
    RESPONDENT,
    ROLE_PERMISSIONS,
    Access,
)
from tests.kit.live import LiveService
from tests.kit.plain import FORM, Form, Forms, Staff, encoded
from tests.kit.routes import Route, all_routes
from tests.kit.walks import REPLIES, SURVEY, WITH_CONTACT, secrets_said, words

MARK = "zq7xmark"
WRITTEN = {"method", "route", "status", "milliseconds", "event", "level", "timestamp"}
PEOPLE = {role: role.value for role in Role} | {Role.OUTPUT_CHECKER: "checker-one"}
ENDS_THE_SESSION = {"/office/sign-out", "/office/account/sign-out-everywhere"}
# It gives the device of whoever may do it away, so that somebody tries it who may not.
LENDS_THE_DEVICE = "/office/assist-lend"


def who_may(route: Route) -> list[Role]:
    """Somebody who gets past the door, where there is one that can be walked through."""
    if route.needs in (PUBLIC, RESPONDENT):
        return []
    if route.needs is Access.SIGNED_IN or route.path == LENDS_THE_DEVICE:
        return [Role.COORDINATOR]
    return [role for role in Role if route.needs in ROLE_PERMISSIONS[role]][:1]


def marked(client: httpx.Client, route: Route, csrf: str = "") -> int:
    """Use the route with the mark in every place that a request has."""
    headers = {
        "User-Agent": f"{MARK}-agent",
        "Referer": f"http://{MARK}.example/",
        "X-Forwarded-For": f"{MARK}-address",
        "Accept-Language": f"en, {MARK}",
    }
    address = f"{route.filled(MARK)}?{MARK}={MARK}&lang={MARK}&next={MARK}&code={MARK}"
    if route.method == "GET":
        return client.get(address, headers=headers).status_code
    if route.api:
        kind = {"Content-Type": "application/json"}
        body = json.dumps({MARK: MARK, "reason": MARK})
        return client.post(address, content=body, headers=headers | kind).status_code
    fields = {"_csrf": csrf, "username": MARK, "password": MARK, "code": MARK, MARK: MARK}
    fields |= {"value": MARK, "note": MARK, "rows": MARK, "purpose_text": MARK}
    return client.post(address, content=encoded(fields), headers=headers | FORM).status_code


def requests_logged(service: LiveService) -> list[dict[str, Any]]:
    """Every line that is one of our events."""
    lines = [line for line in service.printed().splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


@pytest.fixture
def strangers(demo_service: LiveService) -> Any:
    """Somebody with a cookie that says the mark."""
    origin = {"Origin": demo_service.url, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=demo_service.url, headers=origin, timeout=60) as client:
        client.cookies.set("session", f"{MARK}-session")
        client.cookies.set("other", f"{MARK}-cookie")
        yield client


def test_no_route_writes_down_what_a_request_holds(
    demo_service: LiveService, staff: Callable[[str], Staff], strangers: httpx.Client
) -> None:
    bearers = {
        role: staff(PEOPLE[role]).token(*(held & FOR_PROGRAMMES), name="log")
        for role, held in ROLE_PERMISSIONS.items()
        if held & FOR_PROGRAMMES
    }
    before = len(requests_logged(demo_service))
    for route in all_routes():
        marked(strangers, route)
        for role in who_may(route):
            person = staff(PEOPLE[role])
            if route.path not in ENDS_THE_SESSION and not route.api:
                marked(person.client, route, person.csrf)
            if route.api and role in bearers:
                strangers.headers["authorization"] = f"Bearer {bearers[role]}"
                marked(strangers, route)
                del strangers.headers["authorization"]
    written = demo_service.printed()
    assert MARK not in written.lower()
    logged = requests_logged(demo_service)[before:]
    assert [line for line in logged if line["event"] != "request"] == [], "nothing unforeseen"
    assert all(set(line) == WRITTEN for line in logged)
    assert {line["route"] for line in logged} >= {"/office/audit-log", "/api/v1/requests"}
    closed = {route.path.replace(":str", "").replace(":int", "") for route in all_routes()}
    assert {line["route"] for line in logged} <= closed


def test_respondents_leave_no_line_at_all(demo_service: LiveService, forms: Forms) -> None:
    before = demo_service.printed()
    form = forms("lv").begin(WITH_CONTACT)
    form.post("contact", {"name": "Zelma Bērziņkalna", "phone": "+371 29384756"})
    form.answer()
    form.reply("B3", "140")
    for step in ("", "consent", "check", "pause", "code.svg", "q/E1", "q/nothing", "stop"):
        form.get(step)
    form.submit()
    code = form.code
    for step in ("status", "copy.json", "erase", "nothing"):
        form.client.get(f"/my-answers/lv/{step}")
    for address in ("/", "/releases", "/accessibility", f"{SURVEY}?code={code}", f"/{code}"):
        form.client.get(address)
    opens(form, code)
    opens(form, code[:-1] + "0")
    form.client.post("/my-answers/lv/erase", headers=FORM)
    opens(form, code)
    assert demo_service.printed() == before


def opens(form: Form, code: str) -> None:
    """Type a code."""
    form.client.post("/my-answers/lv", content=encoded({"code": code}), headers=FORM)


def test_nothing_that_was_typed_or_given_in_this_run_was_written_down(
    demo_service: LiveService, staff: Callable[[str], Staff]
) -> None:
    people = json.loads((demo_service.data / "sign-ins.json").read_text(encoding="utf-8"))
    assert people
    secrets = set(secrets_said())
    for person in people:
        secrets |= {person["password"], person["totp_secret"], person["otpauth"]}
    secrets |= {str(value) for value in staff("dpo").client.cookies.values()}
    secrets |= {str(REPLIES["B6"]), words("lv", "Thank you. Your answers are in.")}
    written = demo_service.printed()
    assert "/office" in written
    assert [secret for secret in secrets if len(secret) >= 5 and secret in written] == []
    names = [person["username"] for person in people if person["username"] not in written]
    assert len(names) == len(people), "who did it stands in the audit log, not here"
    for sign in ("Traceback", "unexpected", "maintenance_failed", "settle_postponed"):
        assert sign not in written
