"""What tables of whole numbers prove, by exact multiplication and nothing else.

The verifier's and auditor's side: it shares no code with the suppressor and holds no solver.
Tables are held as moves, what each differs by from the true one. Cost: one sparse product of the
moves with the facts and one with the questions, some hundred entries per table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.rules import Requirement
from anonymisation.tables.universe import Universe, safe
from schemas.certificate import Certificate


class Evidence:
    """Possible tables, the true one first, and how each answers the questions of a universe.

    `moves` csr int64 (tables, classes); `answers` csr int64 (tables, questions): by how much
    each table's answer differs from the true one `true` (questions,).
    """

    def __init__(self, world: Universe, counts: Any) -> None:
        self._world = world
        self.truth = world.gather(counts[None, :]).toarray()[0]
        self._facts, self._questions = sp.csr_array(world.rows.T), sp.csr_array(world.asked.T)
        self.true = np.asarray(world.asked @ self.truth)
        sums = np.asarray(world.rows @ self.truth)
        self._below, self._above = world.low - sums, world.high - sums
        self.sound = bool(
            (self._below <= 0).all()
            and (self._above >= 0).all()
            and not counts[world.group_of < 0].any()
        )
        self.moves = sp.csr_array((1, world.size), dtype=np.int64)
        self.answers = sp.csr_array((1, len(self.true)), dtype=np.int64)
        self.least = np.zeros(len(self.true), np.int64)
        self.most = np.zeros(len(self.true), np.int64)

    def add(self, moves: Any) -> Any:
        """Keeps the possible ones among these tables; which they were, bool (tables,).

        Whole, nowhere negative and true to every fact, or not believed; nor is a table so large
        that a sum might overflow.
        """
        moves = sp.csr_array(moves)
        good = self.possible(moves)
        kept = moves[np.flatnonzero(good)]
        answers = sp.csr_array(kept @ self._questions)
        answers.eliminate_zeros()
        if answers.shape[0] and answers.shape[1]:
            self.least = np.minimum(self.least, answers.min(axis=0).toarray().ravel())
            self.most = np.maximum(self.most, answers.max(axis=0).toarray().ravel())
        self.moves = sp.csr_array(sp.vstack([self.moves, kept]))
        self.answers = sp.csr_array(sp.vstack([self.answers, answers]))
        return good

    def possible(self, moves: Any) -> Any:
        """Which of these tables are possible, bool (tables,)."""
        good = np.ones(moves.shape[0], bool)
        if moves.dtype != np.int64:
            return ~good
        world = self._world
        if not (safe(world.rows, moves) and safe(world.asked, moves)):
            return ~good
        table, place = moves.tocoo().coords
        good[table[self.truth[place] + moves.data < 0]] = False
        change = sp.coo_array(moves @ self._facts)
        table, fact = change.coords
        wrong = (change.data < self._below[fact]) | (change.data > self._above[fact])
        good[table[wrong]] = False
        return good

    def meets(self, row: int, need: Requirement) -> bool:
        """Whether the tables prove this requirement of question `row`, insiders aside."""
        true = int(self.true[row])
        if need.bound is not None:
            return true + int(self.most[row]) >= need.bound
        if need.at_most is not None:
            return true + int(self.least[row]) <= need.at_most
        return self.differs(row)

    def differs(self, row: int) -> bool:
        """Whether some table answers question `row` otherwise than the true one."""
        return bool(self.most[row] > 0 or self.least[row] < 0)


def offered_moves(certificate: Certificate, world: Universe, counts: Any) -> Any:
    """The certificate's pool as moves over the classes of a universe, csr int64.

    Classes of the certificate are parts of the universe's, or the pool is not used: no table
    then. A table that puts people where a fact says nought is left out, and so is a pool whose
    truth is not the true one.
    """
    inside = certificate.inside
    none = sp.csr_array((0, world.size), dtype=np.int64)
    theirs = np.array(inside.class_of, np.int64)
    if len(theirs) != len(world.group_of) or not _counts_agree(inside.truth, theirs, counts):
        return none
    target = np.full(len(inside.truth), -1)
    known = theirs >= 0
    target[theirs[known]] = world.group_of[known]
    if (target[theirs[known]] != world.group_of[known]).any():
        return none
    sizes = [len(change.places) for change in inside.pool]
    try:
        places = np.array([p for change in inside.pool for p in change.places], np.int64)
        by = np.array([b for change in inside.pool for b in change.by], np.int64)
    except OverflowError:
        return none
    if len(places) != len(by) or (len(places) and not _within(places, len(target))):
        return none
    table = np.repeat(np.arange(len(sizes)), sizes)
    dead = np.zeros(len(sizes), bool)
    dead[table[(target[places] < 0) & (by != 0)]] = True
    use = ~dead[table] & (by != 0)
    shape = (len(sizes), world.size)
    moves = sp.csr_array((by[use], (table[use], target[places[use]])), shape=shape)
    return moves[np.flatnonzero(~dead)]


def _within(places: Any, size: int) -> bool:
    return bool(places.min() >= 0 and places.max() < size)


def _counts_agree(truth: tuple[int, ...], class_of: Any, counts: Any) -> bool:
    """Whether the certificate's own counts are the true ones, class by class."""
    if len(class_of) and class_of.max() >= len(truth):
        return False
    known = class_of >= 0
    sums = np.zeros(len(truth), np.int64)
    np.add.at(sums, class_of[known], counts[known])
    return tuple(sums.tolist()) == truth and not counts[~known].any()
