"""Erasing rows in a part that holds no key of theirs: settle destroys the keys afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Delete, bindparam, delete
from sqlmodel import SQLModel

from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx


def erase_and_mark(
    store: Store, rows: type[SQLModel], mark: type[SQLModel], tags: Iterable[bytes]
) -> int:
    """Delete rows, mark each for settle in the same transaction, and return how many there were.

    The wraps of their keys are beyond this part's reach; settle destroys them as soon as it finds
    the marks.
    """
    gone = list(tags)

    def work(tx: Tx) -> int:
        count = 0
        for tag in gone:
            if tx.run(_removal(rows), tag=tag):
                tx.add(mark.model_validate({"tag": tag}), ignore=True)
                count += 1
        return count

    return store.write_now(work)


@cache
def _removal(rows: type[SQLModel]) -> Delete:
    table: Any = rows.__table__  # type: ignore[attr-defined]
    return delete(table).where(table.c.tag == bindparam("tag"))
