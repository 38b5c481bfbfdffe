"""The best node that withholds nobody.

A record in too small a class shows, for the whole lattice at once, where its class is too small:
count how coarse each other row must become to look like it, and accumulate. So a few records,
each found at the best node left, prove that nothing better exists. Levels at which a single code
is too rare are cut off first, and rows that became equal are one from then on.
"""

from __future__ import annotations

import numpy as np

from anonymisation.records.lattice import Floats, Node
from anonymisation.records.problem import Problem
from anonymisation.records.rows import Ints
from anonymisation.records.search import Search


def search_whole(search: Search) -> Search:
    """Search where nobody may be withheld: best node first, closing what a record closes."""
    bound, problem, base = _cut(search.bound, search.problem, floor(search.problem))
    while not search.stopped:
        open_ = np.isfinite(bound)
        if not open_.any():
            break
        lattice = problem.lattice
        number = int(np.argmin(bound))
        node = lattice.node(number)
        search.evaluated += 1
        failing = problem.failing(node) if problem.table is None else _failing(problem, node)
        if failing is None:
            search.node = tuple(a + b for a, b in zip(base, node, strict=True))
            search.loss, search.bound = float(bound[number]), bound
            return search
        # A class that fails holds one that fails in every finer node, whatever the model.
        lattice.below(bound, node)[...] = np.inf
        if len(failing):
            sizes = class_sizes(problem, rarest(problem, failing))
            bound[sizes < problem.k] = np.inf
    search.bound = bound
    return search


def floor(problem: Problem) -> Node:
    """Per column, the finest level at which no single code has fewer than k records."""
    levels = []
    for table, leaves in zip(problem.tables, problem.leaf_weights, strict=True):
        for level, line in enumerate(table):
            sizes = np.bincount(line, leaves)
            if level == len(table) - 1 or not ((sizes > 0) & (sizes < problem.k)).any():
                levels.append(level)
                break
    return tuple(levels)


def class_sizes(problem: Problem, row: int) -> Floats:
    """The records that look like this row's, at every node. Cost: rows, and the lattice."""
    where = np.zeros(len(problem.weight), dtype=np.int64)
    strides = problem.lattice.strides
    for table, codes, stride in zip(problem.tables, problem.codes, strides, strict=True):
        # Levels nest, so a leaf differs from this one up to some level and never again.
        apart = (table != table[:, codes[row]][:, None]).sum(axis=0)
        where += (apart * stride)[codes]
    sizes = np.bincount(where, problem.weight, minlength=problem.lattice.size)
    found: Floats = problem.lattice.accumulate(sizes)
    return found


def rarest(problem: Problem, rows: Ints) -> int:
    """The row whose values are rare together one level below `*`, as if columns were
    independent: its class stays small furthest up."""
    rarity = np.zeros(len(rows))
    for table, leaves, codes in zip(
        problem.tables, problem.leaf_weights, problem.codes, strict=True
    ):
        line = table[max(0, len(table) - 2)]
        rarity -= np.log(np.maximum(np.bincount(line, leaves), 1))[line[codes[rows]]]
    return int(rows[np.argmax(rarity)])


def _cut(bound: Floats, problem: Problem, low: Node) -> tuple[Floats, Problem, Node]:
    """Only the nodes from these levels on; rows stay as they are where models look at them."""
    lattice = problem.lattice
    if problem.table is not None:
        inside = np.full(len(bound), np.inf)
        lattice.above(inside, low)[...] = lattice.above(bound, low)
        return inside, problem, (0,) * len(low)
    return lattice.above(bound, low).ravel(), problem.lifted(low), low


def _failing(problem: Problem, node: Node) -> Ints | None:
    """Rows in classes of fewer than k; None where every model holds."""
    outcome = problem.evaluate(node, 0)
    return outcome.failing if outcome.withheld else None
