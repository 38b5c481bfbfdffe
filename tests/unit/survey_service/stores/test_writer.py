"""Group commit: one commit for many, and nobody pays for another's error."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from survey_service.collection.models import DraftRow
from survey_service.stores.errors import StoreFull
from survey_service.stores.migrate import upgrade
from survey_service.stores.sqlite import SqliteConnection
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.stores.writer import GroupWriter

COUNT = select(func.count()).select_from(DraftRow.__table__)  # type: ignore[attr-defined]


def row(number: int, size: int = 10) -> DraftRow:
    return DraftRow.model_validate(
        {"tag": b"%05d" % number, "sealed": bytes(size), "expires_on": "2026-01-01"}
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store("drafts", path=tmp_path / "drafts.sqlite")
    upgrade(made)
    return made


def count(store: Store) -> int:
    found = store.read_now(lambda tx: tx.one(COUNT))
    return int(found[0]) if found else 0


def test_many_writers_share_few_commits(store: Store) -> None:
    async def write() -> None:
        await asyncio.gather(
            *(store.write(lambda tx, n=n: tx.add(row(n))) for n in range(200))  # type: ignore[misc]
        )

    asyncio.run(write())
    assert count(store) == 200
    assert store.writer.commits < 100
    store.close()


def test_who_is_alone_waits_for_nobody(store: Store) -> None:
    pauses: list[float] = []
    writer = GroupWriter("drafts", store.writer._connect, pauses.append)
    for n in range(5):
        writer.submit(lambda tx, n=n: tx.add(row(n))).result()  # type: ignore[misc]
    assert pauses == []
    assert writer.commits == 5
    writer.close()
    store.close()


def test_who_comes_in_company_shares_a_commit_with_the_next(store: Store) -> None:
    let_go = threading.Event()
    writer = GroupWriter("drafts", store.writer._connect, lambda _: let_go.wait(10) and None)
    first = writer.submit(lambda tx: let_go.wait(0.01))
    rest = [writer.submit(lambda tx, n=n: tx.add(row(n))) for n in range(4)]  # type: ignore[misc]
    last = writer.submit(lambda tx: tx.add(row(4)))
    let_go.set()
    assert [future.result() for future in (*rest, last)] == [True] * 5
    first.result()
    assert writer.commits <= 2
    writer.close()
    store.close()


def test_one_failing_work_fails_alone(store: Store) -> None:
    def fail(tx: Tx) -> None:
        tx.add(row(1))
        raise LookupError("mine")

    async def write() -> list[object]:
        works = [lambda tx, n=n: tx.add(row(n)) for n in range(2, 30)]  # type: ignore[misc]
        works.insert(10, fail)  # type: ignore[arg-type]
        return await asyncio.gather(*map(store.write, works), return_exceptions=True)

    results = asyncio.run(write())
    assert [r for r in results if r is not True] == [r for r in results if type(r) is LookupError]
    assert sum(type(r) is LookupError for r in results) == 1
    assert count(store) == 28
    store.close()


@pytest.mark.parametrize("said", [True, False])
def test_what_follows_is_done_before_the_answer_and_only_after_something_true(
    store: Store, tmp_path: Path, said: bool
) -> None:
    other = Store("drafts", path=tmp_path / "other.sqlite")
    upgrade(other)

    def first(tx: Tx) -> bool:
        return tx.add(row(1)) and said

    def second(tx: Tx) -> None:
        assert count(store) == 1, "what comes first is durable by then"
        tx.add(row(2))

    async def write() -> tuple[bool, int]:
        return await store.write(first, other.following(second)), count(other)

    assert asyncio.run(write()) == (said, int(said))
    store.close()
    other.close()


def test_whose_following_work_fails_is_told_and_nobody_else(store: Store, tmp_path: Path) -> None:
    other = Store("drafts", path=tmp_path / "other.sqlite")
    upgrade(other)

    def fail(tx: Tx) -> None:
        raise LookupError("mine")

    async def write() -> list[object]:
        works = [other.following(lambda tx, n=n: tx.add(row(n))) for n in range(9)]  # type: ignore[misc]
        works[4] = other.following(fail)
        each = (
            store.write(lambda tx, n=n: tx.add(row(n)), work)  # type: ignore[misc]
            for n, work in enumerate(works)
        )
        return await asyncio.gather(*each, return_exceptions=True)

    results = asyncio.run(write())
    assert [type(result) for result in results] == [bool] * 4 + [LookupError] + [bool] * 4
    assert (count(store), count(other)) == (9, 8)
    store.close()
    other.close()


def test_a_full_disk_is_named_and_the_store_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = SqliteConnection.begin

    def small(self: SqliteConnection) -> Tx:
        self.raw.execute("PRAGMA max_page_count=40")
        return begin(self)

    monkeypatch.setattr(SqliteConnection, "begin", small)
    with pytest.raises(StoreFull):
        store.write_now(lambda tx: tx.add(row(1, 400_000)))
    assert store.write_now(lambda tx: tx.add(row(2)))
    assert count(store) == 1
    store.close()
