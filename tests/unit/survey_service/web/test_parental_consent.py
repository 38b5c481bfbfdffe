"""Younger people with a parent: both say yes, the vault learns of neither, nobody is tricked."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from schemas.canonical import canonical_json
from schemas.consent import Circumstances
from schemas.notice import Notice
from survey_service.answers.models import AnswerRow
from survey_service.collection.code import Code
from survey_service.collection.models import DraftRow, Waiting
from survey_service.consent.models import ConsentRow
from survey_service.consent.signing import Verdict, check, read_keys
from survey_service.stores.stores import Stores
from survey_service.surveys.ages import TOLD
from survey_service.surveys.core import load
from survey_service.surveys.notices import Notices
from survey_service.surveys.waves import WaveState
from survey_service.web.translation import translator
from tests.kit.field import SLUG, Field
from tests.kit.several import with_parents
from tests.unit.survey_service.web.respondent import START, YES_TO_ALL, Respondent, respondent_on

PARENT = {**YES_TO_ALL, "responsible": "yes", "go": "next"}


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    """A wave in the field that younger people may take part in with a parent."""
    rooms = Field(sqlite_stores, tmp_path)
    asked, told = with_parents()
    rooms.surveys.add_survey_now(SLUG, asked.title)
    rooms.surveys.add_version_now(SLUG, asked, told)
    wave = rooms.surveys.add_wave_now(SLUG, 1, asked, told, planned_sample=1000)
    rooms.surveys.move_now(wave, WaveState.OPEN)
    return rooms


def at(location: str) -> str:
    return location.removeprefix(f"{START}/lv/")


TABLES = (
    ("drafts", DraftRow),
    ("inbox", Waiting),
    ("vault", ConsentRow),
    ("answers", AnswerRow),
)


def rows(field: Field) -> int:
    """Every row that a respondent could leave."""
    counted = 0
    for name, model in TABLES:
        every = select(model.__table__.c.tag)  # type: ignore[attr-defined]
        store = getattr(field.stores, name)
        counted += len(store.read_now(lambda tx, q=every: tx.all(q)))
    return counted


def waiting(field: Field, respondent: Respondent) -> bytes:
    """What waits for settle, as the code opens it."""
    keys = field.collection.keys(SLUG, Code(respondent.code or ""))
    return field.inbox.own_copy_now(keys) or b""


def said(field: Field, respondent: Respondent) -> Circumstances | None:
    assert respondent.code is not None
    return asyncio.run(field.receipts.of_code(Code(respondent.code))).receipt.circumstances


def test_the_age_page_leads_to_whoever_decides_first_and_keeps_nothing(
    field: Field, respondent: Respondent
) -> None:
    assert "lv/age" in respondent.get("lv").text
    for answer, target in (
        ("alone", "consent"),
        ("with_parent", "parent"),
        ("younger", "too-early"),
    ):
        sent = respondent.post("lv/age", {"age": answer, "go": "next"})
        assert at(sent.headers["location"]) == target
        assert "set-cookie" not in sent.headers
    assert respondent.post("lv/age", {"age": "12"}).status_code == 422
    assert "13" in respondent.get("lv/too-early").text
    assert rows(field) == 0


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_the_notice_names_both_ages_in_every_language(
    respondent: Respondent, language: str
) -> None:
    text = respondent.get(language).text
    assert "16" in text
    assert "13" in text
    parent = respondent.get(f"{language}/parent").text
    for sentence in TOLD:
        assert translator(language)(sentence) in parent
        assert len(translator(language)(sentence).split()) <= 12


def test_both_say_yes_and_only_the_receipt_can_tell(field: Field, respondent: Respondent) -> None:
    assert at(respondent.post("lv/parent", PARENT).headers["location"]) == "consent"
    assert respondent.consent(change="1").status_code == 303
    assert (
        respondent.post("lv/q/B3", {"value": "14", "go": "next"}).headers["location"].endswith("B4")
    )
    assert at(respondent.post("lv/check").headers["location"]) == "receipt"
    found = said(field, respondent)
    assert found is not None
    assert found.parental == "yes"
    assert "Piekrita arī" in respondent.get("lv/receipt").text
    kept = json.loads(waiting(field, respondent))
    consent, answers = (json.dumps(kept[part]) for part in ("consent", "answers"))
    assert "parent" not in consent
    assert "parent" not in answers
    assert "13-15" in answers


def test_the_signed_receipt_says_by_both_standards_that_a_parent_agreed(
    field: Field, respondent: Respondent
) -> None:
    respondent.post("lv/parent", PARENT)
    respondent.consent(change="1")
    respondent.post("lv/q/B3", {"value": "15"})
    respondent.post("lv/check")
    file = asyncio.run(field.receipts.signed(Code(respondent.code or "")))
    assert check(file, read_keys(field.receipts.public_pem.encode())) is Verdict.VALID
    found = json.loads(file)
    agreed = found["dpv:hasRecordOfActivity"]["dpv:isIndicatedBy"]
    assert [one["@type"] for one in agreed] == ["dpv:ParentOfDataSubject", "dpv:DataSubject"]
    assert found["collectionMethod"] == "web form, with the agreement of a parent or guardian"
    assert found["circumstances"]["parental"] == "yes"


def test_a_notice_without_the_path_keeps_the_hash_it_had_before_there_was_one() -> None:
    told = load().notice
    assert {"minimum_age", "parental"}.isdisjoint(json.loads(canonical_json(told)))
    assert Notice.model_validate_json(canonical_json(told)).hash == told.hash
    other = with_parents()[1]
    assert other.hash != told.hash
    assert Notice.model_validate_json(canonical_json(other)) == other


def test_nothing_is_asked_before_the_young_person_has_decided(respondent: Respondent) -> None:
    respondent.post("lv/parent", PARENT)
    for path in ("lv/q/B3", "lv/check", "lv/go-on", "lv/contact"):
        assert at(respondent.get(path).headers["location"]) == "consent"
    assert respondent.post("lv/q/B3", {"value": "14"}).status_code == 404
    assert at(respondent.post("lv/check").headers["location"]) == "consent"
    assert "Tagad izlemjat Jūs" in respondent.get("lv/consent").text


def test_what_a_parent_refused_cannot_be_granted(field: Field, respondent: Respondent) -> None:
    respondent.post("lv/parent", {**PARENT, "research_reuse": "no"})
    page = respondent.get("lv/consent").text
    assert 'name="research_reuse" value="no"' in page
    assert 'name="research_reuse" value="yes"' not in page
    assert respondent.consent(change="1").status_code == 422
    assert respondent.consent(change="1", research_reuse="no").status_code == 303
    respondent.post("lv/q/B3", {"value": "13"})
    respondent.post("lv/check")
    assert "research_reuse" not in json.loads(waiting(field, respondent))["answers"]["purposes"]


@pytest.mark.parametrize("who", ["parent", "young person"])
def test_one_no_is_enough_and_leaves_nothing(
    field: Field, respondent: Respondent, who: str
) -> None:
    if who == "parent":
        sent = respondent.post("lv/parent", {**PARENT, "participation": "no"})
    else:
        respondent.post("lv/parent", PARENT)
        assert rows(field) == 1
        sent = respondent.consent(change="1", participation="no")
    assert sent.status_code == 200
    assert respondent.code is None
    assert rows(field) == 0


def test_only_who_says_that_he_is_a_parent_decides_as_one(respondent: Respondent) -> None:
    told = respondent.post("lv/parent", YES_TO_ALL)
    assert told.status_code == 422
    assert 'href="#responsible"' in told.text
    assert respondent.post("lv/parent", {**PARENT, "sold": "yes"}).status_code == 422
    assert respondent.code is None


def test_an_age_told_later_stops_until_a_parent_has_agreed(
    field: Field, respondent: Respondent
) -> None:
    respondent.consent()
    sent = respondent.post("lv/q/B3", {"value": "15", "go": "next"})
    assert at(sent.headers["location"]) == "ask-parent"
    assert at(respondent.get("lv/check").headers["location"]) == "ask-parent"
    assert at(respondent.post("lv/check").headers["location"]) == "ask-parent"
    assert "lv/q/B3" in respondent.get("lv/ask-parent").text
    assert respondent.post("lv/parent", {**PARENT, "change": "1"}).status_code == 303
    respondent.consent(change="1")
    assert at(respondent.post("lv/check").headers["location"]) == "receipt"


def test_below_the_floor_nobody_takes_part_with_whomever(respondent: Respondent) -> None:
    respondent.post("lv/parent", PARENT)
    respondent.consent(change="1")
    sent = respondent.post("lv/q/B3", {"value": "12"})
    assert at(sent.headers["location"]) == "too-young"
    assert "13" in respondent.get("lv/too-young").text
    assert at(respondent.post("lv/check").headers["location"]) == "too-young"


def test_under_a_new_notice_the_parent_decides_again(field: Field, respondent: Respondent) -> None:
    respondent.post("lv/parent", PARENT)
    wave = field.surveys.in_field_now(SLUG)
    assert wave is not None
    notices = Notices(field.stores.office, field.surveys, field.audit, field.clock)
    told = wave.notice.model_copy(update={"version": wave.notice.version + 1})
    notices.change_now(wave.id, told)
    assert at(respondent.get("lv/consent").headers["location"]) == "parent"
    assert at(respondent.consent(change="1").headers["location"]) == "consent"
    respondent.post("lv/parent", {**PARENT, "change": "1"})
    assert respondent.get("lv/consent").status_code == 200


@pytest.mark.parametrize(("parent", "status"), [(True, 303), (False, 422)])
def test_an_age_corrected_later_needs_a_parent_too(
    field: Field, respondent: Respondent, parent: bool, status: int
) -> None:
    if parent:
        respondent.post("lv/parent", PARENT)
    respondent.consent(**({"change": "1"} if parent else {}))
    respondent.post("lv/q/B3", {"value": "17"})
    respondent.post("lv/check")
    code = Code(respondent.code or "").text
    respondent.post("/my-answers/lv", {"code": code})
    page = respondent.get("/my-answers/lv/correct/B3")
    etag = page.text.partition('name="etag" value="')[2].partition('"')[0]
    sent = respondent.post("/my-answers/lv/correct/B3", {"etag": etag, "B3.value": "14"})
    assert sent.status_code == status
    if not parent:
        assert "16" in sent.text


def test_without_the_path_none_of_its_pages_is_there(tmp_path: Path, sqlite_stores: Stores) -> None:
    rooms = Field(sqlite_stores, tmp_path)
    rooms.open_wave()
    other = respondent_on(rooms)
    for step in ("age", "parent", "ask-parent", "too-early"):
        assert other.get(f"lv/{step}").status_code == 404
    assert other.post("lv/parent", PARENT).status_code == 404
    assert "lv/age" not in other.get("lv").text
