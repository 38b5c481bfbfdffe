"""Reading the log: filtered pages of entries, and leaves in order for checks and exports."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import bindparam, func, select

from schemas.audit import Act, Instant, LoggedEntry, ObjectRef, ObjectType, Outcome, PersonRef
from schemas.audit import Purpose as PurposeWord
from schemas.vocabulary import Frozen, Role
from survey_service.audit_log.appending import CHECKPOINT, LEAF, NODE
from survey_service.audit_log.checking import SEARCHED, StoredLeaf
from survey_service.audit_log.models import Detail, SearchRow
from survey_service.stores.transactions import Tx

SEARCH: Any = SearchRow.__table__  # type: ignore[attr-defined]
DETAIL: Any = Detail.__table__  # type: ignore[attr-defined]
CHUNK = 1024
LARGEST_PAGE = 200

_LEAVES = (
    select(
        LEAF.c.seq,
        LEAF.c.entry,
        LEAF.c.hash,
        DETAIL.c.nonce,
        DETAIL.c.ciphertext,
        *[SEARCH.c[name] for name in SEARCHED],
    )
    .select_from(
        LEAF.outerjoin(SEARCH, SEARCH.c.seq == LEAF.c.seq).outerjoin(
            DETAIL, DETAIL.c.seq == LEAF.c.seq
        )
    )
    .where(LEAF.c.seq >= bindparam("start"), LEAF.c.seq < bindparam("end"))
    .order_by(LEAF.c.seq)
)
_NODES = select(NODE.c.place, NODE.c.hash).where(
    NODE.c.level == bindparam("level"),
    NODE.c.place >= bindparam("first"),
    NODE.c.place < bindparam("beyond"),
)
_ENTRY = select(LEAF.c.entry).where(LEAF.c.seq == bindparam("seq"))
_DETAIL = select(DETAIL.c.nonce, DETAIL.c.ciphertext).where(DETAIL.c.seq == bindparam("seq"))
_NOTES = select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size)
_BEYOND = select(func.max(SEARCH.c.seq))


class EntryFilter(Frozen):
    """Which entries are wanted; what is None does not matter. Times include both ends."""

    since: Instant | None = None
    until: Instant | None = None
    act: Act | None = None
    actor: PersonRef | None = None
    role: Role | None = None
    object_type: ObjectType | None = None
    object_ref: ObjectRef | None = None
    purpose: PurposeWord | None = None
    outcome: Outcome | None = None

    def words(self) -> str:
        """Return the filter as closed words, for the entry about this very reading."""
        given = self.model_dump(exclude_none=True, mode="json")
        return " ".join(f"{name}={value}" for name, value in sorted(given.items()))


class EntryPage(Frozen):
    """Entries, newest first. `older` is the `before` of the next page, None at the end."""

    entries: tuple[LoggedEntry, ...]
    older: Annotated[int, Field(ge=0)] | None = None


def page_of_entries(tx: Tx, wanted: EntryFilter, before: int | None, limit: int) -> EntryPage:
    """Return at most `limit` entries that fit, newest first, older than entry `before`."""
    columns = SEARCH.c
    statement = select(LEAF.c.entry).select_from(SEARCH.join(LEAF, LEAF.c.seq == columns.seq))
    for name, value in wanted.model_dump(exclude_none=True, mode="json").items():
        if name == "since":
            statement = statement.where(columns.time >= value)
        elif name == "until":
            statement = statement.where(columns.time <= value)
        else:
            statement = statement.where(columns[name] == value)
    if before is not None:
        statement = statement.where(columns.seq < before)
    limit = max(1, min(limit, LARGEST_PAGE))
    rows = tx.all(statement.order_by(columns.seq.desc()).limit(limit + 1))
    entries = tuple(LoggedEntry.model_validate_json(bytes(row[0])) for row in rows[:limit])
    return EntryPage(entries=entries, older=entries[-1].seq if len(rows) > limit else None)


def raw_entry(tx: Tx, seq: int) -> bytes | None:
    """Return an entry's bytes as they lie in the log, or None."""
    row = tx.one(_ENTRY, seq=seq)
    return None if row is None else bytes(row[0])


def stored_detail(tx: Tx, seq: int) -> tuple[bytes, bytes] | None:
    """Return nonce and sealed text of an entry's reason, or None."""
    row = tx.one(_DETAIL, seq=seq)
    return None if row is None else (bytes(row[0]), bytes(row[1]))


def notes(tx: Tx) -> list[tuple[int, str]]:
    """Return every checkpoint kept, by size."""
    return [(int(size), str(note)) for size, note in tx.all(_NOTES)]


def search_reaches(tx: Tx) -> int:
    """Return how far the search table goes; beyond the log's size it tells of no entry."""
    row = tx.one(_BEYOND)
    return 0 if row is None or row[0] is None else int(row[0]) + 1


def leaves(tx: Tx, start: int, end: int) -> list[StoredLeaf]:
    """Return the leaves from `start` to before `end` with what is kept beside them."""
    return [
        StoredLeaf.model_construct(
            seq=int(row[0]),
            entry=bytes(row[1]),
            hash=bytes(row[2]),
            nonce=None if row[3] is None else bytes(row[3]),
            ciphertext=None if row[4] is None else bytes(row[4]),
            search=tuple(row[5:]),
        )
        for row in tx.all(_LEAVES, start=start, end=end)
    ]


def nodes_completed(tx: Tx, start: int, end: int) -> dict[tuple[int, int], bytes]:
    """Return the stored subtrees whose last leaf lies from `start` to before `end`."""
    found: dict[tuple[int, int], bytes] = {}
    for level in range(1, end.bit_length()):
        first = max(0, -(-(start + 1) >> level) - 1)
        for place, value in tx.all(_NODES, level=level, first=first, beyond=end >> level):
            found[level, int(place)] = bytes(value)
    return found
