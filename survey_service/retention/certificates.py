"""Certificates of erasure: signed, bound to an entry of the audit log, checked without us.

A certificate is begun durably before anything is erased and completed afterwards, so that a crash
in between leaves one that the next run completes. It says what, of whom in tens, and when; no
respondent. Its proof shows that the entry it rests on lies in the log.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry, canonical
from survey_service.audit_log.note import proof_text
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.problems import NotFound
from survey_service.retention.models import CertificateRow
from survey_service.stores.store import Store
from survey_service.stores.tombstones import Tombstones

HEADING = "equality-survey/erasure-certificate/v1"

_TABLE: Any = CertificateRow.__table__  # type: ignore[attr-defined]
_ALL = select(_TABLE).order_by(_TABLE.c.day.desc(), _TABLE.c.id)
_ONE = select(_TABLE).where(_TABLE.c.id == bindparam("of_id"))
_BEGUN = select(_TABLE).where(_TABLE.c.document.is_(None))
_END = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("of_id"), _TABLE.c.document.is_(None))
    .values(document=bindparam("text"))
)


class Erasure(Frozen):
    """What is to be erased because its time is over; `scope` is the wave's id or the survey."""

    survey: str
    scope: str
    purpose: str
    store: str


class Certificate(Frozen):
    """A certificate as the data protection officer finds it; `document` is what is downloaded."""

    id: str
    survey: str
    scope: str
    purpose: str
    store: str
    day: str
    rows: int
    entry: int
    document: str | None


class KeptCertificates:
    """Certificates as they are read; they lie in the office's store."""

    def __init__(self, office: Store, audit: AuditLog) -> None:
        self._office = office
        self._audit = audit

    async def all(self, person: Person) -> Sequence[Certificate]:
        """Return every certificate, newest first."""
        await self._log(Act.RETENTION_READ, "", person)
        rows = await self._office.read(lambda tx: tx.dicts(_ALL))
        return [Certificate.model_validate(row) for row in rows]

    async def fetch(self, person: Person, certificate_id: str) -> str:
        """Return a certificate as a file.

        Raises:
            NotFound: there is none, or it is not whole yet.
        """
        rows = await self._office.read(lambda tx: tx.dicts(_ONE, of_id=certificate_id))
        if not rows or rows[0]["document"] is None:
            raise NotFound
        await self._log(Act.CERTIFICATE_FETCHED, certificate_id, person)
        return str(rows[0]["document"])

    async def _log(self, act: Act, ref: str, person: Person) -> None:
        await self._audit.append(
            AuditEntry(
                act=act,
                object_type=ObjectType.CERTIFICATE,
                object_ref=ref,
                actor=person,
                purpose=Purpose.OVERSIGHT,
            )
        )


class Certificates(KeptCertificates):
    """Certificates as they are made, by whoever erases."""

    def __init__(
        self, office: Store, audit: AuditLog, tombstones: Tombstones, clock: Clock
    ) -> None:
        super().__init__(office, audit)
        self._tombstones = tombstones
        self._clock = clock

    def begin_now(self, erasure: Erasure, rows: int) -> str:
        """Log what is about to be erased, and return the certificate that was begun; durable.

        `rows` is floored to ten already. One that was begun and never completed is taken up.
        """
        begun = self._begun(erasure)
        if begun is not None:
            return begun.id
        entry = self._audit.append_now(
            AuditEntry(
                act=Act.ERASURES_BATCHED,
                object_type=ObjectType.SURVEY,
                object_ref=f"{erasure.scope}/{erasure.purpose}/{erasure.store}",
                purpose=Purpose.OPERATION,
                counts={"rows_floored_to_ten": rows},
                hashes={"tombstones": self._tombstones.digest()},
            )
        )
        day = self._clock().date().isoformat()
        row = {
            **erasure.model_dump(),
            "id": f"{erasure.scope}-{erasure.purpose}-{erasure.store}-{entry}",
            "day": day,
            "rows": rows,
            "entry": entry,
        }
        made = CertificateRow.model_validate(row)
        self._office.write_now(lambda tx: tx.add(made, ignore=True))
        return made.id

    def complete_now(self, certificate_id: str) -> None:
        """Sign what was begun, now that it is done; again is the same."""
        rows = self._office.read_now(lambda tx: tx.dicts(_ONE, of_id=certificate_id))
        text = self._document(Certificate.model_validate(rows[0]))
        self._office.write_now(lambda tx: tx.run(_END, of_id=certificate_id, text=text))

    def _begun(self, erasure: Erasure) -> Certificate | None:
        rows = self._office.read_now(lambda tx: tx.dicts(_BEGUN))
        kept = [Certificate.model_validate(row) for row in rows]
        wanted = erasure.model_dump()
        return next((c for c in kept if wanted.items() <= c.model_dump().items()), None)

    def begun_now(self) -> list[Certificate]:
        """Return those that were begun and not completed: something was cut short."""
        rows = self._office.read_now(lambda tx: tx.dicts(_BEGUN))
        return [Certificate.model_validate(row) for row in rows]

    def _document(self, made: Certificate) -> str:
        entry, proof = self._audit.entry_with_proof_now(made.entry)
        logged = json.loads(entry)
        says = {
            "survey": made.survey,
            "scope": made.scope,
            "purpose": made.purpose,
            "store": made.store,
            "day": made.day,
            "rows_floored_to_ten": made.rows,
            "tombstones": logged["hashes"]["tombstones"],
            "log_index": made.entry,
        }
        note = self._audit.signed(f"{HEADING}\n{canonical(says).decode()}\n")
        hashes = [bytes.fromhex(value) for value in proof.hashes]
        document = {
            "certificate": note,
            "entry": entry.decode(),
            "proof": proof_text(made.entry, hashes, proof.checkpoint),
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
