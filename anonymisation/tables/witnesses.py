"""Possible tables that contradict conclusions, found by scipy's solver for the auditor.

Pooled: one program of random price moves many targets at once, so that a few programs settle
what one apiece would. Prices come from a fixed seed: the same question, the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.evidence import Evidence
from anonymisation.tables.insiders import Insiders
from anonymisation.tables.local_moves import AROUND, LocalMoves
from anonymisation.tables.polytope import INFEASIBLE, Limits, Polytope, is_whole
from anonymisation.tables.rules import Requirement
from anonymisation.tables.short_moves import ShortMoves
from anonymisation.tables.universe import Universe

MISSES = 3
"""Rounds in a row that may settle little before pooling ends."""
SEED = 20_000
UP, EITHER, DOWN = 1.0, 0.0, -1.0
WIDTHS = (1, 2, 4)
"""How far a count may lie from the true one in the pooled programs, wider after each miss: whole
tables near the truth are found in a tenth of the time that any whole table takes."""
POOLED_SECONDS = 15.0
"""A pooled program that takes longer is given up: the rest is settled one by one."""
MOST_MISSED = 60
"""Questions in a row that small programs may fail to answer before they are given up."""
NEAR = 8
MOST_STEPS = 10
"""How often one short move is repeated at most to reach a bound."""


class Witnesses:
    """Looks for tables and adds them to the evidence."""

    def __init__(self, world: Universe, evidence: Evidence, polytope: Polytope) -> None:
        self._world, self._evidence, self._polytope = world, evidence, polytope
        self._random = np.random.default_rng(SEED)
        self._steps: tuple[int, ...] = (1,)

    def pooled(self, asks: Sequence[Requirement]) -> None:
        """Few tables that settle most of what can be settled."""
        sides = np.array([_side(need) for need in asks])
        true = self._evidence.true.tolist()
        lack = [max(1, n.bound - t) for n, t in zip(asks, true, strict=True) if n.bound is not None]
        self._steps = tuple(sorted({1, *(step for step in lack if step <= MOST_STEPS)}))

        def left() -> Any:
            met = (self._evidence.meets(i, need) for i, need in enumerate(asks))
            return np.flatnonzero([not so for so in met])

        if len(left()):
            self._short()
            self._locally(asks, left())
        self._rounds(lambda: (left(), len(left())), sides, Limits())

    def _locally(self, asks: Sequence[Requirement], rows: Any) -> None:
        """Small programs around one question each, over more classes where fewer do not do."""
        local = LocalMoves(self._world, self._evidence)
        rows = self._random.permutation(rows)
        for size in (size for size in AROUND if size < self._world.size):
            missed: list[int] = []
            in_a_row, failed = 0, set()
            for row in rows.tolist():
                if in_a_row == MOST_MISSED or self._polytope.late:
                    return
                if self._evidence.meets(row, asks[row]):
                    continue
                ways = _ways(asks[row], int(self._evidence.true[row]))
                question = (ways, *local.classes_of(row))
                found = question not in failed and any(local.settle(row, by, size) for by in ways)
                if not found:
                    missed.append(row)
                    in_a_row += question not in failed
                    failed.add(question)
                else:
                    in_a_row = 0
            rows = np.array(missed, np.int64)

    def _short(self) -> None:
        """Short moves, once, where what was offered leaves something open."""
        steps, self._steps = self._steps, ()
        if steps:
            ShortMoves(self._world, self._evidence, self._random).settle(steps)

    def one(self, row: int, need: Requirement) -> bool | None:
        """Whether some table proves the requirement of question `row`; None: not settled."""
        if self._evidence.meets(row, need):
            return True
        if need.bound is not None:
            return self._between(row, need.bound, np.inf, Limits())
        if need.at_most is not None:
            return self._between(row, -np.inf, need.at_most, Limits())
        return self._differs(row, Limits())

    def against(
        self, insiders: Insiders, needs: Sequence[Requirement], most: int
    ) -> dict[int, bool | None]:
        """Rows whose verdict is not True for some insider, after looking for tables.

        First tables near the truth in which those with open pairs tend to stay, each good for
        about half of all insiders; then up to `most` pairs are looked into for rows that cannot
        move at all, and if there are any, no further; else insider by insider, pair by pair.
        """
        sides = np.full(len(needs), EITHER)
        if not insiders.settled.all():
            self._short()
            insiders.show(self._evidence)
        if insiders.settled.size:
            self._rounds(insiders.left, sides, Limits(), insiders)
        found = self._hopeless(insiders, most)
        heard: set[int] = set()
        while not found:
            pairs = ~insiders.settled
            if not pairs.any() or self._polytope.late:
                return dict.fromkeys(np.flatnonzero(pairs.any(axis=0)).tolist())
            insider = int(pairs.sum(axis=1).argmax())
            limits = _limits(insiders, insider)
            if insider not in heard and pairs[insider].sum() > 2:
                heard.add(insider)
                self._rounds(partial(insiders.left, insider), sides, limits, insiders)
                continue
            row = int(np.flatnonzero(pairs[insider])[0])
            verdict = self._differs(row, limits)
            insiders.show(self._evidence)
            if not verdict:
                found[row] = verdict
            insiders.settled[insider, row] = True
        return found

    def _hopeless(self, insiders: Insiders, most: int) -> dict[int, bool | None]:
        """Rows that not even fractions move for some insider, of `most` pairs looked into.

        One pair per row first, insiders with most open pairs first.
        """
        pairs = ~insiders.settled
        often = pairs.sum(axis=1)
        rank = np.zeros(pairs.shape, np.int64)
        order = np.argsort(-often, kind="stable")
        rank[order] = np.cumsum(pairs[order], axis=0)
        who, rows = np.nonzero(pairs)
        first = np.lexsort((rows, -often[who], rank[who, rows]))[:most]
        found: dict[int, bool | None] = {}
        for insider, row in zip(who[first].tolist(), rows[first].tolist(), strict=True):
            if row in found or self._polytope.late:
                continue
            limits, true = _limits(insiders, insider), int(self._evidence.true[row])
            if all(self._never(row, *side, limits) for side in _either(true)):
                found[row] = False
        return found

    def _never(self, row: int, low: float, high: float, limits: Limits) -> bool:
        """Whether not even fractions put the row between these."""
        limits = limits.also(self._world.asked[[row]], low, high)
        status, _, _ = self._polytope.corner(np.zeros(self._world.size), limits=limits)
        return status == INFEASIBLE

    def _rounds(
        self, left: Callable[[], tuple[Any, int]], sides: Any, limits: Limits,
        insiders: Insiders | None = None,
    ) -> None:  # fmt: skip
        """Programs of random price until the rows still open, `left`, hardly get fewer."""
        misses = 0
        rows, before = left()
        while len(rows) > 1 and misses < MISSES and not self._polytope.late:
            width = WIDTHS[min(misses, len(WIDTHS) - 1)]
            truth = self._evidence.truth
            near = limits.within(truth - width, truth + width)
            price = self._price(rows, sides[rows])
            if insiders is not None:
                price = price - insiders.stay()
            verdict, table = self._polytope.table(price, near, seconds=POOLED_SECONDS)
            if verdict is None:
                return
            if verdict:
                self._adopt(table)
                if insiders is not None:
                    insiders.show(self._evidence)
            rows, after = left()
            misses = misses + 1 if (before - after) * 20 < before else 0
            before = after

    def _price(self, rows: Any, sides: Any) -> Any:
        """A price that pays for moving the rows, each to its side or to either by chance."""
        either = self._random.choice([UP, DOWN], len(rows))
        weight = self._random.uniform(0.5, 1.0, len(rows))
        weight *= np.where(sides == EITHER, either, sides)
        return -np.asarray(weight @ self._world.asked[rows])

    def _differs(self, row: int, limits: Limits) -> bool | None:
        true = int(self._evidence.true[row])
        verdicts = []
        for low, high in _either(true):
            verdicts.append(self._between(row, low, high, limits))
            if verdicts[-1]:
                return True
        return None if None in verdicts else False

    def _between(self, row: int, low: float, high: float, limits: Limits) -> bool | None:
        """First whether fractions could, then whole tables near the truth, then any."""
        limits = limits.also(self._world.asked[[row]], low, high)
        nothing = np.zeros(self._world.size)
        truth = self._evidence.truth
        status, x = self._polytope.nearest(truth, limits)
        if status == INFEASIBLE:
            return False
        if x is not None and is_whole(x) and self._adopt(np.rint(x).astype(np.int64)):
            return True
        near = limits.within(truth - NEAR, truth + NEAR)
        verdict: bool | None = None
        for some in (near, limits):
            verdict, table = self._polytope.table(nothing, some, whole_only=True)
            if verdict and self._adopt(table):
                return True
        return None if verdict else verdict

    def _adopt(self, table: Any) -> bool:
        """Whether the table is possible; then it is evidence."""
        move = (table - self._evidence.truth)[None, :]
        return bool(self._evidence.add(sp.csr_array(move)).all())


def _side(need: Requirement) -> float:
    if need.bound is not None:
        return UP
    return EITHER if need.at_most is None else DOWN


def _ways(need: Requirement, true: int) -> tuple[int, ...]:
    """How far a question must move, up or down, to prove the requirement."""
    if need.bound is not None:
        return (need.bound - true,)
    return (1, -1) if need.at_most is None else (need.at_most - true,)


def _either(true: int) -> tuple[tuple[float, float], ...]:
    """The two ways of being another whole number."""
    return ((true + 1, np.inf), (-np.inf, true - 1))


def _limits(insiders: Insiders, insider: int) -> Limits:
    floor, equations = insiders.knowledge(insider)
    return Limits(floor, extra=tuple((row, value, value) for row, value in equations))
