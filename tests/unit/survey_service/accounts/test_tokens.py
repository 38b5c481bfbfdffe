"""A token does what it was made for, until it expires or is revoked, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from schemas.audit import Act
from schemas.vocabulary import Role
from survey_service.stores.ids import new_id
from tests.unit.survey_service.accounts.office import Browser, Office


def make(browser: Browser, *scopes: str, **changes: Any) -> Any:
    form = {"key": new_id(), "name": "Monthly copy", "scopes": list(scopes), "days": "30"}
    return browser.send("/office/account", "/office/account/tokens", form | changes)


def made(browser: Browser, *scopes: str, **changes: Any) -> str:
    answer = make(browser, *scopes, **changes)
    found = re.search(r'id="token">(eds_[\w-]+)<', answer.text)
    assert found is not None
    return found[1]


def ask(office: Office, path: str, token: str, scheme: str = "Bearer") -> Any:
    return office.browser().get(path, headers={"Authorization": f"{scheme} {token}"})


@pytest.fixture
def dpo(office: Office) -> Browser:
    office.hire("dana", Role.DPO)
    return office.signed_in("dana")


def test_a_token_is_shown_once_and_works(office: Office, dpo: Browser) -> None:
    token = made(dpo, "audit_log.read", "audit_log.verify")
    me = ask(office, "/api/v1/me", token).json()
    assert me == {
        "username": "dana",
        "role": "dpo",
        "permissions": ["audit_log.read", "audit_log.verify"],
    }
    assert token not in dpo.get("/office/account").text
    assert "Monthly copy" in dpo.get("/office/account").text
    assert Act.TOKEN_CREATED in office.acts()


def test_a_token_has_its_scopes_and_no_more(office: Office, dpo: Browser) -> None:
    token = made(dpo, "audit_log.verify")
    assert ask(office, "/api/v1/me", token).json()["permissions"] == ["audit_log.verify"]
    refused = ask(office, "/api/v1/audit-log/entries", token)
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["accounts.write"]},
        {"scopes": ["consent_statistics.read"]},
        {"scopes": ["audit_log.read", "everything"]},
        {"days": "0"},
        {"days": "91"},
        {"days": "-1"},
        {"days": "x"},
        {"days": "٣"},
        {"name": "  "},
        {"name": "n" * 61},
    ],
)
def test_no_token_goes_beyond_role_and_ninety_days(dpo: Browser, changes: dict[str, Any]) -> None:
    answer = make(dpo, "audit_log.read", **changes)
    assert answer.status_code == 422
    assert "eds_" not in answer.text


def test_the_same_form_makes_one_token(dpo: Browser) -> None:
    key = new_id()
    made(dpo, "audit_log.read", key=key)
    assert make(dpo, "audit_log.read", key=key).status_code == 409
    assert make(dpo, "audit_log.read", key="../x").status_code == 409


def test_a_token_expires(office: Office, dpo: Browser) -> None:
    token = made(dpo, "audit_log.read", days="2")
    office.clock.forward(days=2, seconds=-1)
    assert ask(office, "/api/v1/me", token).status_code == 200
    office.clock.forward(seconds=1)
    answer = ask(office, "/api/v1/me", token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revoked_token_is_over(office: Office, dpo: Browser) -> None:
    token = made(dpo, "audit_log.read")
    found = re.search(r"/office/account/tokens/(\w+)/revoke", dpo.get("/office/account").text)
    assert found is not None
    assert dpo.send("/office/account", found[0], {}).status_code == 303
    assert ask(office, "/api/v1/me", token).status_code == 401
    assert dpo.send("/office/account", found[0], {}).status_code == 404


def test_nobody_revokes_somebody_elses_token(office: Office, dpo: Browser) -> None:
    token = made(dpo, "audit_log.read")
    found = re.search(r"/office/account/tokens/(\w+)/revoke", dpo.get("/office/account").text)
    assert found is not None
    office.hire("rita", Role.RESEARCHER)
    rita = office.signed_in("rita")
    assert rita.send("/office/account", found[0], {}).status_code == 404
    assert ask(office, "/api/v1/me", token).status_code == 200


@pytest.mark.parametrize("token", ["", "eds_", "eds_" + "a" * 43, "session", "eds_" + "x" * 500])
def test_what_is_no_token_opens_nothing(office: Office, token: str) -> None:
    assert ask(office, "/api/v1/me", token).status_code == 401


def test_a_token_opens_no_page_and_a_session_no_api(office: Office, dpo: Browser) -> None:
    token = made(dpo, "audit_log.read")
    page = ask(office, "/office/audit-log", token)
    assert page.status_code == 303
    assert dpo.get("/api/v1/me").status_code == 401
    assert ask(office, "/api/v1/me", dpo.session or "").status_code == 401
    assert ask(office, "/api/v1/me", token, scheme="Basic").status_code == 401


def test_tokens_end_with_their_account(office: Office) -> None:
    office.hire("ada", Role.ADMINISTRATOR)
    key = office.hire("dana", Role.DPO)
    token = made(office.signed_in("dana"), "audit_log.read")
    ada = office.signed_in("ada")
    ada.send(f"/office/accounts/{key}", f"/office/accounts/{key}/deactivate", {})
    assert ask(office, "/api/v1/me", token).status_code == 401


def test_there_is_an_end_to_tokens(dpo: Browser) -> None:
    for _ in range(20):
        assert make(dpo, "audit_log.read").status_code == 200
    assert make(dpo, "audit_log.read").status_code == 409
