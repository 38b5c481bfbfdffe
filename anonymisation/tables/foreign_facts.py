"""The facts that another tool's tables are together, over the codes they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from anonymisation.errors import BadTable
from anonymisation.foreign import ForeignCell, Layout
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import make_blocks
from anonymisation.tables.cells import atoms_of, incidence_of
from anonymisation.tables.facts import Facts
from anonymisation.tables.known import Kind, Known
from anonymisation.tables.shares import Told, stacked
from anonymisation.tables.system import Label


def foreign_facts(
    cells: Sequence[ForeignCell], layout: Layout, hierarchies: Mapping[str, Hierarchy]
) -> Facts:
    """What the cells tell together: the first facts are the cells, in their order.

    Raises:
        BadTable: a code stands at two levels of a hierarchy for different leaves.
        BadHierarchy: a hierarchy misses a code.
    """
    leaves = _leaves(cells, layout, hierarchies)
    full = {d: tuple(sorted({leaf for s in known.values() for leaf in s}))
            for d, known in leaves.items()}  # fmt: skip
    labels = [
        Label(cell.file, tuple(c for _, c in cell.codes), (), _box(cell, leaves, full))
        for cell in cells
    ]
    together = [{d for d, _ in cell.codes} for cell in cells]
    named = [list(t) for t in {tuple(sorted(t)) for t in together}]
    more = _absent(cells, leaves, full, layout) if layout.absent_is_nought else []
    blocks = make_blocks(atoms_of([*labels, *more], full), sorted(named))
    incidence = incidence_of([*labels, *more], blocks)
    told: list[Told] = []
    for index, cell in enumerate(cells):
        kind = Kind.RANGE if cell.hidden else Kind.EXACT
        told.append(({index: 1}, cell.low, cell.high, kind, index))
    told += [({i: 1}, 0, 0, Kind.EXACT, -1) for i in range(len(cells), len(cells) + len(more))]
    known, places = stacked(told, incidence)
    links = blocks.links()
    nought = np.zeros(links.shape[0], np.int64)
    rows = known.also(Known(links, nought, nought, (Kind.LINK,) * links.shape[0]))
    names = [" × ".join(c for _, c in cell.codes) for cell in cells]
    names += [str(kind) for kind in rows.kinds[len(cells) :]]
    at = np.concatenate([places, np.full(links.shape[0], -1)]).astype(np.int64)
    return Facts(rows.rows, rows.low, rows.high, rows.kinds, tuple(names), at)


Leaves = dict[str, dict[str, frozenset[str]]]


def _leaves(
    cells: Sequence[ForeignCell], layout: Layout, hierarchies: Mapping[str, Hierarchy]
) -> Leaves:
    """For each dimension, the leaf codes under each code met, and under none other."""
    met: dict[str, dict[str, None]] = {}
    for cell in cells:
        for dimension, code in cell.codes:
            met.setdefault(dimension, {})
            if code not in layout.totals:
                met[dimension][code] = None
    out: Leaves = {}
    for dimension, codes in met.items():
        hierarchy = hierarchies.get(dimension)
        if hierarchy is None:
            out[dimension] = {code: frozenset([code]) for code in codes} or {"": frozenset([""])}
            continue
        out[dimension] = _levelled(hierarchy, codes)
    return out


def _levelled(hierarchy: Hierarchy, codes: Mapping[str, None]) -> dict[str, frozenset[str]]:
    known = {leaf: frozenset([leaf]) for leaf in hierarchy.leaves}
    for level in range(1, hierarchy.height):
        sets: dict[str, set[str]] = {}
        for leaf in hierarchy.leaves:
            sets.setdefault(hierarchy.at(leaf, level), set()).add(leaf)
        for code, under in sets.items():
            if known.setdefault(code, frozenset(under)) != under and code in codes:
                raise BadTable(
                    f"{code!r} stands at two levels of the hierarchy of {hierarchy.variable!r}.",
                    remedy="Give the levels different codes.",
                )
    for code in codes:
        if code not in known:
            hierarchy.at(code, 0)
    return known


def _box(
    cell: ForeignCell, leaves: Leaves, full: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    """The leaf codes a cell is restricted to; a total, known by no code, restricts nothing."""
    found = {d: leaves[d].get(code) for d, code in cell.codes}
    return {d: codes for d, codes in found.items() if codes and len(codes) < len(full[d])}


def _absent(
    cells: Sequence[ForeignCell], leaves: Leaves, full: Mapping[str, tuple[str, ...]],
    layout: Layout,
) -> list[Label]:  # fmt: skip
    """Combinations of the codes a file uses that it has no row for."""
    out = []
    for file in sorted({cell.file for cell in cells}):
        own = [cell for cell in cells if cell.file == file]
        dims = [d for d, _ in own[0].codes]
        there = {tuple(c for _, c in cell.codes) for cell in own}
        used = [
            sorted({cell.codes[i][1] for cell in own} - layout.totals) for i in range(len(dims))
        ]
        grid = np.array(np.meshgrid(*used, indexing="ij")).reshape(len(dims), -1).T
        for codes in (tuple(str(c) for c in row) for row in grid):
            if codes not in there:
                cell = ForeignCell(file, tuple(zip(dims, codes, strict=True)), 0, 0, False)
                out.append(Label(file, codes, (), _box(cell, leaves, full)))
    return out
