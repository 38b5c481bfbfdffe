"""The domain of many variables as a tree of small blocks.

Two variables stand in a common block when a table uses both. The blocks are the cliques of a
triangulation of that graph (least fill-in first), joined into a tree by their largest overlaps.
Cost: the largest block grows with the product of its variables' codes, not with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Undecided

MOST_INNER_CELLS = 300_000


@dataclass(frozen=True)
class Blocks:
    """Blocks of variables with the parts ("atoms") each variable falls into.

    `atoms[v]` are disjoint sets of leaf codes; block b's inner cells are the product of its
    variables' atoms, the last quickest, from `offsets[b]` on.
    """

    atoms: Mapping[str, tuple[frozenset[str], ...]]
    cliques: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[int, int], ...]
    offsets: tuple[int, ...]

    @property
    def size(self) -> int:
        """Inner cells of all blocks together."""
        return self.offsets[-1]

    def shape(self, block: int) -> tuple[int, ...]:
        """Number of atoms of each variable of a block."""
        return tuple(len(self.atoms[v]) for v in self.cliques[block])

    def block_of(self, variables: Iterable[str]) -> int:
        """The first block that holds all the variables."""
        wanted = set(variables)
        return next(b for b, clique in enumerate(self.cliques) if wanted <= set(clique))

    def rows(self, box: Mapping[str, frozenset[str]]) -> np.ndarray:
        """The inner cells counted by a cell restricted to `box`, ascending."""
        block = self.block_of(box)
        places = []
        for variable in self.cliques[block]:
            atoms = self.atoms[variable]
            codes = box.get(variable)
            places.append([i for i, atom in enumerate(atoms) if codes is None or atom <= codes])
        if not places:
            return np.array([self.offsets[block]], np.int64)
        grid = np.ravel_multi_index(np.ix_(*places), self.shape(block))
        return np.asarray(grid).ravel().astype(np.int64) + self.offsets[block]

    def links(self) -> sp.csr_array:
        """One row per cell of each overlap: the two blocks count the same people in it."""
        rows: list[int] = []
        columns: list[int] = []
        values: list[int] = []
        count = 0
        for left, right in self.edges:
            shared = [v for v in self.cliques[left] if v in self.cliques[right]]
            size = int(np.prod([len(self.atoms[v]) for v in shared], dtype=np.int64))
            for block, sign in ((left, 1), (right, -1)):
                key = self._key(block, shared)
                rows += (key + count).tolist()
                columns += range(self.offsets[block], self.offsets[block + 1])
                values += [sign] * len(key)
            count += size
        shape = (count, self.size)
        return sp.csr_array((np.array(values, np.int64), (rows, columns)), shape=shape)

    def _key(self, block: int, shared: list[str]) -> np.ndarray:
        """Which cell of the overlap each inner cell of a block lies in."""
        shape = self.shape(block)
        places = np.unravel_index(np.arange(self.offsets[block + 1] - self.offsets[block]), shape)
        key = np.zeros(self.offsets[block + 1] - self.offsets[block], np.int64)
        for variable in shared:
            axis = self.cliques[block].index(variable)
            key = key * shape[axis] + places[axis]
        return key


def make_blocks(
    atoms: Mapping[str, tuple[frozenset[str], ...]], together: Iterable[Iterable[str]]
) -> Blocks:
    """Blocks such that the variables of each set in `together` share one.

    Raises:
        Undecided: even in blocks the domain is too large.
    """
    cliques, edges = clique_tree(sorted(atoms), [set(names) for names in together])
    offsets = [0]
    for clique in cliques:
        offsets.append(offsets[-1] + int(np.prod([len(atoms[v]) for v in clique], dtype=object)))
    if offsets[-1] > MOST_INNER_CELLS:
        raise Undecided(
            "The tables released so far and this one span too many combinations to decide.",
            remedy="Ask for fewer variables or coarser levels.",
        )
    return Blocks(dict(atoms), cliques, edges, tuple(offsets))


def clique_tree(
    names: list[str], together: list[set[str]]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[int, int], ...]]:
    """Blocks that hold each set of variables in `together`, and the tree that joins them.

    Whatever two blocks share, every block between them holds too.
    """
    cliques = _cliques(names, together)
    return cliques, _tree(cliques)


def _cliques(names: list[str], together: list[set[str]]) -> tuple[tuple[str, ...], ...]:
    near: dict[str, set[str]] = {name: set() for name in names}
    for group in together:
        for a, b in combinations(sorted(group), 2):
            near[a].add(b)
            near[b].add(a)
    found: list[set[str]] = []
    left = {name: set(others) for name, others in near.items()}
    while left:
        fill = {v: sum(b not in left[a] for a, b in combinations(sorted(left[v]), 2)) for v in left}
        chosen = min(left, key=lambda v: (fill[v], len(left[v]), v))
        clique = {chosen} | left[chosen]
        if not any(clique <= other for other in found):
            found.append(clique)
        for a, b in combinations(sorted(left[chosen]), 2):
            left[a].add(b)
            left[b].add(a)
        for other in left.pop(chosen):
            left[other].discard(chosen)
    order = {name: i for i, name in enumerate(names)}
    return tuple(tuple(sorted(c, key=order.__getitem__)) for c in found) or ((),)


def _tree(cliques: tuple[tuple[str, ...], ...]) -> tuple[tuple[int, int], ...]:
    """A spanning tree of largest overlaps: blocks holding a variable are connected in it."""
    pairs = [
        (-len(set(cliques[a]) & set(cliques[b])), a, b)
        for a, b in combinations(range(len(cliques)), 2)
    ]
    group = list(range(len(cliques)))
    edges = []
    for _, a, b in sorted(pairs):
        if group[a] != group[b]:
            edges.append((a, b))
            old, new = group[b], group[a]
            group = [new if g == old else g for g in group]
    return tuple(edges)
