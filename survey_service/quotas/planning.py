"""Which groups a quota can name, and what a form of targets says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from schemas.questionnaire import QuestionKind
from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.quotas.showing import SHOWN_FROM, STEP
from survey_service.releases.codebook import ReleaseVariable, codebook
from survey_service.surveys.core import load
from survey_service.surveys.waves import Wave

MOST_GROUPS: Final = 60
LARGEST: Final = 1_000_000
BETWEEN: Final = "|"
"""Between the codes of a group that two variables make; no code has it."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its codes, and its words in every language of each variable."""

    key: str
    codes: tuple[str, ...]


def usable(wave: Wave) -> dict[str, ReleaseVariable]:
    """Return the variables that a quota may be set on: closed lists that form groups.

    Special-category data (Art. 9) is none of them: nobody is wanted, or wanted no more, for his
    origin or health. Levels are those of tables: a region where no table shows a municipality.
    """
    multi = {q.id for q in wave.form.questions if q.kind is QuestionKind.MULTI}
    questions = {variable.name: variable.question for variable in wave.form.variables}
    book = codebook(wave.form, load().hierarchies)
    return {
        variable.name: variable
        for variable in book.variables
        if variable.breakdown
        and not variable.special
        and questions[variable.name] not in multi
        and 2 <= len(variable.values) <= MOST_GROUPS
    }


def chosen(wave: Wave, names: Sequence[str]) -> tuple[ReleaseVariable, ...]:
    """Return the one or two variables of these names.

    Raises:
        InvalidInput: one cannot be used, both are the same, or they make too many groups.
    """
    known = usable(wave)
    wanted = [name for name in names if name]
    if not wanted or len(wanted) > 2 or not set(wanted) <= set(known):
        raise InvalidInput([FieldError("first", N_("Choose one of the answers shown."))])
    if len(set(wanted)) != len(wanted):
        raise InvalidInput([FieldError("second", N_("Choose another one than the first."))])
    found = tuple(known[name] for name in wanted)
    count = len(groups_of(found))
    if count > MOST_GROUPS:
        message = N_("Together these make %(count)s groups. At most %(most)s can be used.")
        values = {"count": count, "most": MOST_GROUPS}
        raise InvalidInput([FieldError("second", message, N_("Take one of them only."), values)])
    return found


def groups_of(variables: Sequence[ReleaseVariable]) -> tuple[Group, ...]:
    """Return every group that the variables make, in print order."""
    codes = product(*(variable.value_codes for variable in variables))
    return tuple(Group(BETWEEN.join(group), group) for group in codes)


def key_of(row: Mapping[str, str], variables: Sequence[ReleaseVariable]) -> str | None:
    """Return the group of a coded row; None where an answer it needs was not given."""
    codes = []
    for variable in variables:
        code = row.get(variable.name, "")
        code = code if variable.groups is None else variable.groups.get(code, "")
        if code not in variable.value_codes:
            return None
        codes.append(code)
    return BETWEEN.join(codes)


def read_targets(groups: Sequence[Group], typed: Mapping[str, str]) -> dict[str, int]:
    """Return the targets that a form gives, by group; an empty field asks for nothing.

    Raises:
        InvalidInput: names every field that holds no number in tens from twenty on, or the first
            where nothing was written at all.
    """
    targets, wrong = {}, []
    for place, group in enumerate(groups):
        text = typed.get(group.key, "").strip()
        if not text:
            continue
        number = int(text) if re.fullmatch(r"[0-9]{1,7}", text) else 0
        if number % STEP or not SHOWN_FROM <= number <= LARGEST:
            message = N_("Write a number in tens, from %(least)s on.")
            remedy = N_("Progress is shown in tens, so that only these can be seen to be reached.")
            wrong.append(FieldError(f"target-{place}", message, remedy, {"least": SHOWN_FROM}))
        targets[group.key] = number
    if not wrong and not targets:
        wrong.append(FieldError("target-0", N_("Write how many are wanted of one group at least.")))
    if wrong:
        raise InvalidInput(wrong)
    return targets
