"""Somebody deletes, adds, copies or changes a row in any store: the check of counts says so.

What it shows while all agrees is the log's own; nothing in it moves when one person erases.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from survey_service.answers.service import Answers
from survey_service.collection.code import Code
from survey_service.collection.settled_counts import Batches, read_log
from survey_service.collection.stocktaking import Difference, Stocktaking, differences
from survey_service.stores.bases import BASES
from survey_service.stores.keyring import Keyring
from survey_service.stores.row_counts import Counted, RowCounts
from survey_service.stores.row_keys import Compared
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave
from tests.kit.field import SLUG, Field, people
from tests.kit.keeping import Keeping

PEOPLE = 23
TABLES = {"consent": "vault", "answer": "answers", "row_key": "keys", "row_count": "keys"}
Attack = Callable[[Stores], object]


class Scene:
    """A settled wave, of which one person has erased, and who counts it."""

    def __init__(self, stores: Stores, folder: Path, field: Field | None = None) -> None:
        self.field = field = field or Field(stores, folder)
        self.stock = Stocktaking(
            field.surveys,
            field.consents,
            field.answers,
            field.tombstones,
            field.settle,
            field.audit,
            stores.audit,
            pause=lambda _: None,
        )
        self.wave: Wave = field.open_wave()
        self.codes: list[Code] = []
        self.answer(PEOPLE)
        field.settle.run(self.wave)

    def answer(self, count: int) -> None:
        """Let more people answer."""
        mine = people(len(self.codes) + count)[len(self.codes) :]

        async def each() -> list[Code]:
            return [await self.field.answer(self.wave, one, questions=1) for one in mine]

        self.codes += asyncio.run(each())

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of what is counted."""
        return {name: _rows(self.field.stores, store, name) for name, store in TABLES.items()}

    def put_back(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        """Put an older copy of them in place, as from a copy of the files."""
        for name, store in TABLES.items():
            _run(store, f"DELETE FROM {name}")(self.field.stores)
            _put(self.field.stores, store, name, tables[name])

    def erase(self, number: int) -> None:
        """Let one person erase."""
        asyncio.run(self.field.rights.erase(self.codes[number]))

    def states(self) -> tuple[str, ...]:
        """What is told of the vault, and of each wave's answers."""
        (survey,) = self.stock.count_now()
        return tuple(stock.state for stock in survey.stocks)

    def differences(self) -> set[Difference]:
        """Every kind of difference that is told."""
        (survey,) = self.stock.count_now()
        assert survey.agrees == (not any(stock.differences for stock in survey.stocks))
        return {one.kind for stock in survey.stocks for one in stock.differences}


@pytest.fixture
def scene(stores: Stores, tmp_path: Path) -> Scene:
    return Scene(stores, tmp_path)


def _run(store: str, statement: str) -> Attack:
    return lambda stores: getattr(stores, store).write_now(lambda tx: tx.run(text(statement)))


def _first(table: str) -> str:
    return f"(SELECT min(tag) FROM {table})"


def _table(store: str, name: str) -> Any:
    return BASES[store].metadata.tables[name]


def _rows(stores: Stores, store: str, name: str) -> list[dict[str, Any]]:
    """Every row of a table, whole."""
    return list(getattr(stores, store).read_now(lambda tx: tx.dicts(select(_table(store, name)))))


def _put(stores: Stores, store: str, name: str, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as they are."""

    def work(tx: Tx) -> None:
        for row in rows:
            tx.run(insert(_table(store, name)), **row)

    getattr(stores, store).write_now(work)


def _copied(store: str, name: str) -> Attack:
    """The same row once more, under another tag."""

    def attack(stores: Stores) -> None:
        row = _rows(stores, store, name)[0]
        _put(stores, store, name, [row | {"tag": secrets.token_bytes(32)}])

    return attack


def _both(*attacks: Attack) -> Attack:
    return lambda stores: [attack(stores) for attack in attacks]


DELETE_CONSENT = _run("vault", f"DELETE FROM consent WHERE tag = {_first('consent')}")
DELETE_ANSWER = _run("answers", f"DELETE FROM answer WHERE tag = {_first('answer')}")
DELETE_KEY = _run("keys", "DELETE FROM row_key WHERE name IN (SELECT min(name) FROM row_key)")
ONE_KEY_OF_EACH = _run(
    "keys", "DELETE FROM row_key WHERE name IN (SELECT min(name) FROM row_key GROUP BY scope)"
)
ATTACKS: dict[str, tuple[Attack, set[Difference]]] = {
    "a consent is deleted": (DELETE_CONSENT, {Difference.ROWS_GONE}),
    "an answer is deleted": (DELETE_ANSWER, {Difference.ROWS_GONE}),
    "a key is deleted": (DELETE_KEY, {Difference.ROWS_FOREIGN, Difference.KEYS_GONE}),
    "one row of each, and as many keys": (
        _both(DELETE_CONSENT, DELETE_ANSWER, ONE_KEY_OF_EACH),
        {Difference.KEYS_GONE},
    ),
    "a consent is copied": (
        _copied("vault", "consent"),
        {Difference.ROWS_FOREIGN},
    ),
    "an answer is copied": (
        _copied("answers", "answer"),
        {Difference.ROWS_FOREIGN},
    ),
    "a key is copied": (
        _run(
            "keys",
            "INSERT INTO row_key (name, scope, wrapped) "
            "SELECT randomblob(32), scope, wrapped FROM row_key LIMIT 1",
        ),
        {Difference.ROWS_GONE, Difference.KEYS_FOREIGN},
    ),
    "an answer is overwritten with another's": (
        _run(
            "answers",
            "UPDATE answer SET body = (SELECT body FROM answer ORDER BY tag DESC LIMIT 1) "
            f"WHERE tag = {_first('answer')}",
        ),
        {Difference.ROWS_BROKEN},
    ),
    "a consent is overwritten with another's": (
        _run(
            "vault",
            "UPDATE consent SET record = (SELECT record FROM consent ORDER BY tag DESC LIMIT 1) "
            f"WHERE tag = {_first('consent')}",
        ),
        {Difference.ROWS_BROKEN},
    ),
    "an answer is moved to another wave": (
        _run("answers", f"UPDATE answer SET wave = 'other' WHERE tag = {_first('answer')}"),
        {Difference.ROWS_GONE},
    ),
    "the count of rows is deleted": (
        _run("keys", "DELETE FROM row_count"),
        {Difference.NOT_COUNTED},
    ),
    "the count of rows is another scope's": (
        _run("keys", "UPDATE row_count SET sealed = (SELECT max(sealed) FROM row_count)"),
        {Difference.NOT_COUNTED},
    ),
}


def test_whoever_deletes_adds_or_copies_a_row_is_seen(scene: Scene) -> None:
    """One attack after the other, each on what was there before it."""
    scene.erase(0)
    assert scene.differences() == set()
    as_it_was = scene.tables()
    for what, (attack, seen) in ATTACKS.items():
        attack(scene.field.stores)
        assert seen <= scene.differences(), what
        scene.put_back(as_it_was)
        assert scene.differences() == set(), f"after {what}"


def test_an_older_copy_of_stores_and_keys_does_not_fit_the_log(scene: Scene) -> None:
    """All three stores as they were before a small batch, which hides in the tens of the log."""
    before = scene.tables()
    scene.answer(3)
    scene.field.close_wave(scene.wave)
    assert scene.differences() == set()
    scene.put_back(before)
    assert scene.differences() >= {Difference.LOG_SAYS_MORE}


def test_an_erased_row_put_back_with_its_key_is_seen(scene: Scene) -> None:
    field = scene.field
    tag = field.answers.tags()[0]
    row = next(row for row in _rows(field.stores, "answers", "answer") if row["tag"] == tag)
    field.tombstones.bury([("answers", tag)])
    assert scene.differences() == {Difference.ERASED_STILL_THERE}
    assert scene.states() == ("agrees", "differs")
    field.tombstones.bury([("vault", field.consents.tags()[0])])
    assert scene.states() == ("differs", "differs")
    field.answers.forget([tag])
    _put(field.stores, "answers", "answer", [row])
    assert Difference.ERASED_STILL_THERE in scene.differences()


def test_rows_erased_in_one_store_alone_or_without_the_list_are_seen(scene: Scene) -> None:
    field = scene.field
    field.answers.forget(field.answers.tags()[:1])
    assert scene.differences() == {Difference.STORES_APART, Difference.ERASED_UNNAMED}
    field.consents.forget(field.consents.tags()[:1])
    assert scene.differences() == {Difference.ERASED_UNNAMED}


def test_nothing_that_is_shown_moves_when_one_person_erases(scene: Scene) -> None:
    before = [survey.model_dump_json() for survey in scene.stock.count_now()]
    scene.erase(4)
    assert [survey.model_dump_json() for survey in scene.stock.count_now()] == before
    (survey,) = scene.stock.count_now()
    assert survey.waves[0].settled_floored_to_ten == PEOPLE // 10 * 10


def test_nobody_without_settles_secret_reads_an_exact_number(scene: Scene) -> None:
    """Neither in the log nor in the store of keys, by value or by length."""
    field, stores = scene.field, scene.field.stores
    before = {len(row["sealed"]) for row in _rows(stores, "keys", "row_count")}
    scene.erase(2)
    assert {len(row["sealed"]) for row in _rows(stores, "keys", "row_count")} == before
    assert len(before) == 1
    counts = RowCounts(b"k" * 32)
    stores.keys.write_now(lambda tx: counts.write(tx, "vault:large", Counted(10**6, 10**6)))
    assert {len(row["sealed"]) for row in _rows(stores, "keys", "row_count")} == before
    log = read_log(stores.audit, field.answers.told).of(scene.wave.id)
    assert (log.least, log.most, log.unopened) == (PEOPLE, PEOPLE, 0)
    other = Answers(stores.answers, stores.keys, Keyring.random())
    assert read_log(stores.audit, other.told).of(scene.wave.id).unopened == 1


def test_corrections_withdrawals_and_the_end_of_a_wave_leave_all_agreeing(scene: Scene) -> None:
    field, codes = scene.field, scene.codes
    asyncio.run(field.rights.restrict(codes[1], on=True))
    asyncio.run(field.rights.withdraw(codes[2], "research_reuse"))
    assert scene.differences() == set()
    field.hand_over.serve(scene.wave.id)
    field.hand_over.note(scene.wave)
    scene.erase(1)
    field.close_wave(scene.wave)
    assert scene.differences() == set()
    field.answers.end(field.answers.tags_of(scene.wave.id))
    assert scene.differences() == set()
    assert field.consents.tags_of(SLUG)


def test_after_a_restore_counting_begins_with_what_it_left(stores: Stores, tmp_path: Path) -> None:
    keeping = Keeping(stores, tmp_path)
    scene = Scene(stores, tmp_path, keeping.field)
    keeping.backup()
    scene.erase(0)
    scene.answer(3)
    scene.field.settle.run(scene.wave, threshold=1)
    assert scene.differences() == set()
    keeping.restore()
    assert scene.differences() == set(), "three are lost, and the restore's entry says so"
    (survey,) = scene.stock.count_now()
    assert survey.since is not None
    assert survey.waves[0].batches == 0
    DELETE_ANSWER(stores)
    assert scene.differences() == {Difference.ROWS_GONE}


def test_a_log_from_which_a_batch_is_gone_or_changed_does_not_fit_the_stores() -> None:
    held = Compared(unkeyed=0, unowned=0, keys=43, counted=Counted(settled=43))

    def told(*batches: Batches) -> set[Difference]:
        return {kind for kind, rows in differences(held, 0, batches).items() if rows}

    first = Batches(floors={"g": 20}, exact={"g": [21]})
    second = Batches(floors={"h": 20}, exact={"h": [22]})
    assert told(first, second) == set()
    assert told(first) == {Difference.LOG_SAYS_LESS}
    changed = Batches(floors={"h": 10}, unopened=1)
    assert told(first, changed) == {Difference.LOG_SAYS_LESS, Difference.ENTRY_CHANGED}
    assert told(first, second, second) == {Difference.LOG_SAYS_MORE}
    # Settled twice after a crash, between which somebody erased: either number may be the one.
    again = Batches(floors={"h": 20}, exact={"h": [22, 21]})
    assert told(first, again) == set()
