"""The part of a ledger that a new table can be compared with; the rest cannot touch it.

Blocks of the domain that meet in variables whose every joint count is printed are independent:
whatever counts are possible on one side go with whatever counts are possible on the other,
since both agree where they meet. A table is therefore judged with those releases that hang
together with it through counts nobody has printed, and with the printed counts at the seams.
The blocks left out stay as safe as they were when they were judged.

Source: Lauritzen & Spiegelhalter 1988 (junction trees); Dobra & Fienberg 2000 (bounds for
decomposable margins).

Cost: linear in the cells of the ledger, plus pairs of blocks for the tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from anonymisation.errors import AnonymisationError
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import clique_tree
from anonymisation.tables.cells import atoms_of, labels_of
from anonymisation.tables.spec import Domain, axes_of
from anonymisation.tables.system import Box, Label, Table
from schemas.tables import TOTAL_LEVEL, CellMark, Ledger, ProtectedTable, ReleasedTable, TableSpec

Key = frozenset[tuple[str, frozenset[str]]]
_EXACT = (CellMark.PUBLISHED, CellMark.FLAGGED)


def connected(
    asked: Sequence[TableSpec],
    ledger: Ledger,
    domain: Domain,
    hierarchies: Mapping[str, Hierarchy] | None = None,
) -> Ledger:
    """The releases that must be judged with the tables asked, each cut to the cells that count.

    A release cut to fewer variables keeps its margins. Equal cuts stand once.
    """
    released = [entry.table for entry in ledger.releases]
    if not released or not asked:
        return ledger
    try:
        labels = _labels([*asked, *(t.spec for t in released)], domain, hierarchies or {})
    except AnonymisationError:
        # What does not fit the code lists is refused, with its reason, where it is counted.
        return ledger
    printed = _printed(released, labels, len(asked))
    atoms = atoms_of(labels, domain)
    groups = [_names(spec) for spec in (*asked, *(t.spec for t in released))]
    cliques, edges = clique_tree(sorted(set().union(*groups)), groups)
    for apart in (True, False):
        kept = _reachable(cliques, edges, groups[: len(asked)], atoms, domain, printed, apart)
        cut = _cut(ledger, kept)
        # The number of all records lies at every seam; where none of the tables kept tells it,
        # nothing is taken apart there.
        if not apart or frozenset() not in printed or _tells_total(cut):
            break
    return cut


def _names(spec: TableSpec) -> set[str]:
    return {*spec.variables, *spec.where}


def _labels(
    specs: Iterable[TableSpec], domain: Domain, hierarchies: Mapping[str, Hierarchy]
) -> list[Label]:
    tables = [Table(spec, axes_of(spec, domain, hierarchies), None, True) for spec in specs]
    return labels_of(tables, domain)[0]


def _key(box: Box) -> Key:
    return frozenset(box.items())


def _printed(released: Sequence[ProtectedTable], labels: Sequence[Label], first: int) -> set[Key]:
    """Which sets of records have their exact number printed somewhere."""
    shown = [
        {(c.levels, c.codes) for c in t.cells if _counts(t) and c.mark in _EXACT} for t in released
    ]
    return {
        _key(label.box)
        for label in labels
        if label.table >= first and (label.levels, label.codes) in shown[label.table - first]
    }


def _reachable(
    cliques: Sequence[Sequence[str]],
    edges: Sequence[tuple[int, int]],
    asked: Sequence[set[str]],
    atoms: Mapping[str, tuple[frozenset[str], ...]],
    domain: Domain,
    printed: set[Key],
    apart: bool,
) -> set[str]:
    """The variables of the blocks that the tables asked hang together with."""
    near: dict[int, list[int]] = {i: [] for i in range(len(cliques))}
    for a, b in edges:
        seam = sorted(set(cliques[a]) & set(cliques[b]))
        if (seam or apart) and _settled(seam, atoms, domain, printed):
            continue
        near[a].append(b)
        near[b].append(a)
    todo = [i for i, clique in enumerate(cliques) if any(names <= set(clique) for names in asked)]
    met: set[int] = set()
    while todo:
        at = todo.pop()
        if at not in met:
            met.add(at)
            todo += near[at]
    return {name for i in met for name in cliques[i]}


def _settled(
    seam: Sequence[str],
    atoms: Mapping[str, tuple[frozenset[str], ...]],
    domain: Domain,
    printed: set[Key],
) -> bool:
    """Whether every joint count of these variables is printed, as finely as any table cuts them."""
    size = 1
    for name in seam:
        size *= len(atoms[name])
        if size > len(printed):
            return False
    for parts in product(*(atoms[name] for name in seam)):
        box = {v: p for v, p in zip(seam, parts, strict=True) if len(p) < len(domain[v])}
        if _key(box) not in printed:
            return False
    return True


def _cut(ledger: Ledger, kept: set[str]) -> Ledger:
    entries: dict[tuple[str, str], ReleasedTable] = {}
    for entry in ledger.releases:
        table = _margins_of(entry.table, kept)
        if table is not None:
            key = (table.spec.canonical(), table.policy.canonical())
            entries.setdefault(key, entry.model_copy(update={"table": table}))
    return Ledger(releases=tuple(entries.values()))


def _margins_of(table: ProtectedTable, kept: set[str]) -> ProtectedTable | None:
    """The cells of a table that count by these variables only; None: it has none."""
    spec = table.spec
    stay = [i for i, v in enumerate(spec.variables) if v in kept]
    if len(stay) == len(spec.variables) and set(spec.where) <= kept:
        return table
    if not stay or not set(spec.where) <= kept:
        return None
    left = [i for i in range(len(spec.variables)) if i not in stay]
    cells = tuple(
        cell.model_copy(
            update={
                "codes": tuple(cell.codes[i] for i in stay),
                "levels": tuple(cell.levels[i] for i in stay),
            }
        )
        for cell in table.cells
        if all(cell.levels[i] == TOTAL_LEVEL for i in left)
    )
    if not cells:
        return None
    names = tuple(spec.variables[i] for i in stay)
    levels, margins = spec.levels, spec.margins
    if not isinstance(levels, str):
        levels = {v: levels[v] for v in levels if v in names} or "all"
    if not isinstance(margins, str):
        margins = tuple(v for v in margins if v in names) or "none"
    merge = tuple(m for m in spec.merge if m.variable in names)
    changes = {"variables": names, "levels": levels, "margins": margins, "merge": merge}
    axes = tuple(axis for axis in table.axes if axis.variable in names)
    short = spec.model_copy(update=changes).normalised()
    return table.model_copy(update={"spec": short, "axes": axes, "cells": cells})


def _counts(table: ProtectedTable) -> bool:
    """Whether the table's numbers are exact counts of records."""
    exact = table.altered is None and table.policy.print == "counts"
    return exact and table.magnitude is None


def _tells_total(ledger: Ledger) -> bool:
    return any(
        not entry.table.spec.where
        and _counts(entry.table)
        and any(c.mark in _EXACT and set(c.levels) == {TOTAL_LEVEL} for c in entry.table.cells)
        for entry in ledger.releases
    )
