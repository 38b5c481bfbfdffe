"""The surveys' use cases: store versions, open and close waves, hand out what is in the field."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.canonical import canonical_json, digest
from schemas.notice import Notice
from schemas.questionnaire import Questionnaire
from schemas.texts import Texts
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.escrow.kept import agreed_for
from survey_service.problems import N_, Conflict, InvalidInput, NotFound, SurveyClosed
from survey_service.stores.ids import new_id
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.content_rule import breaches
from survey_service.surveys.library import Library
from survey_service.surveys.media.files import NO_FILES, Files, named_files
from survey_service.surveys.media.service import MediaFiles
from survey_service.surveys.models import NoticeRow, SurveyRow, WaveRow
from survey_service.surveys.waves import Wave, WaveSettings, WaveState

_SURVEY: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
_NOTICE: Any = NoticeRow.__table__  # type: ignore[attr-defined]
_SURVEYS = select(_SURVEY).order_by(_SURVEY.c.slug)
_WAVES = select(_WAVE).order_by(_WAVE.c.survey, _WAVE.c.number)
_NOTICES = select(_NOTICE.c.survey, _NOTICE.c.digest).order_by(_NOTICE.c.survey, _NOTICE.c.version)
_ONE_NOTICE = select(_NOTICE.c.document).where(_NOTICE.c.digest == bindparam("digest"))
_MOVE = (
    update(_WAVE)
    .where(_WAVE.c.id == bindparam("wave"), _WAVE.c.state == bindparam("old"))
    .values(
        state=bindparam("new_state"),
        opened_on=bindparam("new_opened"),
        closed_on=bindparam("new_closed"),
    )
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

FRESH_SECONDS = 2.0
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


class Surveys:
    """Surveys and waves, kept compiled in memory and looked at again every two seconds."""

    def __init__(self, office: Store, audit: AuditLog, clock: Clock) -> None:
        self._office = office
        self._audit = audit
        self._clock = clock
        self.library = Library(office, audit)
        self.media = MediaFiles(office, audit)
        self._locked: dict[str, Files] = {}
        self._named_at: dict[str, dict[str, str]] = {}
        self._notices: dict[str, Notice] = {}
        self._waves: list[Wave] = []
        self._salts: list[tuple[str, bytes, Texts]] = []
        self._seen = float("-inf")

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
        self._forget()

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
        self.add_notice_now(slug, notice, person)

    def add_notice_now(self, slug: str, notice: Notice, person: Person | None = None) -> None:
        """Store a notice as a version of a survey; again is the same.

        Raises:
            Conflict: the survey has another notice of this number.
        """
        self._refuse_taken_notice(slug, notice)
        self._audit.append_now(
            AuditEntry(
                act=Act.NOTICE_STORED,
                object_type=ObjectType.NOTICE,
                object_ref=slug,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": notice.hash},
            )
        )
        row = NoticeRow.model_validate(
            {
                "digest": notice.hash,
                "survey": slug,
                "version": notice.version,
                "document": canonical_json(notice).decode(),
            }
        )
        self._office.write_now(lambda tx: tx.add(row, ignore=True))
        self._refuse_taken_notice(slug, notice)

    def _refuse_taken_notice(self, slug: str, notice: Notice) -> None:
        """Refuse another content under a number that the survey's own notices have."""
        for survey, stored in self.notices_now():
            same = survey == slug and stored.version == notice.version
            if same and stored.hash != notice.hash:
                raise Conflict(
                    N_(
                        "Another notice is stored as this version. "
                        "Give the changed one the next number."
                    )
                )

    def notices_now(self) -> list[tuple[str, Notice]]:
        """Return every notice with the survey it was stored for, by survey and version."""
        rows = self._office.read_now(lambda tx: tx.all(_NOTICES))
        return [(survey, self._notice(sha)) for survey, sha in rows]

    def notice_now(self, sha: str) -> Notice:
        """Return the notice with this hash.

        Raises:
            NotFound: there is none.
        """
        return self._notice(sha)

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
        self._forget()
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
        self._forget()
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
        wave = self.wave_now(wave_id)
        before = BEFORE[to]
        if wave.state is not before:
            raise Conflict(N_("The wave is not in the state that this needs."))
        if to is WaveState.OPEN and self.in_field_now(wave.survey) is not None:
            raise Conflict(N_("Another wave of this survey is open. Close it first."))
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
        moved = self._office.write_now(
            lambda tx: tx.run(
                _MOVE,
                wave=wave_id,
                old=before.value,
                new_state=to.value,
                new_opened=opened,
                new_closed=closed,
            )
        )
        self._forget()
        if not moved:
            raise Conflict(N_("The wave is not in the state that this needs."))
        return self.wave_now(wave_id)

    def waves_now(self) -> list[Wave]:
        """Return every wave, by survey and number."""
        self._look()
        return list(self._waves)

    async def waves(self) -> list[Wave]:
        """Return every wave, by survey and number."""
        return self.waves_now()

    def wave_now(self, wave_id: str) -> Wave:
        """Return a wave.

        Raises:
            NotFound: there is none with this id.
        """
        self._look()
        for wave in self._waves:
            if wave.id == wave_id:
                return wave
        raise NotFound

    async def wave(self, wave_id: str) -> Wave:
        """Return a wave, or raise NotFound."""
        return self.wave_now(wave_id)

    def in_field_now(self, slug: str) -> Wave | None:
        """Return the survey's open wave, if there is one."""
        self._look()
        for wave in self._waves:
            if wave.survey == slug and wave.state is WaveState.OPEN:
                return wave
        return None

    def answerable_now(self, slug: str) -> Wave:
        """Return the survey's wave that is in the field.

        Raises:
            NotFound: there is no such survey.
            SurveyClosed: it takes no answers now.
        """
        wave = self.in_field_now(slug)
        if wave is not None:
            return wave
        if self.salt_now(slug) is None:
            raise NotFound
        raise SurveyClosed

    def open_waves_now(self) -> list[Wave]:
        """Return the waves that are in the field."""
        return [wave for wave in self.waves_now() if wave.state is WaveState.OPEN]

    def surveys_now(self) -> list[tuple[str, bytes, Texts]]:
        """Return slug, salt and title of every survey."""
        self._look()
        return list(self._salts)

    def salt_now(self, slug: str) -> bytes | None:
        """Return a survey's salt."""
        self._look()
        return next((salt for name, salt, _ in self._salts if name == slug), None)

    def look_again(self) -> None:
        """Forget what was read, because something else has changed what is stored."""
        self._forget()

    def _forget(self) -> None:
        self._seen = float("-inf")

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._seen < FRESH_SECONDS:
            return

        def work(tx: Tx) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
            return tx.dicts(_SURVEYS), tx.dicts(_WAVES)

        surveys, waves = self._office.read_now(work)
        titles = {s["slug"]: Texts.model_validate(json.loads(s["title"])) for s in surveys}
        by_slug = {s["slug"]: s for s in surveys}
        self._salts = [(s["slug"], s["salt"], titles[s["slug"]]) for s in surveys]
        self._waves = [self._wave(w, by_slug[w["survey"]], titles[w["survey"]]) for w in waves]
        self._seen = now

    def _wave(self, row: dict[str, Any], survey: dict[str, Any], title: Texts) -> Wave:
        notice = self._notice(row["notice"])
        path = notice.parental
        lowered = None if path is None else (notice.minimum_age, path.from_age)
        return Wave(
            id=row["id"],
            survey=row["survey"],
            number=row["number"],
            state=WaveState(row["state"]),
            names=title,
            salt=survey["salt"],
            draft_days=survey["draft_days"],
            planned_sample=row["planned_sample"],
            cooling_off_days=row["cooling_off_days"],
            freeze_interval_days=row["freeze_interval_days"],
            opened_on=row["opened_on"],
            closes_on=row["closes_on"],
            closed_on=row["closed_on"],
            invitation=row["invitation"],
            once=row["once"],
            form=self.library.form_now(row["questionnaire"], lowered),
            questionnaire_digest=row["questionnaire"],
            notice=notice,
            files=(files := self._files(row["questionnaire"], WaveState(row["state"]))),
            places=self._places(row["questionnaire"], files),
        )

    def _places(self, questionnaire: str, files: Files) -> dict[str, str]:
        if files is NO_FILES:
            return {}
        if questionnaire not in self._named_at:
            self._named_at[questionnaire] = self.library.version_now(questionnaire).places
        return self._named_at[questionnaire]

    def _files(self, questionnaire: str, state: WaveState) -> Files:
        """The files that a wave shows; from its opening on they are read once and stay."""
        if questionnaire in self._locked:
            return self._locked[questionnaire]
        named = named_files(self.library.form_now(questionnaire).questionnaire)
        files = self.media.of_now(questionnaire) if named else NO_FILES
        if state is not WaveState.DRAFT or not named:
            self._locked[questionnaire] = files
        return files

    def _notice(self, sha: str) -> Notice:
        if sha not in self._notices:
            row = self._office.read_now(lambda tx: tx.one(_ONE_NOTICE, digest=sha))
            if row is None:
                raise NotFound
            self._notices[sha] = Notice.model_validate_json(row[0])
        return self._notices[sha]


def _hashes(wave: Wave, to: WaveState) -> dict[str, str]:
    """What a wave opens with, beyond its questionnaire: the files that people see and hear."""
    if to is not WaveState.OPEN or not wave.files.by_name:
        return {}
    return {"files": digest({name: file.sha for name, file in wave.files.by_name.items()})}
