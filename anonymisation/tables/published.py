"""The facts that printed tables are, rebuilt from nothing but what was printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import make_blocks
from anonymisation.tables.cells import atoms_of, incidence_of, labels_of
from anonymisation.tables.facts import NO_BOUND, Facts, Kind
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
    low, high, kinds, names_of = [], [], [], []
    for _, cell in shown.values():
        hidden = cell.value is None
        low.append((cell.at_least or 0) if hidden else cell.value)
        high.append(NO_BOUND if hidden else cell.value)
        kinds.append(KINDS[cell.mark])
        names_of.append(", ".join(cell.codes))
    told = _told_of_groups(tables, labels, shown)
    links = blocks.links()
    columns = [*shown, *(group for group, _, _ in told)]
    rows = sp.vstack([incidence[:, columns].T, links], format="csr")
    more = links.shape[0]
    return (
        Facts(
            sp.csr_array(rows),
            np.array([*low, *(g[1] for g in told), *[0] * more], np.int64),
            np.array([*high, *(g[2] for g in told), *[0] * more], np.int64),
            (*kinds, *[Kind.GROUP] * len(told), *[Kind.LINK] * more),
            (*names_of, *["group"] * len(told), *["link"] * more),
            np.array([*shown, *[-1] * (len(told) + more)], np.int64),
        ),
        list(shown.values()),
    )


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
) -> list[tuple[int, int, int]]:
    """Sizes of groups, (cell, low, high), as the flags on printed numbers tell them."""
    by_box: dict[frozenset[tuple[str, frozenset[str]]], int] = {}
    for index, label in enumerate(labels):
        by_box.setdefault(frozenset(label.box.items()), index)
    told: dict[tuple[int, int, int], None] = {}
    for index, (table, cell) in shown.items():
        policy: Policy = tables[table].policy
        if policy.breakdowns is None or not cell.value or not policy.flag_below:
            continue
        box = frozenset((v, c) for v, c in labels[index].box.items() if policy.is_breakdown(v))
        if box not in by_box:
            continue
        flagged = cell.mark is CellMark.FLAGGED
        low = policy.group_minimum if flagged else policy.flag_below
        told[by_box[box], low, policy.flag_below - 1 if flagged else int(NO_BOUND)] = None
    return list(told)
