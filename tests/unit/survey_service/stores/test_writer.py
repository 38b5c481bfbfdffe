"""Group commit: one commit for many, and nobody pays for another's error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from survey_service.collection.models import DraftRow
from survey_service.stores.errors import StoreFull
from survey_service.stores.migrate import upgrade
from survey_service.stores.sqlite import SqliteConnection
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
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

    def second(tx: Tx, numbers: Sequence[int]) -> None:
        assert count(store) == 1, "what comes first is durable by then"
        for number in numbers:
            tx.add(row(number))

    async def write() -> tuple[bool, int]:
        return await store.write(first, other.following(second, 2)), count(other)

    assert asyncio.run(write()) == (said, int(said))
    store.close()
    other.close()


def test_what_follows_one_commit_is_one_work_whose_failure_all_are_told(
    store: Store, tmp_path: Path
) -> None:
    other = Store("drafts", path=tmp_path / "other.sqlite")
    upgrade(other)
    batches: list[int] = []

    def together(tx: Tx, numbers: Sequence[int]) -> None:
        batches.append(len(numbers))
        for number in numbers:
            tx.add(row(number))

    def fail(_tx: Tx, _numbers: Sequence[int]) -> None:
        raise LookupError("ours")

    async def write() -> list[object]:
        each = (
            store.write(
                lambda tx, n=n: tx.add(row(n)),  # type: ignore[misc]
                other.following(fail if n % 10 == 0 else together, n),
            )
            for n in range(50)
        )
        return await asyncio.gather(*each, return_exceptions=True)

    results = asyncio.run(write())
    assert [type(result) for result in results] == ([LookupError] + [bool] * 9) * 5
    assert (count(store), count(other)) == (50, 45)
    assert len(batches) <= store.writer.commits < 30
    store.close()
    other.close()


def test_what_follows_is_done_when_the_stores_are_closed_meanwhile(sqlite_stores: Stores) -> None:
    inbox, drafts = sqlite_stores.inbox, sqlite_stores.drafts
    begun, goes_on = threading.Event(), threading.Event()

    def first(_tx: Tx) -> bool:
        begun.set()
        return goes_on.wait(10)

    async def write() -> None:
        await inbox.write(first, drafts.following(lambda tx, rows: tx.add(rows[0]), row(1)))

    sender = threading.Thread(target=asyncio.run, args=(write(),))
    closer = threading.Thread(target=sqlite_stores.close)
    sender.start()
    assert begun.wait(10)
    closer.start()
    closer.join(0.2)
    goes_on.set()
    closer.join(10)
    sender.join(10)
    assert drafts.writer._thread is None, "nothing runs in a store that was closed"
    assert count(drafts) == 1
    drafts.close()


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
