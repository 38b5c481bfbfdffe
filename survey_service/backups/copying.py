"""One store into one SQLite file, and back, in an order that only keys decide.

The copy is the same for both databases: a SQLite file with the store's tables. PostgreSQL's own
dump writes rows where they lie in the heap, which is the order in which batches came; here they
are read in one consistent view, by key, and written back in random order in one transaction, so
that neither `ctid` nor `xmin` of a restored store tells anything.

Cost grows linearly with the rows; a table is read in pages of some hundred rows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select

from survey_service.stores.bases import BASES
from survey_service.stores.every_model import import_every_model
from survey_service.stores.migrate import upgrade
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

PAGE = 500
NEVER_COPIED = {"keys": ("settle_key",)}
"""Private keys of batches that wait: with them a copy of the inbox would open, and pair."""

Row = dict[str, Any]


def tables_of(name: str) -> list[Any]:
    """Return a store's tables, those first that others refer to."""
    import_every_model()
    return list(BASES[name].metadata.sorted_tables)


def copy_out(store: Store, target: Path) -> dict[str, int]:
    """Leave a copy of the store in a new file and return the rows of each table."""
    if store.dialect == "sqlite":
        store.copy_to(target)
        copy = Store(store.name, path=target)
    else:
        copy = Store(store.name, path=target)
        upgrade(copy)
        store.read_now(lambda tx: _pour(tx, copy))
    try:
        return _finished(copy)
    finally:
        copy.close()
        for rest in target.parent.glob(f"{target.name}-*"):
            rest.unlink()


def _pour(tx: Tx, copy: Store) -> None:
    for table in tables_of(copy.name):
        put = insert(table)
        for page in _pages(tx, table):

            def work(into: Tx, page: list[Row] = page, put: Any = put) -> None:
                for row in page:
                    into.run(put, **row)

            copy.write_now(work)


def _pages(tx: Tx, table: Any) -> Iterator[list[Row]]:
    keys = list(table.primary_key.columns)
    # A page begins behind the last key of the one before, so without the order rows are lost.
    every = select(table).order_by(*keys)
    if len(keys) > 1:
        yield tx.dicts(every)
        return
    first, later = every.limit(PAGE), every.where(keys[0] > bindparam("after")).limit(PAGE)
    page = tx.dicts(first)
    while page:
        yield page
        page = tx.dicts(later, after=page[-1][keys[0].name])


def _finished(copy: Store) -> dict[str, int]:
    def leave_out(tx: Tx) -> None:
        for table in tables_of(copy.name):
            if table.name in NEVER_COPIED.get(copy.name, ()):
                tx.run(delete(table))

    copy.write_now(leave_out)
    copy.compact()
    copy.leave_log()
    return rows_of(copy)


def rows_of(store: Store) -> dict[str, int]:
    """Return how many rows each table of a store holds."""

    def count(tx: Tx) -> dict[str, int]:
        counted = {
            table.name: tx.one(select(func.count()).select_from(table))
            for table in tables_of(store.name)
        }
        return {name: int(row[0]) if row else 0 for name, row in counted.items()}

    return store.read_now(count)


def pour_in(
    copy: Store, store: Store, shuffler: random.Random, check: Callable[[Tx], None]
) -> None:
    """Leave in a PostgreSQL store exactly what a copy holds, in one transaction.

    `check` runs at its end and raises where what is there is not what should be.
    """
    tables = tables_of(store.name)
    pages = {
        t.name: copy.read_now(lambda tx, t=t: [row for page in _pages(tx, t) for row in page])  # type: ignore[misc]
        for t in tables
    }

    def work(tx: Tx) -> None:
        names = ", ".join(f'"{table.name}"' for table in tables)
        tx.script(f"TRUNCATE TABLE {names}")
        for table in tables:
            put, rows = insert(table), pages[table.name]
            shuffler.shuffle(rows)
            for row in rows:
                tx.run(put, **row)
        check(tx)

    store.write_now(work)
    store.compact()
