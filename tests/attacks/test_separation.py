"""A thief with the files of both stores: no byte, and no order, joins a consent to an answer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from survey_service.collection.code import Code
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave
from tests.kit.field import SLUG, Field, people, spearman
from tests.kit.scan import bytes_of, first_places, without_empty_pages

Files = Callable[[Store], list[Path]]

WAVE_OF = 2000
BOUND = 0.1


@pytest.fixture
def field(stores: Stores, tmp_path: Path) -> Field:
    return Field(stores, tmp_path)


def submit_in_order(field: Field, wave: Wave, count: int) -> list[Code]:
    """Fill many forms at once, submit them strictly one after the other, settle as they come."""
    crowd = people(40)

    async def run() -> list[Code]:
        codes: list[Code] = []
        for start in range(0, count, 50):
            batch = [
                field.fill(wave, crowd[(start + n) % len(crowd)], questions=2) for n in range(50)
            ]
            ready = await asyncio.gather(*batch)
            for code in ready:
                await field.collection.submit(SLUG, code)
            codes += ready
            await asyncio.to_thread(field.settle.run, wave)
        return codes

    return asyncio.run(run())


def tags_of(field: Field, codes: list[Code]) -> dict[str, list[bytes]]:
    """Return the stored tags of each code in each store that knows it."""
    keys = [field.collection.keys(SLUG, code) for code in codes]
    return {
        "vault": [field.consents.stored_tag(k.consent_tag) for k in keys],
        "answers": [field.answers.stored_tag(k.response_tag) for k in keys],
        "inbox": [field.inbox.stored_tag(k) for k in keys],
        "drafts": [field.drafts.stored_tag(k) for k in keys],
    }


def raw_tags(field: Field, codes: list[Code]) -> list[bytes]:
    """Return what the code gives before any pepper: it must lie in no file at all."""
    found = []
    for code in codes:
        k = field.collection.keys(SLUG, code)
        found += [k.consent_tag, k.response_tag, k.inbox_tag, k.draft_tag, k.consent_key]
        found += [k.response_key, code.symbols.encode(), code.text.encode()]
    return found


def test_no_file_of_one_store_holds_another_stores_tags(
    field: Field, stores: Stores, store_files: Files
) -> None:
    wave = field.open_wave()
    codes = submit_in_order(field, wave, 100)
    asyncio.run(field.fill(wave, people(1)[0]))
    waiting = asyncio.run(field.answer(wave, people(2)[1]))
    codes.append(waiting)
    asyncio.run(field.rights.erase(codes[7]))
    own = tags_of(field, codes)
    never = raw_tags(field, codes)
    for store in stores:
        joined = b"".join(without_empty_pages(bytes_of(p)) for p in store_files(store))
        foreign = [t for name, tags in own.items() if name != store.name for t in tags]
        if store.dialect == "postgresql" and store.name != "answers":
            # These stores share one cluster here, hence one write-ahead log; answers do not.
            foreign = own["answers"]
        sought = foreign + never
        assert not first_places(joined, sought + [t.hex().encode() for t in sought]), store.name


def test_the_scan_would_find_a_tag(field: Field, stores: Stores, store_files: Files) -> None:
    """The scan itself works: the vault's own tags do lie in the vault's files."""
    wave = field.open_wave()
    codes = submit_in_order(field, wave, 50)
    joined = b"".join(bytes_of(path) for path in store_files(stores.vault))
    assert len(first_places(joined, tags_of(field, codes)["vault"])) == 50


def places(files: list[Path], tags: list[bytes]) -> list[tuple[str, list[float]]]:
    """Return, for each file that holds enough of the tags, their offsets (-1: not in it)."""
    found = []
    for path in files:
        offsets = first_places(bytes_of(path), tags)
        if len(offsets) >= 100:
            found.append((path.name, [float(offsets.get(tag, -1)) for tag in tags]))
    return found


def bound(count: int) -> float:
    """Return what chance alone exceeds in fewer than one of ten thousand tries (4 sigma)."""
    return max(BOUND, 4 / math.sqrt(count - 1))


def test_no_order_of_a_closed_wave_tells_who_came_when(
    field: Field, stores: Stores, store_files: Files
) -> None:
    wave = field.open_wave()
    codes = submit_in_order(field, wave, WAVE_OF)
    field.close_wave(wave)
    assert field.answers.count(wave.id) == WAVE_OF
    tags = tags_of(field, codes)
    table = {"vault": "consent", "answers": "answer"}
    orders: dict[str, list[list[float]]] = {"vault": [], "answers": []}
    for name in orders:
        store: Store = getattr(stores, name)
        scanned = places(store_files(store), tags[name])
        assert scanned, "the rows must be found somewhere"
        for file, offsets in scanned:
            held = [(n, o) for n, o in enumerate(offsets) if o >= 0]
            rho = spearman([float(n) for n, _ in held], [o for _, o in held])
            assert abs(rho) < bound(len(held)), f"{name}: order by offset in {file}: {rho:.2f}"
            if len(held) == WAVE_OF:
                orders[name].append(offsets)
        for column, values in row_orders(store, table[name], tags[name]).items():
            rho = spearman([float(n) for n in range(WAVE_OF)], values)
            assert abs(rho) < BOUND, f"{name}: order by {column}: {rho:.2f}"
            orders[name].append(values)
    for left in orders["vault"]:
        for right in orders["answers"]:
            assert abs(spearman(left, right)) < BOUND, "the two stores keep one order"


def row_orders(store: Store, table: str, tags: list[bytes]) -> dict[str, list[float]]:
    """Return what the database itself tells of order: the scan, and on PostgreSQL ctid and xmin."""
    if store.dialect == "sqlite":
        rows = store.read_now(lambda tx: tx.all(text(f"SELECT tag FROM {table}")))
        at = {bytes(row[0]): float(n) for n, row in enumerate(rows)}
        return {"scan": [at[tag] for tag in tags]}
    query = text(f"SELECT tag, ctid::text, xmin::text FROM {table}")
    rows = store.read_now(lambda tx: tx.all(query))
    by_tag = {}
    for tag, ctid, xmin in rows:
        block, line = ctid.strip("()").split(",")
        by_tag[bytes(tag)] = (int(block) * 1000.0 + int(line), float(xmin))
    return {
        "ctid": [by_tag[tag][0] for tag in tags],
        "xmin": [by_tag[tag][1] for tag in tags],
    }


def test_settle_leaves_no_log_and_no_trace_of_the_inbox_behind(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    """The write-ahead log keeps the order of insertion; settle empties it in an open wave too."""
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    crowd = people(25)

    async def submit() -> list[Code]:
        return [await field.answer(wave, person, questions=2) for person in crowd]

    codes = asyncio.run(submit())
    generation = field.inbox.generation_now(wave.id)
    sealed = [part for row in field.inbox.parts_now(generation.id) for part in row]
    assert field.settle.run(wave) == 25
    for name in ("vault", "answers", "inbox", "keys"):
        log = getattr(sqlite_stores, name).path.with_name(f"{name}.sqlite-wal")
        assert not log.exists() or log.stat().st_size == 0, name
    inbox = b"".join(p.read_bytes() for p in (tmp_path / "stores").glob("inbox*"))
    assert not first_places(inbox, sealed + tags_of(field, codes)["inbox"])


def test_an_erasure_leaves_no_byte_of_the_person_in_any_file(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    field = Field(sqlite_stores, tmp_path)
    wave = field.open_wave()
    codes = field.answer_all(wave, people(25), questions=2)
    waiting = asyncio.run(field.answer(wave, people(30)[-1], questions=2))
    for gone in (codes[4], waiting):
        own = [tag for tags in tags_of(field, [gone]).values() for tag in tags]
        asyncio.run(field.rights.erase(gone))
        files = [p for p in (tmp_path / "stores").iterdir() if p.suffix != ".ballast"]
        assert not first_places(b"".join(p.read_bytes() for p in files), own)
