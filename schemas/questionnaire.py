"""A questionnaire as data: what is asked of whom, under which purpose, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.derivation import Banded, Derive, Dropped, Truncated
from schemas.expression import MAX_DEPTH, Expression, Holds, ItemName, Name, depth, references
from schemas.formula import Formula, formula_references
from schemas.media import Media
from schemas.notice import PurposeId
from schemas.texts import LanguageTag, Texts, quoted_in
from schemas.vocabulary import Frozen

OptionCode = Annotated[str, StringConstraints(pattern=r"^-?\w[\w-]{0,63}$")]

IconName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]


def _absent(value: object) -> bool:
    """Whether a field is left out of the document, so that those without it keep their digest."""
    return not value


class QuestionKind(StrEnum):
    """How an answer is given."""

    SINGLE = "single"
    MULTI = "multi"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    GROUP = "group"
    TEXT = "text"
    SCALE = "scale"
    CODE = "code"


class PrivacyRole(StrEnum):
    """What an answer means for recognising somebody."""

    IDENTIFIER = "identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    PLAIN = "plain"


class GdprCategory(StrEnum):
    """Whether an answer is special-category data (Art. 9), or reveals it indirectly."""

    NONE = "none"
    INFERRED = "inferred"
    ARTICLE_9 = "article_9"


class Option(Frozen):
    """One answer to choose. An exclusive one ("none of these") cannot go with others."""

    code: OptionCode
    text: Texts
    exclusive: bool = False
    cells: dict[str, str] = Field(default_factory=dict)
    """What the question's filter looks at, by column; `name` is the code itself."""
    icon: IconName | None = Field(default=None, exclude_if=_absent)
    """A picture of the service's own beside the words."""
    media: Media | None = Field(default=None, exclude_if=_absent)


class Part(Frozen):
    """One whole number of a group."""

    name: Name
    text: Texts
    minimum: int = 0
    maximum: int = 20


class Section(Frozen):
    """A heading that questions stand under."""

    id: Name
    title: Texts


class ScaleEnds(Frozen):
    """The words at the two ends of a scale."""

    low: Texts
    high: Texts


class Ceiling(Frozen):
    """An answer that this one cannot exceed, once so much is taken off (children: all but me)."""

    question: ItemName
    less: int = 0


class Question(Frozen):
    """One question. Every one can be refused; none has to be answered."""

    id: ItemName
    kind: QuestionKind
    section: Name
    repeat: Name | None = None
    """The repeat it is asked in, once for each entry."""
    title: Texts
    text: Texts
    hint: Texts | None = None
    media: Media | None = Field(default=None, exclude_if=_absent)
    """What is seen and heard beside the words."""
    asked: bool = True
    """False for what the interface itself knows (the language of the interview)."""
    filled_by: Literal["language", "assistance"] | None = None
    """What the interface knows and fills in, over whatever was answered."""

    options: tuple[Option, ...] = ()
    code_list: str | None = None
    options_from: ItemName | None = None
    """Only what was chosen there is offered, and what is exclusive."""
    choice_filter: Holds | None = None
    """What a choice must not be known to fail: `municipality` offers only those of the region."""
    randomize: bool = False
    """Offered in another order to each person; what is exclusive stays last."""
    parts: tuple[Part, ...] = ()
    """A later part cannot exceed the one before it."""
    minimum: int | None = None
    maximum: int | None = None
    ceiling: Ceiling | None = None
    max_choices: int | None = None
    max_length: int | None = None
    decimals: Annotated[int, Field(ge=1, le=6)] | None = None
    """How many digits a decimal number may have after the point."""
    earliest: date | None = None
    latest: date | Literal["today"] | None = None
    scale_ends: ScaleEnds | None = None

    relevant: Expression | None = None
    constraint: Holds | None = None
    """What a given answer must not be known to break, beyond its limits."""
    constraint_message: Texts | None = None
    required: bool = False
    """Not to be left without a word; "prefer not to say" and "don't know" are words enough."""
    required_message: Texts | None = None
    default: str | None = None
    """Stands there until something else is said; several codes with spaces between."""
    ends_below: int | None = None
    """A number below this ends the survey, and nothing is stored."""

    privacy_role: PrivacyRole
    gdpr_category: GdprCategory
    purpose: Literal[PurposeId.PARTICIPATION, PurposeId.ETHNIC_HEALTH]
    helper: bool
    """Whether somebody who helps may see the answer."""
    derive: Derive | None = None
    generalise: str | None = None
    release_level: int = 0
    """The finest level of its hierarchy that a public table may show; 0 is the answer itself."""
    releasable: bool = True
    indicators: tuple[str, ...] = ()

    @property
    def looks_at(self) -> frozenset[str]:
        """The earlier questions that decide whether and how this one is asked."""
        tests = [test for test in (self.relevant, self.constraint) if test is not None]
        named = {found.question for test in tests for found in references(test)}
        named |= {self.options_from} if self.options_from else set()
        named |= {self.ceiling.question} if self.ceiling else set()
        if self.choice_filter is not None:
            named |= {found.question for found in references(self.choice_filter)}
        return frozenset(named)

    @property
    def quotes(self) -> frozenset[str]:
        """The earlier answers that its words quote, by the names the sheet gives them."""
        return quoted_in(
            self.text, self.title, self.hint, self.constraint_message, self.required_message
        )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needs = {
            QuestionKind.SINGLE: bool(self.options) != bool(self.code_list),
            QuestionKind.CODE: bool(self.code_list) and not self.options,
            QuestionKind.MULTI: bool(self.options),
            QuestionKind.GROUP: len(self.parts) >= 2,
            QuestionKind.TEXT: self.max_length is not None and not self.releasable,
            QuestionKind.INTEGER: self.minimum is not None and self.maximum is not None,
            QuestionKind.DECIMAL: None not in (self.minimum, self.maximum, self.decimals)
            and (not self.releasable or isinstance(self.derive, (Banded, Dropped))),
            QuestionKind.DATE: not self.releasable
            or isinstance(self.derive, Dropped)
            or (
                isinstance(self.derive, Truncated)
                and self.earliest is not None
                and isinstance(self.latest, date)
            ),
            QuestionKind.SCALE: None not in (self.minimum, self.maximum, self.scale_ends),
        }
        if not needs[self.kind]:
            raise ValueError(f"question {self.id} lacks what a {self.kind} question needs")
        codes = [option.code for option in self.options] + [part.name for part in self.parts]
        if len(set(codes)) != len(codes):
            raise ValueError(f"question {self.id} names something twice")
        if self.repeat is not None and self.releasable:
            raise ValueError(f"question {self.id}: answers about each of several are never shown")
        if isinstance(self.derive, Truncated) and self.kind is not QuestionKind.DATE:
            raise ValueError(f"question {self.id}: only a date can be truncated")
        special = self.gdpr_category is not GdprCategory.NONE
        if special != (self.purpose is PurposeId.ETHNIC_HEALTH):
            raise ValueError(f"question {self.id}: special categories need their own consent")
        tests = [test for test in (self.relevant, self.constraint) if test is not None]
        if any(depth(test) > MAX_DEPTH for test in tests):
            raise ValueError(f"question {self.id}: the condition nests too deep")
        return self


MAX_ENTRIES = 20
"""How often a repeat may be gone through."""


class Repeat(Frozen):
    """Questions asked once for each of several: the people of a household, say.

    Answers about them are stored as `name.1`, `name.2` and so on, and no table ever shows one.
    """

    id: Name
    section: Name
    title: Texts
    """What one entry is: "Person"."""
    at_most: Annotated[int, Field(ge=1, le=MAX_ENTRIES)] = MAX_ENTRIES
    count: Formula | None = None
    """How many there are; where nothing is said, people add one after the other."""
    relevant: Expression | None = None

    @property
    def looks_at(self) -> frozenset[str]:
        """The earlier questions that decide whether and how often it is gone through."""
        named = {found.question for found in references(self.relevant)} if self.relevant else set()
        if self.count is not None:
            named |= {found.question for found in formula_references(self.count)}
        return frozenset(named)


class Remark(Frozen):
    """Words that stand between questions and ask nothing."""

    id: Name
    section: Name
    text: Texts
    before: ItemName | None = None
    """The question or repeat it leads to; None after the last."""
    relevant: Expression | None = None
    media: Media | None = Field(default=None, exclude_if=_absent)


class Questionnaire(Frozen):
    """All questions of one version, in order. A version in the field never changes."""

    id: str
    version: Annotated[int, Field(ge=1)]
    reference_day: date
    """Code lists are read as they stand on this day."""
    languages: tuple[LanguageTag, ...]
    title: Texts
    sections: tuple[Section, ...]
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=1_000)]
    remarks: tuple[Remark, ...] = ()
    repeats: tuple[Repeat, ...] = ()

    @model_validator(mode="after")
    def _refers_only_backwards(self) -> Self:
        sections = {section.id for section in self.sections}
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen or "." in question.id:
                raise ValueError(f"question {question.id} stands twice, or has no name of its own")
            if question.section not in sections:
                raise ValueError(f"question {question.id} is in no section")
            if not question.looks_at <= seen:
                raise ValueError(f"question {question.id} looks at one that is not before it")
            seen.add(question.id)
        for remark in self.remarks:
            if remark.section not in sections or remark.id in seen:
                raise ValueError(f"remark {remark.id} is in no section, or its name is taken")
            leads_to = {None, *seen, *(repeat.id for repeat in self.repeats)}
            if remark.before not in leads_to:
                raise ValueError(f"remark {remark.id} stands before a question there is not")
        return self

    @model_validator(mode="after")
    def _quotes_what_was_said_before(self) -> Self:
        within: dict[str, str | None] = {}
        for question in self.questions:
            _check_quotes(question.id, question.quotes, within, question.repeat)
            names = [question.id, *(f"{question.id}_{part.name}" for part in question.parts)]
            within |= dict.fromkeys(names, question.repeat)
        led_to = {question.id: question.repeat for question in self.questions}
        for remark in self.remarks:
            repeat = led_to.get(remark.before) if remark.before else None
            _check_quotes(remark.id, quoted_in(remark.text), within, repeat)
        wordy = (self.title, *(s.title for s in self.sections), *(r.title for r in self.repeats))
        options = (option.text for question in self.questions for option in question.options)
        if quoted_in(*wordy, *options):
            raise ValueError("only questions, hints, remarks and messages can quote an answer")
        return self

    @model_validator(mode="after")
    def _repeats_stand_together(self) -> Self:
        repeats = {repeat.id: repeat for repeat in self.repeats}
        sections = {section.id for section in self.sections}
        if len(repeats) != len(self.repeats) or not sections >= {r.section for r in self.repeats}:
            raise ValueError("a repeat stands twice, or in no section")
        if repeats.keys() & {question.id for question in self.questions}:
            raise ValueError("a repeat has the name of a question")
        before: set[str] = set()
        done: set[str] = set()
        for name, group in groupby(self.questions, lambda question: question.repeat):
            if name is not None:
                if name in done or name not in repeats or not repeats[name].looks_at <= before:
                    raise ValueError(f"{name} is no repeat whose questions stand together here")
                done.add(name)
            before |= {question.id for question in group}
        return self


def _check_quotes(
    name: str, quotes: frozenset[str], within: Mapping[str, str | None], repeat: str | None
) -> None:
    for quoted in sorted(quotes):
        if quoted not in within:
            raise ValueError(f"{name} quotes {quoted}, which is no question before it")
        if within[quoted] not in (None, repeat):
            raise ValueError(f"{name} quotes {quoted}, which is asked once for each of several")


class VariableCode(Frozen):
    """One value of a variable, with its words."""

    code: str
    text: Texts


class Variable(Frozen):
    """One stored column as tabulation sees it: ordered codes, and what may be shown of it."""

    name: str
    question: Name
    title: Texts
    label: Texts
    codes: tuple[VariableCode, ...]
    privacy_role: PrivacyRole
    gdpr_category: GdprCategory
    purpose: PurposeId
    hierarchy: str | None
    release_level: int
    releasable: bool
    indicators: tuple[str, ...]
