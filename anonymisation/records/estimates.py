"""Estimates before and after, and how far their confidence intervals overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from anonymisation.records.marks import SUPPRESSED
from anonymisation.records.values import text

NORMAL = 1.959963984540054
MOST_VALUES = 30


@dataclass(frozen=True)
class Overlap:
    """One estimate: the share of a value, or a mean where `value` is None, with its 95 percent
    interval before and after, and the mean share of each that lies in both."""

    column: str
    value: str | None
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    overlap: float


def overlaps(
    frame: pd.DataFrame, released: pd.DataFrame, names: Sequence[str], gone: Any
) -> list[Overlap]:
    """Means of numbers, shares of the values of other columns with at most 30 of them.

    Source: Karr, Kohnen, Oganian, Reiter and Sanil 2006.
    """
    found = []
    for name in names:
        if name not in released.columns:
            continue
        before, after = frame[name], released[name][~gone]
        numeric = pd.api.types.is_numeric_dtype(before) and not pd.api.types.is_bool_dtype(before)
        if numeric:
            kept = pd.to_numeric(after, errors="coerce")
            found.append(_overlap(name, None, _interval(before), _interval(kept)))
            continue
        values = [value for value in before.dropna().unique() if value is not SUPPRESSED]
        for value in values if len(values) <= MOST_VALUES else ():
            pair = [_interval((column == value).astype(float)) for column in (before, after)]
            found.append(_overlap(name, text(value), *pair))
    return found


def _interval(column: pd.Series) -> tuple[float, float, float]:
    """Mean, and the ends of its interval; NaN where nothing is left."""
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return np.nan, np.nan, np.nan
    middle = float(numbers.mean())
    half = NORMAL * float(numbers.std(ddof=1)) / len(numbers) ** 0.5 if len(numbers) > 1 else 0.0
    return middle, middle - half, middle + half


def _overlap(
    column: str, value: str | None, one: tuple[float, float, float], two: tuple[float, float, float]
) -> Overlap:
    common = min(one[2], two[2]) - max(one[1], two[1])
    widths = [interval[2] - interval[1] for interval in (one, two)]
    if np.isnan(common):
        share = 0.0
    elif min(widths) <= 0:
        share = float(one[0] == two[0])
    else:
        share = max(0.0, sum(common / width for width in widths) / 2)
    return Overlap(column, value, one, two, share)
