"""The cells of a released table one by one, with their categories and their marks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from schemas.release import Category, Mark, PrintedTable

OBS_STATUS = {
    Mark.PUBLISHED: "A",
    Mark.FLAGGED: "U",
    Mark.WITHHELD: "Q",
    Mark.ROUNDED: "E",
    Mark.NOISED: "E",
}
"""SDMX CL_OBS_STATUS: normal value, low reliability, missing value because suppressed, estimated
value."""
CONF_STATUS = {mark: "C" if mark is Mark.WITHHELD else "F" for mark in Mark}
"""SDMX CL_CONF_STATUS: free, confidential statistical information."""
WITHHELD_SIGN = "c"
ALTERED_SIGN = {Mark.ROUNDED: "≈ ", Mark.NOISED: "± "}
"""Rounded; with noise. Not a letter, for it stands beside a number."""


class Cell(NamedTuple):
    """One cell as published."""

    categories: tuple[Category, ...]
    value: int | None
    mark: Mark


def cells(table: PrintedTable) -> Iterator[Cell]:
    """Yield every cell in row-major order."""
    keys = product(*(dimension.categories for dimension in table.dimensions))
    for key, value, mark in zip(keys, table.values, table.marks, strict=True):
        yield Cell(key, value, mark)


def shown(value: int | None, mark: Mark) -> str:
    """Return the cell as people read it: a number, a number in brackets, or the one mark.

    A number that is no count has its sign before it.
    """
    if mark is Mark.WITHHELD:
        return WITHHELD_SIGN
    if mark in ALTERED_SIGN:
        return f"{ALTERED_SIGN[mark]}{value}"
    return f"({value})" if mark is Mark.FLAGGED else str(value)


def filter_codes(table: PrintedTable) -> str:
    """Return the filters in codes, `B4=1+2; D1=3`, or nothing."""
    return "; ".join(
        f"{f.variable}={'+'.join(category.code for category in f.categories)}"
        for f in table.filters
    )
