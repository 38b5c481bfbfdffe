"""What stands between a wave in draft and the field: errors block, warnings are answered for.

A questionnaire is judged as it will be used: with its notice, with the code lists it was stored
with, and with the hierarchies that tables are made by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from schemas.codelist import CodeHierarchy
from schemas.derivation import Banded
from schemas.notice import Notice, PurposeId
from schemas.questionnaire import GdprCategory, Question, Questionnaire, Variable
from survey_service.problems import N_, Conflict, FieldError, InvalidInput
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import Files
from survey_service.surveys.waves import Wave
from survey_service.surveys.xlsform.lint import Concern, Remark, remarks, untranslated
from survey_service.surveys.xlsform.wording import AWAITED

SHORTEST_REASON = 10
LONGEST_REASON = 500
INTERFACE = ("lv", "ru", "en")
"""The languages that every form is offered in."""
_SHOWN_CODES = 5
SLOW_LINK = 50_000 / 8
"""Bytes a second of the slowest link that pages are made for."""
LONGEST_WAIT = 40
"""Seconds for one file, a minute's speech in a good coding; whoever opens a wave is asked."""

Accepted = Mapping[str, str]
"""The reason given for each kind of warning that was ticked."""


class NotReadyToOpen(Conflict):
    """The wave has errors that no reason outweighs."""

    slug = "not-ready-to-open"
    title = N_("This wave cannot be opened yet")
    explanation = N_("Its questionnaire or notice has errors. Store a better version first.")


@dataclass(frozen=True)
class Checklist:
    """What must be mended, and what must be answered for, by kind."""

    errors: tuple[Remark, ...]
    warnings: Mapping[Concern, tuple[Remark, ...]]

    def check(self, accepted: Accepted) -> None:
        """Nothing, if every kind of warning was accepted with a reason and there is no error.

        Raises:
            NotReadyToOpen: there are errors.
            InvalidInput: a warning was not ticked, or its reason says too little or too much.
        """
        if self.errors:
            raise NotReadyToOpen
        wrong = [error for kind in self.warnings for error in _lacking(kind, accepted)]
        if wrong:
            raise InvalidInput(wrong)


def _lacking(kind: Concern, accepted: Accepted) -> Iterator[FieldError]:
    reason = accepted.get(kind)
    if reason is None:
        yield FieldError(f"accept-{kind}", N_("Tick that you looked at this."))
    elif not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        message = N_("Say in %(least)s to %(most)s characters why you open all the same.")
        limits = {"least": SHORTEST_REASON, "most": LONGEST_REASON}
        yield FieldError(f"reason-{kind}", message, "", limits)


def checklist(wave: Wave) -> Checklist:
    """Return what there is to say of a wave before it opens."""
    return checklist_of(wave.form, wave.notice, wave.files, wave.places)


def checklist_of(
    form: CompiledForm,
    notice: Notice | None = None,
    files: Files | None = None,
    places: Mapping[str, str] | None = None,
) -> Checklist:
    """Return what there is to say of a questionnaire, and of its notice where there is one.

    `files` are those beside it, where it is stored; `places` say where each was first named.
    """
    hierarchies = load().hierarchies
    found = [
        *remarks(form.questionnaire, hierarchies),
        *_offered_languages(form),
        *_outside(form, hierarchies),
        *(_of_notice(form, notice) if notice else ()),
        *(_of_files(form.questionnaire, files, places or {}) if files is not None else ()),
    ]
    order = list(Concern)
    warnings = sorted((r for r in found if not r.blocks), key=lambda r: order.index(r.concern))
    return Checklist(
        errors=tuple(remark for remark in found if remark.blocks),
        warnings={kind: tuple(of) for kind, of in groupby(warnings, key=lambda r: r.concern)},
    )


def _offered_languages(form: CompiledForm) -> Iterator[Remark]:
    for tag in INTERFACE:
        if tag not in form.questionnaire.languages:
            yield Remark(Concern.LANGUAGE_LACKING, "", tag)


def _outside(form: CompiledForm, hierarchies: Mapping[str, CodeHierarchy]) -> Iterator[Remark]:
    """Codes that no table could show: a newer code list, or a hierarchy that is not there."""
    for variable in form.variables:
        if not variable.releasable or not variable.hierarchy or variable.release_level == 0:
            continue
        lost = _lost_codes(variable, hierarchies.get(variable.hierarchy))
        if lost:
            shown = ", ".join(lost[:_SHOWN_CODES]) + (" …" if len(lost) > _SHOWN_CODES else "")
            values = {"hierarchy": variable.hierarchy, "codes": shown}
            yield Remark(Concern.OUTSIDE_HIERARCHY, variable.question, values=values)


def _lost_codes(variable: Variable, hierarchy: CodeHierarchy | None) -> list[str]:
    codes = [code.code for code in variable.codes]
    if hierarchy is None or variable.release_level >= len(hierarchy.levels):
        return codes
    groups = hierarchy.groups(variable.release_level)
    return [code for code in codes if code not in groups]


def _of_ages(form: CompiledForm, notice: Notice) -> Iterator[Remark]:
    """Whether the question that asks for the age fits what the notice says of ages."""
    for question in form.questionnaire.questions:
        ends = question.ends_below
        if ends is None:
            continue
        if ends != notice.minimum_age:
            values = {"ends": ends, "age": notice.minimum_age}
            yield Remark(Concern.AGES_DIFFER, question.id, values=values)
        elif notice.parental and _has_no_band(question, notice.parental.from_age):
            yield Remark(Concern.NO_BAND, question.id, values={"age": notice.parental.from_age})


def _has_no_band(question: Question, age: int) -> bool:
    return isinstance(question.derive, Banded) and question.derive.cuts[0] > age


def _of_files(
    questionnaire: Questionnaire, files: Files, places: Mapping[str, str]
) -> Iterator[Remark]:
    """Files that are not there, and those that cost people much time."""
    for named in files.missing(questionnaire):
        where = f"{named.question}.{named.option}" if named.option else named.question
        values = {"file": named.file, "place": places.get(named.file, named.medium.value)}
        yield Remark(Concern.FILE_MISSING, where, named.language, values)
    for name, file in files.by_name.items():
        seconds = round(file.size / SLOW_LINK)
        if seconds > LONGEST_WAIT:
            yield Remark(Concern.HEAVY, "", values={"file": name, "seconds": seconds})


def _of_notice(form: CompiledForm, notice: Notice) -> Iterator[Remark]:
    yield from _of_ages(form, notice)
    asked = {purpose.id for purpose in notice.purposes}
    for question in form.questionnaire.questions:
        special = question.gdpr_category is not GdprCategory.NONE
        if special and PurposeId.ETHNIC_HEALTH not in asked:
            yield Remark(Concern.NOT_IN_NOTICE, question.id)
    for tag in form.questionnaire.languages:
        if tag in AWAITED:
            continue
        if tag not in notice.full or tag in set(untranslated(notice, (tag,))):
            yield Remark(Concern.NOTICE_UNTRANSLATED, "", tag, {"language": tag})
