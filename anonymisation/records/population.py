"""The population of a k-map, beside the records of a file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from anonymisation.records.coding import Coded
from anonymisation.records.errors import BadRecords
from anonymisation.records.models import KMap
from anonymisation.records.rows import Ints, UniqueRows
from anonymisation.records.values import factorise, text


def with_population(
    rows: UniqueRows, columns: tuple[Coded, ...], model: KMap, width: int
) -> tuple[UniqueRows, Ints]:
    """The rows of the file, then those of the population, which weigh nothing in the file."""
    people = model.population
    counts = np.ones(len(people), dtype=np.int64)
    if model.count is not None:
        counts = people[model.count].to_numpy(dtype=np.int64)
    parts = []
    for column in columns:
        if column.name not in people.columns:
            raise BadRecords(
                f"The population table has no {column.name!r}.",
                remedy="Give it every quasi-identifier.",
            )
        parts.append(_in_leaves(people[column.name], column))
    inside = np.all([part >= 0 for part in parts], axis=0)
    blank = np.zeros(int(inside.sum()), dtype=np.int64)
    parts = [part[inside] for part in parts] + [blank] * (width - len(columns))
    codes = tuple(np.concatenate(pair) for pair in zip(rows.codes, parts, strict=True))
    weight = np.concatenate([rows.weight, blank])
    return UniqueRows(codes, weight), np.concatenate([np.zeros_like(rows.weight), counts[inside]])


def _in_leaves(column: pd.Series, coded: Coded) -> Ints:
    """Leaves of a column of the population; -1 where the file's hierarchy has no such leaf."""
    place = {text(value): i for i, value in enumerate(coded.values)}
    found, values, _ = factorise(column)
    leaf = np.array([place.get(text(value), -1) for value in values] + [place.get("nan", -1)])
    return leaf[found].astype(np.int64)
