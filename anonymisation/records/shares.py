"""How much of its hierarchy a published cell leaves open."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.hierarchy import TOP
from anonymisation.records.covering import distinct_values, empty, unknown
from anonymisation.records.hierarchies import resolve
from anonymisation.records.marks import SUPPRESSED, OneOf, Range
from anonymisation.records.roles import QuasiIdentifier
from anonymisation.records.values import text


def leaf_shares(
    truth: pd.Series, published: pd.Series, role: QuasiIdentifier, level: int | None
) -> npt.NDArray[np.float64]:
    """The normalised leaf share of each published cell, (records,); leaves that do not occur
    count where a hierarchy names them."""
    values = distinct_values(truth)[1]
    known = sorted(value for value in values if not empty(value) and not unknown(value, role))
    lines = resolve(role.hierarchy, str(truth.name), [text(value) for value in known]).rows
    by_text = {text(value): value for value in known}
    leaves = [by_text.get(line[0], line[0]) for line in lines]
    leaves += [np.nan] * (len(values) - len(known) > 0)
    shown, codes = distinct_values(published)
    shares = np.empty(len(codes))
    for j, code in enumerate(codes):
        if isinstance(code, Range):
            covered = sum(_within(code, leaf) for leaf in leaves)
        elif isinstance(code, OneOf):
            covered = len(code.values)
        elif code is SUPPRESSED or (isinstance(code, str) and code == TOP):
            covered = len(leaves)
        else:
            at = slice(None) if level is None else slice(level, level + 1)
            covered = max(1, sum(text(code) in line[at] for line in lines))
        shares[j] = (covered - 1) / max(1, len(leaves) - 1)
    return np.asarray(shares[shown])


def _within(shown: Range, leaf: Any) -> bool:
    """Leaves that do not occur are text; they count where they read as numbers."""
    if isinstance(leaf, str) and not isinstance(shown.low, str):
        try:
            leaf = float(leaf)
        except ValueError:
            return False
    try:
        return not empty(leaf) and bool(shown.low <= leaf <= shown.high)
    except TypeError:
        return False
