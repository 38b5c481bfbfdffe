"""A guess at how many records a node withholds, learnt from the nodes evaluated so far.

A linear model on the logarithm of the odds, with one falling step per column and level. Guesses
only choose what to evaluate next; nothing is concluded from them.
"""

from __future__ import annotations

import math

import numpy as np

from anonymisation.records.lattice import Floats, Lattice, Node, outer_sum

RIDGE = 0.05
LEAST_SPREAD = 0.003


class Guess:
    """Ridge regression, updated node by node."""

    def __init__(self, lattice: Lattice, records: int) -> None:
        self._heights = lattice.heights
        self._first = np.concatenate([[1], 1 + np.cumsum(lattice.heights)]).astype(int)
        size = 1 + sum(lattice.heights)
        self._records = records
        self._left = np.eye(size) * RIDGE
        self._right = np.zeros(size)

    def learn(self, node: Node, withheld: int) -> None:
        """One more node is known."""
        odds = math.log((withheld + 1) / (self._records - withheld + 1))
        share = withheld / self._records
        row = np.zeros(len(self._right))
        row[0] = 1.0
        for first, level in zip(self._first, node, strict=False):
            row[first : first + level] = 1.0
        trust = max(share * (1 - share), LEAST_SPREAD)
        self._left += trust * np.outer(row, row)
        self._right += trust * odds * row

    def odds(self) -> Floats:
        """The logarithm of the guessed odds of being withheld, over the lattice."""
        steps = np.linalg.solve(self._left, self._right)
        parts = []
        for first, height in zip(self._first, self._heights, strict=False):
            falling = np.minimum(steps[first : first + height], 0.0)
            parts.append(np.concatenate([[0.0], np.cumsum(falling)]))
        return outer_sum(parts, float(steps[0]))
