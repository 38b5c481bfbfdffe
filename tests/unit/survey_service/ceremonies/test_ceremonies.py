"""Keys are replaced and destroyed by two people, once, and while everything else goes on."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from schemas.audit import Act
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import EntryFilter
from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.ceremonies.destroying import AuditReferences, RowKeysOfSurveys
from survey_service.ceremonies.kinds import Kind
from survey_service.ceremonies.rotating import rewrap
from survey_service.ceremonies.service import Ceremonies, Ceremony
from survey_service.problems import Conflict, Forbidden, InvalidInput
from survey_service.stores.epochs import Epochs
from survey_service.stores.errors import EnvelopeBroken, StoreError
from survey_service.stores.ids import new_id
from survey_service.stores.keyring import ROTATED, Keyring
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave
from tests.kit.field import Field, people

T = TypeVar("T")
REASON = "Somebody who could have copied the keys has left."


def person(name: str, role: Role) -> Person:
    return Person(id=f"id-of-{name}", username=name, role=role, session_id="s")


ADA, DEE = person("ada", Role.ADMINISTRATOR), person("dee", Role.DPO)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class Room:
    """Ceremonies over a field with keys in a folder of their own."""

    def __init__(self, stores: Stores, folder: Path) -> None:
        self.keys = folder / "keys"
        self.ring = Keyring.create(self.keys)
        self.field = Field(stores, folder, self.ring)
        self.epochs = Epochs(stores.keys, self.ring)
        self.ceremonies = self.fresh()

    def fresh(self) -> Ceremonies:
        field = self.field
        held = CarryingOut(
            field.stores,
            self.ring,
            self.epochs,
            field.audit,
            field.clock,
            (
                RowKeysOfSurveys(field.surveys, field.freezes, field.stores.keys),
                AuditReferences(
                    self.ring, lambda: bool(field.answers.tags() or field.consents.tags())
                ),
            ),
        )
        return Ceremonies(field.stores.office, held, field.audit, field.clock)

    def propose(self, subject: str, kind: Kind = Kind.ROTATE) -> Ceremony:
        return run(self.ceremonies.propose(ADA, kind, subject, REASON, new_id()))

    def hold(self, subject: str, kind: Kind = Kind.ROTATE) -> Ceremony:
        return run(self.ceremonies.confirm(DEE, self.propose(subject, kind).id))

    def acts(self) -> list[str]:
        page = run(self.field.audit.entries(EntryFilter(), limit=200))
        return [f"{e.act}/{e.outcome}" for e in reversed(page.entries)]


@pytest.fixture
def room(sqlite_stores: Stores, tmp_path: Path) -> Iterator[Room]:
    return Room(sqlite_stores, tmp_path)


def fill(room: Room, count: int = 20) -> list[Any]:
    wave = room.field.open_wave()
    return room.field.answer_all(wave, people(count), questions=2)


def old_key_opens(room: Room, name: str, old: bytes, tmp_path: Path) -> int:
    """Return how many wraps or reasons the old key opens in a copy of the stores."""
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "stores", copy)
    stores = Stores.at(copy)
    thief = Keyring({**{n: room.ring.secret(n) for n in ROTATED}, name: old})
    opened = 0
    field = room.field
    if name.startswith("office-wrap-") and not name.endswith("freezes"):
        from survey_service.stores.row_keys import RowKeys

        of = name.removeprefix("office-wrap-")
        ring = {**{n: room.ring.secret(n) for n in ("row-key-names",)}, name: old}
        keys = RowKeys(stores.keys, Keyring(ring), of)
        tags = field.answers.tags() if of == "answers" else field.consents.tags()
        for tag in tags:
            try:
                opened += len(keys.read_all([tag]))
            except EnvelopeBroken:
                continue
    elif name == "audit-details":
        from survey_service.audit_log.reading import stored_detail
        from survey_service.audit_log.references import Details

        details = Details(thief, lambda size: bytes(size))
        for seq in range(run(field.audit.size())):
            kept = stores.audit.read_now(lambda tx, seq=seq: stored_detail(tx, seq))
            opened += kept is not None and details.open(seq, *kept) is not None
    stores.close()
    shutil.rmtree(copy)
    return opened


@pytest.mark.parametrize("name", ["office-wrap-vault", "office-wrap-answers", "audit-details"])
def test_after_a_rotation_the_old_key_opens_nothing_and_everything_still_opens(
    room: Room, tmp_path: Path, name: str
) -> None:
    codes = fill(room)
    room.hold("settle-keys")
    old = room.ring.secret(name)
    assert old_key_opens(room, name, old, tmp_path) > 0
    done = room.hold(name)

    assert done.state == "done"
    assert room.ring.secret(name) != old
    assert Keyring.load(room.keys).secret(name) == room.ring.secret(name)
    assert old_key_opens(room, name, old, tmp_path) == 0
    assert not [p for p in room.keys.iterdir() if old.hex() in p.read_text()]
    field = room.field
    assert len(field.answers.bodies(field.surveys.waves_now()[0].id)) == 20
    assert run(field.rights.status(codes[0])).kind == "settled"
    assert run(room.ceremonies.one(done.id)).reason == REASON
    assert field.audit.verify_all_now().sound
    assert room.epochs.of(name) == 2


def test_waiting_submissions_and_freezes_survive_the_rotation_of_their_keys(room: Room) -> None:
    fill(room, 45)
    field = room.field
    wave = field.surveys.waves_now()[0]
    field.answer_all(wave, people(50)[45:], questions=2)
    room.hold("settle-keys")
    closed = field.close_wave(wave)
    assert field.answers.count(wave.id) == 50
    freeze = field.freezes.make(wave.id, closed.form, field.clock().date())
    room.hold("office-wrap-freezes")
    assert freeze is not None
    assert len(field.freezes.open(freeze.id).frame) > 0


class Load:
    """Somebody who reads and somebody who submits and settles, each in a thread, until told."""

    def __init__(self, field: Field, wave: Wave) -> None:
        self.field, self.wave = field, wave
        self.read = self.settled = 0
        self.ended = threading.Event()
        self._pool = ThreadPoolExecutor(2)
        self.submits = self._pool.submit(self._submit)
        self.reads = self._pool.submit(self._read)

    def _read(self) -> None:
        while not self.ended.is_set():
            assert len(self.field.answers.bodies(self.wave.id)) >= 60
            self.field.consents.forget_contacts("roma-2026")
            self.read += 1

    def _submit(self) -> None:
        for person in people(100)[60:]:
            asyncio.run(self.field.answer(self.wave, person, questions=2))
            self.field.settle.run(self.wave, threshold=2)
            self.settled += 1

    def end(self) -> None:
        """Wait for both; whatever failed in one is raised here."""
        self.ended.set()
        self.submits.result()
        self.reads.result()
        self._pool.shutdown()


def test_submissions_and_reads_go_on_while_keys_are_replaced(room: Room) -> None:
    codes = fill(room, 60)
    field = room.field
    wave = field.surveys.waves_now()[0]
    load = Load(field, wave)
    rotations = 0
    while not load.submits.done():
        for name in ("office-wrap-answers", "office-wrap-vault", "settle-keys"):
            assert room.hold(name).state == "done"
            rotations += 1
    load.end()
    assert (load.settled, load.read > 0, rotations >= 3) == (40, True, True)
    field.close_wave(wave)
    assert len(field.answers.bodies(wave.id)) == 100
    assert run(field.rights.status(codes[0])).kind == "settled"


def test_who_was_reading_while_the_wraps_were_renewed_reads_again(room: Room) -> None:
    fill(room)
    field = room.field
    keys = field.answers._row_keys
    name, read = "office-wrap-answers", keys.read
    seen: list[bytes] = []

    def rotated_in_between(tx: Tx, tag: bytes) -> bytes | None:
        seen.append(tag)
        if len(seen) == 2:
            room.ring.stage(name)
            rewrap(field.stores, room.ring, name)
            room.ring.promote(name)
        return read(tx, tag)

    keys.read = rotated_in_between  # type: ignore[method-assign]
    assert len(keys.read_all(field.answers.tags())) == 20
    assert len(seen) > 20, "the first view saw wraps that nothing opens any more"


def test_another_process_notices_a_replaced_key(room: Room) -> None:
    fill(room)
    field = room.field
    other = Field(field.stores, room.keys.parent, Keyring.load(room.keys))
    wave = field.surveys.waves_now()[0]
    room.hold("office-wrap-answers")
    assert len(other.answers.bodies(wave.id)) == 20
    other.answer_all(wave, people(22)[20:], questions=2)
    other.settle.run(wave, threshold=1)
    assert len(field.answers.bodies(wave.id)) == 22


def test_it_takes_two_people_with_the_right_roles(room: Room) -> None:
    fill(room, 1)
    ceremonies = room.ceremonies
    with pytest.raises(Forbidden):
        run(ceremonies.propose(DEE, Kind.ROTATE, "settle-keys", REASON, new_id()))
    proposal = room.propose("settle-keys")
    for wrong in (ADA, person("cleo", Role.OUTPUT_CHECKER)):
        with pytest.raises(Forbidden):
            run(ceremonies.confirm(wrong, proposal.id))
    by_token = DEE.model_copy(update={"session_id": None, "token_id": "t"})
    with pytest.raises(Forbidden):
        run(ceremonies.confirm(by_token, proposal.id))
    # Somebody whose role was changed in between is still the one who proposed.
    with pytest.raises(Forbidden):
        run(ceremonies.confirm(DEE.model_copy(update={"id": ADA.id}), proposal.id))
    assert room.epochs.of("settle-keys") == 1
    with pytest.raises(Conflict):
        room.propose("settle-keys")
    with pytest.raises(InvalidInput):
        room.propose("pepper-vault")
    with pytest.raises(InvalidInput):
        run(ceremonies.propose(ADA, Kind.ROTATE, "audit-details", "why not", new_id()))


def test_a_proposal_is_over_after_a_day_and_a_declined_one_at_once(room: Room) -> None:
    late, declined = room.propose("settle-keys"), room.propose("audit-details")
    assert run(room.ceremonies.decline(DEE, declined.id)).state == "declined"
    room.field.later(days=1)
    for proposal in (late, declined):
        with pytest.raises(Conflict):
            run(room.ceremonies.confirm(DEE, proposal.id))
    assert run(room.ceremonies.one(late.id)).state == "over"
    assert room.hold("settle-keys").state == "done"


def test_confirming_twice_replaces_the_key_once(room: Room) -> None:
    done = room.hold("settle-keys")
    secret = room.ring.secret("settle-keys")
    assert run(room.ceremonies.confirm(DEE, done.id)).state == "done"
    assert room.ring.secret("settle-keys") == secret
    assert room.acts()[-4:] == [
        "ceremony_proposed/ok",
        "ceremony_confirmed/ok",
        "keys_rotated/intent",
        "keys_rotated/ok",
    ]


def test_a_key_that_opens_not_everything_is_not_thrown_away(room: Room) -> None:
    from sqlalchemy import text

    fill(room)
    room.field.stores.keys.write_now(
        lambda tx: tx.run(text("UPDATE row_key SET wrapped = zeroblob(60) WHERE scope LIKE 'v%'"))
    )
    with pytest.raises(StoreError, match="none of the keys"):
        room.hold("office-wrap-vault")
    assert (room.keys / "office-wrap-vault.next.key").exists()
    assert room.epochs.of("office-wrap-vault") == 1


def test_row_keys_go_only_once_every_wave_is_closed(room: Room) -> None:
    codes = fill(room)
    field = room.field
    wave = field.surveys.waves_now()[0]
    with pytest.raises(InvalidInput) as refused:
        room.propose("row-keys/roma-2026", Kind.DESTROY)
    assert "not closed" in refused.value.fields[0].message
    closed = field.close_wave(wave)
    field.freezes.make(wave.id, closed.form, field.clock().date())
    room.hold("row-keys/roma-2026", Kind.DESTROY)
    assert field.answers.bodies(wave.id) == []
    assert field.freezes.latest(wave.id) is None
    assert run(field.rights.status(codes[3])).kind == "settled"
    assert run(field.rights.copy(codes[3]))["surveys"][0]["answers"]


def test_references_in_the_log_become_noise_and_the_log_still_holds(room: Room) -> None:
    field = room.field
    ref = field.audit.person_ref(ADA.id)
    room.hold("audit-references", Kind.DESTROY)
    assert field.audit.person_ref(ADA.id) != ref
    field.audit.append_now(
        AuditEntry(act=Act.LOG_READ, object_type="log", actor=DEE, purpose="oversight")
    )
    entries = run(field.audit.entries(EntryFilter(), limit=200)).entries
    assert [entries[0].key, entries[-1].key] == [2, 1]
    assert field.audit.verify_all_now().sound


def test_references_stay_while_answers_are_kept(room: Room) -> None:
    fill(room)
    with pytest.raises(InvalidInput):
        room.propose("audit-references", Kind.DESTROY)
