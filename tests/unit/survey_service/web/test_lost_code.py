"""Whether a lost code may be found: asked where a wave has two officers, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave
from tests.kit.escrow import EscrowSite
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import START, Respondent, respondent_on

ANNA = {"find": "yes", "name": "Anna Ozola", "phone": "+371 2000 0000"}


@pytest.fixture
def site(sqlite_stores: Stores, tmp_path: Path) -> EscrowSite:
    return EscrowSite(Field(sqlite_stores, tmp_path))


@pytest.fixture
def wave(site: EscrowSite) -> Wave:
    return site.open_wave()


@pytest.fixture
def somebody(site: EscrowSite, wave: Wave) -> Respondent:
    assert wave.notice.escrow is not None
    return respondent_on(site.field)


def decide(somebody: Respondent, **decisions: str) -> str:
    """Decide under the notice in force, and return where that leads."""
    page = somebody.get("lv/consent").text
    notice = re.search(r'name="notice" value="(\w+)"', page)
    assert notice is not None
    return somebody.consent(notice=notice[1], **decisions).headers["location"]


def test_the_notice_the_question_and_the_receipt_say_it_in_each_language(
    somebody: Respondent, wave: Wave
) -> None:
    assert wave.notice.escrow is not None
    for language in ("lv", "ru", "en"):
        page = somebody.get(language).text
        for sentence in wave.notice.escrow.sentences:
            assert page.count(sentence.text(language)) == 2, "in short and in the whole notice"
    assert decide(somebody) == f"{START}/lv/lost-code"
    for language in ("lv", "ru", "en"):
        page = somebody.get(f"{language}/lost-code").text
        assert wave.notice.escrow.sentences[0].text(language) in page
        assert "checked" not in page, "nothing is chosen for anybody"


def test_a_yes_is_found_by_the_officers_and_a_no_by_nobody(
    site: EscrowSite, wave: Wave, somebody: Respondent
) -> None:
    other = respondent_on(site.field)
    for browser, fields in ((somebody, ANNA), (other, {**ANNA, "find": "no"})):
        decide(browser)
        assert "/q/" in browser.post("lv/lost-code", fields).headers["location"]
        assert browser.post("lv/check").headers["location"].endswith("/receipt")
    code = somebody.code
    receipt = somebody.get("lv/receipt").text
    assert "divas amatpersonas kopā var to atrast" in receipt
    assert "divas amatpersonas kopā var to atrast" not in other.get("lv/receipt").text
    site.field.settle.run(wave, closing=True)
    assert site.found(wave, "Ozola Anna", "20000000") == [code]
    status = somebody.get("/my-answers/lv/status").text
    assert "aizzīmogotais kods ir izsniegts" in status
    assert "/my-answers/lv/withdraw/escrow" in status
    assert "aizzīmogotais kods ir izsniegts" not in other.get("/my-answers/lv/status").text
    assert "withdraw/escrow" not in other.get("/my-answers/lv/status").text
    assert somebody.get("/my-answers/lv/withdraw/escrow").status_code == 200
    somebody.post("/my-answers/lv/withdraw/escrow")
    assert site.found(wave, "Ozola Anna", "20000000") == []


def test_nothing_typed_is_lost_and_nothing_of_it_is_shown_again(somebody: Respondent) -> None:
    decide(somebody)
    wrong = somebody.post("lv/lost-code", {**ANNA, "phone": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.text
    assert 'value="Anna Ozola"' in wrong.text
    undecided = somebody.post("lv/lost-code", {"name": "Anna Ozola"})
    assert undecided.status_code == 422
    assert 'href="#find"' in undecided.text
    other = somebody.post("lv/lost-code", {**ANNA, "language": "ru"})
    assert 'value="Anna Ozola"' in other.text
    assert 'lang="ru"' in other.text
    somebody.post("lv/lost-code", ANNA)
    again = somebody.get("lv/lost-code").text
    assert "Ozola" not in again
    assert "20000000" not in again.replace(" ", "")


def test_it_is_asked_after_the_contact_and_before_sending(somebody: Respondent) -> None:
    assert decide(somebody, contact="yes") == f"{START}/lv/contact"
    reached = somebody.post("lv/contact", {"phone": "+371 20000000", "go": "next"})
    assert reached.headers["location"] == f"{START}/lv/lost-code"
    assert somebody.post("lv/check").headers["location"] == f"{START}/lv/lost-code"


def test_the_letter_tells_whom_to_ask_where_somebody_can(somebody: Respondent) -> None:
    letter = somebody.get("/my-answers/lv/lost-code").text
    assert "Kur divas amatpersonas drīkst atrast kodu" in letter


def test_without_escrow_nobody_is_asked(sqlite_stores: Stores, tmp_path: Path) -> None:
    field = Field(sqlite_stores, tmp_path)
    field.open_wave()
    somebody = respondent_on(field)
    assert "amatpersonas" not in somebody.get("lv").text
    assert "/q/" in somebody.consent().headers["location"]
    assert "/q/" in somebody.get("lv/lost-code").headers["location"]
    assert somebody.post("lv/lost-code", ANNA).status_code == 404
    assert somebody.post("lv/check").headers["location"].endswith("/receipt")
    assert "amatpersonas" not in somebody.get("/my-answers/lv/status").text
    assert "amatpersonas" not in somebody.get("/my-answers/lv/lost-code").text
