"""Adding an entry inside one transaction of the audit store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import SQLModel

from schemas.audit import SYSTEM, Act, LoggedEntry, LoggedObject, ObjectType, Outcome
from survey_service.audit_log import merkle
from survey_service.audit_log.entries import AuditEntry, canonical, instant
from survey_service.audit_log.models import CheckpointRow, Detail, Leaf, Node, SearchRow
from survey_service.audit_log.note import Checkpoint, Signer
from survey_service.audit_log.references import ACTORS, Details, References, commitment
from survey_service.problems import N_, NotReady
from survey_service.stores.transactions import Tx

CHECKPOINT_EVERY = 256
_ADVISORY_LOCK = 0x41554454

LEAF: Any = Leaf.__table__  # type: ignore[attr-defined]
NODE: Any = Node.__table__  # type: ignore[attr-defined]
CHECKPOINT: Any = CheckpointRow.__table__  # type: ignore[attr-defined]
_LAST = select(LEAF.c.seq, LEAF.c.entry).order_by(LEAF.c.seq.desc()).limit(1)
_LEAF_HASH = select(LEAF.c.hash).where(LEAF.c.seq == bindparam("seq"))
_NODE_HASH = select(NODE.c.hash).where(
    NODE.c.level == bindparam("level"), NODE.c.place == bindparam("place")
)
_SIZE = select(func.max(LEAF.c.seq))
_ONE_WRITER = select(func.pg_advisory_xact_lock(_ADVISORY_LOCK))


class LogBroken(NotReady):
    """The log is damaged: it cannot be added to, so nothing is done until it was looked into."""

    explanation = N_(
        "The audit log is damaged, so nothing is done. Please tell the data protection officer."
    )


def one_writer(tx: Tx) -> None:
    """From here on this transaction is the only one that adds entries, until it ends."""
    if tx.dialect == "postgresql":
        # Several workers may append; SQLite's writer is alone by its BEGIN IMMEDIATE.
        tx.one(_ONE_WRITER)


def tree_size(tx: Tx) -> int:
    """Return the number of entries."""
    row = tx.one(_SIZE)
    return 0 if row is None or row[0] is None else int(row[0]) + 1


def root_of(tx: Tx, size: int) -> str:
    """Return the root over the first `size` entries, in hexadecimal."""
    return merkle.root(size, stored_node(tx)).hex()


def stored_node(tx: Tx) -> merkle.Node:
    """Return the reader of stored subtrees that proofs are made from.

    One that is missing is computed from what is under it; a full check names it all the same.
    """

    def read(level: int, place: int) -> bytes:
        row = (
            tx.one(_NODE_HASH, level=level, place=place) if level else tx.one(_LEAF_HASH, seq=place)
        )
        if row is not None:
            return bytes(row[0])
        if level == 0:
            raise LogBroken
        return merkle.node_hash(read(level - 1, 2 * place), read(level - 1, 2 * place + 1))

    return read


class Appender:
    """Writes entries with the installation's keys; holds no state between transactions."""

    def __init__(
        self,
        signer: Signer,
        references: References,
        details: Details,
        clock: Callable[[], datetime],
    ) -> None:
        self._signer = signer
        self._references = references
        self._details = details
        self._clock = clock

    def append(self, tx: Tx, entry: AuditEntry) -> int:
        """Add the entry with all that belongs to it and return its place, counted from 0."""
        one_writer(tx)
        last = tx.one(_LAST)
        seq = 0 if last is None else int(last[0]) + 1
        before = None if last is None else LoggedEntry.model_validate_json(bytes(last[1]))
        time, clock = self._time(before)
        detail = self._keep_reason(tx, seq, entry.reason)
        logged = self._logged(entry, seq, time, clock, detail, _generation(before))
        raw = canonical(logged.model_dump(mode="json"))
        leaf = merkle.leaf_hash(raw)
        _insert(tx, Leaf.model_validate({"seq": seq, "entry": raw, "hash": leaf}))
        for level, place, value in merkle.completed_by(seq, leaf, stored_node(tx)):
            if level:
                _insert(tx, Node.model_validate({"level": level, "place": place, "hash": value}))
        _insert(tx, search_row(logged))
        if (seq + 1) % CHECKPOINT_EVERY == 0:
            self.checkpoint(tx)
        return seq

    def checkpoint(self, tx: Tx) -> str:
        """Return the signed note over the log as it is, kept once per size."""
        size = tree_size(tx)
        found = tx.one(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == size))
        if found is not None:
            return str(found[0])
        root = root_of(tx, size)
        origin = self._signer.verifier.name
        note = self._signer.sign(Checkpoint(origin=origin, size=size, root=root).text())
        made_at = instant(self._clock())
        tx.add(CheckpointRow.model_validate({"size": size, "note": note, "made_at": made_at}))
        return note

    def _time(self, last: LoggedEntry | None) -> tuple[str, str]:
        now = instant(self._clock())
        before = "" if last is None else last.time
        return (now, "ok") if now >= before else (before, "behind")

    def _keep_reason(self, tx: Tx, seq: int, reason: str | None) -> str | None:
        if reason is None:
            return None
        nonce = self._details.new_nonce()
        sealed = self._details.close(seq, nonce, reason)
        _insert(tx, Detail.model_validate({"seq": seq, "nonce": nonce, "ciphertext": sealed}))
        return commitment(nonce, reason)

    def _logged(
        self,
        entry: AuditEntry,
        seq: int,
        time: str,
        clock: str,
        detail: str | None,
        generation: int,
    ) -> LoggedEntry:
        actor = entry.actor
        visit = (actor.session_id or actor.token_id) if actor else None
        ref = entry.object_ref
        if entry.object_type is ObjectType.ACCOUNT and ref:
            ref = self._references.person(ref)
        elif entry.object_type in (ObjectType.SESSION, ObjectType.TOKEN) and ref:
            ref = self._references.session(ref)
        return LoggedEntry.model_validate(
            {
                "seq": seq,
                "time": time,
                "clock": clock,
                "actor": self._references.person(actor.id) if actor else SYSTEM,
                "role": actor.role if actor else None,
                "session": self._references.session(visit) if visit else None,
                "act": entry.act,
                "object": LoggedObject(type=entry.object_type, ref=ref),
                "purpose": entry.purpose,
                "outcome": entry.outcome,
                "counts": entry.counts,
                "hashes": entry.hashes,
                "detail": detail,
                "key": generation,
            }
        )


def _generation(last: LoggedEntry | None) -> int:
    """Return which key references are made with: the log itself tells when it was destroyed."""
    if last is None:
        return 1
    ended = last.act is Act.KEYS_DESTROYED and last.object.ref == ACTORS
    return last.key + int(ended and last.outcome is Outcome.OK)


def _insert(tx: Tx, row: SQLModel) -> None:
    """Leave the row in the store.

    Raises:
        LogBroken: its place is taken, so something after the last entry was cut off.
    """
    if not tx.add(row, ignore=True):
        raise LogBroken


def search_row(entry: LoggedEntry) -> SearchRow:
    """Return the searchable words of an entry."""
    return SearchRow.model_validate(
        {
            "seq": entry.seq,
            "time": entry.time,
            "actor": entry.actor,
            "role": entry.role or "",
            "act": entry.act,
            "object_type": entry.object.type,
            "object_ref": entry.object.ref,
            "purpose": entry.purpose,
            "outcome": entry.outcome,
        }
    )
