"""Finding a lost code: one person asks with a reason, another agrees, settle looks, two open.

The office learns nothing of it. Whom to look for is sealed to settle, and what settle gives back
opens with two keys that are elsewhere, whether anything was found or not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.escrow.finding import told
from survey_service.escrow.kept import (
    DECIDE,
    DECIDE_AND_FORGET,
    END,
    FETCHED,
    LostCode,
    every_request,
    request_by_id,
    sealed_of,
    settle_key,
)
from survey_service.escrow.models import EscrowRequestRow
from survey_service.problems import (
    N_,
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    NotReady,
)
from survey_service.stores.envelopes import pad, seal_to
from survey_service.stores.store import Store
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState

LIVES = timedelta(days=7)
SHORTEST_REASON, LONGEST_REASON = 20, 1000
TOLD_BLOCK = 512
DECIDED = N_("This was decided already, or its time is over.")


class LostCodes:
    """The use cases; `fresh` lets settle look at once, where it is in reach."""

    def __init__(
        self,
        office: Store,
        surveys: Surveys,
        audit: AuditLog,
        clock: Clock,
        fresh: Callable[[], None] = lambda: None,
    ) -> None:
        self._office = office
        self._surveys = surveys
        self._audit = audit
        self._clock = clock
        self._fresh = fresh

    def _now(self) -> str:
        return instant(self._clock())

    def waves(self) -> list[Wave]:
        """Return the waves in which a lost code can be found."""
        waves = self._surveys.waves_now()
        return [w for w in waves if w.notice.escrow and w.state is not WaveState.DRAFT]

    async def all(self) -> list[LostCode]:
        """Return the last hundred requests, newest first; none says who asked for his code."""
        return await self._office.read(lambda tx: every_request(tx, self._now()))

    async def one(self, request_id: str) -> LostCode:
        """Return a request.

        Raises:
            NotFound: there is none with this id.
        """
        found = await self._office.read(lambda tx: request_by_id(tx, request_id, self._now()))
        if found is None:
            raise NotFound
        return found

    async def ask(
        self, person: Person, wave_id: str, name: str, phone: str, reason: str, key: str
    ) -> str:
        """Ask for somebody's lost code and return the request; the same key again is the same.

        Raises:
            InvalidInput: no such wave, no name or number, or a reason that says too little.
            NotReady: settle has not left the key yet that this is sealed to.
        """
        wave, said = self._judged(wave_id, name, phone, reason)
        public = await self._office.read(settle_key)
        if public is None:
            await asyncio.to_thread(self._fresh)
            public = await self._office.read(settle_key)
        if public is None:
            raise NotReady
        await self._log(Act.ESCROW_ASKED, key, person, reason=reason.strip())
        now = self._clock()
        row = EscrowRequestRow.model_validate(
            {
                "id": key,
                "survey": wave.survey,
                "wave": wave.id,
                "state": "asked",
                "reason": reason.strip(),
                "asked_by": person.id,
                "asked_at": instant(now),
                "ends_at": instant(now + LIVES),
                "told": seal_to(public, pad(json.dumps(said).encode(), TOLD_BLOCK), key.encode()),
            }
        )
        await self._office.write(lambda tx: tx.add(row, ignore=True))
        return key

    def _judged(
        self, wave_id: str, name: str, phone: str, reason: str
    ) -> tuple[Wave, tuple[str, str]]:
        errors = []
        wave = next((wave for wave in self.waves() if wave.id == wave_id), None)
        if wave is None:
            errors.append(FieldError("wave", N_("Please choose a survey.")))
        said = ("", "")
        try:
            said = told(name, phone)
        except InvalidInput as wrong:
            errors += wrong.fields
        if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
            message = N_("Please write at least %(least)s characters, at most %(most)s.")
            values = {"least": SHORTEST_REASON, "most": LONGEST_REASON}
            errors.append(FieldError("reason", message, "", values))
        if errors or wave is None:
            raise InvalidInput(errors)
        return wave, said

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
        await self._log(Act.ESCROW_GRANTED if grant else Act.ESCROW_REFUSED, request_id, person)
        if not await self._decide(person, request_id, state):
            raise Conflict(DECIDED)
        await asyncio.to_thread(self._fresh)

    async def _decide(self, person: Person, request_id: str, state: str) -> bool:
        now = self._clock()
        given = {
            "of_id": request_id,
            "by": person.id,
            "now": instant(now),
            "decided_now": instant(now),
            "new_state": state,
            "new_end": instant(now + LIVES),
        }
        act = DECIDE_AND_FORGET if state == "refused" else DECIDE
        return await self._office.write(lambda tx: tx.run(act, **given)) == 1

    async def file(self, person: Person, request_id: str) -> bytes:
        """Return the file for the first officer; that it is fetched is in the log before.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
            Conflict: it was not granted, or its time is over.
            NotReady: settle has not looked yet.
        """
        found = await self._own(person, request_id)
        if found.state != "granted":
            raise Conflict(N_("Nobody has granted this, or its time is over."))
        await asyncio.to_thread(self._fresh)
        sealed = await self._office.read(lambda tx: sealed_of(tx, request_id))
        if sealed is None:
            raise NotReady(N_("It is being looked for. Please try again in a minute."))
        await self._log(Act.ESCROW_FETCHED, request_id, person)
        at = self._now()
        await self._office.write(lambda tx: tx.run(FETCHED, of_id=request_id, at=at))
        return bytes(sealed)

    async def end(self, person: Person, request_id: str) -> None:
        """Destroy the file here, because the officers have it; again is the same.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        found = await self._own(person, request_id)
        if found.state == "over":
            return
        await self._log(Act.ESCROW_ENDED, request_id, person)
        await self._office.write(lambda tx: tx.run(END, of_id=request_id))
        await asyncio.to_thread(self._office.truncate_log)

    async def _own(self, person: Person, request_id: str) -> LostCode:
        found = await self.one(request_id)
        if found.asked_by != person.id:
            raise NotFound
        return found

    async def _log(self, act: Act, ref: str, person: Person, reason: str | None = None) -> None:
        await self._audit.append(
            AuditEntry(
                act=act,
                object_type=ObjectType.ESCROW,
                object_ref=ref,
                actor=person,
                purpose=Purpose.RESPONDENT_RIGHTS,
                reason=reason,
            )
        )
