"""Evaluate nodes until no bound lies below the best loss found."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from anonymisation.records.classes import Bools
from anonymisation.records.guess import Guess
from anonymisation.records.lattice import Floats, Node, outer_sum
from anonymisation.records.problem import Outcome, Problem

TOLERANCE = 1e-12
# Guesses are renewed at every node at first, later at every eighth, and counts at every eighth.
EARLY, GUESSES, COUNTS = 24, 8, 8
WORTHWHILE = 1e-3


@dataclass(eq=False)
class Search:
    """`most`: records that may be withheld; `bound` (nodes,): a lower bound of each node's loss,
    infinite once the node is settled; `node`, `loss`, `withheld`: the best found."""

    problem: Problem
    most: int
    most_nodes: int | None = None
    loss: float = math.inf
    node: Node | None = None
    withheld: int = 0
    evaluated: int = 0
    bound: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.bound = self.problem.loss.copy()
        self._seen = np.zeros(len(self.bound), dtype=bool)
        self._guess = Guess(self.problem.lattice, self.problem.records)

    def run(self) -> Search:
        """Search to the end, or until `most_nodes` were evaluated."""
        for node in self._first():
            if not self.stopped:
                self.evaluate(node)
        while not self.stopped:
            open_ = self.bound < self.loss - TOLERANCE
            if not open_.any():
                break
            self._renew(open_)
            self.evaluate(self._promising(open_) or self._settling())
        return self

    def evaluate(self, node: Node) -> Outcome:
        """Settle a node, raise the bounds of all finer ones, remember it if it is the best."""
        outcome = self.problem.evaluate(node, self.most)
        lattice, number = self.problem.lattice, self.problem.lattice.number(node)
        self.evaluated += 1
        self._seen[number] = True
        self._guess.learn(node, outcome.least)
        if outcome.least > self.most:
            lattice.below(self.bound, node)[...] = np.inf
            return outcome
        if outcome.withheld <= self.most and outcome.loss < self.loss - TOLERANCE:
            self.loss, self.node, self.withheld = outcome.loss, node, outcome.withheld
        if outcome.least:
            parts = [b[: level + 1] for b, level in zip(outcome.bounds, node, strict=True)]
            finer = lattice.below(self.bound, node)
            least = outer_sum(parts, outcome.least / self.problem.records).reshape(finer.shape)
            np.maximum(finer, least, out=finer)
        self.bound[number] = np.inf
        return outcome

    @property
    def stopped(self) -> bool:
        """Whether as many nodes were evaluated as are allowed."""
        return self.most_nodes is not None and self.evaluated >= self.most_nodes

    def _first(self) -> list[Node]:
        """Nodes that teach the guess: the middle, and each column alone fine or coarse."""
        heights = self.problem.lattice.heights
        middle = tuple(height // 2 for height in heights)
        nodes = [middle]
        for column, height in enumerate(heights):
            nodes.append((*middle[:column], height, *middle[column + 1 :]))
            coarse = [max(0, other - 1) for other in heights]
            nodes.append((*coarse[:column], 0, *coarse[column + 1 :]))
        return list(dict.fromkeys(nodes))

    def _renew(self, open_: Bools) -> None:
        """Bring guesses and counts up to date, where it is time."""
        early = self.evaluated < EARLY
        if early or self.evaluated % GUESSES == 0 or not hasattr(self, "_odds"):
            self._odds = self._guess.odds()
            share = 1 / (1 + np.exp(-self._odds))
            loss = self.problem.loss
            guessed = np.maximum(loss + (1 - loss) * share, self.bound)
            self._guessed = np.where(share * self.problem.records <= self.most, guessed, np.inf)
        if self.evaluated % COUNTS == 0 or not hasattr(self, "_counts"):
            counts = open_.astype(np.int32)
            self._counts = self.problem.lattice.accumulate(counts)

    def _promising(self, open_: Bools) -> Node | None:
        """The open node with the least guessed loss, if it promises to be the new best."""
        guessed = np.where(open_, self._guessed, np.inf)
        number = int(np.argmin(guessed))
        if guessed[number] < self.loss * (1 - WORTHWHILE):
            return self.problem.lattice.node(number)
        return None

    def _settling(self) -> Node:
        """Of the nodes guessed to settle the open node of least bound, the one with most open
        nodes below it; that node itself, if none is."""
        lattice = self.problem.lattice
        number = int(np.argmin(self.bound))
        node = lattice.node(number)
        loss = self.problem.loss[number]
        share = (self.most + 1) / self.problem.records
        if math.isfinite(self.loss):
            share = min(share, (self.loss - loss) / max(1 - loss, TOLERANCE))
        if share >= 1:
            return node
        share = max(share, 1 / self.problem.records)
        enough = lattice.above(self._odds, node) >= math.log(share / (1 - share))
        enough &= ~lattice.above(self._seen, node)
        counts = np.where(enough, lattice.above(self._counts, node), -1)
        best = int(np.argmax(counts))
        if counts.flat[best] <= 0:
            return node
        up = np.unravel_index(best, counts.shape)
        return tuple(int(step) + level for step, level in zip(up, node, strict=True))
