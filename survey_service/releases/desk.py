"""What every use case of this room works with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.answers.freezes import Freezes
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


class Limits(Frozen):
    """How many requests are answered: by one researcher a day, and on one wave over all."""

    per_day: int = 20
    per_wave: int = 500


@dataclass(frozen=True)
class Desk:
    """The stores and rooms that releases lean on."""

    office: Store
    freezes: Freezes
    surveys: Surveys
    audit: AuditLog
    clock: Clock
    limits: Limits
    demonstration: bool
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

    def wave(self, wave_id: str, field_name: str = "wave") -> Wave:
        """Return a wave.

        Raises:
            InvalidInput: there is none with this id.
        """
        try:
            return self.surveys.wave_now(wave_id)
        except NotFound as error:
            message = N_("There is no such wave.")
            remedy = N_("Please choose a wave from the list.")
            raise InvalidInput([FieldError(field_name, message, remedy)]) from error

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
