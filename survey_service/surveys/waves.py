"""A wave as the other rooms see it: its state, its questionnaire ready for use, its notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from schemas.notice import Notice
from schemas.response import Answers
from schemas.texts import Texts
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import NO_FILES, Files


class WaveState(StrEnum):
    """The life of a wave; it only moves forward."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


class WaveSettings(NamedTuple):
    """What may be changed until the wave opens, and never after."""

    planned_sample: int
    closes_on: str | None = None
    cooling_off_days: int = 14
    freeze_interval_days: int = 90
    invitation: str = "open"
    once: str = "off"


INVITATIONS = ("open", "slips")
"""Whether anybody may begin, or only who holds an invitation slip."""
ONCE = ("off", "phone", "number", "name")
"""What each person tells of himself, so that he takes part once: nothing, or one of these."""


@dataclass(frozen=True)
class Wave:
    """One wave with everything it is pinned to."""

    id: str
    survey: str
    number: int
    state: WaveState
    names: Texts
    salt: bytes
    draft_days: int
    planned_sample: int
    cooling_off_days: int
    freeze_interval_days: int
    opened_on: str | None
    closes_on: str | None
    closed_on: str | None
    form: CompiledForm
    notice: Notice
    questionnaire_digest: str = ""
    """Under which the questionnaire was stored, with the code lists of that day."""
    invitation: str = "open"
    once: str = "off"
    files: Files = NO_FILES
    """The pictures and recordings that its questionnaire names."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Where in the spreadsheet each was first named."""

    @property
    def settings(self) -> WaveSettings:
        """What is locked once it opens."""
        return WaveSettings(
            self.planned_sample,
            self.closes_on,
            self.cooling_off_days,
            self.freeze_interval_days,
            self.invitation,
            self.once,
        )

    @property
    def slug(self) -> str:
        """The survey's slug."""
        return self.survey

    @property
    def wave_id(self) -> str:
        """The wave's id."""
        return self.id

    def title(self, language: str) -> str:
        """The survey's title in a language, or in the nearest one there is."""
        return self.names.text(language)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which the questionnaire is complete."""
        return self.form.questionnaire.languages

    @property
    def closes(self) -> str | None:
        """The day the wave is planned to close, as an ISO date."""
        return self.closes_on

    def needs_parent(self, answers: Answers, *, parental: bool) -> bool:
        """Whether an answer says an age at which a parent must agree, and none has."""
        if self.notice.parental is None or parental:
            return False
        return self.form.below(self.notice.minimum_age, answers) is not None

    def freeze_due(self) -> date | None:
        """Return the first day on which a freeze may be made; None while the wave is not closed."""
        if self.closed_on is None:
            return None
        return date.fromisoformat(self.closed_on) + timedelta(days=self.cooling_off_days)
