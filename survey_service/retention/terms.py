"""Until when each purpose of each wave lasts, as its notice promised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from schemas.notice import PurposeId
from survey_service.retention.certificates import Erasure
from survey_service.surveys.waves import Wave

WITHIN_A_ROW = (PurposeId.ETHNIC_HEALTH, PurposeId.RESEARCH_REUSE)


def months_after(day: date, months: int) -> date:
    """Return the day so many months later, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, last)
        except ValueError:
            continue
    raise ValueError("no such month")


@dataclass(frozen=True)
class Term:
    """What is kept for a purpose, and the day it ends; None while a wave of it is not closed."""

    erasure: Erasure
    ends_on: date | None

    def over(self, today: date) -> bool:
        """Return whether its time is over."""
        return self.ends_on is not None and today >= self.ends_on


def terms(waves: list[Wave]) -> Iterator[Term]:
    """Yield every term of these waves and of the surveys they belong to."""
    for wave in waves:
        for purpose in (PurposeId.PARTICIPATION, *WITHIN_A_ROW):
            ends = _ends([wave], purpose)
            if ends is not NOT_ASKED:
                yield Term(_erasure(wave.survey, wave.id, purpose, "answers"), ends)
    for survey in sorted({wave.survey for wave in waves}):
        own = [wave for wave in waves if wave.survey == survey]
        for purpose in (PurposeId.PARTICIPATION, PurposeId.CONTACT):
            ends = _ends(own, purpose)
            if ends is not NOT_ASKED:
                yield Term(_erasure(survey, survey, purpose, "vault"), ends)


NOT_ASKED = date.max
"""In place of a term's end: no notice asks for this purpose."""


def _ends(waves: list[Wave], purpose: PurposeId) -> date | None:
    found = []
    for wave in waves:
        asked = [p for p in wave.notice.purposes if p.id is purpose]
        if not asked:
            continue
        if wave.closed_on is None:
            return None
        found.append(months_after(date.fromisoformat(wave.closed_on), asked[0].retention_months))
    return max(found, default=NOT_ASKED)


def _erasure(survey: str, scope: str, purpose: PurposeId, store: str) -> Erasure:
    return Erasure(survey=survey, scope=scope, purpose=purpose.value, store=store)
