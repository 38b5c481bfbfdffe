"""Columns as small whole numbers: leaf codes, and what each leaf becomes level by level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.hierarchy import TOP, Hierarchy
from anonymisation.records.errors import BadRecords
from anonymisation.records.hierarchies import resolve
from anonymisation.records.marks import SUPPRESSED
from anonymisation.records.roles import QuasiIdentifier
from anonymisation.records.values import Codes, factorise, same, text

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coded:
    """A quasi-identifier in numbers.

    `codes` (records,): leaf of each record. `values`: the value behind each leaf, as the column
    holds it (as text where it holds none). `tables` (levels, leaves): code at each level.
    `labels`: per level, what each code is published as. `share` (levels, leaves): normalised
    leaf share, 0 for a leaf alone and 1 for all of them. `rank` (leaves,): the order of values
    where there is one (`ordered`), else that of the hierarchy. `unknown`: leaves that say nothing.
    """

    name: str
    weight: float
    codes: Codes
    values: tuple[Any, ...]
    tables: Codes
    labels: tuple[tuple[Any, ...], ...]
    share: Floats
    rank: Codes
    ordered: bool
    unknown: frozenset[int]

    @property
    def height(self) -> int:
        """The level at which everything is `*`."""
        return len(self.tables) - 1

    @property
    def leaves(self) -> int:
        """How many leaves there are, used or not."""
        return int(self.tables.shape[1])


def code(column: pd.Series, role: QuasiIdentifier) -> Coded:
    """The column in numbers; codes depend on values and hierarchy, never on the records' order.

    Cost: one hash per record, none for a categorical column.

    Raises:
        BadRecords: types are mixed, or a value is missing from its hierarchy.
        BadHierarchy: the hierarchy is none.
    """
    name = str(column.name)
    found, values, empty = factorise(column)
    unknown = {i for i, v in enumerate(values) if any(same(v, m) for m in role.missing)}
    asked = any(pd.isna(m) for m in role.missing if not isinstance(m, str))
    known = [i for i in range(len(values)) if i not in unknown]
    if not known:
        raise BadRecords(f"{name!r} holds no value.", remedy="Leave the column out.")
    in_order = isinstance(column.dtype, pd.CategoricalDtype) and bool(column.cat.ordered)
    order = known if in_order else sorted(known, key=values.__getitem__)
    texts = {i: text(values[i]) for i in known}
    hierarchy = resolve(role.hierarchy, name, [texts[i] for i in order])
    place = {leaf: i for i, leaf in enumerate(hierarchy.leaves)}
    _check_covered(name, [i for i in known if texts[i] not in place], texts, found, hierarchy)
    leaf_values: list[Any] = list(hierarchy.leaves)
    for i in known:
        leaf_values[place[texts[i]]] = values[i]
    extra = len(place)
    to_leaf = np.array([extra if i in unknown else place[texts[i]] for i in range(len(values))]
                       + [extra + bool(unknown and not asked)], dtype=np.int64)  # fmt: skip
    blanks = [True] * bool(unknown or (empty and asked)) + [False] * (empty and not asked)
    smallest = np.min_scalar_type(max(0, extra + len(blanks) - 1))
    tables, labels, share = _levels(hierarchy, leaf_values, blanks)
    return Coded(
        name, role.weight, to_leaf.astype(smallest)[found],
        (*leaf_values, *(SUPPRESSED if blank else np.nan for blank in blanks)),
        tables, labels, share, _rank(column, leaf_values, len(blanks)), _is_ordered(column),
        frozenset(extra + i for i, blank in enumerate(blanks) if blank),
    )  # fmt: skip


def _levels(
    hierarchy: Hierarchy, leaf_values: Sequence[Any], blanks: Sequence[bool]
) -> tuple[Codes, tuple[tuple[Any, ...], ...], Floats]:
    """Tables, labels and shares; blanks are leaves of their own: True says nothing, False NaN."""
    leaves, height = len(hierarchy.rows) + len(blanks), hierarchy.height
    tables = np.zeros((height + 1, leaves), dtype=np.int64)
    share = np.zeros((height + 1, leaves))
    labels: list[tuple[Any, ...]] = []
    for level in range(height + 1):
        seen: dict[str, int] = {}
        row = [seen.setdefault(line[level], len(seen)) for line in hierarchy.rows]
        words: list[Any] = list(leaf_values) if level == 0 else list(seen)
        for blank in blanks:
            if level == height:
                row.append(seen.setdefault(TOP, len(seen)))
            else:
                row.append(len(words))
                words.append(SUPPRESSED if blank else np.nan)
        tables[level] = row
        labels.append(tuple(words) if words else (TOP,))
        sizes = np.bincount(tables[level])[tables[level]]
        share[level] = (sizes - 1) / (leaves - 1) if leaves > 1 else 0.0
    for position, blank in enumerate(blanks):
        if blank:
            share[:, len(hierarchy.rows) + position] = 1.0
    return tables, tuple(labels), share


def _check_covered(
    name: str, lost: Sequence[int], texts: dict[int, str], found: Codes, hierarchy: Hierarchy
) -> None:
    if lost:
        count = int(np.isin(found, list(lost)).sum())
        more = f" and {len(lost) - 1} more values" if len(lost) > 1 else ""
        raise BadRecords(
            f"{name!r} holds {texts[lost[0]]!r}{more} in {count} records, missing from its"
            f" hierarchy of {len(hierarchy.rows)} leaves.",
            remedy="Add lines for them, or recode them.",
        )


def _is_ordered(column: pd.Series) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return bool(column.cat.ordered) or _is_scale(column.cat.categories.dtype)
    return _is_scale(column.dtype)


def _is_scale(dtype: Any) -> bool:
    if pd.api.types.is_bool_dtype(dtype):
        return False
    return bool(pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype))


def _rank(column: pd.Series, leaf_values: Sequence[Any], blanks: int) -> Codes:
    """The place of each leaf in the order of values; leaves the file lacks are read as text."""
    places: list[Any] = list(range(len(leaf_values)))
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        order = {value: i for i, value in enumerate(column.cat.categories)}
        places = [order.get(value, len(order)) for value in leaf_values]
    elif _is_ordered(column):
        places = [_place(value) for value in leaf_values]
    ranked = sorted(range(len(places)), key=places.__getitem__)
    rank = np.arange(len(places) + blanks)
    rank[ranked] = np.arange(len(ranked))
    return rank


def _place(value: Any) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return np.inf
