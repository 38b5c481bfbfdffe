"""Slips and taking part once: used once, told neutrally, joined to nothing, then forgotten."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from survey_service.collection.code import Code
from survey_service.invitations.destroying import OnceKeysOfSurveys
from survey_service.invitations.identifiers import canonical
from survey_service.invitations.slips import ALPHABET, is_of, new_slip, read_slip, shown
from survey_service.problems import InvalidInput, NotAdmitted
from survey_service.stores.ids import new_id
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.waves import Wave, WaveSettings, WaveState
from tests.kit.field import SLUG, Field, people
from tests.kit.keeping import Keeping

YES = {"participation": True, "ethnic_health": True, "research_reuse": True, "contact": False}
NAMES = (
    "Zelma Bērziņa-Kalniņa", "zelma bērziņa-kalniņa", "ZELMA BĒRZIŅA-KALNIŅA",
    "Zelma Berzina-Kalnina", "zelma  berzina kalnina", " Bērziņa-Kalniņa, Zelma ",
    "Bērziņa Kalniņa Zelma", "Zelma Bērziņa – Kalniņa", "Zelma\tBērziņa\u2011Kalniņa",
    "Zelma Be\u0304rzin\u0327a-Kalnin\u0327a",
)  # fmt: skip
PHONES = (
    "20000000", "+371 20000000", "00371 20000000", "+37120000000", "0037120000000",
    "371 2000 0000", "+371-20-00-00-00", "(+371) 20000000", "+371 20 000 000", "２００００000",
)  # fmt: skip
NUMBERS = (
    "010190-12345", "01019012345", "010190 12345", "010190–12345", "010190\u201112345",
    " 010190-12345 ", "0101 9012 345", "01.01.90-12345", "０10190-12345", "010190 - 12345",
)  # fmt: skip


def open_wave(field: Field, once: str = "off", slug: str = SLUG) -> Wave:
    """Put a wave into the field that invites by slips."""
    core = load()
    field.surveys.add_survey_now(slug, core.questionnaire.title)
    field.surveys.add_version_now(slug, core.questionnaire, core.notice)
    wave = field.surveys.add_wave_now(slug, 1, core.questionnaire, core.notice, planned_sample=1000)
    field.surveys.set_now(wave, WaveSettings(1000, invitation="slips", once=once))
    return field.surveys.move_now(wave, WaveState.OPEN)


def slips(field: Field, wave: Wave, count: int = 3) -> list[str]:
    return field.invitations.make_now(wave, new_id(), count)


def begin(field: Field, wave: Wave, slip: str, who: str = "") -> Code:
    async def work() -> Code:
        code = await field.collection.begin(wave.survey, YES, "lv", None, slip)
        if who:
            await field.collection.set_once(wave.survey, code, who)
        return code

    return asyncio.run(work())


def send(field: Field, wave: Wave, code: Code) -> None:
    asyncio.run(field.collection.submit(wave.survey, code))


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    return Field(sqlite_stores, tmp_path)


def used(field: Field) -> list[tuple[bytes, str, bytes]]:
    rows = text("SELECT tag, kind, holder FROM used")
    return [(bytes(r[0]), r[1], bytes(r[2])) for r in field.stores.vault.read_now(
        lambda tx: tx.all(rows))]  # fmt: skip


def test_a_slip_is_used_up_by_sending_and_by_nothing_before(field: Field) -> None:
    wave = open_wave(field)
    slip = slips(field, wave)[0]
    stopped = begin(field, wave, slip)
    asyncio.run(field.rights.erase(stopped))
    left, sent = begin(field, wave, slip), begin(field, wave, slip)
    send(field, wave, sent)
    send(field, wave, sent)
    with pytest.raises(NotAdmitted):
        send(field, wave, left)
    with pytest.raises(NotAdmitted):
        begin(field, wave, slip)
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 1


def test_a_crash_after_the_slip_is_claimed_and_before_the_answers_are_in_burns_nothing(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = open_wave(field)
    code = begin(field, wave, slips(field, wave)[0])

    async def died(*_: object, **__: object) -> str:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr(field.inbox, "put", died)
        with pytest.raises(RuntimeError, match="killed"):
            send(field, wave, code)
    assert len(used(field)) == 1
    send(field, wave, code)
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 1


def test_nobody_begins_without_a_slip_of_this_wave(field: Field) -> None:
    wave, other = open_wave(field), open_wave(field, slug="another")
    good = slips(field, wave)[0]
    swapped = good[:-1] + ALPHABET[(ALPHABET.index(good[-1]) + 1) % 32]
    for wrong in ("", "x", Code.new().text, new_slip(bytes(32)), swapped, slips(field, other)[0]):
        with pytest.raises(NotAdmitted):
            begin(field, wave, wrong)
    batch = new_id()
    lost = field.invitations.make_now(wave, batch, 2)
    field.invitations.revoke_now(wave, batch)
    with pytest.raises(NotAdmitted):
        begin(field, wave, lost[0])
    begin(field, wave, good)


def test_a_code_begun_in_one_survey_sends_nothing_in_another(field: Field) -> None:
    wave, other = open_wave(field), open_wave(field, slug="another")
    code = begin(field, wave, slips(field, wave)[0])
    with pytest.raises(Exception, match="not-found"):
        send(field, other, code)
    assert used(field) == []


def test_the_list_of_what_is_used_joins_nothing_and_goes_when_field_work_ends(
    field: Field,
) -> None:
    wave = open_wave(field, "phone")
    made = slips(field, wave, 5)
    codes = [begin(field, wave, slip, f"2000000{n}") for n, slip in enumerate(made)]
    for code in codes:
        send(field, wave, code)
    rows = used(field)
    assert sorted(kind for _, kind, _ in rows) == ["once"] * 5 + ["slip"] * 5
    columns = {value for tag, _, holder in rows for value in (tag, holder)}
    known = set(field.consents.tags()) | set(field.answers.tags())
    for code, slip in zip(codes, made, strict=True):
        keys = code.under(wave.salt)
        known |= {keys.consent_tag, keys.response_tag, keys.inbox_tag, keys.draft_tag}
        known |= {keys.admission_tag, field.inbox.stored_tag(keys), slip.encode()}
    assert not columns & known
    closed = field.close_wave(wave)
    field.invitations.field_work_ended_now(closed)
    assert {kind for _, kind, _ in used(field)} == {"once"}
    for stored in field.stores.vault.read_now(lambda tx: tx.all(text("SELECT * FROM consent"))):
        assert not columns & {value for value in stored if isinstance(value, bytes)}


@pytest.mark.parametrize("last", [WaveState.CLOSED, WaveState.ARCHIVED])
def test_the_list_of_used_slips_goes_with_the_hour_after_field_work(
    sqlite_stores: Stores, tmp_path: Path, last: WaveState
) -> None:
    keeping = Keeping(sqlite_stores, tmp_path)
    field = keeping.field
    wave = open_wave(field)
    send(field, wave, begin(field, wave, slips(field, wave)[0]))
    field.close_wave(wave)
    if last is WaveState.ARCHIVED:
        field.surveys.move_now(wave.id, WaveState.ARCHIVED)
    assert used(field)
    keeping.maintenance.run()
    assert not used(field)


@pytest.mark.parametrize(
    ("kind", "spellings"), [("name", NAMES), ("phone", PHONES), ("number", NUMBERS)]
)
def test_thirty_spellings_are_three_people(kind: str, spellings: tuple[str, ...]) -> None:
    assert len(set(spellings)) == 10
    assert len({canonical(kind, spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("name", ("", "Zelma", "12 34", "x" * 201, "A B")),
        ("phone", ("", "123", "call me", "+371 2000000a", "1" * 30)),
        ("number", ("", "010190-1234", "010190-123456", "abc")),
    ],
)
def test_what_is_no_identifier_is_refused_by_its_field(kind: str, wrong: tuple[str, ...]) -> None:
    for typed in wrong:
        with pytest.raises(InvalidInput) as refused:
            canonical(kind, typed)
        assert refused.value.fields[0].field == "identifier"


def test_one_person_takes_part_once_however_he_spells_himself(field: Field) -> None:
    wave = open_wave(field, "phone")
    first, second, third = slips(field, wave)
    send(field, wave, begin(field, wave, first, "+371 20000000"))
    again = begin(field, wave, second, "00371-2000-0000")
    with pytest.raises(NotAdmitted) as person:
        send(field, wave, again)
    with pytest.raises(NotAdmitted) as slip:
        begin(field, wave, first)
    assert person.value.detail == slip.value.detail, "which of the two it was is not told"
    send(field, wave, begin(field, wave, third, "20000001"))


def test_one_slip_asks_about_one_person_and_no_more(field: Field) -> None:
    """Whoever holds a slip could else try every number of the village."""
    wave = open_wave(field, "phone")
    first, second, _ = slips(field, wave)
    send(field, wave, begin(field, wave, first, "20000000"))
    prying = begin(field, wave, second, "20000000")
    with pytest.raises(NotAdmitted):
        send(field, wave, prying)
    for number in ("20000001", "20000002"):
        asyncio.run(field.collection.set_once(wave.survey, prying, number))
        with pytest.raises(NotAdmitted):
            send(field, wave, prying)
    with pytest.raises(NotAdmitted):
        begin(field, wave, second, "20000003")


def test_nothing_of_what_was_written_is_in_any_file(field: Field, tmp_path: Path) -> None:
    wave = open_wave(field, "name")
    send(field, wave, begin(field, wave, slips(field, wave)[0], "Zelma Bērziņkalna"))
    field.close_wave(wave)
    for store in field.stores:
        store.truncate_log()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not re.search(rb"(?i)zelma|berzinkaln|b\xc4\x93rzi", path.read_bytes()), path


def test_when_the_key_is_destroyed_the_marks_go_and_nobody_can_make_them_again(
    field: Field,
) -> None:
    wave = open_wave(field, "phone")
    send(field, wave, begin(field, wave, slips(field, wave)[0], "20000000"))
    (open_,) = OnceKeysOfSurveys(field.surveys, field.invitations)()
    assert open_.hindrance is not None
    before = field.invitations.once.tag_now(wave, "20000000")
    closed = field.close_wave(wave)
    (due,) = OnceKeysOfSurveys(field.surveys, field.invitations)()
    assert due.hindrance is None
    assert due.subject == f"once-only/{SLUG}"
    assert (due.destroy(), due.destroy()) == (1, 0)
    assert "once" not in {kind for _, kind, _ in used(field)}
    with pytest.raises(Exception, match="not-ready"):
        field.invitations.once.tag_now(closed, "20000000")
    again = replace(closed, state=WaveState.OPEN)
    assert field.invitations.once.tag_now(again, "20000000") != before


def test_a_slip_is_read_as_people_write_it() -> None:
    slip = new_slip(bytes(32))
    written = " ".join(shown(slip).lower().replace("0", "o").replace("1", "l"))
    assert read_slip(written) == slip
    assert is_of(bytes(32), slip)
    assert not is_of(bytes(31) + b"\1", slip)
    assert read_slip(Code.new().text) is None, "a code is told from a slip"
    assert len({new_slip(bytes(32)) for _ in range(500)}) == 500


def test_a_wave_that_invites_nobody_is_as_before(field: Field) -> None:
    wave = field.open_wave()
    field.answer_all(wave, people(2), questions=1)
    assert used(field) == []
