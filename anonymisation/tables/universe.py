"""The tables the facts allow, over classes of inner cells that no fact and no question tells apart.

The verifier's, auditor's and attacker's side: it shares no code with the suppressor and holds no
solver. Cost: one pass over the entries of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.facts import Facts

MOST = 2**62
"""No sum an exact check relies on may come this large: beyond lies the overflow of int64."""


@dataclass(frozen=True)
class Universe:
    """Facts and questions over classes of inner cells that none of their rows tells apart.

    `group_of` (inner,): class, -1 for inner cells under a fact that says nought. `rows` csr
    (distinct facts, classes), `low`, `high` int64, open sides -NO_BOUND and NO_BOUND; `asked` csr
    (questions, classes).
    """

    group_of: Any
    rows: Any
    low: Any
    high: Any
    asked: Any

    @property
    def size(self) -> int:
        """Number of classes."""
        return int(self.rows.shape[1])

    @property
    def equations(self) -> Any:
        """Places of the facts that are equations."""
        return np.flatnonzero(self.low == self.high)

    @property
    def contradictory(self) -> bool:
        """Whether one row is said to be at least this and at most less."""
        return bool((self.low > self.high).any())

    def gather(self, matrix: Any) -> Any:
        """Rows over inner cells that count people, as rows over classes."""
        return sp.csr_array(sp.csr_array(matrix) @ self._membership())

    def _membership(self) -> Any:
        alive = np.flatnonzero(self.group_of >= 0)
        ones = np.ones(len(alive), np.int64)
        shape = (len(self.group_of), self.size)
        return sp.csr_array((ones, (alive, self.group_of[alive])), shape=shape)


def universe(facts: Facts, asked: Any, *, signed: bool = False) -> Universe:
    """The universe of these facts and questions.

    `signed`: counts may be negative, as in linear algebra, so that no nought implies another.
    """
    stack = sp.csc_array(sp.vstack([facts.rows, sp.csr_array(asked)]))
    stack.eliminate_zeros()
    stack.sort_indices()
    alive = np.ones(stack.shape[1], bool) if signed else ~_dead(facts)
    group_of = np.full(stack.shape[1], -1)
    place: dict[tuple[bytes, bytes], int] = {}
    chosen: list[int] = []
    for i in np.flatnonzero(alive):
        begin, end = stack.indptr[i], stack.indptr[i + 1]
        key = (stack.indices[begin:end].tobytes(), stack.data[begin:end].tobytes())
        group_of[i] = place.setdefault(key, len(place))
        if len(place) > len(chosen):
            chosen.append(int(i))
    short = sp.csr_array(stack[:, chosen]) if chosen else sp.csr_array((stack.shape[0], 0))
    top = len(facts)
    rows, low, high = _distinct(short[:top], facts.low, facts.high)
    return Universe(group_of, rows, low, high, short[top:])


def _dead(facts: Facts) -> Any:
    """Inner cells that must be nought: a fact with no negative entry says their sum is."""
    rows = sp.csr_array(facts.rows)
    if not rows.shape[1]:
        return np.zeros(0, bool)
    least = rows.min(axis=1).toarray().ravel()
    most = rows.max(axis=1).toarray().ravel()
    nought = ((facts.high == 0) & (least >= 0)) | ((facts.low == 0) & (most <= 0))
    return np.asarray((rows[np.flatnonzero(nought)] != 0).sum(axis=0)).ravel() > 0


def _distinct(rows: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    """Equal rows once, with what they say together; rows over nothing that say nothing go."""
    rows.sort_indices()
    place: dict[tuple[bytes, bytes], int] = {}
    first: list[int] = []
    lows: list[int] = []
    highs: list[int] = []
    for i in range(rows.shape[0]):
        begin, end = rows.indptr[i], rows.indptr[i + 1]
        if begin == end and low[i] <= 0 <= high[i]:
            continue
        key = (rows.indices[begin:end].tobytes(), rows.data[begin:end].tobytes())
        at = place.setdefault(key, len(first))
        if at < len(first):
            lows[at], highs[at] = max(lows[at], low[i]), min(highs[at], high[i])
        else:
            first.append(i)
            lows.append(low[i])
            highs.append(high[i])
    return rows[first], np.array(lows, np.int64), np.array(highs, np.int64)


def agrees(world: Universe, table: Any) -> bool:
    """Whether a table is possible: whole, not negative, and true to every fact, exactly.

    `table`: int64 (classes,); anything else, or so large that a sum might overflow, is not
    believed.
    """
    if table.dtype != np.int64 or (table < 0).any():
        return False
    if not safe(world.rows, sp.csr_array(table[None, :])):
        return False
    sums = world.rows @ table
    return bool((sums >= world.low).all() and (sums <= world.high).all())


def safe(rows: Any, tables: Any) -> bool:
    """Whether no product of these rows with these tables can overflow."""
    if not rows.nnz or not tables.nnz:
        return True
    entries = sp.csr_array((np.abs(rows.data.astype(float)), rows.indices, rows.indptr), rows.shape)
    reach = float(entries.sum(axis=1).max())
    return reach * float(np.abs(tables.data.astype(float)).max()) < MOST
