"""Arithmetic on the lattice of all combinations of levels, one number per node.

Arrays over the lattice are flat, the last column running fastest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Node = tuple[int, ...]


@dataclass(frozen=True)
class Lattice:
    """`heights`: the top level of each column."""

    heights: tuple[int, ...]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Levels per column."""
        return tuple(height + 1 for height in self.heights)

    @cached_property
    def size(self) -> int:
        """How many nodes there are."""
        return int(np.prod(self.shape, dtype=object))

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """How far a node moves when a column's level rises by one."""
        return tuple(int(np.prod(self.shape[i + 1 :])) for i in range(len(self.shape)))

    def node(self, number: int) -> Node:
        """The levels of a node given by its number."""
        return tuple(int(level) for level in np.unravel_index(number, self.shape))

    def number(self, node: Node) -> int:
        """The number of a node given by its levels."""
        return sum(level * stride for level, stride in zip(node, self.strides, strict=True))

    def below(self, values: Any, node: Node) -> Any:
        """View on the node and everything finer."""
        return values.reshape(self.shape)[tuple(slice(0, level + 1) for level in node)]

    def above(self, values: Any, node: Node) -> Any:
        """View on the node and everything coarser."""
        return values.reshape(self.shape)[tuple(slice(level, None) for level in node)]

    def accumulate(self, values: Any) -> Any:
        """Every node holds the sum over itself and everything finer, in place."""
        for height, stride in zip(self.heights, self.strides, strict=True):
            lines = values.reshape(-1, height + 1, stride)
            for level in range(1, height + 1):
                lines[:, level] += lines[:, level - 1]
        return values


def outer_sum(parts: Sequence[Floats], start: float = 0.0) -> Floats:
    """All sums of one entry of each part, the last running fastest; flat."""
    total = np.array([start])
    for part in parts:
        total = np.add.outer(total, part).ravel()
    return total
