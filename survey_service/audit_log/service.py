"""The audit log as every room uses it: an entry before each action, proofs, and full checks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import IO

from sqlalchemy import bindparam, delete

from schemas.audit import LoggedEntry
from survey_service.audit_log.appending import Appender, LogBroken, root_of, tree_size
from survey_service.audit_log.checking import Verification
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.exporting import write_export
from survey_service.audit_log.note import Signer
from survey_service.audit_log.proving import (
    Comparison,
    Proof,
    compare,
    consistency,
    inclusion,
    recompute,
)
from survey_service.audit_log.reading import (
    DETAIL,
    EntryFilter,
    EntryPage,
    notes,
    page_of_entries,
    raw_entry,
    stored_detail,
)
from survey_service.audit_log.references import ACTORS, Details, Keyring, References
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

__all__ = ["AuditEntry", "AuditLog", "Comparison", "EntryFilter", "LogBroken", "Proof"]

ORIGIN = "equality-data-survey-platform/audit-log"
_ERASE = delete(DETAIL).where(DETAIL.c.seq == bindparam("of_seq"))


class AuditLog:
    """The Merkle log in the `audit` store, with the keys of the installation's keyring.

    Secrets used: `audit-signing` (checkpoints), `audit-actors` (references to people) and
    `audit-details` (seals reasons).
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        origin: str = ORIGIN,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._random_bytes = random_bytes
        self._origin = origin

    @cached_property
    def _signer(self) -> Signer:
        return Signer(self._origin, self._keyring.secret("audit-signing"))

    @cached_property
    def _references(self) -> References:
        return References(lambda: self._keyring.secret(ACTORS))

    @cached_property
    def _details(self) -> Details:
        return Details(self._keyring, self._random_bytes)

    @cached_property
    def _appender(self) -> Appender:
        return Appender(self._signer, self._references, self._details, self._clock)

    @property
    def public_key(self) -> str:
        """The key that checkpoints are checked with, as `name+keyid+base64`."""
        return str(self._signer.verifier)

    def person_ref(self, person_id: str) -> str:
        """Return how the log speaks of an account."""
        return self._references.person(person_id)

    async def append(self, entry: AuditEntry) -> int:
        """Return the entry's place once it is durable. Call it before the action it is about.

        Raises:
            StoreFull: the entry was not kept; the action must not happen.
        """
        return await self._store.write(lambda tx: self._appender.append(tx, entry))

    def append_now(self, entry: AuditEntry) -> int:
        """Do the same without an event loop."""
        return self._store.write_now(lambda tx: self._appender.append(tx, entry))

    async def checkpoint(self) -> str:
        """Return the signed note over the log as it is now."""
        return await self._store.write(self._appender.checkpoint)

    def checkpoint_now(self) -> str:
        """Do the same without an event loop."""
        return self._store.write_now(self._appender.checkpoint)

    def signed(self, text: str) -> str:
        """Return a document as a note under the key that signs checkpoints.

        The first line names the kind of document, and is never the log's own name: so no
        document can pass for a checkpoint.
        """
        if text.startswith(f"{self._origin}\n"):
            raise ValueError("this would be a checkpoint")
        return self._signer.sign(text)

    def opened(self, note: str) -> str:
        """Return the text of a note that this installation signed.

        Raises:
            NoteRefused: it did not.
        """
        return self._signer.verifier.open(note)

    def head_now(self) -> tuple[int, str]:
        """Return size and root (hexadecimal) of the log."""
        return self._store.read_now(lambda tx: (tree_size(tx), root_of(tx, tree_size(tx))))

    def root_at_now(self, size: int) -> str | None:
        """Return the root over the first entries, or None where the log is shorter."""

        def work(tx: Tx) -> str | None:
            return root_of(tx, size) if size <= tree_size(tx) else None

        return self._store.read_now(work)

    async def size(self) -> int:
        """Return the number of entries."""
        return await self._store.read(tree_size)

    async def newest_checkpoint(self) -> str | None:
        """Return the last note that was made, or None."""
        kept = await self._store.read(notes)
        return kept[-1][1] if kept else None

    async def entries(
        self, wanted: EntryFilter, before: int | None = None, limit: int = 50
    ) -> EntryPage:
        """Return a page of the entries that fit, newest first."""
        return await self._store.read(lambda tx: page_of_entries(tx, wanted, before, limit))

    def entries_now(self, wanted: EntryFilter, limit: int = 50) -> EntryPage:
        """Return the newest of them, without an event loop."""
        return self._store.read_now(lambda tx: page_of_entries(tx, wanted, None, limit))

    async def entry(self, seq: int) -> LoggedEntry | None:
        """Return one entry, or None."""
        raw = await self._store.read(lambda tx: raw_entry(tx, seq))
        return None if raw is None else LoggedEntry.model_validate_json(raw)

    async def raw_entry(self, seq: int) -> bytes | None:
        """Return one entry's bytes as the tree holds them, or None."""
        return await self._store.read(lambda tx: raw_entry(tx, seq))

    async def reason(self, seq: int) -> str | None:
        """Return the free words kept beside an entry, or None where none are (any more)."""
        kept = await self._store.read(lambda tx: stored_detail(tx, seq))
        return None if kept is None else self._details.open(seq, *kept)

    async def erase_reason(self, seq: int) -> bool:
        """Delete the free words of an entry; append a `detail_erased` entry first."""
        gone = await self._store.write(lambda tx: tx.run(_ERASE, of_seq=seq) > 0)
        await asyncio.to_thread(self._store.truncate_log)
        return gone

    async def inclusion(self, seq: int) -> Proof:
        """Return the proof that entry `seq` lies under the newest checkpoint, made if need be.

        Raises:
            ValueError: there is no such entry.
        """
        return await self._store.write(lambda tx: inclusion(tx, self._appender, seq))

    def entry_with_proof_now(self, seq: int) -> tuple[bytes, Proof]:
        """Return an entry's bytes and the proof that it lies in the log.

        Raises:
            ValueError: there is no such entry.
        """

        def work(tx: Tx) -> tuple[bytes, Proof]:
            raw = raw_entry(tx, seq)
            if raw is None:
                raise ValueError("there is no such entry")
            return raw, inclusion(tx, self._appender, seq)

        return self._store.write_now(work)

    async def consistency(self, old: int) -> Proof:
        """Return the proof that the log of today only adds to the one of size `old`.

        Raises:
            ValueError: the log was never that large.
        """
        return await self._store.write(lambda tx: consistency(tx, self._appender, old))

    async def verify_all(self) -> Verification:
        """Return what a recomputation of the whole log from its entries finds."""
        return await asyncio.to_thread(self.verify_all_now)

    def verify_all_now(self) -> Verification:
        """Do the same in this thread."""
        return recompute(self._store, self._signer.verifier, self._details)

    async def verify_since(self, note: str) -> Comparison:
        """Return whether the log was only added to since a checkpoint saved elsewhere."""
        return await asyncio.to_thread(self.verify_since_now, note)

    def verify_since_now(self, note: str) -> Comparison:
        """Do the same in this thread."""
        return compare(self._store, self._appender, self._signer.verifier, self._details, note)

    async def export(self, out: IO[bytes]) -> int:
        """Write the whole log with what is needed to check it elsewhere; return its size."""
        return await asyncio.to_thread(self.export_now, out)

    def export_now(self, out: IO[bytes]) -> int:
        """Do the same in this thread."""
        verifier = self._signer.verifier
        return write_export(out, self._store, self._appender, verifier, self._details)
