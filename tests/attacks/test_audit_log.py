"""Somebody with the database in his hands changes the log: it is always found.

The attacker owns the store: he drops the triggers and may recompute every hash and subtree. He
does not own the signing key's past: a checkpoint that was saved elsewhere.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from schemas.audit import Act, ObjectType, Purpose
from survey_service.audit_log import merkle
from survey_service.audit_log.checking import Finding
from survey_service.audit_log.seat_belts import seat_belts
from survey_service.audit_log.service import AuditEntry, AuditLog, LogBroken
from survey_service.stores import StoreFull, Stores
from survey_service.stores.keyring import Keyring
from survey_service.stores.sqlite import SqliteConnection
from survey_service.stores.store import Store

SIZE = 300


def dropped_seat_belts(dialect: str) -> list[str]:
    """What whoever owns the database can do about the triggers."""
    tables = ("audit_leaf", "audit_node", "audit_checkpoint")
    if dialect == "sqlite":
        return [f"DROP TRIGGER {t}_no_{verb}" for t in tables for verb in ("update", "delete")]
    return [f"DROP TRIGGER {t}_only_added_to ON {t}" for t in tables]


def entry(number: int, **changes: Any) -> AuditEntry:
    given = {
        "act": Act.RELEASE_PUBLISHED,
        "object_type": ObjectType.RELEASE,
        "object_ref": f"release-{number}",
        "purpose": Purpose.DISCLOSURE_CONTROL,
    }
    return AuditEntry.model_validate(given | changes)


def fill(log: AuditLog, count: int) -> None:
    async def append() -> None:
        asked = [
            log.append(entry(number, reason="in words" if number == 17 else None))
            for number in range(count)
        ]
        places = await asyncio.gather(*asked)
        assert places == sorted(places), "entry n is about release n"

    asyncio.run(append())


class Database:
    """The attacker's own connection to a store."""

    def __init__(self, store: Store) -> None:
        self.dialect = store.dialect
        if store.url is not None:
            url = store.url.replace("postgresql+psycopg://", "postgresql://", 1)
            self.raw: Any = psycopg.connect(url, autocommit=True)
        else:
            self.raw = sqlite3.connect(store.path or "", isolation_level=None)

    def run(self, statement: str, *values: Any) -> Any:
        if self.dialect == "postgresql":
            statement = statement.replace("?", "%s")
        return self.raw.execute(statement, values)

    def read(self, column: str, seq: int) -> bytes:
        found = self.run(f"SELECT {column} FROM audit_leaf WHERE seq = ?", seq).fetchone()
        return bytes(found[0])


@contextmanager
def owning(store: Store) -> Iterator[Database]:
    """The database without its seat belts, as its owner has it."""
    database = Database(store)
    for statement in dropped_seat_belts(store.dialect):
        database.run(statement)
    yield database
    database.raw.close()


@pytest.fixture
def log(stores: Stores) -> AuditLog:
    log = AuditLog(stores.audit, Keyring.random())
    fill(log, SIZE)
    return log


def changed(raw: bytes) -> bytes:
    """The entry with another release in it, still written the one way."""
    return raw.replace(b"release-40", b"release-41")


def test_an_edited_entry_is_named(log: AuditLog, stores: Stores) -> None:
    with owning(stores.audit) as database:
        raw = database.read("entry", 40)
        database.run("UPDATE audit_leaf SET entry = ? WHERE seq = 40", changed(raw))
    found = log.verify_all_now()
    assert (found.finding, found.first_bad, found.last_bad) == (Finding.ENTRY_CHANGED, 40, 40)


def test_an_edited_entry_with_its_hash_recomputed_is_found_in_the_tree(
    log: AuditLog, stores: Stores
) -> None:
    with owning(stores.audit) as database:
        raw = changed(database.read("entry", 40))
        database.run(
            "UPDATE audit_leaf SET entry = ?, hash = ? WHERE seq = 40", raw, merkle.leaf_hash(raw)
        )
        database.run("UPDATE audit_search SET object_ref = 'release-41' WHERE seq = 40")
    found = log.verify_all_now()
    assert (found.finding, found.first_bad, found.last_bad) == (Finding.TREE_CHANGED, 40, 41)


def rewrite(database: Database, size: int) -> None:
    """Change entry 40 and recompute leaf hash, search row and every subtree over it."""
    raw = changed(database.read("entry", 40))
    database.run(
        "UPDATE audit_leaf SET entry = ?, hash = ? WHERE seq = 40", raw, merkle.leaf_hash(raw)
    )
    database.run("UPDATE audit_search SET object_ref = 'release-41' WHERE seq = 40")
    tree = merkle.StreamingRoot()
    for seq in range(size):
        for level, place, value in tree.add(database.read("hash", seq)):
            database.run(
                "UPDATE audit_node SET hash = ? WHERE level = ? AND place = ?", value, level, place
            )


def test_a_rewritten_log_contradicts_its_own_checkpoint(log: AuditLog, stores: Stores) -> None:
    with owning(stores.audit) as database:
        rewrite(database, SIZE)
    found = log.verify_all_now()
    assert (found.finding, found.first_bad, found.last_bad) == (
        Finding.CHECKPOINT_DIFFERS,
        0,
        255,
    )


def test_a_log_rewritten_with_its_checkpoints_contradicts_the_saved_one(
    log: AuditLog, stores: Stores
) -> None:
    saved = log.checkpoint_now()
    with owning(stores.audit) as database:
        rewrite(database, SIZE)
        database.run("DELETE FROM audit_checkpoint")
    assert log.verify_all_now().sound, "without anything saved elsewhere nothing can be told"
    comparison = log.verify_since_now(saved)
    assert not comparison.only_added_to
    assert comparison.verification.finding is Finding.CHECKPOINT_DIFFERS


def test_a_cut_tail_is_shorter_than_the_saved_checkpoint(log: AuditLog, stores: Stores) -> None:
    saved = log.checkpoint_now()
    with owning(stores.audit) as database:
        database.run("DELETE FROM audit_checkpoint")
        database.run("DELETE FROM audit_node")
        database.run("DELETE FROM audit_search")
        database.run("DELETE FROM audit_leaf")
        database.run("DELETE FROM audit_detail")
    fill(log, 20)
    assert log.verify_all_now().sound
    comparison = log.verify_since_now(saved)
    assert not comparison.only_added_to
    assert comparison.verification.finding is Finding.SHORTER_THAN_CHECKPOINT


@pytest.mark.parametrize(
    ("attack", "finding", "first"),
    [
        ("DELETE FROM audit_leaf WHERE seq = 40", Finding.GAP, 40),
        ("DELETE FROM audit_leaf WHERE seq >= 290", Finding.SEARCH_CHANGED, 290),
        ("DELETE FROM audit_search WHERE seq = 40", Finding.SEARCH_CHANGED, 40),
        ("UPDATE audit_search SET act = 'log_read' WHERE seq = 40", Finding.SEARCH_CHANGED, 40),
        ("DELETE FROM audit_detail", Finding.DETAIL_MISSING, 17),
        ("UPDATE audit_detail SET seq = 18 WHERE seq = 17", Finding.DETAIL_CHANGED, 18),
        ("UPDATE audit_node SET hash = '' WHERE level = 1 AND place = 20", None, 40),
        ("UPDATE audit_checkpoint SET note = 'signed by nobody'", Finding.CHECKPOINT_NOT_OURS, 0),
    ],
)
def test_whatever_is_taken_away_or_put_in_is_found(
    log: AuditLog, stores: Stores, attack: str, finding: Finding | None, first: int
) -> None:
    if finding is None:
        finding = Finding.TREE_CHANGED
        empty = "X''" if stores.audit.dialect == "sqlite" else "''"
        attack = attack.replace("''", empty)
    with owning(stores.audit) as database:
        database.run(attack)
    found = log.verify_all_now()
    assert (found.finding, found.first_bad) == (finding, first)


def test_swapped_entries_are_found(log: AuditLog, stores: Stores) -> None:
    with owning(stores.audit) as database:
        for column in ("entry", "hash"):
            one, two = database.read(column, 40), database.read(column, 41)
            database.run(f"UPDATE audit_leaf SET {column} = ? WHERE seq = 40", two)
            database.run(f"UPDATE audit_leaf SET {column} = ? WHERE seq = 41", one)
    found = log.verify_all_now()
    assert (found.finding, found.first_bad) == (Finding.NOT_AN_ENTRY, 40)


def test_two_histories_of_one_log_do_not_prove_each_other(stores: Stores) -> None:
    keyring = Keyring.random()
    log = AuditLog(stores.audit, keyring)
    fill(log, 20)
    shown_to_one = log.checkpoint_now()
    with owning(stores.audit) as database:
        for table in ("leaf", "node", "search", "detail", "checkpoint"):
            database.run(f"DELETE FROM audit_{table}")
    for number in range(30):
        log.append_now(entry(number, object_ref="another"))
    assert not log.verify_since_now(shown_to_one).only_added_to


def test_a_checkpoint_of_another_key_is_not_ours(log: AuditLog, stores: Stores) -> None:
    stranger = AuditLog(stores.audit, Keyring.random())
    comparison = log.verify_since_now(_other_checkpoint(stranger))
    assert comparison.verification.finding is Finding.CHECKPOINT_NOT_OURS


def _other_checkpoint(stranger: AuditLog) -> str:
    note = stranger.checkpoint_now()
    assert note
    return note


def test_a_log_with_a_missing_subtree_goes_on_and_still_names_it(
    log: AuditLog, stores: Stores
) -> None:
    saved = log.checkpoint_now()
    with owning(stores.audit) as database:
        database.run("DELETE FROM audit_node WHERE level >= 3")
    fill(log, 1)
    found = log.verify_all_now()
    assert (found.finding, found.first_bad, found.last_bad) == (Finding.TREE_CHANGED, 0, 7)
    assert not log.verify_since_now(saved).only_added_to


def test_a_log_whose_last_entry_was_cut_off_takes_no_more(log: AuditLog, stores: Stores) -> None:
    with owning(stores.audit) as database:
        database.run("DELETE FROM audit_leaf WHERE seq = 299")
    with pytest.raises(LogBroken):
        log.append_now(entry(1))
    found = log.verify_all_now()
    assert (found.finding, found.first_bad) == (Finding.SEARCH_CHANGED, 299)


def test_the_seat_belts_are_on_after_the_migrations(log: AuditLog, stores: Stores) -> None:
    database = Database(stores.audit)
    refused = (sqlite3.IntegrityError, psycopg.errors.RaiseException)
    for table in ("leaf", "node", "checkpoint"):
        with pytest.raises(refused, match="only ever added to"):
            database.run(f"DELETE FROM audit_{table}")
    database.raw.close()
    assert len(seat_belts("sqlite")) == 6


def test_many_writers_at_once_leave_no_hole(stores: Stores) -> None:
    """Two services on one PostgreSQL, or two writers on one file, share one log."""
    keyring = Keyring.random()
    second = Store("audit", path=stores.audit.path, url=stores.audit.url)
    logs = [AuditLog(stores.audit, keyring), AuditLog(second, keyring)]

    async def append() -> list[int]:
        return await asyncio.gather(*[logs[n % 2].append(entry(n)) for n in range(120)])

    places = asyncio.run(append())
    second.close()
    assert sorted(places) == list(range(120))
    assert logs[0].verify_all_now().sound


def test_a_full_disk_refuses_the_action_and_the_log_goes_on_afterwards(
    sqlite_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite_stores.audit
    log = AuditLog(store, Keyring.random())
    connections: list[SqliteConnection] = []

    def connect() -> SqliteConnection:
        connection = SqliteConnection(store._file, synchronous="FULL")
        connection.raw.execute("PRAGMA max_page_count = 512")  # 2 MiB of 4 KiB pages
        connections.append(connection)
        return connection

    monkeypatch.setattr(store.writer, "_connect", connect)
    done = 0

    def act(times: int = 1) -> None:
        nonlocal done
        for number in range(times):
            log.append_now(entry(number, reason="a long reason " * 100))
            done += 1

    with pytest.raises(StoreFull):
        act(5000)
    with pytest.raises(StoreFull):
        act()
    assert asyncio.run(log.size()) == done
    assert 100 < done < 5000
    found = log.verify_all_now()
    assert found.sound, "what was acknowledged is there, and nothing else"
    connections[0].raw.execute("PRAGMA max_page_count = 100000")
    saved = log.checkpoint_now()
    act()
    assert log.verify_since_now(saved).only_added_to
    assert asyncio.run(log.size()) == done
