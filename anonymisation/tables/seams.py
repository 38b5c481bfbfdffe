"""The counts that parts of a reduced system have in common, and what is told by them alone.

A link says of two parts that they count the same people. Links that share a side are one seam,
whichever tree of blocks they came from.

Cost: linear in the entries of links and rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from anonymisation.tables.reduction import Reduced


def seams_of(
    reduced: Reduced, part_of: Any
) -> tuple[dict[int, dict[int, Any]], dict[int, list[int]]] | None:
    """For each seam the classes that each of its parts counts in it; links inside parts.

    None: a link is none that says of two parts that they count the same people.
    """
    inner: dict[int, list[int]] = defaultdict(list)
    nodes: dict[tuple[int, bytes], int] = {}
    counted: list[Any] = []
    pairs: list[tuple[int, int]] = []
    links = sp.csr_array(reduced.links)
    links.sort_indices()
    for row in range(links.shape[0]):
        classes = links.indices[links.indptr[row] : links.indptr[row + 1]]
        data = links.data[links.indptr[row] : links.indptr[row + 1]]
        names = np.unique(part_of[classes])
        if len(names) <= 1:
            inner[int(names[0]) if len(names) else 0].append(row)
            continue
        sides = [classes[data == sign] for sign in (1, -1)]
        if len(names) != 2 or any(len(set(part_of[side])) != 1 for side in sides):
            return None
        ends = []
        for side in sides:
            key = (int(part_of[side[0]]), side.tobytes())
            ends.append(nodes.setdefault(key, len(nodes)))
            if len(nodes) > len(counted):
                counted.append(side)
        pairs.append((ends[0], ends[1]))
    one, two = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = sp.coo_array((np.ones(len(one)), (one, two)), shape=(len(nodes), len(nodes)))
    _, seam_of = connected_components(graph, directed=False)
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for node, (part, _) in enumerate(nodes):
        if part in found[int(seam_of[node])]:
            return None
        found[int(seam_of[node])][part] = counted[node]
    return dict(found), inner


class Teller:
    """Which rows count people by seams alone."""

    def __init__(self, part_of: Any, supports: Mapping[int, Mapping[int, Any]]) -> None:
        self.part_of, self._supports = part_of, supports
        groups: dict[frozenset[int], list[int]] = defaultdict(list)
        for seam, owners in supports.items():
            groups[frozenset(owners)].append(seam)
        self.sizes = [{seam: {p: len(c) for p, c in supports[seam].items()} for seam in seams}
                      for seams in groups.values()]  # fmt: skip
        self.labels = np.full((len(groups), len(part_of)), -1)
        for group, seams in enumerate(groups.values()):
            for seam in seams:
                for classes in supports[seam].values():
                    self.labels[group, classes] = seam

    def seams(self, classes: Any) -> tuple[int, ...] | None:
        """The seams whose people in one part are those of the classes; None: there are none."""
        part = int(self.part_of[classes[0]])
        for labels, sizes in zip(self.labels, self.sizes, strict=True):
            met = labels[classes]
            if met.min() < 0:
                continue
            found = np.unique(met).tolist()
            if sum(sizes[seam][part] for seam in found) == len(classes):
                return tuple(found)
        return None

    def classes(self, seams: Iterable[int], part: int) -> Any:
        """The classes a part counts in these seams; None: it does not have them all."""
        if any(part not in self._supports[seam] for seam in seams):
            return None
        return np.concatenate([self._supports[seam][part] for seam in seams])

    def told(self, rows: Any) -> tuple[dict[int, tuple[int, ...]], Any]:
        """The rows that seams tell, with the seams; the part each row lies in, -1 for none."""
        rows = sp.csr_array(rows)
        found = {}
        part = np.full(rows.shape[0], -1)
        for row in range(rows.shape[0]):
            begin, end = rows.indptr[row], rows.indptr[row + 1]
            if begin == end:
                continue
            part[row] = self.part_of[rows.indices[begin]]
            if (rows.data[begin:end] == 1).all():
                seams = self.seams(rows.indices[begin:end])
                if seams is not None:
                    found[row] = seams
        return found, part


def told_in_one_part(given: Any, part_of: Any, teller: Teller) -> tuple[Any, Any]:
    """The rows, each over one part's classes, and which part that is; None for the rows: not so.

    A group less one of its cells may lie in two parts; a seam tells the cell's part its size.
    """
    rows: Any = sp.lil_array(given)
    count = int(given.shape[0])
    home = np.zeros(count, np.int64)
    for row in range(count):
        classes, data = np.array(rows.rows[row], np.int64), np.array(rows.data[row], np.int64)
        names = np.unique(part_of[classes]).tolist() if len(classes) else [0]
        below = part_of[classes[data < 0]]
        home[row] = below[0] if len(below) else names[0]
        for name in names:
            if name == home[row]:
                continue
            away = part_of[classes] == name
            seams = teller.seams(classes[away]) if (data[away] == 1).all() else None
            own = None if seams is None else teller.classes(seams, int(home[row]))
            if own is None:
                return None, home
            for place in classes[away].tolist():
                rows[row, place] = 0
            for place in own.tolist():
                rows[row, place] += 1
    return sp.csr_array(rows, dtype=np.int64), home
