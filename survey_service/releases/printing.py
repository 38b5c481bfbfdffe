"""A protected table with its words: what the public pages and files are made of."""

from __future__ import annotations

from itertools import product

from schemas.release import (
    Category,
    CategoryKind,
    Dimension,
    FilterShown,
    Mark,
    PrintedTable,
    Protection,
)
from schemas.requests import Layout, TableQuestion
from schemas.tables import MERGED_STATE, TOTAL, Axis, ProtectedTable
from schemas.texts import Texts
from survey_service.releases.codebook import Codebook, ReleaseVariable

PRINTED_TOTAL = "_T"
"""SDMX's code for a total."""


def printed(
    table: ProtectedTable, question: TableQuestion, layout: Layout, book: Codebook
) -> PrintedTable:
    """Return the table in the layout asked for, every cell with its number or its mark."""
    cells = {cell.codes: cell for cell in table.cells}
    names = layout.rows + layout.columns
    axes = {axis.variable: axis for axis in table.axes}
    place = [names.index(variable) for variable in table.variables]
    keys = product(*([code.code for code in axes[name].codes] for name in names))
    laid = [cells[tuple(key[i] for i in place)] for key in keys]
    return PrintedTable(
        question=question,
        rows=layout.rows,
        columns=layout.columns,
        dimensions=tuple(dimension(axes[name], book.by_name[name], question) for name in names),
        filters=filters_shown(question, book),
        values=tuple(cell.value for cell in laid),
        marks=tuple(Mark(cell.mark.value) for cell in laid),
    )


def dimension(axis: Axis, variable: ReleaseVariable, question: TableQuestion) -> Dimension:
    """Return an axis with its words."""
    known = {category.code: category for category in variable.categories}
    known[TOTAL] = Category(code=PRINTED_TOTAL, kind=CategoryKind.TOTAL)
    known[MERGED_STATE] = Category(code=MERGED_STATE, kind=CategoryKind.NO_VALID_ANSWER)
    for merge in question.merge:
        if merge.variable == variable.name:
            known[merge.name] = _merged([known[code] for code in merge.codes], merge.name)
    return Dimension(
        variable=variable.name,
        title=variable.title,
        question=variable.question,
        categories=tuple(known[code.code] for code in axis.codes),
    )


def _merged(parts: list[Category], name: str) -> Category:
    """A merged category is named by all that is in it, so that it is never a vague "other"."""
    texts = [part.text for part in parts if part.text is not None]
    tags = set.intersection(*(set(text.root) for text in texts)) or {"lv"}
    joined = {tag: " / ".join(text.text(tag) for text in texts) for tag in sorted(tags)}
    return Category(code=name, kind=CategoryKind.VALUE, text=Texts.model_validate(joined))


def filters_shown(question: TableQuestion, book: Codebook) -> tuple[FilterShown, ...]:
    """Return the question's filters in words."""
    shown = []
    for chosen in question.filters:
        variable = book.by_name[chosen.variable]
        known = {category.code: category for category in variable.values}
        shown.append(
            FilterShown(
                variable=variable.name,
                title=variable.title,
                categories=tuple(known[code] for code in chosen.codes),
            )
        )
    return tuple(shown)


def protection_shown(table: ProtectedTable) -> Protection:
    """Return the rules a table was protected by, as far as they are printed."""
    policy = table.policy
    return Protection(
        threshold=policy.threshold,
        smallest_group=policy.group_minimum,
        flagged_group=policy.flag_below,
        promise=table.promise,
        zeros_withheld_for=tuple(v for v in table.variables if v in policy.sensitive),
        complement=policy.complement and any(v in policy.sensitive for v in table.variables),
        altered=table.altered,
    )
