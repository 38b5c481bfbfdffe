"""Settling beside the same rows written bare, in the same transactions: 1,000, 10,000, 100,000.

make bench ARGS="settling"                     all three sizes, some minutes
make bench ARGS="settling --sizes 1000"        one of them
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from sqlalchemy import delete, select

from survey_service.answers.models import AnswerRow
from survey_service.collection.code import Code
from survey_service.collection.inbox import OpenGeneration
from survey_service.collection.models import Waiting
from survey_service.collection.submission import _part
from survey_service.consent.models import ConsentRow
from survey_service.stores.envelopes import pad, seal_to_each
from survey_service.stores.migrate import upgrade
from survey_service.stores.models import RowKey
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave
from tests.kit.field import Field

SIZES = (1000, 10_000, 100_000)
CONTACT = b'{"phone":"+371 20000000"}'
_MODELS: dict[str, Any] = {"answers": AnswerRow, "vault": ConsentRow, "keys": RowKey}


def main() -> None:
    """Run, and print a line for each size or a JSON document."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    arguments.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = arguments.parse_args()
    found = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="equality-bench-") as folder:
            found.append(measure(Path(folder), size))
        if not given.json:
            print(line(found[-1]), flush=True)
    if given.json:
        print(json.dumps(found))


def line(found: dict[str, float]) -> str:
    """Return one size in words."""
    each = 1000 * found["settle"] / found["rows"]
    ratio = found["settle"] / found["bare"]
    return (
        f"{found['rows']:>7,.0f} rows: settle {found['settle']:7.2f} s CPU ({each:.3f} ms each), "
        f"bare {found['bare']:6.2f} s, ratio {ratio:.2f}; rewrite {found['rewrite']:.2f} s"
    )


def measure(folder: Path, size: int) -> dict[str, float]:
    """Return the CPU seconds of settling so many, of rewriting them, and of the bare writing."""
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
    return {"rows": size, "settle": took, "rewrite": rewrite, "bare": write_bare(bare, rows)}


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
    tags = field.consents.stored_tag(keys.consent_tag), field.answers.stored_tag(keys.response_tag)
    parts = (
        _part(tags[0], keys.consent_key, record=to_json(consent), contact=CONTACT),
        _part(tags[1], keys.response_key, body=to_json(body)),
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


def write_bare(stores: Stores, rows: dict[str, list[tuple[Any, ...]]]) -> float:
    """Write the very rows that settling left, and empty the inbox, in as many transactions.

    Keys in two, as settling does; then answers, vault; then the inbox and the logs.
    """
    keys = rows["keys"]
    scope = [column.name for column in RowKey.__table__.columns].index("scope")  # type: ignore[attr-defined]
    halves = [[r for r in keys if r[scope].startswith(of)] for of in ("answers:", "vault:")]

    def work() -> None:
        insert(stores.keys, RowKey, halves[0])
        insert(stores.answers, AnswerRow, rows["answers"])
        insert(stores.keys, RowKey, halves[1])
        insert(stores.vault, ConsentRow, rows["vault"])
        stores.inbox.write_now(lambda tx: tx.run(delete(Waiting.__table__)))  # type: ignore[attr-defined]
        for store in (stores.inbox, stores.keys, stores.vault, stores.answers):
            store.truncate_log()

    return timed(work)


def insert(store: Store, model: Any, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows in one transaction, by the driver's own means."""
    table = model.__table__
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    marks = ", ".join("?" for _ in table.columns)
    text = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'

    def work(tx: Tx) -> None:
        for row in rows:
            tx._execute(text, row)

    store.write_now(work)


def timed(work: Callable[[], Any]) -> float:
    """Return the CPU seconds that a work takes, all threads together."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
