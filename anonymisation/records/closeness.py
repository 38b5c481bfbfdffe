"""Closeness of a column's distribution in every class to that of the whole file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from anonymisation.records.classes import Bools, Classes
from anonymisation.records.errors import BadRecords
from anonymisation.records.limits import TINY, fraction

Distance = Literal["equal", "ordered", "hierarchical"]
CHUNK = 4_000_000


@dataclass(frozen=True)
class TCloseness:
    """The column in every class is at most t away from the column in the whole file.

    Distance: the earth mover's, over values equally far from each other, over their order, or
    over the column's hierarchy. The file is the one given, withheld records included.

    Source: Li, Li and Venkatasubramanian 2007.
    """

    column: str
    t: float
    distance: Distance = "equal"
    monotone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        fraction(self.t, "t")
        if self.distance not in ("equal", "ordered", "hierarchical"):
            raise BadRecords(
                f"{self.distance!r} is no distance.",
                remedy="Use 'equal', 'ordered' or 'hierarchical'.",
            )

    def holds(self, classes: Classes) -> Bools:
        """Which classes may be published. Cost: classes times values, in parts of a few MB."""
        answer = classes.answers[self.column]
        whole = answer.whole / answer.whole.sum()
        runs = classes.histogram(self.column)
        far = np.zeros(classes.count)
        step = max(1, CHUNK // len(whole))
        for low in range(0, classes.count, step):
            high = min(low + step, classes.count)
            a, b = np.searchsorted(runs.group, [low, high])
            cells = (runs.group[a:b] - low) * len(whole) + runs.value[a:b]
            dense = np.bincount(cells, runs.records[a:b], minlength=(high - low) * len(whole))
            sizes = np.maximum(classes.records[low:high], 1)[:, None]
            moved = dense.reshape(high - low, len(whole)) / sizes - whole
            far[low:high] = self._moved(moved, answer.levels)
        return np.asarray((far <= self.t + TINY) | (classes.records == 0))

    def _moved(self, moved: Any, levels: Any) -> Any:
        """Earth mover's distance of the mass to be moved, (classes, values) to (classes,)."""
        if self.distance == "equal":
            return np.abs(moved).sum(axis=1) / 2
        if self.distance == "ordered":
            steps = max(1, moved.shape[1] - 1)
            return np.abs(np.cumsum(moved, axis=1)).sum(axis=1) / steps
        # On a tree whose leaves lie equally deep, every edge carries what its subtree lacks.
        far = 0.0
        for level in levels[:-1]:
            lacks = np.zeros((level.max() + 1, len(moved)))
            np.add.at(lacks, level, moved.T)
            far = far + np.abs(lacks).sum(axis=0)
        return far / (2 * (len(levels) - 1))
