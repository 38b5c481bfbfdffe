"""Asking and deciding: what is the same of everything that needs a second person's yes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Generic

from schemas.audit import Act, ObjectType, Outcome, Purpose
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.problems import N_, Conflict, Forbidden, NotFound
from survey_service.stores.store import Store
from survey_service.two_people.kept import A, Requests

LIVES = timedelta(days=7)
LONGEST_REASON = 1000
DECIDED = N_("This was decided already, or its time is over.")


class AskedOfAnother(Generic[A]):
    """Requests of one kind; `fresh` lets settle look at once, where it is in reach."""

    requests: Requests[A]
    granted: ClassVar[Act]
    refused: ClassVar[Act]
    object_type: ClassVar[ObjectType]
    purpose: ClassVar[Purpose]

    def __init__(
        self, office: Store, audit: AuditLog, clock: Clock, fresh: Callable[[], None]
    ) -> None:
        self._office = office
        self._audit = audit
        self._clock = clock
        self._fresh = fresh

    async def all(self) -> list[A]:
        """Return the last hundred requests, newest first; none says what was sealed."""
        now = instant(self._clock())
        return await self._office.read(lambda tx: self.requests.all(tx, now))

    async def one(self, request_id: str) -> A:
        """Return a request.

        Raises:
            NotFound: there is none with this id.
        """
        now = instant(self._clock())
        found = await self._office.read(lambda tx: self.requests.one(tx, request_id, now))
        if found is None:
            raise NotFound
        return found

    async def own(self, person: Person, request_id: str) -> A:
        """Return a request to whoever asked.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        found = await self.one(request_id)
        if found.asked_by != person.id:
            raise NotFound
        return found

    async def decide(self, person: Person, request_id: str, *, grant: bool) -> None:
        """Grant or refuse somebody else's request; the same again is the same.

        Raises:
            NotFound: there is none with this id.
            Forbidden: it is the person's own.
            Conflict: it was decided already, or its time is over.
        """
        found = await self.one(request_id)
        if found.asked_by == person.id:
            raise Forbidden(N_("Whoever asks cannot decide."))
        state = "granted" if grant else "refused"
        if found.state == state and found.decided_by == person.id:
            return
        if found.state != "asked":
            raise Conflict(DECIDED)
        await self._log(self.granted if grant else self.refused, request_id, person)
        now = self._clock()
        given = {"by": person.id, "now": instant(now), "until": instant(now + LIVES)}
        decided = await self._office.write(
            lambda tx: self.requests.decide(tx, request_id, grant=grant, **given)
        )
        if not decided:
            raise Conflict(DECIDED)
        await asyncio.to_thread(self._fresh)

    def _asked(self, person: Person, key: str, survey: str, reason: str) -> dict[str, Any]:
        """Return the columns of a new request that do not say what is asked for."""
        now = self._clock()
        return {
            "id": key,
            "survey": survey,
            "state": "asked",
            "reason": reason.strip(),
            "asked_by": person.id,
            "asked_at": instant(now),
            "ends_at": instant(now + LIVES),
        }

    async def _log(
        self,
        act: Act,
        ref: str,
        person: Person,
        outcome: Outcome = Outcome.OK,
        *,
        counts: dict[str, int] | None = None,
        reason: str | None = None,
    ) -> None:
        await self._audit.append(
            AuditEntry(
                act=act,
                object_type=self.object_type,
                object_ref=ref,
                actor=person,
                purpose=self.purpose,
                outcome=outcome,
                counts=counts or {},
                reason=reason,
            )
        )
