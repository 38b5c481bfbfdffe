"""What the installation does by itself: heal, settle, freeze, purge. Every step can be repeated."""

from __future__ import annotations

from datetime import date, timedelta

from schemas.audit import Act, ObjectType, Purpose
from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.collection.drafts import Drafts
from survey_service.collection.hand_over import HandOver
from survey_service.collection.retention import Retention
from survey_service.collection.settle import Settle
from survey_service.consent.service import Consents
from survey_service.invitations.service import Invitations
from survey_service.retention.certificates import Certificates
from survey_service.stores.ballast import Ballast
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState


class Maintenance:
    """Runs at the start and once an hour."""

    def __init__(
        self,
        surveys: Surveys,
        settle: Settle,
        hand_over: HandOver,
        drafts: Drafts,
        consents: Consents,
        answers: Answers,
        freezes: Freezes,
        tombstones: Tombstones,
        ballast: Ballast,
        audit: AuditLog,
        clock: Clock,
        certificates: Certificates,
        invitations: Invitations,
    ) -> None:
        self._surveys = surveys
        self._settle = settle
        self._hand_over = hand_over
        self._drafts = drafts
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._tombstones = tombstones
        self._ballast = ballast
        self._audit = audit
        self._clock = clock
        self._retention = Retention(answers.store, consents, answers, freezes, certificates)
        self._invitations = invitations

    def run(self) -> None:
        """Do everything that is due."""
        self._ballast.lay()
        self._drafts.purge_now(self._clock().date())
        self.replay_tombstones()
        today = self._clock().date()
        for wave in self._surveys.waves_now():
            self._hand_over.serve(wave.id)
            if wave.state is WaveState.OPEN and wave.closes_on and today > _day(wave.closes_on):
                self._surveys.move_now(wave.id, WaveState.CLOSED)
        for wave in self._surveys.waves_now():
            if wave.state is WaveState.OPEN:
                self._settle.run(wave)
            elif wave.state is WaveState.CLOSED:
                # Whoever submitted in the moment of closing waits for nobody else.
                self._settle.run(wave, closing=True)
                self._invitations.field_work_ended_now(wave)
                self.freeze_if_due(wave)
            elif wave.state is WaveState.ARCHIVED:
                # Where a crash came between the steps of archiving.
                self._settle.run(wave, closing=True)
                self._invitations.field_work_ended_now(wave)
                self.destroy_freezes(wave)
        self._hand_over.work_off(self._surveys.waves_now())
        self._retention.run(self._surveys.waves_now(), today)

    def replay_tombstones(self) -> None:
        """Finish erasures that a crash cut short, or that a restored backup brought back."""
        self._tombstones.refresh()
        gone = [t for t in self._answers.tags() if self._tombstones.holds("answers", t)]
        if gone:
            waves = {w for w in map(self._answers.wave_of, gone) if w is not None}
            self._answers.forget(gone)
            for wave in waves:
                self._freezes.destroy(wave)
        left = [t for t in self._consents.tags() if self._tombstones.holds("vault", t)]
        if left:
            self._consents.forget(left)

    def destroy_freezes(self, wave: Wave) -> None:
        """Leave no freeze of a wave; nothing happens where there is none."""
        if self._freezes.latest(wave.id) is None:
            return
        self._audit.append_now(
            AuditEntry(
                act=Act.FREEZE_DESTROYED,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                purpose=Purpose.STATISTICS,
            )
        )
        self._freezes.destroy(wave.id)

    def freeze_if_due(self, wave: Wave) -> bool:
        """Freeze a closed wave once its cooling-off is over; return whether it was.

        After an erasure destroyed the freeze, the next one waits for its interval: many changes
        together say less of each. What was released of an earlier freeze is compared with every
        table of the next, which goes only where no difference singles anybody out.
        """
        # What respondents changed since is counted as it is now, and no freeze holds what was.
        self._hand_over.serve(wave.id)
        today = self._clock().date()
        due = wave.freeze_due()
        if due is None or today < due or self._freezes.latest(wave.id) is not None:
            return False
        before = self._freezes.ever(wave.id)
        if before is not None and today < before + timedelta(days=wave.freeze_interval_days):
            return False
        self._audit.append_now(
            AuditEntry(
                act=Act.WAVE_FROZEN,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                purpose=Purpose.STATISTICS,
            )
        )
        return self._freezes.make(wave.id, wave.form, today) is not None


def _day(text: str) -> date:
    return date.fromisoformat(text)
