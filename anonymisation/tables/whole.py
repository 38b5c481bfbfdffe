"""Columns of whole numbers, nought or more."""

from __future__ import annotations

import numpy as np
import pandas as pd

from anonymisation.errors import BadTable

MOST = 2**53
"""Beyond it a number read as floating point is no longer exact."""


def whole_numbers(
    column: pd.Series, name: str, *, remedy: str = "Give whole counts."
) -> np.ndarray:
    """The column as int64.

    Raises:
        BadTable: a number is missing, negative, fractional or too large; the first is named by
            its row, counted from 1.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
    for wrong, what in (
        (~np.isfinite(numbers), "is no number"),
        (numbers < 0, "is negative"),
        (numbers % 1 != 0, "is fractional"),
        (numbers > MOST, "is too large to count exactly"),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise BadTable(f"Column {name!r} {what} in row {row + 1}.", remedy=remedy)
    return numbers.astype(np.int64)
