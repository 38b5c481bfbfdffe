"""The use cases behind `/my-answers`, over real rooms and SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.audit import Act, LoggedEntry
from survey_service.audit_log.reading import EntryFilter, EntryPage
from survey_service.collection.code import Code
from survey_service.collection.marks import Marks
from survey_service.rights.changing import ChangedMeanwhile
from survey_service.rights.entry_limit import PER_HOUR, EntryLimit
from survey_service.stores.errors import StoreFull
from survey_service.stores.stores import Stores
from survey_service.surveys.reading import answered
from survey_service.surveys.waves import Wave
from tests.kit.field import SLUG, Field, people

PEOPLE = 6


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    return Field(sqlite_stores, tmp_path)


@pytest.fixture
def frozen(field: Field) -> tuple[Wave, list[Code]]:
    """A closed wave of six who agreed to everything but contact, frozen."""
    wave = field.open_wave()
    yes = {"participation": True, "ethnic_health": True, "research_reuse": True, "contact": False}
    crowd = [person for person in people(200) if dict(person.decisions) == yes][:PEOPLE]
    codes = field.answer_all(wave, crowd, questions=9)
    wave = field.close_wave(wave)
    freeze(field, wave)
    return wave, codes


def freeze(field: Field, wave: Wave) -> int:
    """Freeze the wave as it stands and return how many records the freeze holds."""
    field.hand_over.serve(wave.id)
    made = field.freezes.make(wave.id, wave.form, field.now.date())
    return 0 if made is None else len(field.freezes.open(made.id).frame)


def run(step: Any) -> Any:
    """Wait for a use case."""
    return asyncio.run(step)


def correct(field: Field, code: Code, value: str) -> None:
    """Correct the sex."""
    kept = run(field.rights.sent(code))
    run(field.rights.correct(code, kept.etag, {"B4": answered(value)}))


def test_a_freeze_goes_with_what_it_held_and_only_then(
    field: Field, frozen: tuple[Wave, list[Code]]
) -> None:
    wave, codes = frozen
    run(field.rights.withdraw(codes[0], "contact"))
    assert field.freezes.latest(wave.id) is not None, "no freeze holds a contact"
    run(field.rights.restrict(codes[0], on=True))
    assert field.freezes.latest(wave.id) is None
    assert freeze(field, wave) == PEOPLE - 1
    correct(field, codes[0], "2")
    run(field.rights.restrict(codes[0], on=False))
    assert field.freezes.latest(wave.id) is not None, "it never held this person"
    assert freeze(field, wave) == PEOPLE
    run(field.rights.withdraw(codes[1], "research_reuse"))
    assert field.freezes.latest(wave.id) is None
    assert freeze(field, wave) == PEOPLE - 1
    run(field.rights.withdraw(codes[1], "ethnic_health"))
    run(field.rights.erase(codes[1]))
    assert field.freezes.latest(wave.id) is not None


def test_the_next_freeze_counts_what_was_corrected(
    field: Field, frozen: tuple[Wave, list[Code]]
) -> None:
    wave, codes = frozen

    def women() -> int:
        latest = field.freezes.latest(wave.id)
        assert latest is not None
        return int((field.freezes.open(latest.id).frame["B4"] == "1").sum())

    before = women()
    said = (run(field.rights.sent(codes[2])).body or {})["record"]["B4"]["value"]
    correct(field, codes[2], "2" if said == "1" else "1")
    freeze(field, wave)
    assert women() == before + (-1 if said == "1" else 1)


def test_after_taking_back_the_block_no_freeze_knows_it(
    field: Field, frozen: tuple[Wave, list[Code]]
) -> None:
    wave, codes = frozen
    for code in codes:
        run(field.rights.withdraw(code, "ethnic_health"))
    assert freeze(field, wave) == PEOPLE
    latest = field.freezes.latest(wave.id)
    assert latest is not None
    frame = field.freezes.open(latest.id).frame
    for column in ("A3", "B5.rom", "E1"):
        assert set(frame[column]) == {"not_asked"}


def test_an_old_fingerprint_changes_nothing(field: Field, frozen: tuple[Wave, list[Code]]) -> None:
    _, codes = frozen
    seen = run(field.rights.sent(codes[0])).etag
    run(field.rights.restrict(codes[0], on=True))
    with pytest.raises(ChangedMeanwhile):
        run(field.rights.correct(codes[0], seen, {"B4": answered("3")}))
    other = run(field.rights.sent(codes[1])).etag
    with pytest.raises(ChangedMeanwhile):
        run(field.rights.correct(codes[0], other, {"B4": answered("3")}))


def rights_entries(field: Field) -> list[dict[str, int]]:
    """What the log tells of respondents' acts."""
    return [dict(entry.counts) for entry in logged(field) if entry.act is Act.RIGHTS_BATCHED]


def logged(field: Field) -> tuple[LoggedEntry, ...]:
    """The newest entries of the log."""
    page: EntryPage = run(field.audit.entries(EntryFilter(), limit=200))
    return page.entries


def full(*_: object, **__: object) -> None:
    raise StoreFull


@pytest.mark.parametrize("place", ["answers.revise", "hand_over.serve", "changes.put_now"])
def test_a_disk_that_is_full_midway_is_finished_with_the_ballast(
    field: Field, frozen: tuple[Wave, list[Code]], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try dies where the disk is full; the second one, behind the ballast, is whole."""
    wave, codes = frozen
    tries = []

    def once(original: Callable[..., Any]) -> Callable[..., Any]:
        def work(*args: Any, **kwargs: Any) -> Any:
            tries.append(place)
            if len(tries) == 1:
                raise StoreFull
            return original(*args, **kwargs)

        return work

    changing = field.rights._changing
    room, name = place.split(".")
    if room == "hand_over":
        monkeypatch.setattr(changing, "_serve", once(changing._serve))
    else:
        target = getattr(changing, f"_{room}")
        monkeypatch.setattr(target, name, once(getattr(target, name)))
    run(field.rights.withdraw(codes[0], "ethnic_health"))
    monkeypatch.undo()
    field.hand_over.serve(wave.id)
    assert len(tries) == (1 if room == "hand_over" else 2)
    assert len(field.answers.bodies(wave.id)) == PEOPLE
    assert "ethnic_health" not in run(field.rights.sent(codes[0])).in_force
    assert field.hand_over.note(wave) == 1


def test_with_the_log_full_everything_goes_through_and_is_told_later(
    field: Field, frozen: tuple[Wave, list[Code]], monkeypatch: pytest.MonkeyPatch
) -> None:
    wave, codes = frozen
    with monkeypatch.context() as patched:
        patched.setattr(field.audit, "append_now", full)
        for turn in range(12):
            run(field.rights.restrict(codes[0], on=turn % 2 == 0))
        run(field.rights.withdraw(codes[1], "ethnic_health"))
        run(field.rights.erase(codes[2]))
        assert run(field.rights.status(codes[2])).kind == "nothing"
        run(field.rights.withdraw(codes[3], "research_reuse"))
        assert field.hand_over.note(wave) == 2, "nor does the vault wait for the log"
        for turn in range(20):
            run(field.rights.restrict(codes[4], on=turn % 2 == 0))
        with pytest.raises(StoreFull):
            field.hand_over.work_off([wave])
    assert Marks(field.stores.inbox).counts_now()["restricted"] == 16, "what is to be logged stays"
    field.hand_over.work_off([wave])
    (told,) = rights_entries(field)
    assert told["restricted_floored_to_ten"] == 10
    assert told["erased_floored_to_ten"] == 0
    acts = [entry.act for entry in logged(field)]
    assert acts.count(Act.FREEZE_DESTROYED) == 1
    assert Act.WAVE_REWRITTEN in acts
    assert Marks(field.stores.inbox).counts_now()["erased"] == 1, "it waits until there are ten"


def test_a_paused_form_opens_with_the_code_alone_until_its_time_is_over(field: Field) -> None:
    wave = field.open_wave()
    code = run(field.fill(wave, people(1)[0], questions=4))
    field.later(days=wave.draft_days)
    status = run(field.rights.status(code))
    assert (status.kind, status.open) == ("draft", True)
    field.later(days=1)
    assert run(field.rights.status(code)).kind == "nothing"
    assert field.drafts.purge_now(field.now.date()) == 1


def test_the_limit_counts_networks_and_forgets_them_every_hour(field: Field) -> None:
    keys = iter([b"a" * 32, b"b" * 32, b"c" * 32])
    limit = EntryLimit(field.clock, lambda _size: next(keys))
    field.now = field.now.replace(minute=59, second=0)
    assert all(limit.allows(f"203.0.113.{n}") for n in range(PER_HOUR))
    assert not limit.allows("203.0.113.77"), "one network of 256 addresses"
    assert limit.allows("203.0.114.1")
    assert all(limit.allows(f"2001:db8:1:2::{n:x}") for n in range(PER_HOUR))
    assert not limit.allows("2001:db8:1:2:ffff::1"), "one network of /64"
    assert limit.allows("2001:db8:1:3::1")
    assert not limit.allows("::ffff:203.0.113.5"), "an IPv4 address written as IPv6"
    assert limit.allows("testclient"), "no address at all shares one wide allowance"
    assert limit.seconds_left() == 60
    field.later(minutes=1)
    assert limit.allows("203.0.113.77")
    memory = repr(vars(limit))
    assert "203.0" not in memory
    assert "2001" not in memory


def test_status_names_the_survey_of_the_code(field: Field) -> None:
    wave = field.open_wave()
    code = run(field.answer(wave, people(1)[0], questions=3))
    status = run(field.rights.status(code))
    assert (status.slug, status.kind, status.wave) == (SLUG, "waiting", wave.id)


def test_a_receipt_says_at_once_what_was_taken_back(
    field: Field, frozen: tuple[Wave, list[Code]]
) -> None:
    wave, codes = frozen
    run(field.rights.withdraw(codes[0], "research_reuse"))
    at_once = run(field.receipts.of_code(codes[0])).receipt
    assert at_once.withdrawn == ("research_reuse",)
    field.hand_over.note(wave)
    assert run(field.receipts.of_code(codes[0])).receipt == at_once
