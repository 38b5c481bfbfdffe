"""A lost code: chosen by two people, promised by the notice, found by two officers or by nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from schemas.audit import Act
from schemas.canonical import canonical_json, digest
from schemas.escrow import OfficerKeys
from survey_service.audit_log.service import EntryFilter
from survey_service.collection.maintenance import Maintenance
from survey_service.escrow.sealing import SealedFile
from survey_service.problems import Conflict, Forbidden, InvalidInput, NotFound, NotReady
from survey_service.retention.certificates import Certificates
from survey_service.rights.receipt_words import MOST_WORDS, worded
from survey_service.rights.status import Status
from survey_service.stores.ids import new_id
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.waves import WaveState
from tests.kit.escrow import CORA, DEE, SEEN, WHY, EscrowSite, Officers, run
from tests.kit.field import SLUG, Field, people
from tests.kit.scan import bytes_of

ANNA = ("Anna Ozola", "+371 2000 0000")
ANNA_AGAIN = ("OZOLA  Anna", "20000000")
BORIS = ("Boriss Bērziņš", "26 111 222")
LANGUAGES = ("lv", "ru", "en")


@pytest.fixture
def site(sqlite_stores: Stores, tmp_path: Path) -> EscrowSite:
    return EscrowSite(Field(sqlite_stores, tmp_path))


def log(site: EscrowSite) -> list[Act]:
    """Every act of escrow in the log, in order."""
    found = run(site.field.audit.entries(EntryFilter()))
    return [e.act for e in reversed(found.entries) if e.act.startswith("escrow")]


def status(site: EscrowSite, code: object) -> Status:
    return run(site.field.rights.status(code))  # type: ignore[arg-type]


# --- chosen by two people, locked, promised ---------------------------------------------------


def test_one_person_alone_chooses_nothing_and_nobody_chooses_twice(site: EscrowSite) -> None:
    wave = site.draft()
    run(site.choosing.propose(CORA, wave, site.officers.keys, WHY))
    with pytest.raises(Conflict):
        run(site.choosing.decide(CORA, wave, 1, agreed=True))
    assert site.field.surveys.wave_now(wave).notice.escrow is None
    run(site.choosing.propose(CORA, wave, site.officers.keys, WHY))
    run(site.choosing.propose(CORA, wave, Officers().keys, WHY))
    with pytest.raises(Conflict):
        run(site.choosing.decide(DEE, wave, 1, agreed=True))
    run(site.choosing.decide(DEE, wave, 2, agreed=False))
    assert [kept.state for kept in run(site.choosing.of(wave))] == ["declined", "proposed"]
    assert site.field.surveys.wave_now(wave).notice.escrow is None
    assert log(site) == [Act.ESCROW_PROPOSED, Act.ESCROW_PROPOSED, Act.ESCROW_DECLINED]


def test_the_notice_names_it_in_short_sentences_and_its_hash_covers_them(site: EscrowSite) -> None:
    before = load().notice
    wave = site.open_wave()
    promise = wave.notice.escrow
    assert promise is not None
    assert promise.keys == site.officers.keys
    assert wave.notice.version == before.version + 1
    assert wave.notice.hash != before.hash
    changed = promise.model_copy(update={"sentences": promise.sentences[1:]})
    assert digest(wave.notice.model_copy(update={"escrow": changed})) != wave.notice.hash
    for language in LANGUAGES:
        for sentence in promise.sentences:
            assert language in sentence.root
            assert len(sentence.text(language).split()) <= 12, sentence.text(language)
            assert sentence.text(language) in wave.notice.full[language]


def test_a_notice_without_escrow_has_the_bytes_it_always_had(site: EscrowSite) -> None:
    known = load().notice.hash
    assert "escrow" not in json.loads(canonical_json(load().notice))
    wave = site.draft()
    site.agree(wave, site.officers.keys)
    site.agree(wave, None)
    notice = site.field.surveys.wave_now(wave).notice
    same = {"version": load().notice.version, "valid_from": load().notice.valid_from}
    assert digest(notice.model_copy(update=same)) == known, "taken out again without a trace"


def test_a_survey_that_shares_its_notice_with_another_gets_one_of_its_own(
    site: EscrowSite,
) -> None:
    site.draft()
    core, surveys = load(), site.field.surveys
    surveys.add_survey_now("other", core.questionnaire.title)
    surveys.add_version_now("other", core.questionnaire, core.notice)
    wave = surveys.add_wave_now("other", 1, core.questionnaire, core.notice, planned_sample=9)
    site.agree(wave, site.officers.keys)
    assert surveys.wave_now(wave).notice.escrow is not None
    assert surveys.move_now(wave, WaveState.OPEN).notice.version == core.notice.version + 1


def test_opening_locks_it_and_no_notice_changes_it(site: EscrowSite) -> None:
    wave = site.open_wave()
    with pytest.raises(Conflict):
        run(site.choosing.propose(CORA, wave.id, Officers().keys, WHY))
    for escrow in (None, wave.notice.escrow.model_copy(update={"keys": Officers().keys})):  # type: ignore[union-attr]
        more = {"version": wave.notice.version + 1, "escrow": escrow}
        with pytest.raises(InvalidInput) as wrong:
            site.notices.change_now(wave.id, wave.notice.model_copy(update=more))
        assert [field.field for field in wrong.value.fields] == ["escrow"]
    more = {"version": wave.notice.version + 1, "short": wave.notice.short[::-1]}
    site.notices.change_now(wave.id, wave.notice.model_copy(update=more))
    assert site.field.surveys.wave_now(wave.id).notice.escrow == wave.notice.escrow


def test_a_wave_whose_notice_promises_what_nobody_agreed_on_does_not_open(site: EscrowSite) -> None:
    first = site.open_wave()
    site.field.surveys.move_now(first.id, WaveState.CLOSED)
    asked = load().questionnaire
    second = site.field.surveys.add_wave_now(SLUG, 2, asked, first.notice, planned_sample=9)
    with pytest.raises(Conflict):
        site.field.surveys.move_now(second, WaveState.OPEN)
    site.agree(second, site.officers.keys)
    assert site.field.surveys.move_now(second, WaveState.OPEN).notice.escrow is not None


def test_two_officers_must_be_two() -> None:
    with pytest.raises(ValueError, match="one key"):
        OfficerKeys(outer="ab" * 32, inner="ab" * 32)


# --- found by two, or by nobody ---------------------------------------------------------------


def test_who_said_yes_is_found_however_it_is_spelled_and_nobody_else(site: EscrowSite) -> None:
    wave = site.open_wave()
    codes = site.answer(wave, people(6), {1: ANNA, 4: BORIS})
    assert site.found(wave, *ANNA) == [], "what waits is not found yet"
    site.field.settle.run(wave, closing=True)
    assert site.found(wave, *ANNA_AGAIN) == [codes[1].symbols]
    assert site.found(wave, *BORIS) == [codes[4].symbols]
    assert site.found(wave, ANNA[0], BORIS[1]) == [], "a name with another's number"
    assert site.found(wave, "Carla Kalniņa", "29999999") == []


def test_a_file_tells_the_office_neither_whether_nor_whom(site: EscrowSite) -> None:
    wave = site.open_wave()
    site.answer(wave, people(6), {1: ANNA})
    site.field.settle.run(wave, closing=True)
    files = [SealedFile.model_validate_json(site.file(wave, *said)) for said in (ANNA, ANNA, BORIS)]
    assert len({tuple(len(one) for one in file.sealed) for file in files}) == 1
    slots = [slot for file in files for slot in file.sealed]
    assert len(set(slots)) == len(slots), "the same find twice looks like any other"
    office = site.field.stores.office.path
    assert office is not None
    held = b"".join(bytes_of(path) for path in office.parent.glob("office*"))
    for word in ("Ozola", "ozola", "20000000", "bērziņš"):
        assert word.encode() not in held


def test_nobody_decides_his_own_and_a_refusal_finds_nothing(site: EscrowSite) -> None:
    wave = site.open_wave()
    asked = site.ask(wave, *ANNA)
    with pytest.raises(Forbidden):
        run(site.lost_codes.decide(DEE, asked, grant=True))
    with pytest.raises(Conflict):
        run(site.lost_codes.file(DEE, asked))
    run(site.lost_codes.decide(CORA, asked, grant=False))
    with pytest.raises(Conflict):
        run(site.lost_codes.decide(CORA, asked, grant=True))
    site.reports.look()
    with pytest.raises(Conflict):
        run(site.lost_codes.file(DEE, asked))
    told = text("SELECT told FROM escrow_request")
    assert site.field.stores.office.read_now(lambda tx: tx.all(told)) == [(None,)]
    run(site.lost_codes.end(DEE, asked))
    assert run(site.lost_codes.one(asked)).state == "refused", "nobody ends what was refused"
    assert Act.ESCROW_ENDED not in log(site)


def test_every_step_is_in_the_log_and_the_file_ends(site: EscrowSite) -> None:
    wave = site.open_wave()
    asked = site.ask(wave, *ANNA)
    run(site.lost_codes.decide(CORA, asked, grant=True))
    with pytest.raises(NotReady):
        run(site.lost_codes.file(DEE, asked))
    site.reports.look()
    run(site.lost_codes.file(DEE, asked))
    with pytest.raises(NotFound):
        run(site.lost_codes.file(CORA, asked))
    other = site.ask(wave, *BORIS)
    run(site.lost_codes.end(DEE, asked))
    site.field.later(days=8)
    site.reports.look()
    assert {run(site.lost_codes.one(one)).state for one in (asked, other)} == {"over"}
    left = text("SELECT told, sealed FROM escrow_request")
    assert set(site.field.stores.office.read_now(lambda tx: tx.all(left))) == {(None, None)}
    assert log(site)[2:] == [
        Act.ESCROW_ASKED,
        Act.ESCROW_GRANTED,
        Act.ESCROW_SEALED,
        Act.ESCROW_FETCHED,
        Act.ESCROW_ASKED,
        Act.ESCROW_ENDED,
        Act.ESCROW_ENDED,
    ]


@pytest.mark.parametrize(
    ("name", "phone", "reason", "field"),
    [
        ("Anna", ANNA[1], SEEN, "name"),
        (ANNA[0], "12", SEEN, "phone"),
        (*ANNA, "Because.", "reason"),
    ],
)
def test_what_is_asked_badly_names_its_field_and_leaves_nothing(
    site: EscrowSite, name: str, phone: str, reason: str, field: str
) -> None:
    wave = site.open_wave()
    with pytest.raises(InvalidInput) as wrong:
        run(site.lost_codes.ask(DEE, wave.id, name, phone, reason, new_id()))
    assert [one.field for one in wrong.value.fields] == [field]
    assert run(site.lost_codes.all()) == []


# --- what its person sees and can undo --------------------------------------------------------


def test_the_person_sees_the_day_and_others_see_nothing(site: EscrowSite) -> None:
    wave = site.open_wave()
    codes = site.answer(wave, people(4), {1: ANNA, 2: BORIS})
    for waiting in (True, False):
        assert [status(site, code).can_be_found for code in codes] == [False, True, True, False]
        assert {status(site, code).handed_out_on for code in codes} == {None}
        if waiting:
            site.field.settle.run(wave, closing=True)
    site.file(wave, *ANNA)
    today = site.field.clock().date().isoformat()
    assert [status(site, code).handed_out_on for code in codes] == [None, today, None, None]
    copy = run(site.field.rights.copy(codes[1]))["surveys"][0]
    assert copy["lost_code"] == {"two_officers_may_find_it": True, "handed_out_on": today}
    json.dumps(copy)


def test_the_receipt_says_who_can_find_the_code(site: EscrowSite) -> None:
    wave = site.open_wave()
    codes = site.answer(wave, people(2), {1: ANNA})
    no, yes = (run(site.field.receipts.of_code(code)) for code in codes)
    for language in LANGUAGES:
        said = worded(yes, language).rights
        assert said != worded(no, language).rights
        assert all(len(sentence.split()) <= MOST_WORDS for sentence in said)
    assert "nobody can find" not in " ".join(worded(yes, "en").rights)
    assert "nobody can find" in " ".join(worded(no, "en").rights)
    signed = [json.loads(run(site.field.receipts.signed(code)))["lostCode"] for code in codes]
    assert signed == ["nobody", "two officers together"]


@pytest.mark.parametrize("when", ["waiting", "settled", "noted"])
def test_who_takes_it_back_is_found_no_more(site: EscrowSite, when: str) -> None:
    wave = site.open_wave()
    codes = site.answer(wave, people(3), {1: ANNA, 2: BORIS})
    if when != "waiting":
        site.field.settle.run(wave, closing=True)
    run(site.field.rights.withdraw(codes[1], "escrow"))
    run(site.field.rights.withdraw(codes[1], "escrow"))
    site.field.settle.run(wave, closing=True)
    if when == "noted":
        assert site.field.hand_over.note(wave) == 1
    assert site.found(wave, *ANNA) == []
    assert site.found(wave, *BORIS) == [codes[2].symbols]
    gone = status(site, codes[1])
    assert gone.can_be_found is False
    assert gone.purposes == frozenset(k for k, v in people(3)[1].decisions.items() if v)
    kept = run(site.field.rights.sent(codes[1]))
    assert "escrow" not in json.dumps(kept.record), "no word of it for who holds the server's keys"


def test_a_correction_while_it_waits_loses_nothing_of_it(site: EscrowSite) -> None:
    wave = site.open_wave()
    codes = site.answer(wave, people(3), {1: ANNA})
    run(site.field.rights.restrict(codes[1], on=True))
    site.field.settle.run(wave, closing=True)
    assert site.found(wave, *ANNA) == [codes[1].symbols]


def test_erasing_and_the_end_of_retention_leave_nothing_to_find(
    site: EscrowSite, tmp_path: Path
) -> None:
    wave = site.open_wave()
    codes = site.answer(wave, people(24), {1: ANNA, 2: BORIS})
    f = site.field
    closed = f.close_wave(wave)
    cell = text("SELECT escrow FROM consent WHERE tag = :tag").bindparams(
        tag=f.consents.stored_tag(f.collection.keys(SLUG, codes[1]).consent_tag)
    )
    before = f.stores.vault.read_now(lambda tx: tx.all(cell))[0][0]
    run(f.rights.erase(codes[1]))
    held = b"".join(bytes_of(path) for path in tmp_path.rglob("*.sqlite*"))
    assert bytes(before)[40:80] not in held
    assert site.found(wave, *ANNA) == []
    f.later(days=365 * 4)
    certificates = Certificates(f.stores.office, f.audit, f.tombstones, f.clock)
    Maintenance(
        f.surveys, f.settle, f.hand_over, f.drafts, f.consents, f.answers, f.freezes,
        f.tombstones, f.ballast, f.audit, f.clock, certificates, f.invitations,
    ).run()  # fmt: skip
    assert f.consents.tags_of(closed.survey) == []
    assert [c for c in run(certificates.all(DEE)) if c.store == "vault"]


def test_a_request_that_was_sealed_to_nobody_holds_no_other_up(site: EscrowSite) -> None:
    wave = site.open_wave()
    (code,) = site.answer(wave, people(1), {0: ANNA})
    site.field.settle.run(wave, closing=True)
    forged = site.ask(wave, *BORIS)
    spoil = text("UPDATE escrow_request SET told = :told WHERE id = :id").bindparams(
        told=b"forged", id=forged
    )
    site.field.stores.office.write_now(lambda tx: tx.run(spoil))
    run(site.lost_codes.decide(CORA, forged, grant=True))
    assert site.found(wave, *ANNA) == [code.symbols]
    assert run(site.lost_codes.one(forged)).state == "over"
    assert log(site).count(Act.ESCROW_SEALED) == 1, "only what was looked for is logged as that"


# --- without escrow ---------------------------------------------------------------------------


def test_without_escrow_nothing_of_it_is_stored_asked_or_told(site: EscrowSite) -> None:
    f = site.field
    wave = f.open_wave()
    code = run(f.answer(wave, people(1)[0], questions=1))
    with pytest.raises(NotFound):
        run(f.collection.set_escrow(SLUG, code))
    f.settle.run(wave, closing=True)
    kept = run(f.rights.sent(code))
    assert kept.consent is not None
    assert set(kept.consent) == {"record", "contact"}
    assert status(site, code).can_be_found is None
    cells = text("SELECT escrow FROM consent")
    assert f.stores.vault.read_now(lambda tx: tx.all(cells)) == [(None,)]
    assert "lostCode" not in json.loads(run(f.receipts.signed(code)))
    site.search.look()
    with pytest.raises(InvalidInput):
        run(site.lost_codes.ask(DEE, wave.id, *ANNA, SEEN, new_id()))
    with pytest.raises(NotFound):
        run(f.rights.withdraw(code, "nothing"))
    run(f.rights.withdraw(code, "escrow"))
    assert not f.rights._changes.any_now(), "there is nothing to take back"
