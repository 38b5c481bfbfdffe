"""Retention is carried out as the notice promises it, store by store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.audit_log import verifier
from survey_service.collection.maintenance import Maintenance
from survey_service.retention.certificates import Certificates
from survey_service.retention.terms import months_after
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import WaveState
from tests.kit.field import Field, people


@pytest.fixture
def field(stores: Stores, tmp_path: Path) -> Field:
    return Field(stores, tmp_path)


def maintenance(field: Field) -> Callable[[], None]:
    return Maintenance(
        field.surveys,
        field.settle,
        field.hand_over,
        field.drafts,
        field.consents,
        field.answers,
        field.freezes,
        field.tombstones,
        field.ballast,
        field.audit,
        field.clock,
        Certificates(field.stores.office, field.audit, field.tombstones, field.clock),
        field.invitations,
    ).run


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2027-12-15", 2, "2028-02-15"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-11-22", 36, "2029-11-22"),
    ],
)
def test_months_are_counted_by_the_calendar(day: str, months: int, then: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(then)


def test_contacts_go_after_24_months_and_everything_after_36(field: Field) -> None:
    run = maintenance(field)
    wave = field.open_wave()
    crowd = people(40)
    codes = field.answer_all(wave, crowd, questions=2)
    agreed = next(n for n, p in enumerate(crowd) if p.contact is not None)
    field.close_wave(wave)
    field.later(days=20)
    run()
    assert field.freezes.latest(wave.id) is not None

    def contact() -> object:
        copy = asyncio.run(field.rights.copy(codes[agreed]))
        return copy["surveys"][0]["contact"]

    field.later(days=690)
    run()
    assert contact() is not None
    field.later(days=40)
    run()
    assert contact() is None
    assert field.answers.count(wave.id) == 40
    field.later(days=400)
    run()
    assert field.answers.count(wave.id) == 0
    assert field.consents.tags() == []
    assert field.freezes.latest(wave.id) is None
    assert asyncio.run(field.rights.status(codes[0])).kind == "nothing"
    assert field.audit.verify_all_now().sound


def documents(field: Field) -> dict[str, dict[str, str]]:
    """Return every certificate by scope's kind and purpose, in the order of their making."""
    certificates = Certificates(field.stores.office, field.audit, field.tombstones, field.clock)
    dpo = Person(id="dee", username="dee", role=Role.DPO, session_id="s")
    found = asyncio.run(certificates.all(dpo))
    assert all(one.document for one in found)
    return {f"{one.store}/{one.purpose}": json.loads(str(one.document)) for one in found}


def test_each_purpose_ends_in_its_own_time_and_leaves_a_certificate(
    field: Field, tmp_path: Path
) -> None:
    run = maintenance(field)
    months = {"participation": 36, "ethnic_health": 12, "research_reuse": 24, "contact": 6}
    wave = field.open_wave(retention=months)
    crowd = people(40)
    codes = field.answer_all(wave, crowd)
    field.close_wave(wave)

    def left() -> tuple[int, int, int, int]:
        bodies = field.answers.bodies(wave.id)
        special = {
            v.name.split(".")[0] for v in wave.form.variables if v.purpose == "ethnic_health"
        }
        asked = [b for b in bodies for q in special if b["record"].get(q, {}).get("value")]
        reused = [b for b in bodies if "research_reuse" in b["purposes"]]
        return len(bodies), len(asked), len(reused), field.consents.contacts_left("roma-2026")

    before = left()
    assert min(before) > 0
    field.later(days=190)
    run()
    assert left() == (*before[:3], 0)
    field.later(days=180)
    run()
    assert left() == (40, 0, before[2], 0)
    assert asyncio.run(field.rights.copy(codes[0]))["surveys"][0]["answers"]
    field.later(days=370)
    run()
    assert left() == (40, 0, 0, 0)
    assert field.freezes.latest(wave.id) is None
    field.later(days=370)
    run()
    run()
    assert left() == (0, 0, 0, 0)

    made = documents(field)
    assert set(made) == {
        "vault/contact",
        "answers/ethnic_health",
        "answers/research_reuse",
        "answers/participation",
        "vault/participation",
    }
    key = field.audit.public_key
    for document in made.values():
        assert verifier.check_certificate(json.dumps(document), verifier.Key.parse(key)).holds
    whole = made["answers/ethnic_health"]
    other = made["vault/contact"]
    for changed in (
        {**whole, "certificate": whole["certificate"].replace('"rows', '"row')},
        {**whole, "certificate": other["certificate"]},
        {**whole, "entry": other["entry"], "proof": other["proof"]},
        {**whole, "entry": whole["entry"].replace("system", "Bystem")},
    ):
        found = verifier.check_certificate(json.dumps(changed), verifier.Key.parse(key))
        assert not found.holds


def test_an_erasure_that_was_cut_short_is_certified_once(field: Field) -> None:
    run = maintenance(field)
    wave = field.open_wave()
    field.answer_all(wave, people(20), questions=2)
    field.close_wave(wave)
    field.later(days=365 * 4)
    end, field.answers.end = field.answers.end, lambda tags: 1 // 0  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        run()
    field.answers.end = end  # type: ignore[method-assign]
    complete = Certificates.complete_now
    try:
        Certificates.complete_now = lambda self, id: 1 // 0  # type: ignore[method-assign, assignment]
        with pytest.raises(ZeroDivisionError):
            run()
    finally:
        Certificates.complete_now = complete  # type: ignore[method-assign]
    run()
    assert field.answers.count(wave.id) == 0
    assert set(documents(field)) == {"answers/participation", "vault/participation"}


def test_an_open_wave_keeps_the_vault_of_its_survey(field: Field) -> None:
    run = maintenance(field)
    wave = field.open_wave()
    field.answer_all(wave, people(3), questions=2)
    field.close_wave(wave)
    field.open_wave(number=2)
    field.later(days=365 * 4)
    run()
    assert field.answers.count(wave.id) == 0
    assert len(field.consents.tags()) == 3


def test_a_wave_closes_by_itself_after_its_last_day(field: Field) -> None:
    from survey_service.surveys.core import load

    run = maintenance(field)
    core = load()
    field.open_wave()
    field.surveys.move_now(field.surveys.waves_now()[0].id, WaveState.CLOSED)
    last_day = field.clock().date().isoformat()
    id_ = field.surveys.add_wave_now(
        "roma-2026", 2, core.questionnaire, core.notice, planned_sample=10, closes_on=last_day
    )
    field.surveys.move_now(id_, WaveState.OPEN)
    run()
    assert field.surveys.wave_now(id_).state is WaveState.OPEN
    field.later(days=1)
    run()
    assert field.surveys.wave_now(id_).state is WaveState.CLOSED
