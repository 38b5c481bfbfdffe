"""The facts that printed tables are, rebuilt from nothing but what was printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import make_blocks
from anonymisation.tables.cells import atoms_of, incidence_of, labels_of
from anonymisation.tables.facts import Facts
from anonymisation.tables.judging import is_sensitive
from anonymisation.tables.known import Kind, Known
from anonymisation.tables.ranges import range_of
from anonymisation.tables.shares import (
    Told,
    bound_told,
    inside_told,
    printable_sides,
    share_told,
    size_range,
    stacked,
)
from anonymisation.tables.spec import Domain, axes_of
from anonymisation.tables.system import Label, Table
from schemas.policy import Policy
from schemas.tables import CellMark, ProtectedTable, TableCell

KINDS = {
    CellMark.PUBLISHED: Kind.EXACT,
    CellMark.FLAGGED: Kind.FLAGGED,
    CellMark.WITHHELD: Kind.RANGE,
}


def printed_facts(
    tables: Sequence[ProtectedTable],
    domain: Domain,
    hierarchies: Mapping[str, Hierarchy] | None = None,
) -> tuple[Facts, list[tuple[int, TableCell]]]:
    """Facts of all the tables together, and for each fact of a cell its table and cell.

    Needs no record: only the tables, the code lists and the hierarchies.

    Raises:
        BadTable: a table does not fit the code lists.
    """
    every = [
        Table(t.spec, axes_of(t.spec, domain, hierarchies or {}), t.policy, True) for t in tables
    ]
    names = {v for t in tables for v in (*t.spec.variables, *t.spec.where)}
    full = {v: tuple(domain[v]) for v in sorted(names)}
    labels, _ = labels_of(every, full)
    blocks = make_blocks(
        atoms_of(labels, full), [(*t.spec.variables, *t.spec.where) for t in tables]
    )
    incidence = incidence_of(labels, blocks)
    shown = _shown(tables, labels)
    by_box: dict[frozenset[tuple[str, frozenset[str]]], int] = {}
    for index in [*shown, *range(len(labels))]:
        by_box.setdefault(frozenset(labels[index].box.items()), index)
    told, more = [], []
    for index, (table, cell) in shown.items():
        own, further = _told(index, cell, tables[table], _group(index, tables, labels, by_box))
        told.append(own)
        more += further
    for index, (table, cell) in shown.items():
        more += _no_bound(index, cell, tables[table], labels, by_box, shown)
    groups = _told_of_groups(tables, labels, shown, by_box)
    known, cells = stacked([*told, *more, *groups], incidence)
    links = blocks.links()
    nought = np.zeros(links.shape[0], np.int64)
    rows = known.also(Known(links, nought, nought, (Kind.LINK,) * links.shape[0]))
    names_of = [", ".join(cell.codes) for _, cell in shown.values()]
    names_of += [str(kind) for kind in rows.kinds[len(told) :]]
    places = np.concatenate([cells, np.full(links.shape[0], -1)]).astype(np.int64)
    facts = Facts(rows.rows, rows.low, rows.high, rows.kinds, tuple(names_of), places)
    return facts, list(shown.values())


def _told(
    index: int, cell: TableCell, table: ProtectedTable, group: int | None
) -> tuple[Told, list[Told]]:
    """What one printed cell tells of its own count, and of it and its group together."""
    policy, further = table.policy, list[Told]()
    if table.altered is not None and cell.value is not None:
        least, most = range_of(cell.value, table.altered, policy)
        return ({index: 1}, least, most, Kind.ROUNDED, index), further
    low, high, kind = cell.value, cell.value, KINDS[cell.mark]
    if cell.mark is CellMark.WITHHELD:
        low, high = cell.at_least or 0, None
    elif cell.rounded is not None:
        low, high = size_range(cell.rounded, cell.mark is CellMark.FLAGGED, policy)
        kind = Kind.ROUNDED
    elif cell.share is not None and cell.share.points is not None and group is not None:
        own, *further = share_told(index, group, cell.share.points, policy)
        return own, further
    if cell.share is not None and cell.share.points is None and group is not None:
        further.append(bound_told(index, group, cell.share.under, cell.share.over))
    return ({index: 1}, low, high, kind, index), further


def _no_bound(
    index: int, cell: TableCell, table: ProtectedTable, labels: Sequence[Label],
    by_box: Mapping[frozenset[tuple[str, frozenset[str]]], int],
    shown: Mapping[int, tuple[int, TableCell]],
) -> list[Told]:  # fmt: skip
    """What a share or mark tells where a bound would stand if the share lay beyond it."""
    policy, said = table.policy, cell.share
    bounded = said is not None and said.points is None
    if policy.share_bounds is None or bounded or not is_sensitive(labels[index], policy):
        return []
    box = frozenset((v, c) for v, c in labels[index].box.items() if policy.is_breakdown(v))
    group = by_box.get(box, -1)
    size = shown[group][1] if group in shown else None
    if size is None or size.rounded is None or cell.value is not None:
        return []
    least, _ = size_range(size.rounded, size.mark is CellMark.FLAGGED, policy)
    return inside_told(index, group, printable_sides(least, policy))


def _group(
    index: int, tables: Sequence[ProtectedTable], labels: Sequence[Label],
    by_box: Mapping[frozenset[tuple[str, frozenset[str]]], int],
) -> int | None:  # fmt: skip
    label = labels[index]
    policy = tables[label.table].policy
    box = frozenset((v, c) for v, c in label.box.items() if policy.is_breakdown(v))
    return by_box.get(box)


def _shown(
    tables: Sequence[ProtectedTable], labels: Sequence[Label]
) -> dict[int, tuple[int, TableCell]]:
    """For each label that a table prints: the table and the printed cell.

    Raises:
        BadTable: a table prints a cell the code lists do not give.
    """
    known = [{(c.levels, c.codes): c for c in t.cells} for t in tables]
    shown = {}
    for index, label in enumerate(labels):
        cell = known[label.table].get((label.levels, label.codes))
        if cell is not None:
            shown[index] = (label.table, cell)
    if len(shown) != sum(len(cells) for cells in known):
        raise BadTable(
            "A table prints cells its code lists do not give.", remedy="Use its own code lists."
        )
    return shown


def _told_of_groups(
    tables: Sequence[ProtectedTable],
    labels: Sequence[Label],
    shown: Mapping[int, tuple[int, TableCell]],
    by_box: Mapping[frozenset[tuple[str, frozenset[str]]], int],
) -> list[Told]:
    """Sizes of groups as the flags on printed numbers tell them."""
    told: dict[tuple[int, int, int | None], None] = {}
    for index, (table, cell) in shown.items():
        policy: Policy = tables[table].policy
        number = cell.value or (cell.share and cell.share.points)
        exact = tables[table].altered is None
        if policy.breakdowns is None or not number or not policy.flag_below or not exact:
            continue
        group = _group(index, tables, labels, by_box)
        if group is None:
            continue
        flagged = cell.mark is CellMark.FLAGGED
        low = policy.group_minimum if flagged else policy.flag_below
        told[group, low, policy.flag_below - 1 if flagged else None] = None
    return [({group: 1}, low, high, Kind.GROUP, -1) for group, low, high in told]
