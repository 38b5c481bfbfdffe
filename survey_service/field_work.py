"""What a coordinator does with a wave: open it, watch its progress in tens, close it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.collection.maintenance import Maintenance
from survey_service.collection.settle import Settle
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState


@dataclass(frozen=True)
class Progress:
    """A wave and how many settled answers it has, floored to ten; None below twenty."""

    wave: Wave
    settled: int | None


class FieldWork:
    """The coordinator's use cases; every one is logged before it happens."""

    def __init__(
        self,
        surveys: Surveys,
        settle: Settle,
        answers: Answers,
        maintenance: Maintenance,
        audit: AuditLog,
    ) -> None:
        self._surveys = surveys
        self._settle = settle
        self._answers = answers
        self._maintenance = maintenance
        self._audit = audit

    def open_wave_now(self, wave_id: str, person: Person | None = None) -> Wave:
        """Put a wave into the field."""
        return self._surveys.move_now(wave_id, WaveState.OPEN, person)

    def close_wave_now(self, wave_id: str, person: Person | None = None) -> Wave:
        """Close a wave: nobody can submit, all that waits is settled, all rows are rewritten."""
        wave = self._surveys.move_now(wave_id, WaveState.CLOSED, person)
        self._settle.run(wave, closing=True)
        self._maintenance.freeze_if_due(wave)
        return wave

    def progress_now(self, person: Person | None = None) -> list[Progress]:
        """Return every wave with its progress."""
        self._audit.append_now(
            AuditEntry(
                act=Act.PROGRESS_READ,
                object_type=ObjectType.SURVEY,
                actor=person,
                purpose=Purpose.FIELD_WORK,
            )
        )
        return [Progress(w, self._answers.progress(w.id)) for w in self._surveys.waves_now()]
