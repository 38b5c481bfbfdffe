"""The pages of the office: proposed, compared, agreed; asked, agreed by another, fetched."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text

from schemas.escrow import fingerprint
from survey_service.escrow import pages
from survey_service.stores.ids import new_id
from survey_service.stores.stores import Stores
from survey_service.web.csrf import FIELD, csrf_token
from tests.kit.escrow import SEEN, WHY, EscrowSite
from tests.kit.field import Field, people
from tests.unit.survey_service.web.kit import People, application, browser

ANNA = {"name": "Anna Ozola", "phone": "+371 2000 0000"}


class Staff(People):
    """Accounts that also know everybody's name."""

    async def directory(self) -> dict[str, str]:
        """Each role is a person of that name."""
        return {"coordinator": "coordinator", "dpo": "dpo"}


class Office:
    """Browsers of both people over the same rooms."""

    def __init__(self, site: EscrowSite) -> None:
        self.site = site
        self.app = application(
            pages.ROUTES,
            accounts=Staff(),
            surveys=site.field.surveys,
            escrow=site.choosing,
            lost_codes=site.lost_codes,
        )

    def browser(self, role: str) -> TestClient[Litestar]:
        return browser(self.app, role, **{"accept-language": "en"})

    def get(self, role: str, path: str) -> Response:
        return self.browser(role).get(path)

    def post(self, role: str, path: str, **fields: str) -> Response:
        return self.browser(role).post(path, data={FIELD: csrf_token(role), **fields})


@pytest.fixture
def office(sqlite_stores: Stores, tmp_path: Path) -> Office:
    return Office(EscrowSite(Field(sqlite_stores, tmp_path)))


def test_a_key_that_does_not_fit_is_refused_and_nobody_agrees_without_comparing(
    office: Office,
) -> None:
    wave, keys = office.site.draft(), office.site.officers.keys
    at = f"/office/surveys/{wave}/escrow"
    typed = {
        "mode": "escrow",
        "outer": keys.outer,
        "outer_print": "0000",
        "inner": keys.inner,
        "inner_print": fingerprint(keys.inner),
        "reason": WHY,
    }
    wrong = office.post("coordinator", at, **typed)
    assert wrong.status_code == 422
    assert 'href="#outer_print"' in wrong.text
    assert keys.inner in wrong.text, "nothing typed is lost"
    sent = office.post("coordinator", at, **{**typed, "outer_print": fingerprint(keys.outer)})
    assert (sent.status_code, sent.headers["location"]) == (303, at)
    assert "Waits for the data protection officer" in office.get("coordinator", at).text
    assert office.get("coordinator", "/office/escrow").text.count(fingerprint(keys.outer)) == 0
    choice = f"/office/escrow/choices/{wave}/1"
    unticked = office.post("dpo", choice, decision="agree")
    assert unticked.status_code == 422
    assert office.site.field.surveys.wave_now(wave).notice.escrow is None
    assert office.post("coordinator", choice, decision="agree", compared="yes").status_code == 403
    assert office.post("dpo", choice, decision="agree", compared="yes").status_code == 303
    assert office.site.field.surveys.wave_now(wave).notice.escrow is not None
    assert fingerprint(keys.outer) in office.get("coordinator", at).text


def test_a_request_is_asked_by_one_agreed_by_another_and_fetched_by_the_first(
    office: Office,
) -> None:
    site = office.site
    wave = site.open_wave()
    codes = site.answer(wave, people(2), {1: tuple(ANNA.values())})  # type: ignore[dict-item]
    site.field.settle.run(wave, closing=True)
    asked = {"key": new_id(), "wave": wave.id, "reason": SEEN}
    wrong = office.post("dpo", "/office/escrow/new", **asked, name="Anna Ozola", phone="12")
    assert wrong.status_code == 422
    assert 'href="#phone"' in wrong.text
    assert office.post("coordinator", "/office/escrow/new", **asked, **ANNA).status_code == 403
    place = office.post("dpo", "/office/escrow/new", **asked, **ANNA).headers["location"]
    for role in ("coordinator", "dpo"):
        for path in ("/office/escrow", place):
            page = office.get(role, path).text
            assert "Ozola" not in page
            assert not re.search(r"2000\s?0000", page)
    assert office.post("dpo", place + "/decide", decision="grant").status_code == 403
    assert office.post("coordinator", place + "/decide", decision="grant").status_code == 303
    early = office.post("dpo", place + "/file")
    assert "It is being looked for" in early.text
    site.reports.look()
    assert office.post("coordinator", place + "/file").status_code == 403
    file = office.post("dpo", place + "/file")
    assert file.headers["content-disposition"].startswith("attachment")
    assert site.officers.codes(file.content) == [codes[1].symbols]
    assert office.post("dpo", place + "/end").status_code == 303
    assert office.post("dpo", place + "/file").status_code == 409
    assert "over: the file is destroyed here" in office.get("coordinator", place).text


def test_a_search_that_was_cut_short_is_finished_by_the_next_look(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = office.site
    wave = site.open_wave()
    codes = site.answer(wave, people(2), {1: tuple(ANNA.values())})  # type: ignore[dict-item]
    site.field.settle.run(wave, closing=True)
    asked = {"key": new_id(), "wave": wave.id, "reason": SEEN}
    place = office.post("dpo", "/office/escrow/new", **asked, **ANNA).headers["location"]
    office.post("coordinator", place + "/decide", decision="grant")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr("survey_service.collection.lost_codes.handed_out", dies)
        with pytest.raises(KeyboardInterrupt):
            site.reports.look()
    assert "It is being looked for" in office.post("dpo", place + "/file").text
    site.reports.look()
    file = office.post("dpo", place + "/file").content
    assert site.officers.codes(file) == [codes[1].symbols]


def test_while_settle_has_left_no_key_nothing_that_was_typed_is_lost(office: Office) -> None:
    wave = office.site.open_wave()
    drop = text("DELETE FROM escrow_settle_key")
    office.site.field.stores.office.write_now(lambda tx: tx.run(drop))
    asked = {"key": new_id(), "wave": wave.id, "reason": SEEN}
    early = office.post("dpo", "/office/escrow/new", **asked, **ANNA)
    assert early.status_code == 503
    assert "Please try again in a few minutes." in early.text
    for typed in (SEEN, ANNA["name"], asked["key"]):
        assert typed in early.text


def test_a_key_that_no_form_was_given_asks_for_nothing(office: Office) -> None:
    wave = office.site.open_wave()
    for key in ("short", "\u0665" * 20, "a" * 41, "a" * 20 + "\u00e4"):
        asked = {"key": key, "wave": wave.id, "reason": SEEN}
        assert office.post("dpo", "/office/escrow/new", **asked, **ANNA).status_code == 409
    assert "Nobody has asked" in office.get("dpo", "/office/escrow").text
