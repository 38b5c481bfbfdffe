"""Rewriting a relation in random order, so that nothing of how it grew is left in it.

PostgreSQL keeps the inserting transaction (xmin) and the place (ctid) of every row; only rows
written together, in random order, into a new relation carry no order. TRUNCATE gives a new
relation inside the transaction. SQLite's WITHOUT ROWID tables are ordered by their random key;
VACUUM writes them anew.
"""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import SQLModel

from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx


def rewrite_shuffled(store: Store, model: type[SQLModel], shuffler: random.Random) -> int:
    """Leave the same rows in random order and return how many; atomic.

    Cost grows linearly with the rows of the table.
    """
    table: Any = model.__table__  # type: ignore[attr-defined]
    every, put = select(table), insert(table)
    if store.dialect == "sqlite":
        count = store.read_now(lambda tx: len(tx.all(every)))
        store.compact()
        return count

    def work(tx: Tx) -> int:
        # The lock keeps a concurrent erasure from being written back.
        tx.script(f'LOCK TABLE "{table.name}" IN ACCESS EXCLUSIVE MODE')
        rows = tx.dicts(every)
        shuffler.shuffle(rows)
        tx.script(f'TRUNCATE TABLE "{table.name}"')
        for row in rows:
            tx.run(put, **row)
        return len(rows)

    count = store.write_now(work)
    store.compact()
    return count
