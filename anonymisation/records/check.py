"""What a published file keeps, read off the file alone: every model's measure in one pass.

Shares no code with the algorithms. It sees columns and roles, never how the file was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.covering import covers, matches
from anonymisation.records.distances import AnswerCheck, measure
from anonymisation.records.marks import SUPPRESSED
from anonymisation.records.roles import Roles
from anonymisation.records.values import hashed

Codes = npt.NDArray[Any]
LIMIT, DENSE = 1 << 62, 1 << 16


@dataclass(frozen=True)
class Checks:
    """What a file keeps. `k`: members of the smallest class; `classes`; `records` published;
    `suppressed` records; `answers` by sensitive column; `k_map`: the population's smallest
    class, None without a table; `subsets`: smallest class over the keys asked for. A file of
    which nothing is published has k 0."""

    k: int
    classes: int
    records: int
    suppressed: int
    answers: dict[str, AnswerCheck]
    k_map: int | None = None
    subsets: dict[tuple[str, ...], int] | None = None


def check(
    frame: pd.DataFrame,
    roles: Roles,
    *,
    reference: pd.DataFrame | None = None,
    population: pd.DataFrame | None = None,
    population_count: str | None = None,
    subsets: tuple[tuple[str, ...], ...] = (),
    levels: Mapping[str, int] | None = None,
) -> Checks:
    """What the file keeps, all models in one pass. Withheld records are in no class.

    `reference`: the file whose distribution closeness is measured against; the published
    records, if not given. `population`: the table of a k-map, `population_count` its column of
    sizes, `levels` the published levels where one code stands at several. `subsets`: keys to
    look at on their own.

    Cost: a hash per record and column, a sort of the records for the classes and one per
    sensitive column; t-closeness takes classes times values.

    Raises:
        BadRecords: frame and roles do not fit each other.
    """
    roles.check_fits(frame, released=True)
    names = list(roles.quasi_identifiers)
    parts = [codes_of(frame[name]) for name in names]
    blank = withheld(frame, roles)
    public = np.flatnonzero(~blank)
    if not len(public):
        return Checks(0, 0, 0, len(frame), {}, None, dict.fromkeys(subsets, 0))
    group, count = grouped([(codes[public], size) for codes, size in parts])
    household = None
    if roles.unit == "household":
        household = codes_of(frame[str(roles.household)])[0][public]
    sizes = np.bincount(group, minlength=count)
    answers = {
        name: measure(
            frame[name].iloc[public] if blank.any() else frame[name],
            None if reference is None else reference[name], role, group, sizes,
        ) for name, role in roles.sensitive.items()
    }  # fmt: skip
    k_map = None
    if population is not None:
        k_map = _k_map(frame.iloc[public], roles, population, population_count, levels or {})
    smallest = {}
    for keys in subsets:
        part, parts_count = grouped(
            [(parts[names.index(key)][0][public], parts[names.index(key)][1]) for key in keys]
        )
        smallest[keys] = int(_members(part, parts_count, household).min())
    least = int(_members(group, count, household).min())
    return Checks(least, count, len(public), int(blank.sum()), answers, k_map, smallest)


def codes_of(column: pd.Series) -> tuple[Codes, int]:
    """Codes (records,) of a published column, empty cells last, and how many there are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        found, size = column.cat.codes.to_numpy(), len(column.cat.categories)
    else:
        found, values = hashed(column)
        size = len(values)
    return np.where(found < 0, size, found).astype(np.int64), size + 1


def is_mark(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Where the column says nothing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        marks = [i for i, v in enumerate(column.cat.categories) if v is SUPPRESSED]
        return np.isin(column.cat.codes.to_numpy(), marks)
    if column.dtype != object:
        return np.zeros(len(column), dtype=bool)
    return np.fromiter((v is SUPPRESSED for v in column), dtype=bool, count=len(column))


def withheld(frame: pd.DataFrame, roles: Roles) -> npt.NDArray[np.bool_]:
    """Which records say nothing: a mark in every quasi-identifier and sensitive column."""
    blank = np.ones(len(frame), dtype=bool)
    for name in (*roles.quasi_identifiers, *roles.sensitive):
        if blank.any() and name in frame.columns:
            blank &= is_mark(frame[name])
    return blank


def grouped(parts: Sequence[tuple[Codes, int]]) -> tuple[Codes, int]:
    """The class of each record, and how many there are."""
    key, radix = np.zeros(len(parts[0][0]), dtype=np.int64), 1
    for codes, size in parts:
        if radix * size >= LIMIT:
            distinct, key = np.unique(key, return_inverse=True)
            radix = len(distinct)
        key = key * size + codes
        radix *= size
    if radix <= max(DENSE, 4 * len(key)):
        number = np.cumsum(np.bincount(key, minlength=radix) > 0)
        return number[key] - 1, int(number[-1])
    distinct, key = np.unique(key, return_inverse=True)
    return key, len(distinct)


def _members(group: Codes, count: int, household: Codes | None) -> Codes:
    if household is None:
        return np.bincount(group, minlength=count)
    pairs = np.unique(np.stack([group, household]), axis=1)
    return np.bincount(pairs[0], minlength=count)


def _k_map(
    frame: pd.DataFrame,
    roles: Roles,
    population: pd.DataFrame,
    count: str | None,
    levels: Mapping[str, int],
) -> int:
    """The fewest people of the population that any published class can stand for."""
    link = covers(population, frame, roles, levels)
    people = np.ones(len(population)) if count is None else population[count].to_numpy(float)
    weight = np.bincount(link.true_of_records, people)
    found = np.zeros(len(link.published[0]))
    for row, published in matches(link):
        found += np.bincount(published, weight[row], minlength=len(found))
    return int(found.min())
