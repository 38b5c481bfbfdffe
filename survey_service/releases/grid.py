"""A table as rows and columns of a page, with headings that span what they head."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

from schemas.release import Category, CategoryKind, PrintedTable
from survey_service.releases.wording import Words, category_words


class Heading(NamedTuple):
    """A heading and how many columns or rows it heads; `state` is a way of having no value."""

    text: str
    span: int
    total: bool
    state: bool


class GridRow(NamedTuple):
    """One line: the headings that begin here, and its cells."""

    headings: tuple[Heading, ...]
    cells: tuple[Any, ...]


class Grid(NamedTuple):
    """A page's table. `corner` names the variables down the side."""

    corner: tuple[str, ...]
    heads: tuple[tuple[Heading, ...], ...]
    rows: tuple[GridRow, ...]


def grid(table: PrintedTable, cells: Sequence[Any], words: Words) -> Grid:
    """Return the grid of a table whose cells are given row-major."""
    sides = [d for d in table.dimensions if d.variable in table.rows]
    across = [d for d in table.dimensions if d.variable in table.columns]
    width = prod(len(d.categories) for d in across)
    heads = tuple(
        _spanning([d.categories for d in across], level, words) for level in range(len(across))
    )
    if not across:
        heads = ((Heading(words.say("Number of people"), 1, False, False),),)
    starts = _starting([d.categories for d in sides], words)
    rows = tuple(
        GridRow(starts[i], tuple(cells[i * width : (i + 1) * width])) for i in range(len(starts))
    )
    return Grid(tuple(d.title.text(words.language) for d in sides), heads, rows)


def _heading(category: Category, span: int, words: Words) -> Heading:
    total = category.kind is CategoryKind.TOTAL
    state = not total and category.kind is not CategoryKind.VALUE
    return Heading(category_words(category, words), span, total, state)


def _spanning(axes: Sequence[Sequence[Category]], level: int, words: Words) -> tuple[Heading, ...]:
    span = prod(len(axis) for axis in axes[level + 1 :])
    repeat = prod(len(axis) for axis in axes[:level])
    return tuple(_heading(category, span, words) for category in axes[level]) * repeat


def _starting(axes: Sequence[Sequence[Category]], words: Words) -> list[tuple[Heading, ...]]:
    spans = [prod(len(axis) for axis in axes[level + 1 :]) for level in range(len(axes))]
    lines = []
    for index, key in enumerate(product(*axes)):
        begins = [level for level in range(len(axes)) if index % spans[level] == 0]
        lines.append(tuple(_heading(key[level], spans[level], words) for level in begins))
    return lines
