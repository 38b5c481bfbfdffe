"""Diversity and closeness of a sensitive column, by their definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.covering import distinct_values, empty
from anonymisation.records.hierarchies import resolve
from anonymisation.records.marks import SUPPRESSED
from anonymisation.records.roles import Sensitive
from anonymisation.records.values import text

Floats = npt.NDArray[np.float64]
PART = 4_000_000


@dataclass(frozen=True)
class AnswerCheck:
    """Of one sensitive column, the worst over all classes.

    `distinct`: least number of values; `entropy`: l whose logarithm is the least entropy;
    `recursive`: per l from 2 on, the c that (c, l)-diversity needs more than (infinite where a
    class has fewer than l values); `share`: largest share of a value; `homogeneous`: share of
    records in classes of one value; `equal`, `ordered`, `hierarchical`: closeness t by distance
    (NaN where the role has no such order); `beta`, `delta`: beta-likeness, delta-disclosure.

    Source: Machanavajjhala et al. 2007; Li, Li and Venkatasubramanian 2007; Cao and Karras 2012
    (beta); Brickell and Shmatikov 2008 (delta: infinite where a class lacks a value).
    """

    distinct: int
    entropy: float
    recursive: dict[int, float]
    share: float
    homogeneous: float
    equal: float
    ordered: float
    hierarchical: float
    beta: float
    delta: float


def measure(
    column: pd.Series, whole: pd.Series | None, role: Sensitive, group: Any, sizes: Any
) -> AnswerCheck:
    """The measures of a column. `group` (records,): classes, numbered from 0; `sizes` (classes,).
    `whole`: the column closeness refers to; the same one, if None."""
    codes, reference, words = _numbered(column, whole, role)
    values = len(reference)
    cells = group * np.int64(values) + codes
    if len(sizes) * values <= PART:
        counts = np.bincount(cells, minlength=len(sizes) * values).reshape(len(sizes), values)
        found = [_of_part(counts, sizes, reference, role, words)]
    else:
        # Classes are independent: part by part in bounded memory.
        cells.sort()
        step = max(1, PART // values)
        found = []
        for low in range(0, len(sizes), step):
            high = min(low + step, len(sizes))
            a, b = np.searchsorted(cells, [low * values, high * values])
            counts = np.bincount(cells[a:b] - low * values, minlength=(high - low) * values)
            part = counts.reshape(high - low, values)
            found.append(_of_part(part, sizes[low:high], reference, role, words))
    return _worst(found, int(sizes.sum()))


def _of_part(
    counts: Any, sizes: Any, reference: Floats, role: Sensitive, words: list[str]
) -> AnswerCheck:
    """The measures over some classes; `homogeneous` as a number of records."""
    shares = counts / sizes[:, None]
    present = counts > 0
    # 1 where nothing is present, whose logarithm is 0.
    logarithms = np.log(np.where(present, shares, 1.0))
    falling = -np.sort(-counts, axis=1)
    tails = np.cumsum(falling[:, ::-1], axis=1)[:, ::-1]
    recursive = {}
    for l in range(2, falling.shape[1] + 1):  # noqa: E741 - the field's name for it
        with np.errstate(divide="ignore"):
            recursive[l] = float((falling[:, 0] / tails[:, l - 1]).max())
    moved = shares - reference
    there = reference > 0
    gain = moved[:, there] / reference[there]
    ratio = np.where(present[:, there], logarithms[:, there] - np.log(reference[there]), np.inf)
    steps = max(1, len(reference) - 1)
    nested = _tree(moved, role, words) if role.hierarchy is not None else np.nan
    ordered = np.abs(moved.cumsum(axis=1)).sum(axis=1).max() / steps if _has_order(role) else np.nan
    return AnswerCheck(
        distinct=int(present.sum(axis=1).min()),
        entropy=float(np.exp(-(shares * logarithms).sum(axis=1).max())),
        recursive=recursive,
        share=float(shares.max()),
        homogeneous=float(sizes[present.sum(axis=1) == 1].sum()),
        equal=float(np.maximum(moved, 0).sum(axis=1).max()),
        ordered=float(ordered),
        hierarchical=float(nested),
        beta=float(gain.max()),
        delta=float(np.abs(ratio).max()),
    )


def _worst(found: list[AnswerCheck], records: int) -> AnswerCheck:
    lists = {name: [getattr(part, name) for part in found] for name in AnswerCheck.__annotations__}
    return AnswerCheck(
        distinct=min(lists["distinct"]),
        entropy=min(lists["entropy"]),
        recursive={
            rank: max(part.recursive[rank] for part in found) for rank in found[0].recursive
        },
        homogeneous=sum(lists["homogeneous"]) / records,
        **{
            name: max(lists[name])
            for name in ("share", "equal", "ordered", "hierarchical", "beta", "delta")
        },
    )


def _tree(moved: Floats, role: Sensitive, words: list[str]) -> float:
    """Earth mover's distance where one step up the hierarchy costs 1 / height, to the common
    code and, for the other value, down for nothing: a half each way."""
    named = [word for word in words if word != EMPTY]
    hierarchy = resolve(role.hierarchy, "answers", named)
    total = np.zeros(len(moved))
    for level in range(hierarchy.height):
        codes = [word if word == EMPTY else hierarchy.at(word, level) for word in words]
        for code in dict.fromkeys(codes):
            total += np.abs(moved[:, [other == code for other in codes]].sum(axis=1))
    return float(total.max() / (2 * hierarchy.height))


EMPTY = "(empty)"


def _has_order(role: Sensitive) -> bool:
    return role.ordered or bool(role.order)


def _numbered(
    column: pd.Series, whole: pd.Series | None, role: Sensitive
) -> tuple[Any, Floats, list[str]]:
    """Codes (records,), the reference's shares (values,), and the values as text, in order.
    Each column is hashed once."""
    mine = distinct_values(column)
    theirs = mine if whole is None else distinct_values(whole)
    source = column if whole is None else whole
    values = [v for v in (*theirs[1], *mine[1]) if v is not SUPPRESSED and not empty(v)]
    if role.order:
        ranked = [text(value) for value in role.order]
    elif isinstance(source.dtype, pd.CategoricalDtype) and source.cat.ordered:
        ranked = [text(value) for value in source.cat.categories if value is not SUPPRESSED]
    else:
        ranked = [text(value) for value in sorted(set(values))]
    used = {text(value) for value in values}
    words = [word for word in dict.fromkeys(ranked) if word in used or role.order]
    words += [EMPTY] * any(empty(v) for v in (*theirs[1], *mine[1]))
    shares = np.bincount(_placed(*theirs, words), minlength=len(words))
    return _placed(*mine, words), shares / shares.sum(), words


def _placed(codes: Any, values: list[Any], words: list[str]) -> Any:
    place = {word: i for i, word in enumerate(words)}
    table = [place.get(EMPTY if empty(value) else text(value), 0) for value in values]
    return np.array(table, dtype=np.int64)[codes]
