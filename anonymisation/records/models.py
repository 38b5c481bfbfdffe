"""What must hold for every class of records that look alike.

A model says which classes may be published. `monotone`: a class that may be published still may
after it is merged with any other, so the records that fail only become fewer as codes get
coarser; the search prunes with these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from anonymisation.records.classes import Bools, Classes
from anonymisation.records.closeness import TCloseness
from anonymisation.records.errors import BadRecords
from anonymisation.records.limits import TINY, above, fraction


@dataclass(frozen=True)
class KAnonymity:
    """Every class holds at least k persons, or households where these are the unit.

    `keys`: the classes are those over these quasi-identifiers only.

    Source: Samarati and Sweeney 1998.
    """

    k: int
    keys: tuple[str, ...] = ()
    monotone: ClassVar[bool] = True

    def __post_init__(self) -> None:
        above(self.k, 1, "k")

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published."""
        return np.asarray(classes.members >= self.k)


@dataclass(frozen=True)
class KMap:
    """Every class holds at least k of the population, whose table has the same columns.

    `count`: the column of `population` that says how many people a line stands for.

    Source: Sweeney 2001.
    """

    population: pd.DataFrame = field(repr=False, hash=False, compare=False)
    k: int
    count: str | None = None
    monotone: ClassVar[bool] = True

    def __post_init__(self) -> None:
        above(self.k, 1, "k")

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published."""
        return np.asarray(classes.population >= self.k)


@dataclass(frozen=True)
class DistinctDiversity:
    """Every class has at least l values of the column.

    Source: Machanavajjhala et al. 2007.
    """

    column: str
    l: int  # noqa: E741 - the field's name for it
    monotone: ClassVar[bool] = True

    def __post_init__(self) -> None:
        above(self.l, 1, "l")

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published."""
        runs = classes.histogram(self.column)
        return np.asarray(np.bincount(runs.group, minlength=classes.count) >= self.l)


@dataclass(frozen=True)
class EntropyDiversity:
    """The entropy of the column in every class is at least that of l equally frequent values.

    Source: Machanavajjhala et al. 2007.
    """

    column: str
    l: float  # noqa: E741 - the field's name for it
    monotone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        above(self.l, 1, "l")

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published."""
        runs = classes.histogram(self.column)
        part = runs.records / classes.records[runs.group]
        entropy = np.bincount(runs.group, -part * np.log(part), minlength=classes.count)
        return np.asarray(entropy >= np.log(self.l) - TINY)


@dataclass(frozen=True)
class RecursiveDiversity:
    """In every class the most frequent value is rarer than c times all from the l-th on.

    Source: Machanavajjhala et al. 2007, recursive (c, l)-diversity.
    """

    column: str
    c: float
    l: int  # noqa: E741 - the field's name for it
    monotone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        above(self.l, 2, "l")
        if not self.c > 0:
            raise BadRecords(f"c is {self.c}.", remedy="Give a c above 0.")

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published."""
        runs = classes.histogram(self.column)
        order = np.lexsort((-runs.records, runs.group))
        group, records = runs.group[order], runs.records[order]
        first = np.searchsorted(group, np.arange(classes.count))
        rank = np.arange(len(group)) - first[group]
        tail = np.bincount(group, records * (rank >= self.l - 1), minlength=classes.count)
        most = np.bincount(group, records * (rank == 0), minlength=classes.count)
        return np.asarray(most < self.c * tail)


@dataclass(frozen=True)
class MaximumShare:
    """No value of the column has more than this share of a class."""

    column: str
    share: float
    monotone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        fraction(self.share, "The largest share")

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published."""
        runs = classes.histogram(self.column)
        most = np.zeros(classes.count)
        np.maximum.at(most, runs.group, runs.records)
        return np.asarray(most <= self.share * classes.records * (1 + TINY))


Model = (
    KAnonymity
    | KMap
    | DistinctDiversity
    | EntropyDiversity
    | RecursiveDiversity
    | MaximumShare
    | TCloseness
)


def kept(models: tuple[Model, ...], classes: Classes) -> Bools:
    """Which classes may be published together: the largest set that keeps every model.

    Subsets of keys see only what is published, so they are judged again until nothing changes.
    """
    partial = [m for m in models if isinstance(m, KAnonymity) and m.keys]
    keep = np.ones(classes.count, dtype=bool)
    for model in models:
        if model not in partial:
            keep &= model.holds(classes)
    changed = bool(partial)
    while changed:
        before = int(keep.sum())
        for model in partial:
            keep &= classes.members_over(model.keys, keep) >= model.k
        changed = int(keep.sum()) < before
    return keep


def kept_by_monotone(models: tuple[Model, ...], classes: Classes) -> Bools:
    """Which classes pass the models that coarser codes can only help."""
    keep = np.ones(classes.count, dtype=bool)
    everything = keep.copy()
    for model in models:
        if isinstance(model, KAnonymity) and model.keys:
            keep &= classes.members_over(model.keys, everything) >= model.k
        elif model.monotone:
            keep &= model.holds(classes)
    return keep


__all__ = [
    "DistinctDiversity",
    "EntropyDiversity",
    "KAnonymity",
    "KMap",
    "MaximumShare",
    "Model",
    "RecursiveDiversity",
    "TCloseness",
    "kept",
    "kept_by_monotone",
]
