"""Classes of records that look alike, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from anonymisation.records.rows import Ints, bits, group_rows, grouped

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answer:
    """A sensitive column over the unique rows. `codes` (rows,); `whole` (values,): records of
    the whole file; `levels` (levels, values): codes of its hierarchy, for distances."""

    codes: Ints
    whole: npt.NDArray[Any]
    levels: tuple[Ints, ...] = ()


@dataclass(frozen=True, eq=False)
class Runs:
    """Records per class and value, sorted by class. All arrays (runs,)."""

    group: Ints
    value: Ints
    records: Ints


@dataclass(eq=False)
class Classes:
    """Unique rows put into classes.

    `of_rows` (rows,): class of each row; `weight` (rows,): records; `codes`: per
    quasi-identifier (rows,), as they would be published; `households` (rows,) or None:
    where given, they are what is counted; `people` (rows,) or None: the population's.
    """

    of_rows: Ints
    count: int
    weight: Ints
    codes: Mapping[str, Ints]
    answers: Mapping[str, Answer] = field(default_factory=dict)
    households: Ints | None = None
    people: Ints | None = None

    def __post_init__(self) -> None:
        self._runs: dict[str, Runs] = {}

    @cached_property
    def records(self) -> Ints:
        """Records of each class, (classes,)."""
        return _counted(self.of_rows, self.weight, self.count)

    @cached_property
    def members(self) -> Ints:
        """Persons, or distinct households, of each class."""
        if self.households is None:
            return self.records
        return _distinct(self.of_rows, self.households, self.weight > 0, self.count)

    @cached_property
    def population(self) -> Ints:
        """People of the population in each class."""
        people = self.weight if self.people is None else self.people
        return _counted(self.of_rows, people, self.count)

    def histogram(self, column: str) -> Runs:
        """How many records of each class hold each value."""
        if column not in self._runs:
            there = np.flatnonzero(self.weight > 0)
            value = self.answers[column].codes[there]
            wide = bits(int(value.max(initial=0)) + 1)
            key = (self.of_rows[there].astype(np.uint64) << np.uint64(wide)) | value.astype(
                np.uint64
            )
            groups = grouped(key, wide + bits(self.count))
            chosen = groups.order[groups.starts]
            records = np.add.reduceat(self.weight[there][groups.order], groups.starts)
            self._runs[column] = Runs(self.of_rows[there][chosen], value[chosen], records)
        return self._runs[column]

    def members_over(self, keys: tuple[str, ...], keep: Bools) -> Ints:
        """Per class: the members of published records that look alike on these keys alone."""
        columns = [self.codes[name] for name in keys]
        groups = group_rows(columns, [int(c.max(initial=0)) + 1 for c in columns])
        part, parts = groups.of_rows(), len(groups.starts)
        there = keep[self.of_rows] & (self.weight > 0)
        if self.households is None:
            found = _counted(part, np.where(there, self.weight, 0), parts)
        else:
            found = _distinct(part, self.households, there, parts)
        result = np.zeros(self.count, dtype=np.int64)
        result[self.of_rows] = found[part]
        return result


def _counted(group: Ints, weight: Any, count: int) -> Ints:
    return np.bincount(group, weight, minlength=count).astype(np.int64)


def _distinct(group: Ints, what: Ints, there: Bools, count: int) -> Ints:
    pairs = group_rows([group[there], what[there]], [max(1, count), int(what.max(initial=0)) + 1])
    return np.bincount(group[there][pairs.order[pairs.starts]], minlength=count).astype(np.int64)
