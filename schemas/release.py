"""A released table: every number the public may see, and the mark on each that it may not."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.methods import Altered
from schemas.requests import TableQuestion
from schemas.texts import Texts
from schemas.vocabulary import Frozen


class Mark(StrEnum):
    """What a cell of a released table is. Nothing published is ever told by a blank."""

    PUBLISHED = "published"
    FLAGGED = "flagged"
    WITHHELD = "withheld"
    ROUNDED = "rounded"
    NOISED = "noised"


class CategoryKind(StrEnum):
    """What a row or column stands for: a value, a total, or a way of having no value.

    `no_valid_answer` is the four ways together, only where a table was asked for like that.
    """

    VALUE = "value"
    TOTAL = "total"
    REFUSED = "refused"
    DONT_KNOW = "dont_know"
    NOT_ASKED = "not_asked"
    MISSING = "missing"
    NO_VALID_ANSWER = "no_valid_answer"


class Category(Frozen):
    """One row or column of a variable."""

    code: str
    kind: CategoryKind
    text: Texts | None = None
    """None for totals and states, whose words are the same for every variable."""


class Dimension(Frozen):
    """A variable as it lies in a table: its words and its categories in order."""

    variable: str
    title: Texts
    question: Texts
    categories: tuple[Category, ...] = Field(min_length=1)


class FilterShown(Frozen):
    """A filter in words: the variable, and the categories that count."""

    variable: str
    title: Texts
    categories: tuple[Category, ...] = Field(min_length=1)


class PrintedTable(Frozen):
    """Counts over the product of the dimensions, row-major, the last dimension quickest.

    `values[i]` is None exactly where `marks[i]` is withheld.
    """

    question: TableQuestion
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    filters: tuple[FilterShown, ...] = ()
    values: tuple[int | None, ...]
    marks: tuple[Mark, ...]

    @model_validator(mode="after")
    def _cells_fit_the_dimensions(self) -> Self:
        size = 1
        for dimension in self.dimensions:
            size *= len(dimension.categories)
        if not len(self.values) == len(self.marks) == size:
            raise ValueError("a table needs one value and one mark per cell")
        if tuple(d.variable for d in self.dimensions) != self.rows + self.columns:
            raise ValueError("the dimensions are the rows, then the columns")
        for value, mark in zip(self.values, self.marks, strict=True):
            if (value is None) != (mark is Mark.WITHHELD):
                raise ValueError("a cell has a number exactly when it is not withheld")
            if value is not None and value < 0 and mark is not Mark.NOISED:
                raise ValueError("a count is never negative")
        return self


class Protection(Frozen):
    """How a table was protected, as far as it may be printed."""

    threshold: int
    smallest_group: int
    flagged_group: int
    promise: str
    zeros_withheld_for: tuple[str, ...] = ()
    complement: bool = False
    altered: Altered | None = None
    """How numbers that are no counts were made; None: every number is a count."""


class Release(Frozen):
    """A published table with all that is said about it."""

    id: str
    survey: str
    survey_title: Texts
    wave: str
    wave_number: int
    frozen_on: date
    released_on: date
    table: PrintedTable
    protection: Protection
    synthetic: bool = False
