"""What the data protection officer does with the log; each of it is an entry itself, made first."""

from __future__ import annotations

import io

from schemas.audit import Act, LoggedEntry, ObjectType, Outcome, Purpose
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.audit_log.checking import Verification
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.proving import Comparison, Proof
from survey_service.audit_log.reading import EntryFilter, EntryPage
from survey_service.audit_log.service import AuditLog, LogBroken
from survey_service.problems import NotFound

LONGEST_PASTED = 20_000


class EntryShown(Frozen):
    """One entry with what is kept beside it."""

    entry: LoggedEntry
    text: str
    reason: str | None


class Checked(Frozen):
    """A check that was made, and the entry that says how it ended.

    `seq` is None where the log is too damaged to be added to: then, and only then, a check goes
    on without an entry, because it is how the damage comes to light.
    """

    seq: int | None
    verification: Verification
    comparison: Comparison | None = None


def _entry(act: Act, person: Person, **more: object) -> AuditEntry:
    given = {
        "act": act,
        "object_type": ObjectType.LOG,
        "actor": person,
        "purpose": Purpose.OVERSIGHT,
    }
    return AuditEntry.model_validate(given | more)


async def _if_possible(audit: AuditLog, entry: AuditEntry) -> int | None:
    try:
        return await audit.append(entry)
    except LogBroken:
        return None


async def read(
    audit: AuditLog, person: Person, wanted: EntryFilter, before: int | None, limit: int
) -> EntryPage:
    """Return a page of entries."""
    await audit.append(_entry(Act.LOG_READ, person, reason=wanted.words() or None))
    return await audit.entries(wanted, before, limit)


async def read_entry(audit: AuditLog, person: Person, seq: int) -> EntryShown:
    """Return one entry, its bytes as text and its reason.

    Raises:
        NotFound: there is no such entry.
    """
    raw = await audit.raw_entry(seq)
    if raw is None:
        raise NotFound
    about = {"object_type": ObjectType.ENTRY, "object_ref": str(seq)}
    await audit.append(_entry(Act.LOG_READ, person, **about))
    return EntryShown(
        entry=LoggedEntry.model_validate_json(raw),
        text=raw.decode(),
        reason=await audit.reason(seq),
    )


async def prove_entry(audit: AuditLog, person: Person, seq: int) -> Proof:
    """Return the proof that an entry lies in the log.

    Raises:
        NotFound: there is no such entry.
    """
    if not 0 <= seq < await audit.size():
        raise NotFound
    about = {"object_type": ObjectType.ENTRY, "object_ref": str(seq)}
    await audit.append(_entry(Act.LOG_PROVED, person, **about))
    return await audit.inclusion(seq)


async def prove_growth(audit: AuditLog, person: Person, old: int) -> Proof:
    """Return the proof that the log of today only adds to the one of size `old`.

    Raises:
        NotFound: the log was never that large.
    """
    if not 0 <= old <= await audit.size():
        raise NotFound
    await audit.append(_entry(Act.LOG_PROVED, person, counts={"old_size": old}))
    return await audit.consistency(old)


async def checkpoint(audit: AuditLog, person: Person) -> str:
    """Return the signed note over the log, the entry about this included."""
    await audit.append(_entry(Act.CHECKPOINT_MADE, person, object_type=ObjectType.CHECKPOINT))
    return await audit.checkpoint()


async def verify(audit: AuditLog, person: Person) -> Checked:
    """Return what recomputing the whole log found."""
    await _if_possible(audit, _entry(Act.LOG_VERIFIED, person, outcome=Outcome.INTENT))
    found = await audit.verify_all()
    seq = await _if_possible(audit, _result(Act.LOG_VERIFIED, person, found))
    return Checked(seq=seq, verification=found)


async def compare(audit: AuditLog, person: Person, note: str) -> Checked:
    """Return whether the log was only added to since a checkpoint that was saved elsewhere."""
    await _if_possible(audit, _entry(Act.LOG_COMPARED, person, outcome=Outcome.INTENT))
    compared = await audit.verify_since(as_saved(note))
    found = compared.verification
    saved = compared.saved.size if compared.saved else None
    seq = await _if_possible(audit, _result(Act.LOG_COMPARED, person, found, saved))
    return Checked(seq=seq, verification=found, comparison=compared)


async def export(audit: AuditLog, person: Person) -> bytes:
    """Return the whole log as a zip that can be checked elsewhere."""
    await audit.append(_entry(Act.LOG_EXPORTED, person))
    out = io.BytesIO()
    await audit.export(out)
    return out.getvalue()


def as_saved(pasted: str) -> str:
    """Return a note as it was before a form or an editor changed its line ends."""
    lines = pasted[:LONGEST_PASTED].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.strip() for line in lines).strip() + "\n"


def _result(act: Act, person: Person, found: Verification, saved: int | None = None) -> AuditEntry:
    counts = {
        "entries": found.size,
        "checkpoints": found.checkpoints,
        "saved_size": saved,
        "first_bad": found.first_bad,
        "last_bad": found.last_bad,
    }
    return _entry(
        act,
        person,
        object_ref=found.finding.value if found.finding else "",
        outcome=Outcome.OK if found.sound else Outcome.ERROR,
        counts={name: count for name, count in counts.items() if count is not None},
    )
