"""Somebody tries to get in, or to stay in, without being let in."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from schemas.audit import Act, Outcome
from schemas.vocabulary import Role
from survey_service.accounts import passwords, sign_in_pages
from survey_service.audit_log.service import EntryFilter
from survey_service.stores import StoreFull, Stores
from tests.unit.survey_service.accounts.office import HERE, PASSWORD, Browser, Office, run

PLANTED = "A" * 43


@pytest.fixture
def office(sqlite_stores: Stores) -> Office:
    office = Office(sqlite_stores)
    office.hire("dana", Role.DPO)
    return office


# Fixation


def test_a_planted_session_id_is_never_adopted(office: Office) -> None:
    victim, attacker = office.browser(), office.browser()
    for browser in (victim, attacker):
        browser.plant("session", PLANTED)
        browser.plant("sign-in", PLANTED)
    victim.sign_in("dana")
    assert victim.is_in()
    assert victim.session not in (None, PLANTED)
    assert not attacker.is_in()
    assert attacker.give_code(office.code("dana", 1)).headers["location"] == "/office/sign-in"


def test_the_id_is_new_at_every_step_and_the_old_one_dead(office: Office) -> None:
    browser = office.browser()
    browser.give_password("dana")
    pending = browser.client.cookies["sign-in"]
    browser.give_code(office.code("dana"))
    first = browser.session
    assert first != pending
    late = office.browser()
    late.plant("session", pending)
    late.plant("sign-in", pending)
    assert not late.is_in()
    assert late.give_code(office.code("dana", 1)).headers["location"] == "/office/sign-in"
    office.clock.forward(seconds=30)
    browser.sign_in("dana")
    assert browser.session != first
    old = office.browser()
    old.plant("session", first or "")
    assert not old.is_in(), "the session this browser held before is over"


def test_a_right_password_alone_opens_nothing(office: Office) -> None:
    browser = office.browser()
    browser.give_password("dana")
    browser.plant("session", browser.client.cookies["sign-in"])
    assert not browser.is_in()
    for path in ("/office", "/office/audit-log"):
        assert browser.get(path).headers["location"].startswith("/office/sign-in")


def test_two_session_cookies_count_as_none(office: Office) -> None:
    browser = office.signed_in("dana")
    line = f"session={browser.session}; session={PLANTED}"
    twin = office.browser()
    assert twin.get("/office/account", headers={"Cookie": line}).status_code == 303


def test_cookies_are_closed_to_scripts_and_other_sites(office: Office) -> None:
    browser = office.browser()
    browser.give_password("dana")
    lines = browser.give_code(office.code("dana")).headers.get_list("set-cookie")
    assert len(lines) == 3
    for line in lines:
        assert "; Path=/; HttpOnly; SameSite=Strict" in line
        assert "Domain" not in line
    secure = Browser(office)
    secure.client.base_url = "https://office.test"
    origin = {"Origin": "https://office.test"}
    office.clock.forward(seconds=30)
    form = {"username": "dana", "password": PASSWORD}
    step = secure.post("/office/sign-in", form, headers=origin)
    assert step.headers["set-cookie"].startswith("__Host-sign-in=")
    done = secure.post("/office/sign-in/code", {"code": office.code("dana")}, headers=origin)
    names = set()
    for line in done.headers.get_list("set-cookie"):
        names.add(line.partition("=")[0])
        assert "; Secure" in line
    assert names == {"__Host-session", "__Host-sign-in", "__Host-browser"}


# The end of a session


def test_a_session_ends_after_fifteen_idle_minutes_and_after_eight_hours(office: Office) -> None:
    browser = office.signed_in("dana")
    office.clock.forward(minutes=14)
    assert browser.is_in()
    office.clock.forward(minutes=15)
    assert not browser.is_in()
    browser = office.signed_in("dana")
    for _ in range(8 * 6 - 1):
        office.clock.forward(minutes=10)
        assert browser.is_in()
    office.clock.forward(minutes=10)
    assert not browser.is_in()


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    browser = office.signed_in("dana")
    held, token = browser.session, browser.token()
    answer = browser.post("/office/sign-out", {"_csrf": token})
    assert answer.headers["location"] == "/office/sign-in?out=1"
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert browser.session is None
    thief = office.browser()
    thief.plant("session", held or "")
    assert not thief.is_in()
    assert Act.SIGN_OUT in office.acts()


def test_signing_out_everywhere_does(office: Office) -> None:
    here, there = office.signed_in("dana"), office.signed_in("dana")
    assert "Another browser" in here.get("/office/account").text
    token = here.token()
    here.post("/office/account/sign-out-everywhere", {"_csrf": token})
    assert not here.is_in()
    assert not there.is_in()


def test_a_pending_sign_in_is_over_after_five_minutes(office: Office) -> None:
    browser = office.browser()
    browser.give_password("dana")
    office.clock.forward(minutes=5)
    assert browser.get("/office/sign-in/code").headers["location"] == "/office/sign-in"
    assert browser.give_code(office.code("dana")).headers["location"] == "/office/sign-in"


# One-time codes


def test_a_one_time_code_is_good_once(office: Office) -> None:
    code = office.code("dana")
    victim, thief = office.browser(), office.browser()
    assert victim.give_password("dana").status_code == 303
    assert victim.give_code(code).status_code == 303
    assert thief.give_password("dana").status_code == 303
    assert thief.give_code(code).status_code == 422
    assert not thief.is_in()
    assert thief.give_code(office.code("dana", 1)).status_code == 303


def test_a_code_sent_by_many_at_once_lets_one_in(office: Office) -> None:
    accounts, code = office.accounts, office.code("dana")

    async def storm() -> list[Any]:
        step = await accounts.sign_ins.password("dana", PASSWORD, None)
        tries = [accounts.sign_ins.code(step.secret, code, None) for _ in range(5)]
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = run(storm())
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1


def test_codes_cannot_be_tried_through(office: Office) -> None:
    browser = office.browser()
    browser.give_password("dana")
    statuses = [browser.give_code(f"{n:06}").status_code for n in range(10)]
    assert statuses[:5] == [422] * 5
    assert 422 not in statuses[5:]
    office.clock.forward(seconds=30)
    assert not browser.is_in()


def test_right_passwords_do_not_start_the_count_of_codes_anew(office: Office) -> None:
    tried = 0
    for _ in range(20):
        browser = office.browser()
        if browser.give_password("dana").status_code == 429:
            break
        tried += browser.give_code("000000").status_code == 422
    assert tried <= 3


# Guessing and finding out


def plain(answer: Any) -> tuple[int, str, list[str]]:
    """An answer without what was typed and without what is new in each."""
    text = re.sub(r'value="[^"]*"', "", answer.text)
    return answer.status_code, text, sorted(answer.headers.keys())


def test_an_unknown_name_is_answered_like_a_wrong_password(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real = passwords._fits
    monkeypatch.setattr(
        passwords, "_fits", lambda stored, given: (hashed.append(stored), real(stored, given))[1]
    )
    made = office.accounts.create_now("invited", Role.MEDIATOR)
    office.clock.forward(days=2)
    gone = office.accounts.create_now("gone", Role.MEDIATOR)
    dana = run(office.accounts.sessions.own(_person(office)))
    assert dana == ()
    run(office.accounts.deactivate(_person(office), gone.id))
    answers = [
        office.browser().give_password("dana", "eleven green umbrella"),
        office.browser().give_password("nobody.here"),
        office.browser().give_password("invited", made.password),
        office.browser().give_password("gone"),
    ]
    assert len({str(plain(answer)) for answer in answers}) == 1
    assert answers[0].status_code == 422
    kinds = {stored.rpartition("$")[0].rpartition("$")[0] for stored in hashed}
    assert len(hashed) == 4
    assert len(kinds) == 1, "the same hash with the same parameters for all of them"
    failed = run(office.audit.entries(EntryFilter(act=Act.SIGN_IN_FAILED))).entries
    assert [entry.outcome for entry in failed] == [Outcome.DENIED] * 4
    assert "nobody" not in "".join(entry.model_dump_json() for entry in failed)


def _person(office: Office) -> Any:
    from survey_service.accounts.people import Person

    key = next(k for k, name in run(office.accounts.directory()).items() if name == "dana")
    return Person(id=key, username="dana", role=Role.DPO)


@pytest.mark.parametrize("name", ["dana", "nobody.here"])
def test_guessing_gets_slower_for_known_and_unknown_names(office: Office, name: str) -> None:
    statuses = [office.browser().give_password(name, "wrong wrong wrong").status_code]
    while statuses[-1] == 422:
        statuses.append(office.browser().give_password(name, "wrong wrong wrong").status_code)
    assert statuses == [422] * 6 + [429]
    slow = office.browser().give_password(name, "wrong wrong wrong")
    assert slow.headers["retry-after"] == "2"
    waited = 0
    for _ in range(15):
        answer = office.browser().give_password(name, "wrong wrong wrong")
        if answer.status_code == 429:
            step = int(answer.headers["retry-after"])
            waited += step
            office.clock.forward(seconds=step)
    assert waited > 100


def test_guesses_made_at_the_same_moment_count_like_others(office: Office) -> None:
    async def storm() -> list[Any]:
        sign_ins = office.accounts.sign_ins
        tries = [sign_ins.password("dana", f"wrong guess number {n}", None) for n in range(30)]
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = [type(answer).__name__ for answer in run(storm())]
    assert answers.count("InvalidInput") == 6
    assert answers.count("TooMany") == 24


def test_an_attacker_cannot_keep_somebody_out_of_the_own_browser(office: Office) -> None:
    own = office.signed_in("dana")
    own.post("/office/sign-out", {"_csrf": own.token()})
    for _ in range(12):
        office.browser().give_password("dana", "wrong wrong wrong")
    assert office.browser().give_password("dana").status_code == 429
    office.clock.forward(seconds=30)
    for _ in range(12):
        office.browser().give_password("dana", "wrong wrong wrong")
    assert own.sign_in("dana").status_code == 303
    stranger = office.browser()
    mark = own.client.cookies["browser"]
    stranger.plant("browser", mark[:-1] + ("0" if mark[-1] != "0" else "1"))
    assert stranger.give_password("dana").status_code == 429


def test_a_full_sign_in_forgets_earlier_mistakes(office: Office) -> None:
    for _ in range(4):
        office.browser().give_password("dana", "wrong wrong wrong")
    office.signed_in("dana")
    for _ in range(6):
        answer = office.browser().give_password("dana", "wrong wrong wrong")
        assert answer.status_code == 422


# Foreign pages


def test_a_form_from_a_foreign_page_changes_nothing(office: Office) -> None:
    browser = office.signed_in("dana")
    token = browser.token()
    for headers in (
        {"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://office.test", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://sub.office.test"},
    ):
        answer = browser.client.post(
            "/office/sign-out", data={"_csrf": token}, headers=headers, follow_redirects=False
        )
        assert answer.status_code == 403
    assert browser.is_in()


@pytest.mark.parametrize("tokens", [[], ["0" * 64], ["own", "own"], [""]])
def test_a_form_without_the_sessions_token_changes_nothing(
    office: Office, tokens: list[str]
) -> None:
    browser = office.signed_in("dana")
    own = browser.token()
    sent = [own if token == "own" else token for token in tokens]
    for path in (
        "/office/sign-out",
        "/office/account/sign-out-everywhere",
        "/office/account/tokens",
        "/office/audit-log/verify",
        "/office/audit-log/compare",
    ):
        assert (
            browser.post(path, {"_csrf": sent} if sent else {"other": "field"}).status_code == 403
        )
    assert browser.is_in()
    assert Act.LOG_VERIFIED not in office.acts()


def test_another_sessions_token_does_not_fit(office: Office) -> None:
    office.hire("ada", Role.ADMINISTRATOR)
    foreign = office.signed_in("ada").token()
    browser = office.signed_in("dana")
    assert browser.post("/office/sign-out", {"_csrf": foreign}).status_code == 403


@pytest.mark.parametrize(
    "wanted", ["https://evil.test/", "//evil.test", "/\\evil.test", "/office//evil", "/officer", ""]
)
def test_signing_in_leads_to_no_foreign_page(office: Office, wanted: str) -> None:
    browser = office.browser()
    query = f"?next={wanted}"
    browser.give_password("dana", query=query)
    assert browser.give_code(office.code("dana"), query).headers["location"] == "/office"


def test_signing_in_leads_back_to_the_page_that_was_wanted(office: Office) -> None:
    browser = office.browser()
    step = browser.get("/office/audit-log?act=sign_in").headers["location"]
    query = step.removeprefix("/office/sign-in")
    given = browser.give_password("dana", query=query)
    page = given.headers["location"]
    assert page.startswith("/office/sign-in/code?next=")
    assert "next=" in re.findall(r'action="(/office/sign-in/code[^"]*)"', browser.get(page).text)[0]
    done = browser.give_code(office.code("dana"), query)
    assert done.headers["location"] == "/office/audit-log?act=sign_in"


# Fail closed


def test_nobody_gets_in_while_the_log_cannot_be_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = office.browser()
    browser.give_password("dana")

    async def full(_entry: Any) -> int:
        raise StoreFull("the disk under a store is full")

    monkeypatch.setattr(office.audit, "append", full)
    assert browser.give_code(office.code("dana")).status_code >= 500
    assert not browser.is_in()


def test_a_role_that_may_not_gets_nothing_but_a_refusal(office: Office) -> None:
    office.hire("rita", Role.RESEARCHER)
    browser = office.signed_in("rita")
    for path in ("/office/audit-log", "/office/audit-log/check", "/office/accounts"):
        assert browser.get(path).status_code == 403
    answer = browser.send("/office/account", "/office/audit-log/verify", {})
    assert answer.status_code == 403
    assert Act.LOG_READ not in office.acts()


def test_the_secret_of_a_second_factor_is_in_no_address(office: Office) -> None:
    paths = [handler.paths for handler in sign_in_pages.ROUTES]
    assert not any("{" in path for group in paths for path in group)
    made = office.accounts.create_now("ilze", Role.MEDIATOR)
    browser = office.browser()
    browser.give_password("ilze", made.password)
    text = browser.get("/office/sign-in/enrol").text
    assert re.findall(r'src="([^"?]+)"', text) == ["/office/sign-in/enrol/picture"]
    assert office.browser().get("/office/sign-in/enrol/picture").status_code == 404
    assert HERE["Origin"] == "http://office.test"
