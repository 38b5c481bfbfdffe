"""Weighted estimates that tell nothing the printed counts do not.

Raking to public margins makes weights known, so a weighted estimate is a fact about unweighted
counts: over two strata of different weight it fixes how a sum divides between them. It is
printed only where printed counts of equal weight add up to it, and then it follows from them.

Cost: for each printed cell, the cells under it once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.counting import column_of
from anonymisation.tables.protection import Protection
from anonymisation.tables.spec import Part, SpecAxis
from anonymisation.tables.system import CellSystem
from schemas.tables import CellMark, ProtectedTable, TableCell

STRATA = "Put the variable that weights differ by into the table, or average them within its cells."


def with_estimates(
    protection: Protection, frame: pd.DataFrame, weight: str
) -> tuple[ProtectedTable, ...]:
    """The protected tables with a weighted estimate, in whole numbers, where one may stand.

    `frame` is the one the system was tabulated from; `weight` names its column of weights, which
    are the same for all records of a table's finest cell.

    Raises:
        BadTable: weights are missing, not positive, or differ within a finest cell.
        BadPolicy: the policy prints no counts.
    """
    if protection.policy.print != "counts":
        raise BadPolicy(
            "Weighted estimates stand beside counts, which this policy does not print.",
            remedy='Use print = "counts".',
        )
    weights = pd.to_numeric(column_of(frame, weight), errors="coerce").to_numpy(float)
    wrong = ~np.isfinite(weights) | (weights <= 0)
    if wrong.any():
        raise BadTable(
            f"Column {weight!r} is no weight in row {int(wrong.argmax()) + 1}.",
            remedy="Give every record a weight above nought.",
        )
    system = protection.system
    new = [i for i, t in enumerate(system.tables) if t.printed and t.policy is None]
    return tuple(
        _one(table, _Weighted(system, place, protection.withheld, frame, weights, weight))
        for place, table in zip(new, protection.tables, strict=True)
    )


def _one(table: ProtectedTable, found: _Weighted) -> ProtectedTable:
    cells: list[TableCell] = []
    for cell in table.cells:
        key = (cell.levels, cell.codes)
        shown = cell.mark is not CellMark.WITHHELD and found.follows(key)
        number = round(found.estimate(key)) if shown else None
        cells.append(cell.model_copy(update={"weighted": number}))
    return table.model_copy(update={"cells": tuple(cells)})


Key = tuple[tuple[int, ...], tuple[str, ...]]


@dataclass(frozen=True)
class _Cell:
    parts: tuple[Part, ...]
    printed: bool
    weights: frozenset[float]


class _Weighted:
    """One table's cells with the weights that occur in each, and what follows from the print."""

    def __init__(
        self, system: CellSystem, place: int, withheld: Any, frame: pd.DataFrame, weights: Any,
        name: str,
    ) -> None:  # fmt: skip
        self._axes: tuple[SpecAxis, ...] = system.tables[place].axes
        self._name = name
        self._finest = self._strata(system, place, frame, weights)
        self._cells: dict[Key, _Cell] = {}
        self._known: dict[Key, bool] = {}
        for cell in system.cells_of(place):
            label = (system.labels or ())[cell]
            parts = tuple(
                next(p for p in axis.parts if (p.level, p.code) == wanted)
                for axis, wanted in zip(
                    self._axes, zip(label.levels, label.codes, strict=True), strict=True
                )
            )
            inside = [w for key, (w, _) in self._finest.items() if _within(key, parts)]
            printed = bool(system.printed[cell] and not withheld[cell])
            self._cells[label.levels, label.codes] = _Cell(parts, printed, frozenset(inside))

    def _strata(
        self, system: CellSystem, place: int, frame: pd.DataFrame, weights: Any
    ) -> dict[tuple[str, ...], tuple[float, int]]:
        """By finest cell (one leaf code of each part stands for it), its weight and records."""
        spec = system.tables[place].spec
        kept = np.ones(len(frame), bool)
        for variable, codes in spec.where.items():
            kept &= frame[variable].astype(str).isin(codes).to_numpy()
        columns = [
            frame[axis.variable].astype(str).map(_finest_part(axis)).to_numpy()
            for axis in self._axes
        ]
        found: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for row in np.flatnonzero(kept):
            found[tuple(column[row] for column in columns)].append(float(weights[row]))
        for key, own in found.items():
            if max(own) - min(own) > 1e-9 * max(own):
                raise BadTable(
                    f"Column {self._name!r} differs within {' × '.join(key)}.", remedy=STRATA
                )
        return {key: (own[0], len(own)) for key, own in found.items()}

    def estimate(self, key: Key) -> float:
        """The sum of weights of the records in a cell."""
        parts = self._cells[key].parts
        return sum(w * n for inner, (w, n) in self._finest.items() if _within(inner, parts))

    def follows(self, key: Key) -> bool:
        """Whether printed counts of one weight each add up to the cell."""
        if key not in self._known:
            self._known[key] = self._follows(key)
        return self._known[key]

    def _follows(self, key: Key) -> bool:
        cell = self._cells[key]
        if not cell.weights or (cell.printed and len(cell.weights) == 1):
            return cell.printed
        levels, codes = key
        for place, axis in enumerate(self._axes):
            below = _children(axis, cell.parts[place])
            keys = [
                (
                    (*levels[:place], part.level, *levels[place + 1 :]),
                    (*codes[:place], part.code, *codes[place + 1 :]),
                )
                for part in below
            ]
            if keys and all(self.follows(k) for k in keys):
                return True
        return False


def _children(axis: SpecAxis, parent: Part) -> list[Part]:
    """The parts next below one, which divide it."""
    below = [p for p in axis.parts if p.leaves < parent.leaves]
    return [p for p in below if not any(p.leaves < other.leaves for other in below)]


def _finest_part(axis: SpecAxis) -> dict[str, str]:
    """For each leaf code, one leaf code that stands for the finest part it lies in."""
    finest = [p for p in axis.parts if not any(o.leaves < p.leaves for o in axis.parts)]
    return {leaf: min(p.leaves) for p in finest for leaf in p.leaves}


def _within(key: tuple[str, ...], parts: tuple[Part, ...]) -> bool:
    return all(leaf in part.leaves for leaf, part in zip(key, parts, strict=True))
