"""What each insider knows beside the facts, and what possible tables leave open to him.

The verifier's and auditor's side: exact, no solver. Cost: insiders x tables, and insiders x
tables x requirements as one product of 0 and 1 in blocks of insiders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.evidence import Evidence
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.facts import Facts, Kind
from anonymisation.tables.rules import Targets
from anonymisation.tables.system import CellSystem
from anonymisation.tables.universe import Universe

BLOCK = 512


class Insiders:
    """Every insider who differs from the others in what he knows.

    An insider knows his own records, and of every withheld cell all of whose contributors they
    are, its count. `members` csr (insiders, classes): his records; `lone` csr (insiders, facts):
    those cells; `settled` bool (insiders, requirements): what is not his to be kept from, and
    what the evidence shown so far leaves open to him.
    """

    def __init__(self, world: Universe, system: CellSystem, targets: Targets, facts: Facts) -> None:
        own = sp.csr_array(system.members)
        lone = _lone(facts, own, system.counts)
        known = sp.csr_array(sp.hstack([own, lone]))
        distinct = _distinct(known)
        lone = lone[distinct]
        self.members = world.gather(own[distinct])
        self.lone = lone
        self.rows = world.gather(facts.rows)
        self.values = np.asarray(facts.rows @ system.counts)
        self.settled = exempt_pairs(system, targets, _as_cells(system, facts, lone))
        self._told = np.unique(lone.indices)
        self._shown = 0

    def left(self, insider: int | None = None) -> tuple[Any, int]:
        """Requirements not settled for every insider (or for one), and how many pairs."""
        pairs = ~self.settled if insider is None else ~self.settled[[insider]]
        return np.flatnonzero(pairs.any(axis=0)), int(pairs.sum())

    def stay(self) -> Any:
        """A bonus per class, at most 1, for the records of insiders with open pairs."""
        wanted = (~self.settled).any(axis=1).astype(np.int64)
        there = np.asarray(wanted @ (self.members != 0))
        return np.minimum(there, 1).astype(float)

    def show(self, evidence: Evidence) -> None:
        """Settles what the evidence's tables, those new since the last time, leave open."""
        since, self._shown = self._shown, evidence.moves.shape[0]
        moves = evidence.moves[since:]
        rows = self.settled.shape[1]
        able = self._possible(moves, evidence.truth).astype(np.float32)
        answers = sp.csr_array(evidence.answers[since:][:, :rows] != 0)
        differs = answers.astype(np.float32)
        for begin in range(0, len(able), BLOCK):
            part = slice(begin, begin + BLOCK)
            self.settled[part] |= np.asarray(able[part] @ differs) > 0

    def _possible(self, moves: Any, truth: Any) -> Any:
        """Which tables each insider takes for possible, bool (insiders, tables)."""
        out = np.ones((self.members.shape[0], moves.shape[0]), bool)
        moved = sp.csr_array((moves @ self.rows[self._told].T) != 0).astype(np.int64)
        broken = sp.coo_array(self.lone[:, self._told] @ moved.T).coords
        out[broken[0], broken[1]] = False
        falls = moves.tocoo()
        table, place = falls.coords
        down = falls.data < 0
        table, place, left = table[down], place[down], (truth[place] + falls.data)[down]
        held = sp.csc_array(self.members)
        many = np.diff(held.indptr)[place]
        entry = np.repeat(np.arange(len(place)), many)
        start = np.repeat(held.indptr[place] - np.cumsum(many) + many, many)
        at = start + np.arange(len(entry))
        short = left[entry] < held.data[at]
        out[held.indices[at[short]], table[entry[short]]] = False
        return out

    def knowledge(self, insider: int) -> tuple[Any, list[tuple[Any, int]]]:
        """Least count per class, and equations (row, value), one insider knows."""
        floor = self.members[[insider]].toarray().ravel()
        facts = self.lone[[insider]].indices
        return floor, [(self.rows[[f]], int(self.values[f])) for f in facts]


def _lone(facts: Facts, own: Any, counts: Any) -> Any:
    """Withheld facts whose contributors are all one insider's records, csr (insiders, facts)."""
    values = np.asarray(facts.rows @ counts)
    share = sp.coo_array(own @ facts.rows.T)
    row, fact = share.coords
    hidden = np.array([kind is Kind.RANGE for kind in facts.kinds], bool) & (facts.cells >= 0)
    keep = (share.data > 0) & (share.data == values[fact]) & hidden[fact]
    ones = np.ones(int(keep.sum()), np.int64)
    return sp.csr_array((ones, (row[keep], fact[keep])), shape=share.shape)


def _as_cells(system: CellSystem, facts: Facts, lone: Any) -> Any:
    """The lone facts as cells of the system, csr (insiders, cells)."""
    first = system.duplicates
    row, fact = sp.coo_array(lone).coords
    cells = first[facts.cells[fact]]
    shape = (lone.shape[0], len(first))
    return sp.csr_array((np.ones(len(row)), (row, cells)), shape=shape)


def _distinct(rows: Any) -> Any:
    """The first of equal rows each."""
    rows.sum_duplicates()
    place: dict[tuple[bytes, bytes], int] = {}
    for i in range(rows.shape[0]):
        part = slice(rows.indptr[i], rows.indptr[i + 1])
        place.setdefault((rows.indices[part].tobytes(), rows.data[part].tobytes()), i)
    return np.array(list(place.values()), np.int64)
