"""The end of life that the notice promised: answers, decisions and contacts destroyed in time."""

from __future__ import annotations

from datetime import date

from schemas.audit import Act, ObjectType, Purpose
from schemas.notice import PurposeId
from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.collection.settle import floored
from survey_service.consent.service import Consents
from survey_service.surveys.waves import Wave


def months_after(day: date, months: int) -> date:
    """Return the day so many months later, or the last one of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, last)
        except ValueError:
            continue
    raise ValueError("no such month")


class Retention:
    """Destroys what has been kept for as long as the notice said. Every run can be repeated."""

    def __init__(
        self, consents: Consents, answers: Answers, freezes: Freezes, audit: AuditLog
    ) -> None:
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._audit = audit
        self._emptied: set[str] = set()

    def run(self, waves: list[Wave], today: date) -> None:
        """Destroy what is due. A survey's vault follows its last wave."""
        for wave in waves:
            tags = self._answers.tags_of(wave.id)
            if tags and _due([wave], PurposeId.PARTICIPATION, today):
                self._log(wave.id, len(tags))
                self._freezes.destroy(wave.id)
                self._answers.forget(tags)
        for survey in {wave.survey for wave in waves}:
            self._retire_vault(survey, [w for w in waves if w.survey == survey], today)

    def _retire_vault(self, survey: str, waves: list[Wave], today: date) -> None:
        tags = self._consents.tags_of(survey)
        if not tags:
            return
        if _due(waves, PurposeId.PARTICIPATION, today):
            self._log(survey, len(tags))
            self._consents.forget(tags)
        elif _due(waves, PurposeId.CONTACT, today) and survey not in self._emptied:
            # Nothing in the vault tells which contacts are gone already, so once per start.
            self._log(survey, len(tags))
            self._consents.forget_contacts(survey)
            self._emptied.add(survey)

    def _log(self, ref: str, count: int) -> None:
        self._audit.append_now(
            AuditEntry(
                act=Act.ERASURES_BATCHED,
                object_type=ObjectType.SURVEY,
                object_ref=ref,
                purpose=Purpose.OPERATION,
                counts={"rows_floored_to_ten": floored(count)},
            )
        )


def _due(waves: list[Wave], purpose: PurposeId, today: date) -> bool:
    """Return whether every wave closed so long ago that the purpose's time is over."""
    return all(
        wave.closed_on is not None
        and today
        >= months_after(
            date.fromisoformat(wave.closed_on), wave.notice.purpose(purpose).retention_months
        )
        for wave in waves
    )
