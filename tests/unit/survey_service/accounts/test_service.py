"""Accounts are made with a one-time password, set up by their owner, renewed and ended."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyotp
import pytest

from schemas.audit import Act
from schemas.vocabulary import Role
from survey_service.accounts.delays import wait_after
from survey_service.accounts.people import Person
from survey_service.problems import Conflict, InvalidInput, NotFound
from survey_service.stores.ids import new_id
from tests.unit.survey_service.accounts.office import PASSWORD, Office, run

ADMIN = Person(id="the-admin", username="admin", role=Role.ADMINISTRATOR)
NEW = "seven blue teapots singing"


def test_nobody_has_an_account_by_default(office: Office) -> None:
    assert run(office.accounts.directory()) == {}


def test_an_account_made_with_both_secrets_signs_in_at_once(office: Office) -> None:
    office.hire("rita", Role.RESEARCHER)
    browser = office.browser()
    assert browser.sign_in("rita").headers["location"] == "/office"
    assert browser.is_in()
    assert office.acts() == [Act.ACCOUNT_CREATED, Act.SIGN_IN]


def test_a_new_person_sets_up_an_own_password_and_codes(office: Office) -> None:
    made = run(office.accounts.create(ADMIN, "Ilze", Role.COORDINATOR, new_id()))
    assert (made.username, made.totp_secret) == ("ilze", None)
    browser = office.browser()
    step = browser.give_password("ILZE ", made.password)
    assert step.headers["location"] == "/office/sign-in/enrol"
    assert not browser.is_in()
    shown = browser.get("/office/sign-in/enrol").text
    secret = re.sub(r"\s", "", re.search(r'class="code">([A-Z2-7 ]+)<', shown)[1])  # type: ignore[index]
    again = browser.get("/office/sign-in/enrol").text
    assert secret[:4] in again, "loading the page again keeps the secret"
    assert secret not in str(browser.client.cookies)
    picture = browser.get("/office/sign-in/enrol/picture")
    assert picture.headers["content-type"] == "image/svg+xml"
    office.secrets["ilze"] = secret
    form = {"password": NEW, "repeated": NEW, "code": office.code("ilze")}
    done = browser.post("/office/sign-in/enrol", form)
    assert (done.status_code, done.headers["location"]) == (303, "/office")
    assert browser.is_in()
    assert office.acts() == [Act.ACCOUNT_CREATED, Act.SECOND_FACTOR_ENROLLED, Act.SIGN_IN]
    used = office.browser()
    assert used.give_password("ilze", made.password).status_code == 422
    office.clock.forward(seconds=30)
    assert used.give_password("ilze", NEW).headers["location"] == "/office/sign-in/code"
    assert used.give_code(office.code("ilze")).status_code == 303


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short", "repeated": "short"}, "password"),
        ({"repeated": NEW + "!"}, "repeated"),
        ({"code": "000000"}, "code"),
    ],
)
def test_what_is_not_right_at_enrolment_is_said_by_field(
    office: Office, change: dict[str, str], field: str
) -> None:
    made = office.accounts.create_now("ilze", Role.COORDINATOR)
    browser = office.browser()
    browser.give_password("ilze", made.password)
    answer = browser.post(
        "/office/sign-in/enrol", {"password": NEW, "repeated": NEW, "code": ""} | change
    )
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert NEW not in answer.text
    assert not browser.is_in()


def test_a_one_time_password_is_good_for_a_day(office: Office) -> None:
    made = office.accounts.create_now("ilze", Role.COORDINATOR)
    office.clock.forward(hours=24)
    assert office.browser().give_password("ilze", made.password).status_code == 422


@pytest.mark.parametrize("name", ["", "ab", "anna bērziņa", "a@b.lv", "-anna", "x" * 41, "a\nb"])
def test_only_plain_names_are_user_names(office: Office, name: str) -> None:
    with pytest.raises(InvalidInput):
        office.accounts.create_now(name, Role.MEDIATOR)
    assert office.acts() == []


def test_a_name_is_taken_once_and_a_form_counts_once(office: Office) -> None:
    key = new_id()
    run(office.accounts.create(ADMIN, "ilze", Role.COORDINATOR, key))
    with pytest.raises(Conflict):
        run(office.accounts.create(ADMIN, "ilze", Role.COORDINATOR, key))
    with pytest.raises(InvalidInput):
        run(office.accounts.create(ADMIN, "ILZE", Role.DPO, new_id()))
    with pytest.raises(InvalidInput):
        office.accounts.create_now("ilze", Role.DPO)
    with pytest.raises(Conflict):
        run(office.accounts.create(ADMIN, "anna", Role.DPO, "no key"))
    assert list(run(office.accounts.directory()).values()) == ["ilze"]


def test_renewing_ends_everything_and_begins_anew(office: Office) -> None:
    key = office.hire("ilze", Role.COORDINATOR)
    browser = office.browser()
    browser.sign_in("ilze")
    renewed = run(office.accounts.renew(ADMIN, key))
    assert not browser.is_in()
    assert office.browser().give_password("ilze", PASSWORD).status_code == 422
    step = office.browser().give_password("ilze", renewed.password)
    assert step.headers["location"] == "/office/sign-in/enrol"


def test_a_deactivated_account_is_gone_for_good(office: Office) -> None:
    key = office.hire("ilze", Role.COORDINATOR)
    browser = office.browser()
    browser.sign_in("ilze")
    run(office.accounts.deactivate(ADMIN, key))
    assert not browser.is_in()
    assert office.browser().give_password("ilze", PASSWORD).status_code == 422
    assert office.browser().give_password("ilze", "").status_code == 422
    with pytest.raises(Conflict):
        run(office.accounts.renew(ADMIN, key))


def test_nobody_changes_the_own_account_or_one_that_is_not_there(office: Office) -> None:
    key = office.hire("ada", Role.ADMINISTRATOR)
    ada = Person(id=key, username="ada", role=Role.ADMINISTRATOR)
    for change in (office.accounts.renew, office.accounts.deactivate):
        with pytest.raises(Conflict):
            run(change(ada, key))
        with pytest.raises(NotFound):
            run(change(ada, "nobody"))


def test_no_secret_lies_readable_in_the_store(office: Office) -> None:
    secret = pyotp.random_base32(32)
    office.accounts.create_now("ilze", Role.DPO, PASSWORD, secret)
    office.secrets["ilze"] = secret
    browser = office.browser()
    browser.sign_in("ilze")
    session = browser.session
    assert session is not None
    wish = {"key": new_id(), "name": "n", "scopes": "audit_log.read", "days": "3"}
    made = browser.send("/office/account", "/office/account/tokens", wish)
    token = re.search(r'id="token">(eds_[\w-]+)<', made.text)
    assert token is not None
    bad = office.browser().give_password("mistyped secret name", "x")
    assert bad.status_code == 422
    office.stores.office.truncate_log()
    raw = Path(str(office.stores.office.path)).read_bytes()
    for word in (PASSWORD, secret, session, token[1], "mistyped secret name"):
        assert word.encode() not in raw


def test_waiting_grows_and_ends_at_a_quarter_of_an_hour() -> None:
    waits = [wait_after(n) for n in range(1, 30)]
    assert waits[:5] == [0] * 5
    assert waits[5:10] == [1, 2, 4, 8, 16]
    assert max(waits) == 900
    assert waits == sorted(waits)


def test_administrators_create_renew_and_deactivate_in_their_pages(office: Office) -> None:
    office.hire("ada", Role.ADMINISTRATOR)
    browser = office.signed_in("ada")
    form = {"username": "ilze", "role": "dpo", "key": browser.hidden("/office/accounts", "key")}
    made = browser.send("/office/accounts", "/office/accounts", form)
    assert made.status_code == 200
    assert re.search(r'id="one-time-password">[a-z2-9-]{27}<', made.text)
    again = browser.send("/office/accounts", "/office/accounts", form)
    assert again.status_code == 409
    key = next(k for k, name in run(office.accounts.directory()).items() if name == "ilze")
    one = f"/office/accounts/{key}"
    assert "one-time-password" in browser.send(one, f"{one}/renew", {}).text
    ended = browser.send(one, f"{one}/deactivate", {})
    assert ended.headers["location"] == "/office/accounts"
    assert f"{one}/renew" not in browser.get(one).text
    own = next(k for k, name in run(office.accounts.directory()).items() if name == "ada")
    assert f"{own}/deactivate" not in browser.get(f"/office/accounts/{own}").text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"username": "x", "role": "dpo"}, "username"),
        ({"username": "anna", "role": "king"}, "role"),
        ({"username": "anna"}, "role"),
    ],
)
def test_a_wrong_form_keeps_its_values(office: Office, form: dict[str, Any], field: str) -> None:
    office.hire("ada", Role.ADMINISTRATOR)
    browser = office.signed_in("ada")
    answer = browser.send("/office/accounts", "/office/accounts", {"key": new_id()} | form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'value="{form["username"]}"' in answer.text
