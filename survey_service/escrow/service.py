"""Finding a lost code: one person asks with a reason, another agrees, settle looks, two open.

The office learns nothing of it. Whom to look for is sealed to settle, and what settle gives back
opens with two keys that are elsewhere, whether anything was found or not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import instant
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.escrow.finding import told
from survey_service.escrow.kept import FETCHED, REQUESTS, LostCode, settle_key
from survey_service.escrow.models import EscrowRequestRow
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotReady
from survey_service.reasons import says_too_little
from survey_service.stores.envelopes import pad, seal_to
from survey_service.stores.store import Store
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState
from survey_service.two_people.service import LONGEST_REASON, AskedOfAnother

TOLD_BLOCK = 512


class LostCodes(AskedOfAnother[LostCode]):
    """The use cases; `fresh` lets settle look at once, where it is in reach."""

    requests = REQUESTS
    granted = Act.ESCROW_GRANTED
    refused = Act.ESCROW_REFUSED
    object_type = ObjectType.ESCROW
    purpose = Purpose.RESPONDENT_RIGHTS

    def __init__(
        self,
        office: Store,
        surveys: Surveys,
        audit: AuditLog,
        clock: Clock,
        fresh: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(office, audit, clock, fresh)
        self._surveys = surveys

    def waves(self) -> list[Wave]:
        """Return the waves in which a lost code can be found."""
        waves = self._surveys.waves_now()
        return [w for w in waves if w.notice.escrow and w.state is not WaveState.DRAFT]

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
        whom = seal_to(public, pad(json.dumps(said).encode(), TOLD_BLOCK), key.encode())
        asked = self._asked(person, key, wave.survey, reason)
        row = EscrowRequestRow.model_validate(asked | {"wave": wave.id, "told": whom})
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
        errors += says_too_little(reason, LONGEST_REASON)
        if errors or wave is None:
            raise InvalidInput(errors)
        return wave, said

    async def file(self, person: Person, request_id: str) -> bytes:
        """Return the file for the first officer; that it is fetched is in the log before.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
            Conflict: it was not granted, or its time is over.
            NotReady: settle has not looked yet.
        """
        found = await self.own(person, request_id)
        if found.state != "granted":
            raise Conflict(N_("Nobody has granted this, or its time is over."))
        await asyncio.to_thread(self._fresh)
        sealed = await self._office.read(lambda tx: self.requests.sealed(tx, request_id))
        if sealed is None:
            raise NotReady(N_("It is being looked for. Please try again in a minute."))
        await self._log(Act.ESCROW_FETCHED, request_id, person)
        at = instant(self._clock())
        await self._office.write(lambda tx: tx.run(FETCHED, of_id=request_id, at=at))
        return sealed

    async def end(self, person: Person, request_id: str) -> None:
        """Destroy the file here, because the officers have it; again is the same.

        Of a refused request nothing is left to destroy, and it stays one.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
        """
        found = await self.own(person, request_id)
        if found.state in ("over", "refused"):
            return
        await self._log(Act.ESCROW_ENDED, request_id, person)
        await self._office.write(lambda tx: self.requests.end(tx, request_id))
        await asyncio.to_thread(self._office.truncate_log)
