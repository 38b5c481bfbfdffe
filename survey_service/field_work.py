"""What a coordinator does with a wave: open it, watch its progress in tens, close it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.collection.maintenance import Maintenance
from survey_service.collection.settle import Settle
from survey_service.problems import N_, Conflict
from survey_service.quotas.service import Quotas
from survey_service.surveys.opening import Accepted, checklist
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
        quotas: Quotas,
        waiting: Callable[[str], int] = lambda _wave: 0,
    ) -> None:
        """`waiting` says how many requests for tables of a wave are undecided."""
        self._surveys = surveys
        self._settle = settle
        self._answers = answers
        self._maintenance = maintenance
        self._audit = audit
        self._quotas = quotas
        self._waiting = waiting

    def open_wave_now(
        self, wave_id: str, person: Person | None = None, accepted: Accepted | None = None
    ) -> Wave:
        """Put a wave into the field, once every warning was accepted with a reason.

        Raises:
            NotReadyToOpen: its questionnaire or notice has errors.
            InvalidInput: a kind of warning was not accepted, or without saying why.
            NotFound, Conflict: there is no such wave, or it is not in draft.
        """
        wave = self._surveys.wave_now(wave_id)
        reasons = {kind: reason.strip() for kind, reason in (accepted or {}).items()}
        found = checklist(wave)
        if wave.state is WaveState.DRAFT:
            found.check(reasons)
            for kind, remarks in found.warnings.items():
                self._log_accepted(wave, len(remarks), f"{kind}: {reasons[kind]}", person)
        return self._surveys.move_now(wave_id, WaveState.OPEN, person)

    def _log_accepted(self, wave: Wave, count: int, reason: str, person: Person | None) -> None:
        self._audit.append_now(
            AuditEntry(
                act=Act.WAVE_WARNINGS_ACCEPTED,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                counts={"warnings": count},
                hashes={"document": wave.questionnaire_digest},
                reason=reason,
            )
        )

    def archive_wave_now(self, wave_id: str, person: Person | None = None) -> Wave:
        """Archive a closed wave: its freezes are destroyed, and nothing more is asked of it.

        What was released stays. Answers stay until the notice's time is over, so that people can
        still see and erase them.

        Raises:
            NotFound: there is no such wave.
            Conflict: it is not closed, or requests for its tables are undecided.
        """
        if self._waiting(wave_id):
            raise Conflict(
                N_("Requests for tables of this wave wait for a decision. Let them be decided.")
            )
        wave = self._surveys.move_now(wave_id, WaveState.ARCHIVED, person)
        self._finish_archiving(wave)
        return wave

    def _finish_archiving(self, wave: Wave) -> None:
        # Whoever submitted in the moment of closing may still wait.
        self._settle.run(wave, closing=True)
        self._maintenance.destroy_freezes(wave)

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
        return [Progress(wave, self._settled(wave.id)) for wave in self._surveys.waves_now()]

    def _settled(self, wave_id: str) -> int | None:
        """The wave's total; with quotas that of the moment at which they were counted."""
        has_quotas, total = self._quotas.total_now(wave_id)
        return total if has_quotas else self._answers.progress(wave_id)
