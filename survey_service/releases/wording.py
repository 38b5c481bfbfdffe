"""The words of a table that belong to no questionnaire: marks, totals, states, titles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from schemas.methods import Altered, CellKey, Geometric, Method, Rounding
from schemas.release import Category, CategoryKind, Dimension, FilterShown, Mark, PrintedTable
from schemas.requests import Chance, RequestPurpose, RequestState
from survey_service.web.translation import Translate, translator

LANGUAGES = ("lv", "ru", "en")
"""The languages in which every file of a release is written."""


class Words(NamedTuple):
    """A language tag, and what says a message in it."""

    language: str
    say: Translate


def words_in(language: str) -> Words:
    """Return the words of one language."""
    return Words(language, translator(language))


def kind_words(kind: CategoryKind, words: Words) -> str:
    """Return what a total or a state is called in every table."""
    _ = words.say
    return {
        CategoryKind.VALUE: _("Answer"),
        CategoryKind.TOTAL: _("Total"),
        CategoryKind.REFUSED: _("Preferred not to say"),
        CategoryKind.DONT_KNOW: _("Don't know"),
        CategoryKind.NOT_ASKED: _("Not asked"),
        CategoryKind.MISSING: _("No answer given"),
        CategoryKind.NO_VALID_ANSWER: _("No valid answer"),
    }[kind]


def category_words(category: Category, words: Words) -> str:
    """Return the row's or column's words: the code list's for a value, else the state's."""
    if category.text is None:
        return kind_words(category.kind, words)
    return category.text.text(words.language)


def mark_words(words: Words) -> dict[str, str]:
    """Return what each mark means, by the status that files carry."""
    _ = words.say
    return {
        "A": _("Published count. A 0 is a true zero."),
        "U": _("Published count from a group of fewer than 50 people. Read it with care."),
        "Q": _("Withheld, so that nobody can be recognised. It is not zero."),
        "E": _("Rounded or changed at random, so that nobody can be recognised. Not a count."),
    }


def mark_name(mark: Mark, words: Words) -> str:
    """Return the mark's name, as a screen reader says it."""
    _ = words.say
    return {
        Mark.PUBLISHED: _("published"),
        Mark.FLAGGED: _("small group"),
        Mark.WITHHELD: _("withheld"),
        Mark.ROUNDED: _("rounded"),
        Mark.NOISED: _("changed at random"),
    }[mark]


def titles(named: Iterable[Dimension | FilterShown], words: Words) -> str:
    """Return the titles of variables, one after the other."""
    return ", ".join(one.title.text(words.language) for one in named)


def table_title(table: PrintedTable, words: Words) -> str:
    """Return one line that says what the table counts."""
    rows = titles([d for d in table.dimensions if d.variable in table.rows], words)
    columns = titles([d for d in table.dimensions if d.variable in table.columns], words)
    return joined_title(rows, columns, words)


def joined_title(rows: str, columns: str, words: Words) -> str:
    """Return what stands down the side by what stands across."""
    if not columns:
        return rows
    return words.say("%(rows)s by %(columns)s", rows=rows, columns=columns)


def filter_words(filters: Iterable[FilterShown], words: Words) -> list[str]:
    """Return each filter as a line: variable, and the answers that count."""
    return [
        f"{shown.title.text(words.language)}: "
        + ", ".join(category_words(category, words) for category in shown.categories)
        for shown in filters
    ]


def state_words(state: RequestState, words: Words) -> str:
    """Return where a request stands, in words."""
    _ = words.say
    return {
        RequestState.SUBMITTED: _("Being prepared"),
        RequestState.UNDER_REVIEW: _("Under review"),
        RequestState.RELEASED: _("Released"),
        RequestState.NOT_RELEASED: _("Not released"),
    }[state]


def purpose_words(purpose: RequestPurpose, words: Words) -> str:
    """Return what a purpose code stands for."""
    _ = words.say
    return {
        RequestPurpose.POLICY: _("Planning or checking a policy"),
        RequestPurpose.MONITORING: _("Monitoring equality over time"),
        RequestPurpose.RESEARCH: _("Scientific research"),
        RequestPurpose.REPORTING: _("Reporting to a national or European body"),
    }[purpose]


def method_words(method: Method, words: Words) -> str:
    """Return in one sentence how a wave's rules say that its tables are protected."""
    _ = words.say
    if isinstance(method, Rounding):
        return _("Every number is rounded to a multiple of %(base)s.", base=method.base)
    if isinstance(method, CellKey):
        return _(
            "Every number is shifted at random by at most %(most)s. No table can be published"
            " any more once somebody has withdrawn.",
            most=method.deviation,
        )
    if isinstance(method, Geometric):
        return _(
            "Random noise is added to every number. Each table costs %(epsilon)s of a budget of"
            " %(total)s; when it is spent, no more tables are published.",
            epsilon=method.epsilon,
            total=method.total,
        )
    return _("Exact counts. Small ones are withheld, with others that would give them away.")


def altered_words(altered: Altered, words: Words) -> list[str]:
    """Return in sentences how numbers that are no counts were made and how far they may be off."""
    _ = words.say
    adds = (
        _("Parts add up to their totals.")
        if altered.additive
        else _("Parts do not add up exactly to their totals.")
    )
    if altered.method == "rounding":
        told = _(
            "Every number is a multiple of %(base)s next to the count: the count is less than"
            " %(within)s away.",
            base=altered.base,
            within=altered.within,
        )
        return [told, adds, _("It was tried out that no small count follows from them.")]
    if altered.method == "cell_key":
        told = _(
            "Every number was shifted at random by at most %(within)s; equal groups are shifted"
            " alike in every table, and nobody is always 0.",
            within=altered.within,
        )
        last = _(
            "After somebody has withdrawn, no more tables of this wave are published: new noise"
            " would point at the person who left."
        )
        return [told, adds, last]
    told = _(
        "Random noise was added to every number: on average it is off by about %(error)s, rarely"
        " by much more.",
        error=altered.standard_error,
    )
    last = _(
        "This is differential privacy with epsilon %(epsilon)s: whether any one person is counted"
        " changes the chance of each result by a factor of at most e to that power. All tables of"
        " the wave are paid from one budget.",
        epsilon=altered.epsilon,
    )
    return [told, adds, last]


def chance_words(chance: Chance, words: Words) -> str:
    """Return how likely a cell can be published, in a word."""
    _ = words.say
    return {
        Chance.LIKELY: _("likely"),
        Chance.DOUBTFUL: _("doubtful"),
        Chance.UNLIKELY: _("unlikely"),
    }[chance]


def reason_words(reason: str, words: Words) -> str:
    """Return why a cell is withheld, for the checkers alone."""
    _ = words.say
    return {
        "threshold": _("too few people"),
        "group_minimum": _("the group is too small"),
        "group_disclosure": _("it would say something of everybody in the group"),
        "complement": _("too few people are left outside it"),
        "secondary": _("it would give another cell away"),
        "ledger": _("withheld in an earlier table"),
    }.get(reason, reason)
