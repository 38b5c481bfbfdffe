"""Ceremonies of two: an administrator proposes, the data protection officer confirms.

What was confirmed is carried out by whoever holds the keys it is about (`carrying_out`): here at
once, or by another part of the installation within seconds. Each step is an entry of the audit
log before it happens.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.vocabulary import Frozen, Role
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.service import AuditLog
from survey_service.ceremonies.destroying import Destroyable
from survey_service.ceremonies.kinds import Kind
from survey_service.ceremonies.models import CeremonyRow
from survey_service.clock import Clock
from survey_service.problems import N_, Conflict, FieldError, Forbidden, InvalidInput, NotFound
from survey_service.reasons import says_too_little
from survey_service.stores.epochs import KeyAge
from survey_service.stores.store import Store

LIVES = timedelta(days=1)

_TABLE: Any = CeremonyRow.__table__  # type: ignore[attr-defined]
_ALL = select(_TABLE).order_by(_TABLE.c.proposed_at.desc()).limit(100)
_ONE = select(_TABLE).where(_TABLE.c.id == bindparam("of_id"))
_WAITING = select(_TABLE.c.id).where(
    _TABLE.c.subject == bindparam("of_subject"),
    (_TABLE.c.state == "confirmed")
    | ((_TABLE.c.state == "proposed") & (_TABLE.c.ends_at > bindparam("now"))),
)
_DECIDE = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bindparam("of_id"),
        _TABLE.c.state == "proposed",
        _TABLE.c.ends_at > bindparam("now"),
    )
    .values(state=bindparam("new_state"), decided_by=bindparam("by"), decided_at=bindparam("at"))
)


class Ceremony(Frozen):
    """A ceremony with its reason; `state` is also "over" where nobody decided in time."""

    id: str
    kind: Kind
    subject: str
    state: str
    proposed_by: str
    proposed_at: str
    ends_at: str
    decided_by: str | None
    decided_at: str | None
    done_at: str | None
    reason: str | None
    epoch: int
    hindrance: str | None = None


class Held(Protocol):
    """What can be replaced and destroyed, wherever the keys lie, and who does it."""

    def rotated(self) -> list[str]:
        """Return the secrets that can be replaced."""

    def destroyables(self) -> list[Destroyable]:
        """Return what can be destroyed, with what stands against it."""

    def ages(self) -> list[KeyAge]:
        """Return the secrets with epoch and age, never their values."""

    def epoch_of(self, name: str) -> int:
        """Return the epoch a secret is in."""

    def carry_out_now(self, ceremony_id: str) -> None:
        """Carry a confirmed ceremony out, as far as it is ours to do."""

    def heal_now(self) -> int:
        """Finish every ceremony that was confirmed and cut short; return how many."""


class Ceremonies:
    """The use cases of both people."""

    def __init__(self, office: Store, held: Held, audit: AuditLog, clock: Clock) -> None:
        self._office = office
        self._held = held
        self._audit = audit
        self._clock = clock
        self.ages, self.heal_now = held.ages, held.heal_now

    def subjects(self) -> dict[Kind, list[str]]:
        """Return what can be proposed, by kind."""
        return {
            Kind.ROTATE: self._held.rotated(),
            Kind.DESTROY: [d.subject for d in self._held.destroyables()],
        }

    async def propose(
        self, person: Person, kind: Kind, subject: str, reason: str, key: str
    ) -> Ceremony:
        """Propose a ceremony; the same key again is the same proposal.

        Raises:
            Forbidden: the person is no administrator.
            InvalidInput: there is no such subject, it must not be destroyed yet, or the reason
                says too little.
            Conflict: one about this subject waits already.
        """
        _refuse_other(person, Role.ADMINISTRATOR)
        await asyncio.to_thread(self._judge, kind, subject, reason)
        if (known := await self._find(key)) is not None:
            return known
        now = self._clock()
        waiting = await self._office.read(
            lambda tx: tx.one(_WAITING, of_subject=subject, now=instant(now))
        )
        if waiting is not None:
            raise Conflict(N_("A ceremony about this waits already."))
        entry = await self._log(
            Act.CEREMONY_PROPOSED, f"{kind}/{subject}", person, reason=reason.strip()
        )
        row = {
            "id": key,
            "kind": kind.value,
            "subject": subject,
            "state": "proposed",
            "epoch": self._held.epoch_of(self._secret_of(kind, subject)) + 1,
            "proposed_by": person.id,
            "proposed_at": instant(now),
            "ends_at": instant(now + LIVES),
            "entry": entry,
        }
        made = CeremonyRow.model_validate(row)
        await self._office.write(lambda tx: tx.add(made, ignore=True))
        return await self.one(key)

    async def confirm(self, person: Person, ceremony_id: str) -> Ceremony:
        """Confirm a proposal, which carries it out; again is the same.

        Where the keys lie with another part, it is still "confirmed" when this returns.

        Raises:
            Forbidden: the person is no data protection officer, or proposed it.
            NotFound: there is no such ceremony.
            Conflict: it is over, was declined, or must not be carried out now.
        """
        found = await self._decided(person, ceremony_id, Act.CEREMONY_CONFIRMED, "confirmed")
        if found.state == "confirmed":
            await asyncio.to_thread(self._held.carry_out_now, ceremony_id)
        return await self.one(ceremony_id)

    async def decline(self, person: Person, ceremony_id: str) -> Ceremony:
        """Decline a proposal.

        Raises:
            Forbidden, NotFound, Conflict: as for a confirmation.
        """
        return await self._decided(person, ceremony_id, Act.CEREMONY_DECLINED, "declined")

    async def _decided(self, person: Person, id_: str, act: Act, state: str) -> Ceremony:
        _refuse_other(person, Role.DPO)
        found = await self.one(id_)
        if found.proposed_by == person.id:
            raise Forbidden(N_("Whoever proposed it cannot decide it."))
        if found.state in (state, "done") and found.decided_by == person.id:
            return found
        if found.state != "proposed":
            raise Conflict(N_("This proposal is decided already, or its day is over."))
        if state == "confirmed" and found.hindrance is not None:
            raise Conflict(found.hindrance)
        await self._log(act, f"{found.kind}/{found.subject}", person)
        now = instant(self._clock())
        given = {"of_id": id_, "now": now, "new_state": state, "by": person.id, "at": now}
        if not await self._office.write(lambda tx: tx.run(_DECIDE, **given)):
            raise Conflict(N_("This proposal is decided already, or its day is over."))
        return await self.one(id_)

    async def all(self, person: Person) -> list[Ceremony]:
        """Return the last hundred, newest first."""
        await self._log(Act.CEREMONIES_READ, "", person)
        rows = await self._office.read(lambda tx: tx.dicts(_ALL))
        return [await self._shown(row) for row in rows]

    async def one(self, ceremony_id: str) -> Ceremony:
        """Return a ceremony.

        Raises:
            NotFound: there is none with this id.
        """
        found = await self._find(ceremony_id)
        if found is None:
            raise NotFound
        return found

    async def _find(self, ceremony_id: str) -> Ceremony | None:
        rows = await self._office.read(lambda tx: tx.dicts(_ONE, of_id=ceremony_id))
        return await self._shown(rows[0]) if rows else None

    async def _shown(self, row: dict[str, Any]) -> Ceremony:
        shown = {name: row[name] for name in Ceremony.model_fields if name in row}
        if row["state"] == "proposed" and row["ends_at"] <= instant(self._clock()):
            shown["state"] = "over"
        hindrance = None
        if shown["state"] == "proposed" and row["kind"] == Kind.DESTROY:
            found = await asyncio.to_thread(self._destroyable, row["subject"])
            hindrance = found.hindrance if found else None
        reason = await self._audit.reason(row["entry"])
        return Ceremony.model_validate(shown | {"reason": reason, "hindrance": hindrance})

    def _secret_of(self, kind: Kind, subject: str) -> str:
        found = self._destroyable(subject) if kind is Kind.DESTROY else None
        return found.secret or subject if found else subject

    def _destroyable(self, subject: str) -> Destroyable | None:
        return next((d for d in self._held.destroyables() if d.subject == subject), None)

    def _judge(self, kind: Kind, subject: str, reason: str) -> None:
        errors = []
        if subject not in self.subjects()[kind]:
            message = N_("There is nothing of this name.")
            errors.append(FieldError("subject", message, N_("Please choose from the list.")))
        elif kind is Kind.DESTROY:
            found = self._destroyable(subject)
            if found is not None and found.hindrance is not None:
                errors.append(FieldError("subject", found.hindrance))
        errors += says_too_little(reason)
        if errors:
            raise InvalidInput(errors)

    async def _log(self, act: Act, ref: str, person: Person, reason: str | None = None) -> int:
        return await self._audit.append(
            AuditEntry(
                act=act,
                object_type=ObjectType.CEREMONY,
                object_ref=ref,
                actor=person,
                purpose=Purpose.ADMINISTRATION,
                reason=reason,
            )
        )


def _refuse_other(person: Person, role: Role) -> None:
    if person.role is not role or person.session_id is None:
        raise Forbidden
