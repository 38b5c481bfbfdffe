"""What every use case of this room works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.answers.freezes import KeptFreezes
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.problems import N_, FieldError, InvalidInput, NotFound, StoreFull
from survey_service.releases.codebook import Codebook, codebook
from survey_service.stores.errors import StoreFull as DiskFull
from survey_service.stores.store import Store
from survey_service.surveys.core import load
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState

DEMONSTRATION_TICK = 2.0
"""Seconds between answers where no respondent is real, so that a visitor need not wait."""


class Limits(Frozen):
    """How many requests are answered: by one researcher a day, and on one wave over all.

    `tick`: seconds between the moments at which the worker gives its answers.
    """

    per_day: int = 20
    per_wave: int = 500
    tick: float = 60.0


@dataclass(frozen=True)
class Desk:
    """The stores and rooms that releases lean on.

    `plan`: the variables of each planned table; `planned`: waves whose plan is known to stand.
    `workers`: who takes requests over, if somebody does; one table is counted at a time.
    """

    office: Store
    freezes: KeptFreezes
    surveys: Surveys
    audit: AuditLog
    clock: Clock
    limits: Limits
    demonstration: bool
    plan: tuple[tuple[str, ...], ...] = ()
    planned: set[str] = field(default_factory=set)
    workers: list[Callable[[str, Person | None], None]] = field(default_factory=list)
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)
    _books: dict[tuple[str, int], Codebook] = field(default_factory=dict)

    def book(self, wave: Wave) -> Codebook:
        """Return what the wave offers for tables."""
        key = (wave.survey, wave.form.questionnaire.version)
        if key not in self._books:
            self._books[key] = codebook(wave.form, load().hierarchies)
        return self._books[key]

    def waves(self) -> list[Wave]:
        """Return the waves that have been in the field, by survey and number."""
        return [wave for wave in self.surveys.waves_now() if wave.state is not WaveState.DRAFT]

    def asked_of(self) -> list[Wave]:
        """Return the waves of which something may be asked: an archived one is not among them."""
        return [wave for wave in self.waves() if wave.state is not WaveState.ARCHIVED]

    def wave(self, wave_id: str, field_name: str = "wave") -> Wave:
        """Return a wave.

        Raises:
            InvalidInput: there is none with this id.
        """
        try:
            wave = self.surveys.wave_now(wave_id)
        except NotFound as error:
            message = N_("There is no such wave.")
            remedy = N_("Please choose a wave from the list.")
            raise InvalidInput([FieldError(field_name, message, remedy)]) from error
        return wave

    def wave_to_ask(self, wave_id: str) -> Wave:
        """Return a wave that something may be asked of.

        Raises:
            InvalidInput: there is none with this id, or it is archived.
        """
        wave = self.wave(wave_id)
        if wave.state is WaveState.ARCHIVED:
            message = N_("This wave is archived: nothing more can be asked of it.")
            raise InvalidInput([FieldError("wave", message, N_("Its published tables stay."))])
        return wave

    def instant(self) -> str:
        """Return this instant as UTC text to the second."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def now(self) -> datetime:
        """Return this instant."""
        return self.clock()

    async def log(
        self,
        act: Act,
        ref: str,
        person: Person | None,
        *,
        kind: ObjectType = ObjectType.REQUEST,
        counts: dict[str, int] | None = None,
        hashes: dict[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        """Write the entry that comes before an act.

        Raises:
            StoreFull: it could not be written; the act must not happen.
        """
        entry = AuditEntry(
            act=act,
            object_type=kind,
            object_ref=ref,
            actor=person,
            purpose=Purpose.DISCLOSURE_CONTROL,
            outcome=Outcome.OK,
            counts=counts or {},
            hashes=hashes or {},
            reason=reason,
        )
        try:
            await self.audit.append(entry)
        except DiskFull as error:
            raise StoreFull from error


def longer_than(field_name: str, text: str, least: int) -> Iterable[FieldError]:
    """Yield what is wrong with a reason that says too little."""
    if len(text.strip()) < least:
        message = N_("Please write at least %(least)s characters.")
        yield FieldError(field_name, message, "", {"least": least})
