"""The log keeps entries verbatim and in order, finds them again, and proves them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.audit_log import merkle
from survey_service.audit_log.note import Checkpoint, Verifier
from survey_service.audit_log.service import AuditEntry, AuditLog, EntryFilter
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store

DPO = Person(id="id-of-the-dpo", username="anna.berzina", role=Role.DPO, session_id="a-session")


def entry(**changes: Any) -> AuditEntry:
    return AuditEntry.model_validate(
        {
            "act": Act.LOG_READ,
            "object_type": ObjectType.LOG,
            "actor": DPO,
            "purpose": Purpose.OVERSIGHT,
            **changes,
        }
    )


def fill(log: AuditLog, count: int) -> None:
    async def append() -> None:
        await asyncio.gather(*[log.append(entry(counts={"n": n})) for n in range(count)])

    asyncio.run(append())


def stated(log: AuditLog, note: str) -> Checkpoint:
    return Checkpoint.parse(Verifier.parse(log.public_key).open(note))


def test_places_have_no_holes_and_entries_are_kept_verbatim(log: AuditLog) -> None:
    fill(log, 100)
    numbers = []
    for seq in range(100):
        raw = asyncio.run(log.raw_entry(seq))
        assert raw is not None
        kept = json.loads(raw)
        assert kept["seq"] == seq
        assert json.dumps(kept, sort_keys=True, separators=(",", ":")).encode() == raw
        numbers.append(kept["counts"]["n"])
    assert sorted(numbers) == list(range(100))
    assert asyncio.run(log.raw_entry(100)) is None


def test_a_person_is_a_keyed_reference_and_never_a_name(
    log: AuditLog, audit_store: Store, audit_file: Path
) -> None:
    log.append_now(entry(reason="a reason"))
    log.append_now(
        entry(act=Act.ACCOUNT_CREATED, object_type=ObjectType.ACCOUNT, object_ref=DPO.id)
    )
    audit_store.truncate_log()
    raw = audit_file.read_bytes()
    for word in (DPO.id, DPO.username, "a-session", "a reason"):
        assert word.encode() not in raw
    page = asyncio.run(log.entries(EntryFilter()))
    created, read = page.entries
    assert created.object.ref == read.actor == log.person_ref(DPO.id)
    assert read.role is Role.DPO
    other = AuditLog(audit_store, Keyring.random())
    assert other.person_ref(DPO.id) != log.person_ref(DPO.id)


def test_the_system_acts_without_role_and_session(log: AuditLog) -> None:
    log.append_now(entry(actor=None))
    kept = asyncio.run(log.entry(0))
    assert kept is not None
    assert (kept.actor, kept.role, kept.session) == ("system", None, None)


def test_time_never_goes_backwards_and_a_clock_set_back_is_marked(
    log: AuditLog, clock: Any
) -> None:
    log.append_now(entry())
    clock.forward(hours=-1)
    log.append_now(entry())
    clock.forward(hours=2)
    log.append_now(entry())
    newest, behind, first = asyncio.run(log.entries(EntryFilter())).entries
    assert (first.clock, behind.clock, newest.clock) == ("ok", "behind", "ok")
    assert first.time == behind.time < newest.time
    assert log.verify_all_now().sound


@pytest.mark.parametrize(
    "changes",
    [
        {"object_ref": "anna@example.org"},
        {"object_ref": "Anna Berzina"},
        {"counts": {"Anna Berzina": 1}},
        {"counts": {"people": -1}},
        {"hashes": {"of": "an answer in words"}},
        {"act": "looked_around"},
        {"purpose": "curiosity"},
        {"note": "free text"},
        {"reason": "x" * 2001},
    ],
)
def test_no_word_outside_the_vocabulary_gets_in(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        entry(**changes)


def test_a_checkpoint_is_made_at_every_256th_entry_and_on_demand(log: AuditLog) -> None:
    fill(log, 300)
    newest = asyncio.run(log.newest_checkpoint())
    assert newest is not None
    assert stated(log, newest).size == 256
    assert stated(log, log.checkpoint_now()).size == 300
    assert log.checkpoint_now() == log.checkpoint_now()


def test_entries_are_found_by_every_word_they_are_filtered_by(log: AuditLog, clock: Any) -> None:
    log.append_now(entry())
    clock.forward(minutes=1)
    checker = Person(id="c", username="c", role=Role.OUTPUT_CHECKER)
    log.append_now(
        entry(
            act=Act.VOTE_CAST,
            actor=checker,
            object_type=ObjectType.REQUEST,
            object_ref="r1",
            purpose=Purpose.DISCLOSURE_CONTROL,
            outcome=Outcome.DENIED,
        )
    )
    for wanted in (
        {"act": "vote_cast"},
        {"actor": log.person_ref("c")},
        {"role": "output_checker"},
        {"object_type": "request"},
        {"object_type": "request", "object_ref": "r1"},
        {"purpose": "disclosure_control"},
        {"outcome": "denied"},
        {"since": "2026-11-21T09:01:00Z"},
    ):
        page = asyncio.run(log.entries(EntryFilter.model_validate(wanted)))
        assert [found.seq for found in page.entries] == [1], wanted
    earlier = asyncio.run(log.entries(EntryFilter(until="2026-11-21T09:00:59Z")))
    assert [found.seq for found in earlier.entries] == [0]
    assert asyncio.run(log.entries(EntryFilter(object_ref="r2"))).entries == ()


def test_pages_go_from_new_to_old_without_gap_or_repetition(log: AuditLog) -> None:
    fill(log, 25)
    seen: list[int] = []
    before: int | None = None
    while True:
        page = asyncio.run(log.entries(EntryFilter(), before=before, limit=10))
        seen += [found.seq for found in page.entries]
        if page.older is None:
            break
        before = page.older
    assert seen == list(range(24, -1, -1))


def test_a_reason_is_read_until_it_is_erased_and_the_log_still_verifies(
    log: AuditLog, audit_store: Store
) -> None:
    seq = log.append_now(entry(reason="Somebody asked on the phone."))
    assert asyncio.run(log.reason(seq)) == "Somebody asked on the phone."
    log.append_now(entry(act=Act.DETAIL_ERASED, object_type=ObjectType.ENTRY, object_ref=str(seq)))
    assert asyncio.run(log.erase_reason(seq)) is True
    assert asyncio.run(log.reason(seq)) is None
    assert asyncio.run(log.erase_reason(seq)) is False
    assert log.verify_all_now().sound


def test_every_entry_can_be_proved_and_every_growth(log: AuditLog) -> None:
    fill(log, 37)
    saved = stated(log, log.checkpoint_now())
    fill(log, 30)
    growth = asyncio.run(log.consistency(saved.size))
    new = stated(log, growth.checkpoint)
    assert merkle.consistency_holds(
        37,
        67,
        [bytes.fromhex(h) for h in growth.hashes],
        bytes.fromhex(saved.root),
        bytes.fromhex(new.root),
    )
    for seq in (0, 36, 66):
        proof = asyncio.run(log.inclusion(seq))
        raw = asyncio.run(log.raw_entry(seq))
        assert raw is not None
        path = [bytes.fromhex(h) for h in proof.hashes]
        root = bytes.fromhex(stated(log, proof.checkpoint).root)
        assert merkle.inclusion_holds(merkle.leaf_hash(raw), seq, 67, path, root)
    with pytest.raises(ValueError, match="no such leaf"):
        asyncio.run(log.inclusion(67))
    with pytest.raises(ValueError, match="never larger"):
        asyncio.run(log.consistency(68))


def test_an_empty_log_verifies_and_can_be_the_saved_one(log: AuditLog) -> None:
    empty = log.checkpoint_now()
    assert stated(log, empty).size == 0
    assert log.verify_all_now().sound
    fill(log, 3)
    comparison = log.verify_since_now(empty)
    assert comparison.only_added_to
    assert comparison.proof is not None
    assert comparison.proof.hashes == ()


def test_what_was_saved_is_found_again_after_growth(log: AuditLog) -> None:
    fill(log, 300)
    saved = log.checkpoint_now()
    fill(log, 300)
    comparison = asyncio.run(log.verify_since(saved))
    assert comparison.only_added_to
    assert comparison.saved is not None
    assert (comparison.saved.size, comparison.verification.size) == (300, 600)


@pytest.mark.parametrize("table", ["audit_leaf", "audit_node", "audit_checkpoint"])
def test_the_application_itself_cannot_change_what_is_logged(
    log: AuditLog, audit_file: Path, table: str
) -> None:
    fill(log, 2)
    log.checkpoint_now()
    raw = sqlite3.connect(audit_file)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET rowid = 99"):
        if table == "audit_node" and "UPDATE" in statement:
            statement = "UPDATE audit_node SET level = 9"
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            raw.execute(statement)
    raw.close()
