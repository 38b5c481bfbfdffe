"""Settling beside the same rows written bare, in the same transactions: 1,000, 10,000, 100,000.

make bench ARGS="settling"                     all three sizes, some minutes
make bench ARGS="settling --sizes 1000"        one of them
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from survey_service.answers.models import AnswerRow
from survey_service.collection.code import Code
from survey_service.collection.inbox import _DROP_WAITING
from survey_service.collection.letterbox import OpenGeneration
from survey_service.collection.models import Waiting
from survey_service.collection.submission import Part
from survey_service.consent.models import ConsentRow
from survey_service.stores.canonical import canonical
from survey_service.stores.envelopes import pad, seal_to_each
from survey_service.stores.migrate import upgrade
from survey_service.stores.models import RowKey
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave
from tests.benchmarks.report import Range
from tests.kit.field import Field

SIZES = {1000: 7, 10_000: 3, 100_000: 1}
"""How many submissions, and in how many rounds."""
CONTACT = b'{"phone":"+371 20000000"}'
_MODELS: dict[str, Any] = {"answers": AnswerRow, "vault": ConsentRow, "keys": RowKey}


def main() -> None:
    """Run, and print a line for each size or a JSON document."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    arguments.add_argument("--rounds", type=int, help="rounds of each size")
    arguments.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = arguments.parse_args()
    said = []
    for size in given.sizes:
        rounds = [in_a_folder(size) for _ in range(given.rounds or SIZES.get(size, 1))]
        said.append({"rows": size, "rounds": rounds})
        if not given.json:
            print(line(size, rounds), flush=True)
    if given.json:
        print(json.dumps(said))


def in_a_folder(size: int) -> dict[str, list[float]]:
    """Return one round of so many rows, and leave nothing of it."""
    with tempfile.TemporaryDirectory(prefix="equality-bench-") as folder:
        return measure(Path(folder), size)


def line(size: int, rounds: list[dict[str, list[float]]]) -> str:
    """Return one size in words: medians, ratios within each round."""
    cpu, wall = (Range.of([r["settle"][n] / r["bare"][n] for r in rounds]) for n in (0, 1))
    settle, bare, rewrite = (
        statistics.median(r[what][0] for r in rounds) for what in ("settle", "bare", "rewrite")
    )
    return (
        f"{size:>7,} rows, {len(rounds)} rounds: settle {settle:.2f} s of CPU time "
        f"({1000 * settle / size:.3f} ms each), bare {bare:.2f} s, rewriting {rewrite:.2f} s; "
        f"ratio {cpu.median:.2f} ({cpu.least:.2f} to {cpu.most:.2f}), "
        f"by the clock on the wall {wall.median:.2f} ({wall.least:.2f} to {wall.most:.2f})"
    )


def measure(folder: Path, size: int) -> dict[str, list[float]]:
    """Return CPU and wall seconds of settling so many, of rewriting, and of the bare writing."""
    stores = opened(folder / "real")
    field = Field(stores, folder)
    wave = field.open_wave()
    waiting(field, wave, size)
    settle = field.settle
    generation = field.inbox.close_now(wave.id, reopen=True)
    took = timed(lambda: settle._finish(wave, generation or ""))
    if field.answers.count(wave.id) != size:
        raise RuntimeError("other than as many rows were settled")
    rewrite = timed(lambda: settle._rewrite(wave, closing=True))
    rows = {name: all_rows(getattr(stores, name), model) for name, model in _MODELS.items()}
    stores.close()
    bare = opened(folder / "bare")
    other = Field(bare, folder / "bare", field.keyring)
    waiting(other, other.open_wave(), size)
    return {"settle": took, "rewrite": rewrite, "bare": write_bare(bare, rows)}


def opened(folder: Path) -> Stores:
    """Return empty stores."""
    stores = Stores.at(folder)
    for store in stores:
        upgrade(store)
    return stores


def waiting(field: Field, wave: Wave, size: int) -> None:
    """Leave so many sealed submissions in the inbox, as the form would."""
    generation = field.inbox.generation_now(wave.id)
    for start in range(0, size, 5000):
        rows = [submission(field, wave, generation) for _ in range(min(5000, size - start))]

        def work(tx: Tx, rows: list[Waiting] = rows) -> None:
            for row in rows:
                tx.add(row)

        field.stores.inbox.write_now(work)
    field.stores.inbox.truncate_log()


def submission(field: Field, wave: Wave, generation: OpenGeneration) -> Waiting:
    """Return one row of the inbox: both parts of a person with a contact and some answers."""
    keys = Code.new().under(wave.salt)
    record = {f"Q{n}": {"state": "answered", "value": str(n % 5)} for n in range(25)}
    body = {"questionnaire": "core", "version": 1, "purposes": ["participation"], "record": record}
    consent = {
        "notice": wave.notice.hash,
        "decisions": {"participation": True},
        "day": "2026-11-28",
    }
    said = canonical(consent), CONTACT
    tags = field.consents.stored_tag(keys.consent_tag), field.answers.stored_tag(keys.response_tag)
    parts = (
        Part(tags[0], keys.consent_key, said).written(),
        Part(tags[1], keys.response_key, (canonical(body),)).written(),
    )
    tag = field.inbox.stored_tag(keys)
    to = (generation.vault_key, generation.answers_key)
    sealed = seal_to_each([(k, pad(p)) for k, p in zip(to, parts, strict=True)], tag)
    return Waiting(
        tag=tag,
        generation=generation.id,
        digest=bytes(32),
        vault_part=sealed[0],
        answers_part=sealed[1],
        own_copy=bytes(len(sealed[0]) + len(sealed[1])),
    )


def all_rows(store: Store, model: Any) -> list[tuple[Any, ...]]:
    """Return every row of a table."""
    table = model.__table__
    return store.read_now(lambda tx: tx.all(select(*table.columns)))


def write_bare(stores: Stores, rows: dict[str, list[tuple[Any, ...]]]) -> list[float]:
    """Write the very rows that settling left, and drop a generation, in as many transactions.

    Keys in two, as settling does; then answers, vault; then the generation and the logs. The rows
    come in the order of their keys, the cheapest there is.
    """
    generation = stores.inbox.read_now(lambda tx: tx.one(select(Waiting.generation)))[0]  # type: ignore[index,call-overload]
    keys = rows["keys"]
    scope = [column.name for column in RowKey.__table__.columns].index("scope")  # type: ignore[attr-defined]
    halves = [[r for r in keys if r[scope].startswith(of)] for of in ("answers:", "vault:")]

    def work() -> None:
        insert(stores.keys, RowKey, halves[0])
        insert(stores.answers, AnswerRow, rows["answers"])
        insert(stores.keys, RowKey, halves[1])
        insert(stores.vault, ConsentRow, rows["vault"])
        stores.inbox.write_now(lambda tx: tx.run(_DROP_WAITING, generation=generation))
        for store in (stores.inbox, stores.keys, stores.vault, stores.answers):
            store.truncate_log()

    return timed(work)


def insert(store: Store, model: Any, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows in one transaction, by the driver's own and quickest means."""
    table = model.__table__
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    text = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'

    store.write_now(lambda tx: tx._connection.executemany(text, rows))


def timed(work: Callable[[], Any]) -> list[float]:
    """Return the CPU seconds that a work takes, all threads together, and the wall's seconds."""
    gc.collect()
    started = time.process_time(), time.perf_counter()
    work()
    return [time.process_time() - started[0], time.perf_counter() - started[1]]


if __name__ == "__main__":
    main()
