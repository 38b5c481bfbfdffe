"""Every route against every role: generated from the application, so that none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from schemas.vocabulary import Role
from survey_service.web.permissions import FOR_PROGRAMMES, ROLE_PERMISSIONS, Access, Permission
from tests.kit.live import LiveService
from tests.kit.plain import FORM, Staff, unprotected
from tests.kit.routes import Route, all_routes

PEOPLE = {role: role.value for role in Role} | {Role.OUTPUT_CHECKER: "checker-one"}
ENDS_THE_SESSION = {"/office/sign-out", "/office/account/sign-out-everywhere"}
# After this the device of whoever may do it is in a respondent's hands: nobody else's is.
LENDS_THE_DEVICE = "/office/assist-lend"
JSON = {"Content-Type": "application/json"}
CLOSED = [r for r in all_routes() if r.path.startswith(("/office", "/api"))]
NEED_SOMEBODY = [r for r in CLOSED if r.needs not in (Access.PUBLIC, Access.RESPONDENT)]
PAGES = [r for r in NEED_SOMEBODY if not r.api]
DOCUMENTS = [r for r in NEED_SOMEBODY if r.api]

# What stands open on purpose. Whatever is added here should be thought over.
OPEN = {
    "/api/v1",
    "/api/v1/openapi.json",
    "/api/v1/reference",
    "/api/v1/releases",
    "/api/v1/releases/{release_id:str}",
    "/api/v1/releases/{release_id:str}/{name:str}",
    "/office/language",
    "/office/sign-in",
    "/office/sign-in/code",
    "/office/sign-in/enrol",
    "/office/sign-in/enrol/picture",
}

# Who comes into which part of the house, written down apart from the code that grants it.
PARTS = {
    "/office/assist": {Role.MEDIATOR},
    "/office/assist-counts": {Role.MEDIATOR},
    "/office/assist-lend": {Role.MEDIATOR},
    "/office/assist-slips": {Role.MEDIATOR},
    "/office/surveys": {Role.COORDINATOR},
    "/office/questionnaires": {Role.COORDINATOR},
    "/office/code-lists": {Role.COORDINATOR},
    "/office/progress": {Role.COORDINATOR},
    "/office/catalogue": {Role.RESEARCHER},
    "/office/requests": {Role.RESEARCHER},
    "/office/safe-files": {Role.RESEARCHER},
    "/office/safe-file-checks": {Role.OUTPUT_CHECKER},
    "/office/checks": {Role.OUTPUT_CHECKER},
    "/office/plan": {Role.COORDINATOR, Role.OUTPUT_CHECKER},
    "/office/releases": {Role.DPO},
    "/office/rules": {Role.DPO},
    "/office/audit-log": {Role.DPO},
    "/office/consents": {Role.DPO},
    "/office/contact-lists": {Role.COORDINATOR, Role.DPO},
    "/office/contact-lists/new": {Role.COORDINATOR},
    "/office/contact-lists/{list_id:str}/open": {Role.COORDINATOR},
    "/office/escrow": {Role.COORDINATOR, Role.DPO},
    "/office/escrow/choices": {Role.DPO},
    "/office/escrow/new": {Role.DPO},
    "/office/escrow/{request_id:str}/file": {Role.DPO},
    "/office/escrow/{request_id:str}/end": {Role.DPO},
    "/office/separation": {Role.DPO},
    "/office/counts": {Role.DPO},
    "/office/ceremonies": {Role.ADMINISTRATOR},
    "/office/ceremonies/{ceremony_id:str}": {Role.DPO},
    "/office/retention": {Role.DPO},
    "/office/accounts": {Role.ADMINISTRATOR},
    "/office/health": {Role.ADMINISTRATOR},
    "/api/v1/waves": {Role.RESEARCHER},
    "/api/v1/catalogue": {Role.RESEARCHER},
    "/api/v1/requests": {Role.RESEARCHER},
    "/api/v1/checks": {Role.OUTPUT_CHECKER},
    "/api/v1/audit-log": {Role.DPO},
    "/api/v1/me": set(Role),
    "/office/account": set(Role),
    "/office/sign-out": set(Role),
    "/office": set(Role),
}

# Who reads where somebody else acts.
READERS = {"/office/ceremonies": {Role.DPO}}


def may(role: Role, route: Route) -> bool:
    """Whether somebody in this role may use the route, by the lists above."""
    if route.method == "GET" and role in READERS.get(route.path, set()):
        return True
    parts = [p for p in PARTS if route.path == p or route.path.startswith(p + "/")]
    return role in PARTS[max(parts, key=len)]


def call(client: httpx.Client, route: Route, csrf: str = "") -> httpx.Response:
    """Use the route with a body that means nothing."""
    if route.method == "GET":
        return client.get(route.filled())
    if route.api:
        return client.request(route.method, route.filled(), content=b"{}", headers=JSON)
    return client.request(route.method, route.filled(), content=f"_csrf={csrf}", headers=FORM)


def asks_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/office/sign-in")


@pytest.fixture
def stranger(demo_service: LiveService) -> Iterator[httpx.Client]:
    """A browser in which nobody is signed in."""
    origin = {"Origin": demo_service.url, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=demo_service.url, headers=origin, timeout=60) as client:
        yield client


def test_what_stands_open_was_meant_to() -> None:
    assert {r.path for r in CLOSED if r.needs is Access.PUBLIC} == OPEN
    assert not [r for r in CLOSED if r.needs is Access.RESPONDENT]
    assert len(PAGES) > 30
    assert len(DOCUMENTS) > 10


def test_the_list_of_parts_is_what_the_roles_hold() -> None:
    for route in NEED_SOMEBODY:
        for role in Role:
            held = route.needs is Access.SIGNED_IN or route.needs in ROLE_PERMISSIONS[role]
            assert may(role, route) == held, (role, route)


def test_nobody_comes_in_without_signing_in(stranger: httpx.Client) -> None:
    for route in NEED_SOMEBODY:
        answer = call(stranger, route)
        if route.api:
            assert answer.status_code == 401, route
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"
        else:
            assert asks_to_sign_in(answer), route
        assert unprotected(answer.headers) == []


@pytest.mark.parametrize("role", list(Role))
def test_a_role_comes_as_far_as_its_permissions(role: Role, staff: Callable[[str], Staff]) -> None:
    person = staff(PEOPLE[role])
    for route in PAGES:
        if route.path in ENDS_THE_SESSION or (
            route.path == LENDS_THE_DEVICE and role is Role.MEDIATOR
        ):
            continue
        answer = call(person.client, route, person.csrf)
        if may(role, route):
            assert answer.status_code not in (401, 403, 405), (route, answer.status_code)
            assert answer.status_code < 500, (route, answer.status_code)
            assert not asks_to_sign_in(answer), route
        else:
            assert answer.status_code == 403, (route, answer.status_code)
        assert unprotected(answer.headers) == [], route
    assert person.get("/office").status_code == 200, "still signed in: none of it was by chance"


def test_a_token_is_offered_for_what_programmes_can_do_and_for_nothing_else(
    staff: Callable[[str], Staff],
) -> None:
    needed = {route.needs for route in DOCUMENTS if isinstance(route.needs, Permission)}
    assert needed == FOR_PROGRAMMES
    for role in Role:
        page = staff(PEOPLE[role]).get("/office/account").text
        offered = set(re.findall(r'name="scopes" value="([^"]+)"', page))
        assert offered == ROLE_PERMISSIONS[role] & FOR_PROGRAMMES, role


@pytest.mark.parametrize("role", [r for r in Role if ROLE_PERMISSIONS[r] & FOR_PROGRAMMES])
def test_a_token_comes_as_far_as_its_scopes(
    role: Role, staff: Callable[[str], Staff], stranger: httpx.Client
) -> None:
    person = staff(PEOPLE[role])
    held = sorted(ROLE_PERMISSIONS[role] & FOR_PROGRAMMES)
    stranger.headers["authorization"] = f"Bearer {person.token(*held, name='all of it')}"
    for route in DOCUMENTS:
        answer = call(stranger, route)
        expected = may(role, route)
        assert (answer.status_code not in (401, 403, 405)) == expected, (route, answer.status_code)
        assert expected or answer.status_code == 403, route
        assert answer.status_code < 500, route
        assert unprotected(answer.headers) == [], route
    narrow = held[0]
    stranger.headers["authorization"] = f"Bearer {person.token(narrow, name='one thing')}"
    for route in DOCUMENTS:
        if route.needs is not Access.SIGNED_IN:
            refused = call(stranger, route).status_code == 403
            assert refused == (route.needs is not Permission(narrow)), route
    assert asks_to_sign_in(stranger.get("/office")), "a token opens no page"


def test_a_session_opens_no_document_and_a_page_asks_for_its_own_form(
    staff: Callable[[str], Staff],
) -> None:
    person = staff("researcher")
    assert person.get("/api/v1/me").status_code == 401
    for csrf in ("", "0" * 64, staff("dpo").csrf):
        sent = person.client.post(
            "/office/account/tokens", content=f"_csrf={csrf}&name=x", headers=FORM
        )
        assert sent.status_code == 403
    foreign = {**FORM, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    sent = person.client.post(
        "/office/account/tokens", content=f"_csrf={person.csrf}&name=x", headers=foreign
    )
    assert sent.status_code == 403
