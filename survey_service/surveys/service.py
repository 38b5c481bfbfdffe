"""The surveys' use cases: store versions, and take a wave through its life."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.canonical import digest
from schemas.notice import Notice
from schemas.questionnaire import Questionnaire
from schemas.texts import Texts
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.escrow.kept import agreed_for
from survey_service.problems import N_, Conflict, InvalidInput
from survey_service.stores.ids import new_id
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.content_rule import breaches
from survey_service.surveys.known import KnownSurveys
from survey_service.surveys.library import Library
from survey_service.surveys.media.service import MediaFiles
from survey_service.surveys.models import SurveyRow, WaveRow
from survey_service.surveys.stored_notices import StoredNotices
from survey_service.surveys.waves import Wave, WaveSettings, WaveState

_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
_MOVE = (
    update(_WAVE)
    .where(_WAVE.c.id == bindparam("wave"), _WAVE.c.state == bindparam("old"))
    .values(
        state=bindparam("new_state"),
        opened_on=bindparam("new_opened"),
        closed_on=bindparam("new_closed"),
    )
)
# The rows are locked, so that of two waves opened at one moment the second sees the first.
_IN_FIELD = (
    select(_WAVE.c.id, _WAVE.c.state).where(_WAVE.c.survey == bindparam("survey")).with_for_update()
)
# The state is asked in the statement itself: nobody changes a wave that opens at this moment.
_SET = (
    update(_WAVE)
    .where(_WAVE.c.id == bindparam("wave"), _WAVE.c.state == WaveState.DRAFT.value)
    .values({name: bindparam(f"new_{name}") for name in WaveSettings._fields})
)
PROMISES_OTHERWISE = N_(
    "The notice says something else of lost codes than two people agreed on for this wave. "
    "Settle it on the wave's page first."
)
LOCKED = N_("The wave has been opened: its settings are locked.")
OTHER_OPEN = N_("Another wave of this survey is open. Close it first.")
WRONG_STATE = N_("The wave is not in the state that this needs.")

BEFORE = {
    WaveState.OPEN: WaveState.DRAFT,
    WaveState.CLOSED: WaveState.OPEN,
    WaveState.ARCHIVED: WaveState.CLOSED,
}
"""The one state that each state is reached from."""
_ACTS = {
    WaveState.OPEN: Act.WAVE_OPENED,
    WaveState.CLOSED: Act.WAVE_CLOSED,
    WaveState.ARCHIVED: Act.WAVE_ARCHIVED,
}


class Surveys(KnownSurveys):
    """Surveys and waves, and what a coordinator does with them."""

    def __init__(self, office: Store, audit: AuditLog, clock: Clock) -> None:
        super().__init__(
            office, Library(office, audit), MediaFiles(office, audit), StoredNotices(office, audit)
        )
        self._audit = audit
        self._clock = clock

    def add_survey_now(self, slug: str, title: Texts, *, draft_days: int = 14) -> None:
        """Store a survey with a salt of its own; again is the same."""
        row = SurveyRow.model_validate(
            {
                "slug": slug,
                "title": title.model_dump_json(),
                "salt": secrets.token_bytes(16),
                "draft_days": draft_days,
            }
        )
        self._office.write_now(lambda tx: tx.add(row, ignore=True))
        self.look_again()

    def add_version_now(
        self,
        slug: str,
        questionnaire: Questionnaire,
        notice: Notice,
        person: Person | None = None,
        report: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Store a questionnaire and a notice as versions of a survey; again is the same.

        Raises:
            Conflict: the survey has another questionnaire or notice of this number.
        """
        self.library.store_now(slug, questionnaire, person, report)
        self.notices.store_now(slug, notice, person)

    def add_wave_now(
        self,
        slug: str,
        number: int,
        questionnaire: Questionnaire,
        notice: Notice,
        *,
        planned_sample: int,
        closes_on: str | None = None,
        cooling_off_days: int = 14,
        freeze_interval_days: int = 90,
    ) -> str:
        """Store a wave in draft, pinned to these versions, and return its id."""
        return self.draft_wave_now(
            slug,
            number,
            digest(questionnaire),
            notice.hash,
            WaveSettings(planned_sample, closes_on, cooling_off_days, freeze_interval_days),
        )

    def draft_wave_now(
        self,
        slug: str,
        number: int,
        questionnaire: str,
        notice: str,
        settings: WaveSettings,
        person: Person | None = None,
    ) -> str:
        """Store a wave in draft, pinned to the versions of these digests, and return its id.

        Raises:
            Conflict: the survey has a wave of this number already.
        """
        wave = new_id()
        self._audit.append_now(
            AuditEntry(
                act=Act.WAVE_DRAFTED,
                object_type=ObjectType.WAVE,
                object_ref=wave,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": questionnaire, "notice": notice},
            )
        )
        row = WaveRow.model_validate(
            {
                "id": wave,
                "survey": slug,
                "number": number,
                "state": WaveState.DRAFT.value,
                "questionnaire": questionnaire,
                "notice": notice,
                **settings._asdict(),
            }
        )
        if not self._office.write_now(lambda tx: tx.add(row, ignore=True)):
            raise Conflict(N_("The survey has a wave of this number already."))
        self.look_again()
        return wave

    def set_now(self, wave_id: str, settings: WaveSettings, person: Person | None = None) -> Wave:
        """Change the settings of a wave in draft; from its opening on they are locked.

        Raises:
            NotFound: there is no such wave.
            Conflict: it is not in draft any more; nothing was changed.
        """
        if self.wave_now(wave_id).state is not WaveState.DRAFT:
            raise Conflict(LOCKED)
        self._audit.append_now(
            AuditEntry(
                act=Act.WAVE_SETTINGS_CHANGED,
                object_type=ObjectType.WAVE,
                object_ref=wave_id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"settings": digest(settings._asdict())},
            )
        )
        new = {f"new_{name}": value for name, value in settings._asdict().items()}
        changed = self._office.write_now(lambda tx: tx.run(_SET, wave=wave_id, **new))
        self.look_again()
        if not changed:
            raise Conflict(LOCKED)
        return self.wave_now(wave_id)

    def move_now(self, wave_id: str, to: WaveState, person: Person | None = None) -> Wave:
        """Open, close or archive a wave and return it as it now is.

        Raises:
            NotFound: there is no such wave.
            Conflict: the wave is not in the state before, or another wave of it is open.
            InvalidInput: its questionnaire breaks the content rule, so nobody may be asked it.
        """
        # What is judged and logged here is what is stored now, not what was two seconds ago.
        self.look_again()
        wave = self.wave_now(wave_id)
        before = BEFORE[to]
        if wave.state is not before:
            raise Conflict(WRONG_STATE)
        if to is WaveState.OPEN and self.in_field_now(wave.survey) is not None:
            raise Conflict(OTHER_OPEN)
        if to is WaveState.OPEN:
            if wrong := breaches(wave.form.questionnaire):
                raise InvalidInput(wrong)
            agreed = self._office.read_now(lambda tx: agreed_for(tx, wave_id))
            if agreed != (wave.notice.escrow and wave.notice.escrow.keys):
                raise Conflict(PROMISES_OTHERWISE)
        self._audit.append_now(
            AuditEntry(
                act=_ACTS[to],
                object_type=ObjectType.WAVE,
                object_ref=wave_id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes=_hashes(wave, to),
            )
        )
        today = self._clock().date().isoformat()
        opened = today if to is WaveState.OPEN else wave.opened_on
        closed = today if to is WaveState.CLOSED else wave.closed_on

        def work(tx: Tx) -> int | None:
            others = tx.all(_IN_FIELD, survey=wave.survey)
            if to is WaveState.OPEN and WaveState.OPEN in {state for _, state in others}:
                return None
            return tx.run(
                _MOVE,
                wave=wave_id,
                old=before.value,
                new_state=to.value,
                new_opened=opened,
                new_closed=closed,
            )

        moved = self._office.write_now(work)
        self.look_again()
        if not moved:
            raise Conflict(OTHER_OPEN if moved is None else WRONG_STATE)
        return self.wave_now(wave_id)


def _hashes(wave: Wave, to: WaveState) -> dict[str, str]:
    """What a wave opens with, beyond its questionnaire: the files that people see and hear."""
    if to is not WaveState.OPEN or not wave.files.by_name:
        return {}
    return {"files": digest({name: file.sha for name, file in wave.files.by_name.items()})}
