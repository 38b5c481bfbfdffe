"""What a wave offers for tables: every variable that may be released, as coarse as it may be.

A variable with a hierarchy is offered at its release level and nowhere finer: municipalities
become planning regions here, before anything is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from schemas.codelist import CodeHierarchy
from schemas.notice import PurposeId
from schemas.questionnaire import GdprCategory, PrivacyRole, Question, QuestionKind, Variable
from schemas.release import Category, CategoryKind
from schemas.texts import Texts
from survey_service.surveys.form import CompiledForm

STATES = (
    CategoryKind.REFUSED,
    CategoryKind.DONT_KNOW,
    CategoryKind.NOT_ASKED,
    CategoryKind.MISSING,
)


@dataclass(frozen=True)
class ReleaseVariable:
    """A variable as tables know it.

    `breakdown`: groups are formed by it; every other variable is an answer. `special`: Art. 9
    data, or revealing it. `groups` leads from stored codes to released ones where they differ.
    """

    name: str
    title: Texts
    question: Texts
    section: str
    values: tuple[Category, ...]
    states: tuple[Category, ...]
    breakdown: bool
    special: bool
    groups: Mapping[str, str] | None = None

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """Values and states in print order, without the total."""
        return self.values + self.states

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes of values and states in print order."""
        return tuple(category.code for category in self.categories)

    @cached_property
    def value_codes(self) -> tuple[str, ...]:
        """The codes of the code list, which filters are made of."""
        return tuple(category.code for category in self.values)


@dataclass(frozen=True)
class Codebook:
    """All released variables of a questionnaire, in its order."""

    variables: tuple[ReleaseVariable, ...]

    @cached_property
    def by_name(self) -> Mapping[str, ReleaseVariable]:
        """The variables by name."""
        return {variable.name: variable for variable in self.variables}

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each variable stands in the questionnaire."""
        return {variable.name: index for index, variable in enumerate(self.variables)}


def codebook(form: CompiledForm, hierarchies: Mapping[str, CodeHierarchy]) -> Codebook:
    """Return what may be released of a questionnaire."""
    return Codebook(
        tuple(
            _released(variable, form.by_id[variable.question], hierarchies)
            for variable in form.variables
            if _offered(variable)
        )
    )


def _offered(variable: Variable) -> bool:
    return (
        variable.releasable
        and bool(variable.codes)
        and variable.privacy_role is not PrivacyRole.IDENTIFIER
    )


def _released(
    variable: Variable, question: Question, hierarchies: Mapping[str, CodeHierarchy]
) -> ReleaseVariable:
    values = tuple(
        Category(code=code.code, kind=CategoryKind.VALUE, text=code.text) for code in variable.codes
    )
    groups, title = None, _title(variable, question)
    if variable.hierarchy is not None and variable.release_level > 0:
        hierarchy = hierarchies[variable.hierarchy]
        groups = hierarchy.groups(variable.release_level)
        values = _grouped(values, groups, hierarchy)
        if hierarchy.levels[0].title == variable.title:
            # What is no longer a municipality must not be called one.
            title = hierarchy.levels[variable.release_level].title
    return ReleaseVariable(
        name=variable.name,
        title=title,
        question=variable.label,
        section=question.section,
        values=values,
        states=tuple(
            Category(code=state.value, kind=state) for state in _states(variable, question)
        ),
        breakdown=variable.privacy_role is PrivacyRole.QUASI_IDENTIFIER,
        special=variable.gdpr_category is not GdprCategory.NONE,
        groups=groups,
    )


def _title(variable: Variable, question: Question) -> Texts:
    """One option of several says little without what was asked."""
    if question.kind is not QuestionKind.MULTI:
        return variable.title
    tags = question.title.root.keys() & variable.title.root.keys()
    return Texts.model_validate(
        {tag: f"{question.title.root[tag]}: {variable.title.root[tag]}" for tag in sorted(tags)}
    )


def _grouped(
    values: Iterable[Category], groups: Mapping[str, str], hierarchy: CodeHierarchy
) -> tuple[Category, ...]:
    order = dict.fromkeys(groups[value.code] for value in values)
    return tuple(
        Category(code=code, kind=CategoryKind.VALUE, text=hierarchy.texts[code]) for code in order
    )


def _states(variable: Variable, question: Question) -> tuple[CategoryKind, ...]:
    """A state that the questionnaire cannot produce is a structural zero and has no row."""
    if not question.asked:
        possible = {CategoryKind.MISSING}
    else:
        possible = {CategoryKind.REFUSED, CategoryKind.DONT_KNOW, CategoryKind.MISSING}
    skipped = (
        question.relevant is not None
        or question.options_from is not None
        or question.choice_filter is not None
        or question.derive is not None
        or variable.purpose is not PurposeId.PARTICIPATION
    )
    if skipped:
        possible.add(CategoryKind.NOT_ASKED)
    return tuple(state for state in STATES if state in possible)
