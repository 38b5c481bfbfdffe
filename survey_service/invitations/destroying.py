"""Who took part is forgotten in a ceremony of two, once field work has ended."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from survey_service.ceremonies.destroying import Destroyable
from survey_service.invitations.service import Invitations
from survey_service.problems import N_
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import WaveState


class OnceKeysOfSurveys:
    """A survey's keys of who took part: afterwards the marks are noise, and they go too."""

    def __init__(self, surveys: Surveys, invitations: Invitations) -> None:
        self._surveys = surveys
        self._invitations = invitations

    def __call__(self) -> Iterable[Destroyable]:
        """Yield one for each survey that lets each person take part once."""
        waves = [wave for wave in self._surveys.waves_now() if wave.once != "off"]
        for survey in sorted({wave.survey for wave in waves}):
            own = [wave for wave in waves if wave.survey == survey]
            open_ = any(wave.state in (WaveState.DRAFT, WaveState.OPEN) for wave in own)
            hindrance = N_("A wave of this survey is not closed yet.") if open_ else None
            destroy = partial(self._invitations.destroy_once_key, own)
            yield Destroyable(f"once-only/{survey}", hindrance, destroy)
