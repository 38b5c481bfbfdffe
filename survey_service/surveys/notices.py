"""New versions of a notice: stored, put into force for a wave, and never worse than the promise.

Whoever has an open form is asked again: his decisions are bound to the notice he read. Whoever
has sent his answers keeps the promise he was given, so a new version may not take it back.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.notice import Notice
from schemas.texts import Texts
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.problems import N_, Conflict, FieldError, InvalidInput
from survey_service.stores.store import Store
from survey_service.surveys.ages import LOCKED_AGES, Ages, ages_of, locked_ages, wrong_ages
from survey_service.surveys.models import WaveRow
from survey_service.surveys.service import LOCKED, Surveys
from survey_service.surveys.waves import Wave, WaveState

_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
_PIN = (
    update(_WAVE)
    .where(
        _WAVE.c.id == bindparam("wave"),
        _WAVE.c.notice == bindparam("old"),
        # Of a wave that opened meanwhile less may be changed than was looked at.
        _WAVE.c.state == bindparam("as_seen"),
    )
    .values(notice=bindparam("new_notice"))
)

VERSION = N_("The notice in force has this version or a higher one. Give it the next number.")
LANGUAGES = N_("A language that the notice in force has is missing.")
LONGER = N_("It keeps data longer than people were promised. A longer time needs a new wave.")
NEEDED = N_("It makes a purpose necessary that people could refuse. That needs a new wave.")
ESCROW = N_("It says something else of lost codes. Two people settle that before a wave opens.")
EMPTY = N_("Something is not written in this language.")


class Notices:
    """The coordinator's use case: put another version of the notice into force."""

    def __init__(self, office: Store, surveys: Surveys, audit: AuditLog, clock: Clock) -> None:
        self._office = office
        self._surveys = surveys
        self._audit = audit
        self._clock = clock

    def rewritten(
        self,
        wave: Wave,
        short: dict[str, list[str]],
        full: dict[str, str],
        ages: Ages | None = None,
    ) -> Notice:
        """Return the wave's notice with other words and ages, as the next version, from today.

        Raises:
            InvalidInput: a language lacks a sentence or its full text, or an age cannot be; named
                `short-TAG`, `full-TAG`, `minimum_age`, `from_age` or `parent-TAG`.
        """
        old = wave.notice
        wrong = [
            FieldError(f"short-{tag}", EMPTY, N_("Write eight sentences, one on each line."))
            for tag in old.languages
            if len(short.get(tag, [])) != len(old.short)
        ]
        wrong += [
            FieldError(f"full-{tag}", EMPTY, N_("Write the whole notice."))
            for tag in old.languages
            if not full.get(tag, "").strip()
        ]
        ages = ages or ages_of(old)
        wrong += wrong_ages(ages, old.languages)
        if wrong:
            raise InvalidInput(wrong)
        sentences = tuple(
            Texts({tag: short[tag][at] for tag in old.languages}) for at in range(len(old.short))
        )
        return old.model_copy(
            update={
                "version": 1 + self._newest(wave),
                "valid_from": self._clock().date(),
                "short": sentences,
                "full": {tag: full[tag] for tag in old.languages},
                "minimum_age": ages.minimum,
                "parental": ages.path(old.languages),
            }
        )

    def change_now(self, wave_id: str, told: Notice, person: Person | None = None) -> Notice:
        """Store a version and put it into force for a wave; the same again changes nothing.

        Raises:
            NotFound: there is no such wave.
            Conflict: the wave is closed, the version is taken by another content, or somebody
                else changed its notice meanwhile.
            InvalidInput: the version is not higher, or it breaks a promise of the one in force.
        """
        told = Notice.model_validate_json(told.model_dump_json())
        wave = self._surveys.wave_now(wave_id)
        if told.hash == wave.notice.hash:
            return told
        if wave.state not in (WaveState.DRAFT, WaveState.OPEN):
            raise Conflict(N_("The wave is closed: nobody can be asked again."))
        wrong = self._objections(wave, told)
        if told.escrow != wave.notice.escrow:
            wrong.append(FieldError("escrow", ESCROW))
        if wrong:
            raise InvalidInput(wrong)
        return self._put(wave, told, person)

    def settle_escrow_now(self, wave_id: str, told: Notice, person: Person | None = None) -> Notice:
        """Let a wave's notice say what two people agreed on about lost codes.

        Raises:
            NotFound: there is no such wave.
            Conflict: it is no draft any more, or somebody else changed its notice meanwhile.
        """
        wave = self._surveys.wave_now(wave_id)
        if wave.state is not WaveState.DRAFT:
            raise Conflict(LOCKED)
        version = 1 + self._newest(wave)
        dated = {"version": version, "valid_from": self._clock().date()}
        whole = told.model_copy(update=dated).model_dump_json()
        return self._put(wave, Notice.model_validate_json(whole), person)

    def _put(self, wave: Wave, told: Notice, person: Person | None) -> Notice:
        self._surveys.notices.store_now(wave.survey, told, person)
        self._audit.append_now(
            AuditEntry(
                act=Act.NOTICE_CHANGED,
                object_type=ObjectType.NOTICE,
                object_ref=wave.id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": told.hash},
            )
        )
        pinned = self._office.write_now(
            lambda tx: tx.run(
                _PIN,
                wave=wave.id,
                old=wave.notice.hash,
                new_notice=told.hash,
                as_seen=wave.state.value,
            )
        )
        self._surveys.look_again()
        if not pinned:
            raise Conflict
        return told

    def _newest(self, wave: Wave) -> int:
        """The highest version of the survey's notices; a notice that two share lies under one."""
        stored = (told.version for of, told in self._surveys.notices.all_now() if of == wave.survey)
        return max([wave.notice.version, *stored])

    def _objections(self, wave: Wave, told: Notice) -> list[FieldError]:
        wrong = []
        if told.version <= wave.notice.version:
            wrong.append(FieldError("version", VERSION))
        if not set(wave.notice.languages) <= set(told.languages):
            wrong.append(FieldError("languages", LANGUAGES))
        if wave.state is WaveState.OPEN and locked_ages(told) != locked_ages(wave.notice):
            wrong.append(FieldError("minimum_age", LOCKED_AGES))
        if wave.state is WaveState.OPEN:
            wrong += _broken_promises(wave.notice, told)
        return wrong


def _broken_promises(old: Notice, new: Notice) -> list[FieldError]:
    before = {purpose.id: purpose for purpose in old.purposes}
    wrong = []
    for purpose in new.purposes:
        was = before.get(purpose.id)
        if was is not None and purpose.retention_months > was.retention_months:
            wrong.append(FieldError(f"{purpose.id.value}.retention_months", LONGER))
        if purpose.mandatory and not (was is not None and was.mandatory):
            wrong.append(FieldError(f"{purpose.id.value}.mandatory", NEEDED))
    return wrong
