"""What settle does and tells for pages of an office that sees neither vault nor keys."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from schemas.audit import Act, Outcome
from survey_service.audit_log.service import EntryFilter
from survey_service.ceremonies.kinds import Kind
from survey_service.clock import now
from survey_service.problems import InvalidInput
from survey_service.stores.ids import new_id
from survey_service.stores.keyring import ROTATED
from survey_service.stores.parts import REPLACED_BY, Part
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave, WaveState
from tests.attacks.separation.test_parts import answer, fresh, open_wave
from tests.kit.keeping import ADA, DEE, REASON
from tests.kit.parts import WiredParts

T = TypeVar("T")


class Apart(WiredParts):
    """Parts with keys in files and a clock of ours."""

    def __init__(self, stores: Stores, folder: Path) -> None:
        self.ahead = timedelta()
        self.keys_folder = folder / "keys"
        super().__init__(stores, folder, keys=True, clock=lambda: now() + self.ahead)
        self.settle.telling.look()

    def propose(self, kind: Kind, subject: str) -> str:
        made = run(self.office.ceremonies.propose(ADA, kind, subject, REASON, new_id()))
        return made.id

    def confirm(self, ceremony: str) -> str:
        return run(self.office.ceremonies.confirm(DEE, ceremony)).state

    def state(self, ceremony: str) -> str:
        return run(self.office.ceremonies.one(ceremony)).state

    def later(self, **time: float) -> None:
        self.ahead += timedelta(**time)
        self.settle.telling.look()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def parts(sqlite_stores: Stores, tmp_path: Path) -> Apart:
    return Apart(sqlite_stores, tmp_path)


def settled(parts: Apart, count: int) -> Wave:
    """Let a wave of so many people be closed and settled."""
    wave = open_wave(parts)
    answer(parts, wave, count)
    parts.settle.watch.look()
    parts.office.field_work.close_wave_now(wave.id)
    fresh(parts)
    parts.settle.watch.look()
    return wave


def test_every_key_is_replaced_by_the_part_in_whose_folder_it_lies(parts: Apart) -> None:
    wave = settled(parts, 20)
    freezes = parts.settle.watch._freezes
    made = freezes.make(wave.id, wave.form, parts.office.clock().date())
    assert made is not None
    before = {n: ring.secret(n) for ring in parts.rings.values() for n in ROTATED if ring.holds(n)}
    assert set(run_subjects(parts)) == set(ROTATED) == set().union(*REPLACED_BY.values())
    for name in ROTATED:
        ceremony = parts.propose(Kind.ROTATE, name)
        here = name in REPLACED_BY[Part.OFFICE]
        assert parts.confirm(ceremony) == ("done" if here else "confirmed")
        parts.settle.telling.look()
        assert parts.state(ceremony) == "done"
    after = {n: r.secret(n) for r in parts.rings.values() for n in ROTATED if r.holds(n)}
    assert not set(before.values()) & set(after.values())
    assert len(parts.office.freezes.open(made.id).frame), "the office finds the new one by itself"
    fresh(parts)
    assert parts.settle.watch._answers.bodies(wave.id), "and settle still opens every row"
    ages = {age.name: age.epoch for age in parts.office.ceremonies.ages()}
    assert {ages[name] for name in ROTATED} == {2}
    assert parts.office.audit.verify_all_now().sound


def run_subjects(parts: Apart) -> list[str]:
    return parts.office.ceremonies.subjects()[Kind.ROTATE]


def test_a_surveys_keys_are_destroyed_by_settle_and_not_before_its_waves_are_closed(
    parts: Apart,
) -> None:
    wave = open_wave(parts)
    answer(parts, wave, 20)
    parts.later(minutes=2)
    subject = f"row-keys/{wave.survey}"
    with pytest.raises(InvalidInput):
        parts.propose(Kind.DESTROY, subject)
    parts.office.field_work.close_wave_now(wave.id)
    fresh(parts)
    parts.settle.watch.look()
    parts.later(minutes=2)
    ceremony = parts.propose(Kind.DESTROY, subject)
    assert parts.confirm(ceremony) == "confirmed"
    parts.settle.telling.look()
    assert parts.state(ceremony) == "done"
    assert parts.settle.watch._answers.bodies(wave.id) == []


def test_what_came_between_the_yes_and_the_act_ends_the_ceremony(parts: Apart) -> None:
    wave = settled(parts, 20)
    parts.later(minutes=2)
    ceremony = parts.propose(Kind.DESTROY, f"row-keys/{wave.survey}")
    assert parts.confirm(ceremony) == "confirmed"
    surveys = parts.office.surveys
    surveys.add_wave_now(wave.survey, 2, wave.form.questionnaire, wave.notice, planned_sample=1000)
    fresh(parts)
    parts.settle.telling.look()
    assert parts.state(ceremony) == "declined"
    assert len(list(parts.settle.watch._answers.bodies(wave.id))) == 20
    logged = run(parts.office.audit.entries(EntryFilter(act=Act.KEYS_DESTROYED), limit=5)).entries
    assert [entry.outcome for entry in logged] == [Outcome.DENIED]


def test_who_did_what_stays_known_while_settle_tells_that_answers_are_kept(parts: Apart) -> None:
    settled(parts, 20)
    parts.later(minutes=2)
    with pytest.raises(InvalidInput):
        parts.propose(Kind.DESTROY, "audit-references")
    parts.ahead += timedelta(hours=2)
    with pytest.raises(InvalidInput):
        parts.propose(Kind.DESTROY, "audit-references")


def test_without_answers_the_office_destroys_who_did_what_itself(parts: Apart) -> None:
    ada = parts.office.audit.person_ref(ADA.id)
    ceremony = parts.propose(Kind.DESTROY, "audit-references")
    assert parts.confirm(ceremony) == "done"
    assert parts.office.audit.person_ref(ADA.id) != ada


def test_health_shows_all_stores_and_says_when_settle_is_silent(parts: Apart) -> None:
    found = run(parts.office.health.read(ADA))
    assert {store.name for store in found.stores} == {s.name for s in parts.stores}
    assert {"settle-keys", "second-factors"} <= {key.name for key in found.keys}
    assert found.told_at is not None
    parts.ahead = timedelta(hours=2)
    silent = run(parts.office.health.read(ADA))
    assert silent.stores == ()
    assert silent.told_at is None


def test_what_content_could_join_is_told_once_a_day_and_in_tens(parts: Apart) -> None:
    wave = open_wave(parts)
    assert parts.office.content.read_now(DEE) == []
    answer(parts, wave, 25)
    parts.settle.watch.look()
    parts.later(minutes=2)
    assert parts.office.content.read_now(DEE) == [], "not before the next day"
    parts.later(days=1)
    (line,) = parts.office.content.read_now(DEE) or []
    assert line.wave.id == wave.id
    assert line.people == 20
    assert line.counted_on == parts.office.clock().date().isoformat()
    assert WaveState.OPEN is line.wave.state


def test_whether_counts_agree_is_told_once_a_day_in_words_alone(parts: Apart) -> None:
    wave = open_wave(parts)
    answer(parts, wave, 25)
    parts.settle.watch.look()
    parts.later(days=1)
    told = parts.office.stock.read_now(DEE)
    assert told is not None
    assert told.agree
    (line,) = told.surveys[0].waves
    assert (line.wave, line.batches, line.settled_floored_to_ten) == (wave.id, 1, 20)
    parts.stores.answers.write_now(
        lambda tx: tx.run(text("DELETE FROM answer WHERE tag = (SELECT min(tag) FROM answer)"))
    )
    parts.later(minutes=2)
    assert parts.office.stock.read_now(DEE) == told, "not before the next day"
    parts.later(days=1)
    told = parts.office.stock.read_now(DEE)
    assert told is not None
    assert [one.kind for one in told.surveys[0].waves[0].answers.differences] == ["rows_gone"]
    assert not told.agree
    logged = run(parts.office.audit.entries(EntryFilter(act=Act.COUNTS_COMPARED), limit=5)).entries
    assert len(logged) == 3


def test_what_was_never_counted_is_not_told_as_nothing(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    office = WiredParts(sqlite_stores, tmp_path).office
    assert office.content.read_now(DEE) is None
    assert office.stock.read_now(DEE) is None


def test_the_new_key_to_freezes_is_readable_by_the_group_that_shares_it(parts: Apart) -> None:
    shared = parts.keys_folder / "records"
    shared.chmod(0o2750)
    ceremony = parts.propose(Kind.ROTATE, "office-wrap-freezes")
    parts.confirm(ceremony)
    parts.settle.telling.look()
    assert {file.stat().st_mode & 0o777 for file in shared.iterdir()} == {0o640}
