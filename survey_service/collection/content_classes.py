"""How many people look alike in what both stores know: the limit that content sets to separation.

The vault knows four decisions, the notice and the day; an answer knows the purposes it may be
used for, and its wave. Keys join no row here to a row there, but whoever can read both may ask
which rows fit each other. This counts it: for each row the rows of the other store that fit it,
and of these counts the smallest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from schemas.audit import Act, ObjectType
from schemas.audit import Purpose as Why
from survey_service.accounts.people import Person
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.collection.composing import ANSWER_PURPOSES
from survey_service.collection.settle import THRESHOLD, floored
from survey_service.consent.service import ConsentClass, Consents
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave

Granted = frozenset[str]
Vault = Mapping[tuple[Granted, frozenset[str]], int]
"""Consents by the purposes that answers carry too, and the waves their day can belong to."""
Answered = Mapping[tuple[str, Granted], int]
"""Answers by wave and purposes."""


@dataclass(frozen=True)
class Alike:
    """A wave and its smallest class, as they may be shown: floored to ten.

    `people` is None below twenty; then nothing is said of classes either. `smallest` 0 means
    below ten.
    """

    wave: Wave
    people: int | None
    smallest: int | None
    counted_on: str | None = None
    """The day of the count, where another part made it; None where it is made now."""


class ContentClasses:
    """The use case behind the data protection officer's page."""

    def __init__(
        self, surveys: Surveys, consents: Consents, answers: Answers, audit: AuditLog
    ) -> None:
        self._surveys = surveys
        self._consents = consents
        self._answers = answers
        self._audit = audit

    def read_now(self, person: Person | None = None) -> list[Alike]:
        """Return every wave that was in the field; reading is an entry made first.

        Cost grows with the settled rows of both stores: each is opened once.
        """
        log_reading(self._audit, person)
        return self.count_now()

    def count_now(self) -> list[Alike]:
        """Return every wave that was in the field."""
        waves = [wave for wave in self._surveys.waves_now() if wave.opened_on]
        return [
            alike
            for survey in sorted({wave.survey for wave in waves})
            for alike in self._of_survey(survey, [w for w in waves if w.survey == survey])
        ]

    def _of_survey(self, survey: str, waves: list[Wave]) -> list[Alike]:
        vault = as_answers_see(self._consents.classes(survey), waves)
        answered = Counter(
            (wave.id, frozenset(body["purposes"]))
            for wave in waves
            for body in self._answers.bodies(wave.id)
        )
        return [_shown(wave, vault, answered) for wave in waves]


def log_reading(audit: AuditLog, person: Person | None) -> None:
    """Leave an entry that somebody reads how few look alike."""
    audit.append_now(
        AuditEntry(
            act=Act.STATISTICS_READ,
            object_type=ObjectType.SURVEY,
            actor=person,
            purpose=Why.OVERSIGHT,
        )
    )


def _shown(wave: Wave, vault: Vault, answered: Answered) -> Alike:
    people = sum(count for (of, _), count in answered.items() if of == wave.id)
    if people < THRESHOLD:
        return Alike(wave, None, None)
    return Alike(wave, floored(people), floored(smallest_class(wave.id, vault, answered)))


def as_answers_see(
    consents: Mapping[ConsentClass, int], waves: Collection[Wave]
) -> Counter[tuple[Granted, frozenset[str]]]:
    """Return the consents by what an answer can be compared with."""
    known: Counter[tuple[Granted, frozenset[str]]] = Counter()
    for kind, count in consents.items():
        possible = frozenset(wave.id for wave in waves if _in_field(wave, kind.day))
        known[kind.granted & frozenset(ANSWER_PURPOSES), possible] += count
    return known


def _in_field(wave: Wave, day: str) -> bool:
    begun = wave.opened_on is not None and wave.opened_on <= day
    return begun and (wave.closed_on is None or day <= wave.closed_on)


def smallest_class(wave: str, vault: Vault, answered: Answered) -> int:
    """Return for how few rows of the other store some row of this wave can stand.

    1 means that somebody's consent and answers fit each other alone.
    """
    sizes = []
    for (of, purposes), count in answered.items():
        if of == wave and count:
            fit = (n for (p, waves), n in vault.items() if p == purposes and wave in waves)
            sizes.append(sum(fit))
    for (purposes, waves), count in vault.items():
        if wave in waves and count:
            sizes.append(sum(answered.get((other, purposes), 0) for other in waves))
    return min(sizes, default=0)
