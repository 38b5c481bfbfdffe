"""What tables of whole numbers prove, by exact multiplication and nothing else.

The verifier's and auditor's side: it shares no code with the suppressor and holds no solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.facts import NO_BOUND, Facts, Kind
from anonymisation.tables.system import CellSystem
from schemas.certificate import Certificate


@dataclass(frozen=True)
class Universe:
    """Facts and questions over classes of inner cells that none of their rows tells apart.

    `group_of` (inner,): class, -1 for inner cells under a fact that says nought. `rows`, `low`,
    `high`: distinct facts. `asked`: the questions' rows.
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

    def gather(self, matrix: Any) -> Any:
        """Rows over inner cells that count people, as rows over classes."""
        return sp.csr_array(matrix @ self._membership())

    def _membership(self) -> Any:
        alive = np.flatnonzero(self.group_of >= 0)
        ones = np.ones(len(alive), np.int64)
        shape = (len(self.group_of), self.size)
        return sp.csr_array((ones, (alive, self.group_of[alive])), shape=shape)


def universe(facts: Facts, asked: Any, *, signed: bool = False) -> Universe:
    """The universe of these facts and questions.

    `signed`: counts may be negative, as in linear algebra, so that no nought implies another.
    """
    stack = sp.vstack([facts.rows, sp.csr_array(asked)], format="csc")
    stack.sort_indices()
    inner = stack.shape[1]
    dead = np.zeros(inner, bool)
    if not signed:
        dead = _dead(facts)
    codes: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    group_of = np.full(inner, -1)
    chosen = []
    for i in np.flatnonzero(~dead):
        part = slice(stack.indptr[i], stack.indptr[i + 1])
        key = (tuple(stack.indices[part].tolist()), tuple(stack.data[part].tolist()))
        if key not in codes:
            codes[key] = len(codes)
            chosen.append(i)
        group_of[i] = codes[key]
    short = sp.csr_array(stack[:, chosen]) if chosen else sp.csr_array((stack.shape[0], 0))
    top = len(facts)
    rows, low, high = _distinct(short[:top], facts.low, facts.high)
    return Universe(group_of, rows, low, high, short[top:])


def _dead(facts: Facts) -> Any:
    """Inner cells that must be nought: a fact of no negative entries says their sum is."""
    least = facts.rows.min(axis=1).toarray().ravel() if facts.rows.shape[1] else np.zeros(0)
    nought = (facts.high == 0) & (facts.low == 0) & (least >= 0)
    cells = facts.rows[np.flatnonzero(nought)]
    return np.asarray(np.abs(cells).sum(axis=0)).ravel() > 0


def _distinct(rows: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    rows.sort_indices()
    place: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    first: list[int] = []
    lows: list[int] = []
    highs: list[int] = []
    for i in range(rows.shape[0]):
        part = slice(rows.indptr[i], rows.indptr[i + 1])
        key = (tuple(rows.indices[part].tolist()), tuple(rows.data[part].tolist()))
        if not key[0] and low[i] <= 0 <= high[i]:
            continue
        if key in place:
            at = place[key]
            lows[at], highs[at] = max(lows[at], low[i]), min(highs[at], high[i])
        else:
            place[key] = len(first)
            first.append(i)
            lows.append(low[i])
            highs.append(high[i])
    return rows[first], np.array(lows, np.int64), np.array(highs, np.int64)


class Insight:
    """What each insider knows beside the facts, over the classes of a universe.

    `lone`: csr (insiders, facts) of withheld facts whose contributors are all his own records.
    """

    def __init__(self, world: Universe, facts: Facts, members: Any, counts: Any) -> None:
        self.members = world.gather(sp.csr_array(members))
        own = sp.csr_array(members) @ facts.rows.T
        values = facts.rows @ counts
        coords = sp.coo_array(own)
        hidden = np.array([kind is Kind.RANGE for kind in facts.kinds])
        row, fact = coords.coords
        keep = (coords.data > 0) & (coords.data == values[fact]) & hidden[fact]
        shape = (self.members.shape[0], len(facts))
        ones = np.ones(int(keep.sum()), np.int64)
        self.lone = sp.csr_array((ones, (row[keep], fact[keep])), shape=shape)
        self.values = values
        self.fact_rows = world.gather(facts.rows)

    def possible(self, tables: Any) -> Any:
        """Which tables each insider takes for possible, bool (insiders, tables)."""
        out = np.empty((self.members.shape[0], len(tables)), bool)
        wrong = (np.asarray(tables @ self.fact_rows.T) != self.values[None, :]).astype(np.int64)
        lost = self.lone @ wrong.T
        high = int(self.members.max()) if self.members.nnz else 0
        short = np.zeros(out.shape, np.int64)
        for least in range(1, high + 1):
            asks = sp.csr_array((self.members >= least).astype(np.int64))
            short += asks @ (tables < least).T.astype(np.int64)
        out[:] = (lost + short) == 0
        return out


def agrees(world: Universe, tables: Any) -> Any:
    """Which tables are possible: whole, not negative, and true to every fact. Bool (tables,)."""
    if tables.dtype != np.int64:
        return np.zeros(len(tables), bool)
    sums = np.asarray(tables @ world.rows.T)
    below = (sums < world.low[None, :]).any(axis=1)
    above = (sums > np.where(world.high == NO_BOUND, sums.max(initial=0), world.high)[None, :]).any(
        axis=1
    )
    return ~below & ~above & (tables >= 0).all(axis=1)


def own_cells(system: CellSystem, facts: Facts, insight: Insight) -> Any:
    """The insiders' lone facts as cells of the system, csr (insiders, cells)."""
    first = system.duplicates
    cells = np.array([first[max(int(c), 0)] for c in facts.cells])
    row, fact = sp.coo_array(insight.lone).coords
    shape = (insight.lone.shape[0], len(first))
    return sp.csr_array((np.ones(len(row)), (row, cells[fact])), shape=shape)


def offered_tables(certificate: Certificate, world: Universe) -> Any:
    """The certificate's pool over the classes of a universe; none where they do not fit."""
    inside = certificate.inside
    nothing = np.zeros((0, world.size), np.int64)
    theirs = np.array(inside.class_of)
    if len(theirs) != len(world.group_of):
        return nothing
    target = np.full(len(inside.truth), -1)
    for mine, other in zip(world.group_of, theirs, strict=True):
        if other < 0 or (mine < 0 and inside.truth[other]):
            continue
        if target[other] not in (-1, mine):
            return nothing
        target[other] = mine
    tables = np.zeros((len(inside.pool), world.size), np.int64)
    for i, change in enumerate(inside.pool):
        table = np.array(inside.truth, np.int64)
        table[list(change.places)] += np.array(change.by, np.int64)
        kept = target >= 0
        np.add.at(tables[i], target[kept], table[kept])
    return tables
