"""Surveys and waves as they are stored: read together, compiled, and kept in memory."""

from __future__ import annotations

import json
import time
from typing import Any

from sqlalchemy import select

from schemas.texts import Texts
from survey_service.problems import NotFound, SurveyClosed
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.library import Library
from survey_service.surveys.media.files import NO_FILES, Files, named_files
from survey_service.surveys.media.service import MediaFiles
from survey_service.surveys.models import SurveyRow, WaveRow
from survey_service.surveys.stored_notices import StoredNotices
from survey_service.surveys.waves import Wave, WaveState

_SURVEY: Any = SurveyRow.__table__  # type: ignore[attr-defined]
_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
_SURVEYS = select(_SURVEY).order_by(_SURVEY.c.slug)
_WAVES = select(_WAVE).order_by(_WAVE.c.survey, _WAVE.c.number)

FRESH_SECONDS = 2.0


class KnownSurveys:
    """Which surveys and waves there are. What is stored is looked at again every two seconds."""

    def __init__(
        self, office: Store, library: Library, media: MediaFiles, notices: StoredNotices
    ) -> None:
        self._office = office
        self.library = library
        self.media = media
        self.notices = notices
        self._locked: dict[str, Files] = {}
        self._named_at: dict[str, dict[str, str]] = {}
        self._waves: list[Wave] = []
        self._salts: list[tuple[str, bytes, Texts]] = []
        self._seen = float("-inf")

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
        """Forget what was read, because what is stored has changed."""
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
        notice = self.notices.one_now(row["notice"])
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
