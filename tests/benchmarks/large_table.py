"""Large linked tables over six hierarchical dimensions, made anew from a fixed seed.

Every table of at most four of the six dimensions with all their levels: 14,328 cells over 6,048
inner cells, a tenth of the cells nought and a quarter small. At this size a suppressor that
solves one large program per cell no longer ends within a minute.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from anonymisation import CellSystem

SEED = 20
LEAVES = (7, 6, 4, 4, 3, 3)
GROUPS = (2, 2, 2, 0, 0, 0)
"""Groups of leaves per dimension; every dimension has a total as well."""
MOST_TOGETHER = 4
PEOPLE = 3_300
EVENNESS = 2.0
"""Of the Dirichlet draw of every dimension's shares: the lower, the more cells are nought."""
THRESHOLD = 5


def large_table() -> CellSystem:
    """The linked tables as one system."""
    random = np.random.default_rng(SEED)
    incidence = sp.csc_array(np.ones((1, 1), np.int64))
    totals = np.zeros(1, np.int64)
    for leaves, groups in zip(LEAVES, GROUPS, strict=True):
        nodes = _nodes(leaves, groups)
        incidence = sp.csc_array(sp.kron(incidence, nodes))
        last = np.arange(nodes.shape[1]) == nodes.shape[1] - 1
        totals = (totals[:, None] + last[None, :]).ravel()
    printed = np.flatnonzero(totals >= len(LEAVES) - MOST_TOGETHER)
    chance = np.ones(1)
    for leaves in LEAVES:
        chance = np.outer(chance, random.dirichlet(np.full(leaves, EVENNESS))).ravel()
    chance = chance * random.gamma(0.5, 2.0, len(chance))
    counts = random.multinomial(PEOPLE, chance / chance.sum())
    return CellSystem(incidence[:, printed], counts)


def _nodes(leaves: int, groups: int) -> sp.csc_array:
    """Which leaves every node counts, (leaves, nodes): the leaves, groups of them, the total."""
    rows = [np.eye(leaves, dtype=np.int64)]
    if groups:
        part = np.arange(leaves) * groups // leaves
        rows.append((part[None, :] == np.arange(groups)[:, None]).astype(np.int64))
    rows.append(np.ones((1, leaves), np.int64))
    return sp.csc_array(np.vstack(rows).T)
