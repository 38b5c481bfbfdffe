"""Durable marks that respondents' acts leave for settle: what to rewrite, and what to log.

Whoever acts for a respondent holds no key of the office and writes no log; a mark in the inbox
is what it can leave, and it is left before the act. Marks are counts by kind: no person, no time.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from survey_service.collection.models import Mark
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_TABLE: Any = Mark.__table__  # type: ignore[attr-defined]
_ALL = select(_TABLE.c.what, _TABLE.c.count).order_by(_TABLE.c.what)
_LESS = (
    update(_TABLE)
    .where(_TABLE.c.what == bindparam("of"))
    .values(count=_TABLE.c.count - bindparam("done"))
)
_GONE = delete(_TABLE).where(_TABLE.c.what == bindparam("of"), _TABLE.c.count <= 0)


@cache
def _one_more(dialect: str) -> Insert:
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    result: Insert = make(_TABLE).on_conflict_do_update(
        index_elements=["what"], set_={"count": _TABLE.c.count + 1}
    )
    return result


DESTROYED = "destroyed/"
"""Before a wave's id: its freeze was destroyed, if there was one, and no entry says so yet."""
CHANGED = "changed/"
"""Before a wave's id: single rows of it were changed and lie apart until the next rewrite."""
REWRITTEN = "rewritten/"
"""Before a wave's id: its rows were rewritten while the log was full."""
ACTS = ("corrected", "erased", "purpose_withdrawn", "restricted", "restriction_lifted")


class Marks:
    """Counts by kind in the `inbox` store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_now(self, *kinds: str) -> None:
        """Count each of these kinds once more, durably, in one commit."""

        def work(tx: Tx) -> None:
            for kind in kinds:
                tx.run(_one_more(tx.dialect), what=kind, count=1)

        self._store.write_now(work)

    def counts_now(self) -> dict[str, int]:
        """Return every kind that was counted, with its count."""
        rows = self._store.read_now(lambda tx: tx.all(_ALL))
        return {str(what): int(count) for what, count in rows}

    def take_now(self, kind: str, count: int) -> None:
        """Take off what was done or logged; what came meanwhile stays."""

        def work(tx: Tx) -> None:
            tx.run(_LESS, of=kind, done=count)
            tx.run(_GONE, of=kind)

        self._store.write_now(work)
