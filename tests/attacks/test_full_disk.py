"""A full disk: nothing half-written, submissions refused, erasures never blocked."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from survey_service.stores.ballast import SIZE, Ballast
from survey_service.stores.errors import StoreFull
from survey_service.stores.sqlite import SqliteConnection
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from tests.kit.field import SLUG, Field, people


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """While `disk` is set, no store can take another page, as when the disk is full."""
    state = {"disk": False}
    begin = SqliteConnection.begin

    def limited(self: SqliteConnection) -> Tx:
        pages = self.raw.execute("PRAGMA page_count").fetchone()[0]
        self.raw.execute(f"PRAGMA max_page_count={pages if state['disk'] else 1 << 30}")
        return begin(self)

    monkeypatch.setattr(SqliteConnection, "begin", limited)
    return state


def test_a_submission_on_a_full_disk_is_refused_whole_and_goes_through_later(
    sqlite_stores: Stores, tmp_path: Path, full: dict[str, bool]
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()

    async def submit() -> None:
        codes = [await field.fill(wave, person) for person in people(12)]
        full["disk"] = True
        refused = 0
        for code in codes:
            try:
                await field.collection.submit(SLUG, code)
            except StoreFull:
                refused += 1
                assert (await field.rights.status(code)).kind == "draft"
        assert refused
        full["disk"] = False
        for code in codes:
            await field.collection.submit(SLUG, code)

    asyncio.run(submit())
    field.close_wave(wave)
    assert field.answers.count(wave.id) == 12
    assert field.audit.verify_all_now().sound
    for store in sqlite_stores:
        connection = sqlite3.connect(str(store.path))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def test_a_full_audit_log_leaves_submissions_waiting_and_lets_erasures_through(
    sqlite_stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    codes = [asyncio.run(field.answer(wave, person)) for person in people(3)]

    def no_room(*_: object) -> None:
        raise StoreFull

    with monkeypatch.context() as patched:
        patched.setattr(field.audit, "append_now", no_room)
        with pytest.raises(StoreFull):
            field.settle.run(wave, closing=True)
        asyncio.run(field.rights.erase(codes[0]))
        assert asyncio.run(field.rights.status(codes[0])).kind == "nothing"
        assert asyncio.run(field.rights.status(codes[1])).kind == "waiting"
    field.settle.run(wave, closing=True)
    assert field.answers.count(wave.id) == 2


def test_an_erasure_that_finds_the_disk_full_uses_the_ballast(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    ballast = Ballast(sqlite_stores)
    assert ballast.lay()
    laid = list((tmp_path / "stores").glob("*.ballast"))
    assert len(laid) == 7
    assert {path.stat().st_size for path in laid} == {SIZE}
    tries = []

    def erase() -> str:
        tries.append(len(list((tmp_path / "stores").glob("*.ballast"))))
        if len(tries) == 1:
            raise StoreFull
        return "erased"

    assert ballast.behind(erase) == "erased"
    assert tries == [7, 0]
