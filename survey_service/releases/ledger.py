"""The ledger: every answer given on a table, in one chain that cannot be rewritten unseen."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, func, select

from schemas.canonical import canonical_json
from schemas.tables import Ledger, ReleasedTable
from survey_service.releases.models import LedgerRow
from survey_service.stores.errors import StoreError
from survey_service.stores.transactions import Tx

START = "0" * 64
"""What the first entry names as the one before it."""
PUBLIC = "public"
_ADVISORY_LOCK = 0x4C454447

_TABLE: Any = LedgerRow.__table__  # type: ignore[attr-defined]
_LAST = select(_TABLE.c.seq, _TABLE.c.hash).order_by(_TABLE.c.seq.desc()).limit(1)
_ALL = select(*_TABLE.c).order_by(_TABLE.c.seq)
_RELEASED = (
    select(_TABLE.c.seq, _TABLE.c.freeze_id, _TABLE.c.request, _TABLE.c.facts)
    .where(
        _TABLE.c.wave == bindparam("wave"),
        _TABLE.c.kind == "released",
        _TABLE.c.audience == PUBLIC,
    )
    .order_by(_TABLE.c.seq)
)
_ONE_WRITER = select(func.pg_advisory_xact_lock(_ADVISORY_LOCK))


class BrokenLedgerError(StoreError):
    """The ledger is not what was written: nothing may be released until it is looked into."""


@dataclass(frozen=True)
class Published:
    """What a wave's releases told so far: `head` is the last entry's place, 0 for none.

    `facts` are the published tables, `freezes` of which freeze each was, in the same order.
    """

    head: int
    freezes: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def ledger(self) -> Ledger:
        """The published tables as the engine reads them."""
        entries = (ReleasedTable.model_validate_json(text) for text in self.facts)
        return Ledger(
            releases=tuple(
                entry.model_copy(update={"freeze": freeze})
                for entry, freeze in zip(entries, self.freezes, strict=True)
            )
        )


def published(tx: Tx, wave: str) -> Published:
    """Return every published fact of a wave in the order of publication."""
    rows = tx.all(_RELEASED, wave=wave)
    head = int(rows[-1][0]) if rows else 0
    return Published(head, tuple(row[1] for row in rows), tuple(row[3] for row in rows))


def hold(tx: Tx) -> None:
    """Keep every other worker from adding to the ledger until this transaction ends."""
    if tx.dialect == "postgresql":
        # SQLite's writer is alone by its BEGIN IMMEDIATE.
        tx.one(_ONE_WRITER)


def append(
    tx: Tx,
    *,
    wave: str,
    freeze_id: str,
    kind: str,
    request: str,
    question: str,
    facts: str | None,
    made_at: str,
    audience: str = PUBLIC,
) -> int:
    """Add an entry at the chain's end and return its place, counted from 1."""
    hold(tx)
    last = tx.one(_LAST)
    entry: dict[str, Any] = {
        "seq": 1 if last is None else int(last[0]) + 1,
        "wave": wave,
        "freeze_id": freeze_id,
        "kind": kind,
        "audience": audience,
        "request": request,
        "question": question,
        "facts": facts,
        "made_at": made_at,
        "previous": START if last is None else str(last[1]),
    }
    tx.add(LedgerRow.model_validate(entry | {"hash": entry_hash(entry)}))
    return int(entry["seq"])


def entry_hash(entry: dict[str, Any]) -> str:
    """Return the SHA-256 of an entry's canonical JSON without its own hash."""
    bare = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(canonical_json(bare)).hexdigest()


def verify(tx: Tx) -> int:
    """Return how many entries the chain has, each found to be what was written.

    Raises:
        BrokenLedgerError: an entry was changed, left out or put in between.
    """
    previous, count = START, 0
    for row in tx.dicts(_ALL):
        count += 1
        fits = row["seq"] == count and row["previous"] == previous
        if not fits or row["hash"] != entry_hash(row):
            raise BrokenLedgerError(f"ledger entry {count} is not what was written")
        previous = row["hash"]
    return count
