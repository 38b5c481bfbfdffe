"""Moves of at most four classes that no equation notices, found without a solver.

Two classes that together count the same in every equation as two others can give them people.
Equal pairs are found by a random number per equation: pairs with equal sums stand side by side
when sorted. Chance only proposes; `Evidence` multiplies every move exactly before it is believed.
Such moves leave nearly everybody where he is, so they count against most insiders as well.

Cost: sorting the pairs of at most 2,400 classes, under a second, and a sparse product per batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.evidence import Evidence
from anonymisation.tables.universe import Universe

MOST_CLASSES = 2_400
BATCH = 4_000
MOST_BATCHES = 100
ENOUGH = 3
"""Moves kept for one question: one proves a count open, more leave it open to insiders."""


class ShortMoves:
    """Proposes short moves and adds the useful ones to the evidence."""

    def __init__(self, world: Universe, evidence: Evidence, random: Any) -> None:
        self._world, self._evidence, self._random = world, evidence, random
        self._seen = np.zeros(world.asked.shape[0], np.int64)

    def settle(self, steps: tuple[int, ...]) -> None:
        """Adds moves, each taken `steps` times to either side, while they move new questions."""
        matches = self._matches()
        order = self._random.permutation(len(matches))
        for begin in range(0, min(len(order), BATCH * MOST_BATCHES), BATCH):
            before = int((self._seen > 0).sum())
            single = self._rows(matches[order[begin : begin + BATCH]])
            for step in steps:
                for sign in (step, -step):
                    self._take(sp.csr_array(single * sign))
            if int((self._seen > 0).sum()) - before < 0.001 * len(self._seen):
                return

    def _take(self, moves: Any) -> None:
        """The possible moves among these that answer a question not yet often answered."""
        moves = moves[np.flatnonzero(self._evidence.possible(moves))]
        answers = sp.csr_array(moves @ self._world.asked.T)
        answers.eliminate_zeros()
        chosen = []
        for i in range(moves.shape[0]):
            rows = answers.indices[answers.indptr[i] : answers.indptr[i + 1]]
            if (self._seen[rows] < ENOUGH).any():
                self._seen[rows] += 1
                chosen.append(i)
        if chosen:
            self._evidence.add(moves[chosen])

    def _matches(self) -> Any:
        """Classes (up, up, down, down) per row that no equation seems to tell apart."""
        world = self._world
        count = min(world.size, MOST_CLASSES)
        classes = np.sort(self._random.choice(world.size, count, replace=False))
        equations = world.rows[world.equations]
        numbers = self._random.integers(-(2**40), 2**40, equations.shape[0])
        weight = np.asarray(numbers @ equations[:, classes])
        one, two = np.triu_indices(count)
        order = np.argsort(weight[one] + weight[two], kind="stable")
        one, two = one[order], two[order]
        sums = weight[one] + weight[two]
        at = np.flatnonzero(sums[1:] == sums[:-1])
        found = np.stack([one[at], two[at], one[at + 1], two[at + 1]], axis=1)
        return classes[found]

    def _rows(self, matches: Any) -> Any:
        count = len(matches)
        data = np.tile(np.array([1, 1, -1, -1], np.int64), count)
        place = np.repeat(np.arange(count), 4)
        shape = (count, self._world.size)
        moves = sp.csr_array((data, (place, matches.ravel())), shape=shape)
        moves.eliminate_zeros()
        return moves
