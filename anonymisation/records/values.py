"""The values of a column: which there are, of what sort, and how they read as text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.errors import BadRecords

Codes = npt.NDArray[Any]


def factorise(column: pd.Series) -> tuple[Codes, list[Any], bool]:
    """Codes (records,) with -1 for empty cells, the distinct values, whether cells are empty.

    Raises:
        BadRecords: the column holds values of several types.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        found = column.cat.codes.to_numpy()
        values = column.cat.categories.tolist()
        used = np.bincount(found.astype(np.intp) + 1, minlength=len(values) + 1) > 0
        if not used[1:].all():
            kept = np.flatnonzero(used[1:])
            place = np.full(len(values) + 1, -1)
            place[kept] = np.arange(len(kept))
            found, values = place[found], [values[i] for i in kept]
        empty = bool(used[0])
    else:
        found, values = hashed(column)
        empty = bool((found < 0).any())
    kinds = {kind(value) for value in values}
    if len(kinds) > 1:
        first = {kind(value): value for value in reversed(values)}
        shown = ", ".join(f"{first[sort]!r} ({sort})" for sort in sorted(kinds))
        raise BadRecords(
            f"{str(column.name)!r} mixes types: {shown}.", remedy="Convert it to one type."
        )
    return found, values, empty


def hashed(column: pd.Series) -> tuple[Codes, list[Any]]:
    """Codes (records,) with -1 for empty cells, and the distinct values in order of appearance."""
    # Strings hash three times as fast as the objects they are.
    strings = isinstance(column.dtype, pd.StringDtype)
    codes, distinct = pd.factorize(column.to_numpy(dtype=object) if strings else column)
    return codes, distinct.tolist()


def text(value: Any) -> str:
    """A value as it stands in a hierarchy's file: whole numbers without a point, dates in ISO."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = value == datetime.combine(value.date(), datetime.min.time(), value.tzinfo)
        return value.date().isoformat() if midnight else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def kind(value: Any) -> str:
    """What sort of value it is; whole numbers and decimals are one."""
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, int | float | np.number):
        return "number"
    return "date" if isinstance(value, date) else type(value).__name__


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal and of one sort."""
    return bool(value == other) if kind(value) == kind(other) else False
