"""Counting: from records and tables asked to a system of cells, noughts of the domain included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import scipy.sparse as sp

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import Blocks, make_blocks
from anonymisation.tables.ledger import check_truth, fate_of
from anonymisation.tables.spec import Domain, TableSpec, axes_of
from anonymisation.tables.system import Box, CellSystem, Label, Table
from anonymisation.tables.virtual import derivable_specs
from schemas.tables import Ledger


def tabulate(
    frame: pd.DataFrame,
    specs: Iterable[TableSpec],
    hierarchies: Mapping[str, Hierarchy] | None = None,
    domain: Domain | None = None,
    *,
    ledger: Ledger | None = None,
    count: str | None = None,
    household: str | None = None,
) -> CellSystem:
    """All cells of the tables, of the ledger's tables, and those their differences would give.

    `frame` holds one row per record, or per group with its size in column `count`. `household`
    names the column of a household's identifier: its members then know each other's records.
    `domain` None takes the categories of categorical columns, else the codes present.

    Raises:
        BadTable: columns, codes or levels do not fit; the frame is empty; a value is missing
            without a code; the ledger is not of this frame.
        BadHierarchy: a hierarchy lacks a code.
        Undecided: the variables together span too many combinations.
    """
    hierarchies = hierarchies or {}
    ledger = ledger or Ledger()
    asked = [spec.normalised() for spec in specs]
    if not asked:
        raise BadTable("No table is asked for.", remedy="Give at least one.")
    released = [entry.table for entry in ledger.releases]
    every = asked + [table.spec for table in released]
    names = list(dict.fromkeys(v for s in every for v in (*s.variables, *s.where)))
    full = _domain(frame, names, domain)
    tables = [Table(spec, axes_of(spec, full, hierarchies), None, True) for spec in asked]
    tables += [Table(t.spec, axes_of(t.spec, full, hierarchies), t.policy, True) for t in released]
    for spec in derivable_specs(every, full):
        tables.append(Table(spec, axes_of(spec, full, hierarchies), None, False))
    labels, printed = _labels(tables, full)
    fates = np.zeros(len(labels), np.int8)
    for place, table in enumerate(released, start=len(asked)):
        labels, fates = fate_of(table, place, labels, fates)
    blocks = make_blocks(_atoms(labels, full), [(*s.variables, *s.where) for s in every])
    counts, members = _count(frame, blocks, count, household)
    system = CellSystem(
        _incidence(labels, blocks), counts, blocks.links(), tuple(labels), tuple(tables), full,
        printed, fates, members,
    )  # fmt: skip
    for place, table in enumerate(released, start=len(asked)):
        check_truth(table, place, system)
    return system


def _domain(frame: pd.DataFrame, names: Sequence[str], domain: Domain | None) -> Domain:
    if len(frame) == 0:
        raise BadTable("There are no records.", remedy="Give at least one.")
    full: dict[str, tuple[str, ...]] = {}
    for name in names:
        if name not in frame.columns:
            raise BadTable(f"The records have no column {name!r}.", remedy="See its header.")
        column = frame[name]
        if column.isna().any():
            raise BadTable(
                f"Column {name!r} has empty values.", remedy="Give them a code, such as missing."
            )
        if domain is not None and name in domain:
            full[name] = tuple(domain[name])
        elif isinstance(column.dtype, pd.CategoricalDtype):
            full[name] = tuple(str(code) for code in column.cat.categories)
        else:
            full[name] = tuple(sorted({str(code) for code in column.unique()}))
        unknown = {str(code) for code in column.unique()} - set(full[name])
        if unknown:
            raise BadTable(
                f"Column {name!r} has the code {min(unknown)!r}, which its list lacks.",
                remedy="Add it to the code list, or recode it.",
            )
    return full


def _labels(tables: Sequence[Table], full: Domain) -> tuple[list[Label], np.ndarray]:
    """Every cell of every table, totals included even where only the others are printed."""
    labels: list[Label] = []
    printed: list[bool] = []
    for place, table in enumerate(tables):
        filters = {v: frozenset(codes) for v, codes in table.spec.where.items()}
        for parts in product(*(axis.parts for axis in table.axes)):
            box: dict[str, frozenset[str]] = dict(filters)
            show = table.printed
            for axis, part in zip(table.axes, parts, strict=True):
                box[axis.variable] = part.leaves
                show = show and (part.level >= 0 or axis.total_printed)
            tight = {v: codes for v, codes in box.items() if len(codes) < len(full[v])}
            codes, levels = tuple(p.code for p in parts), tuple(p.level for p in parts)
            labels.append(Label(place, codes, levels, tight))
            printed.append(show)
    return labels, np.array(printed)


def _atoms(labels: Sequence[Label], full: Domain) -> dict[str, tuple[frozenset[str], ...]]:
    """The coarsest parts of each variable that every cell is a union of."""
    cuts: dict[str, set[frozenset[str]]] = {name: set() for name in full}
    for label in labels:
        for name, codes in label.box.items():
            cuts[name].add(codes)
    atoms = {}
    for name, codes in full.items():
        ordered = sorted(cuts[name], key=sorted)
        groups: dict[tuple[bool, ...], list[str]] = {}
        for code in codes:
            groups.setdefault(tuple(code in cut for cut in ordered), []).append(code)
        atoms[name] = tuple(frozenset(group) for group in groups.values())
    return atoms


def _incidence(labels: Sequence[Label], blocks: Blocks) -> sp.csc_array:
    known: dict[tuple[tuple[str, frozenset[str]], ...], np.ndarray] = {}
    indptr, indices = [0], []
    for label in labels:
        key = tuple(sorted(label.box.items(), key=lambda item: item[0]))
        if key not in known:
            known[key] = blocks.rows(_plain(label.box))
        indices.append(known[key])
        indptr.append(indptr[-1] + len(known[key]))
    rows = np.concatenate(indices)
    data = np.ones(len(rows), np.int64)
    return sp.csc_array((data, rows, np.array(indptr)), shape=(blocks.size, len(labels)))


def _plain(box: Box) -> dict[str, frozenset[str]]:
    return dict(box)


def _count(
    frame: pd.DataFrame, blocks: Blocks, count: str | None, household: str | None
) -> tuple[np.ndarray, sp.csr_array]:
    """Records per inner cell of every block, and one row of inner cells per kind of insider."""
    weights = _weights(frame, count)
    places = []
    for block, clique in enumerate(blocks.cliques):
        flat = np.zeros(len(frame), np.int64)
        for variable in clique:
            atom_of = {c: i for i, atom in enumerate(blocks.atoms[variable]) for c in atom}
            codes = frame[variable].astype(str).map(atom_of).to_numpy(np.int64)
            flat = flat * len(blocks.atoms[variable]) + codes
        places.append(flat + blocks.offsets[block])
    counts = np.zeros(blocks.size, np.int64)
    for flat in places:
        np.add.at(counts, flat, weights)
    present = weights > 0
    records = np.unique(np.stack(places, axis=1)[present], axis=0)
    if household is None:
        row = np.repeat(np.arange(len(records)), records.shape[1])
        data = np.ones(records.size, np.int64)
        shape = (len(records), blocks.size)
        return counts, sp.csr_array((data, (row, records.ravel())), shape=shape)
    return counts, _households(frame, household, places, blocks.size)


def _weights(frame: pd.DataFrame, count: str | None) -> np.ndarray:
    if count is None:
        return np.ones(len(frame), np.int64)
    if count not in frame.columns:
        raise BadTable(f"The groups have no column {count!r}.", remedy="Name the column of sizes.")
    numbers = pd.to_numeric(frame[count], errors="coerce").to_numpy(float)
    if not np.isfinite(numbers).all() or (numbers < 0).any() or (numbers % 1).any():
        raise BadTable(f"Column {count!r} is negative or fractional.", remedy="Give whole counts.")
    return numbers.astype(np.int64)


def _households(
    frame: pd.DataFrame, household: str, places: list[np.ndarray], size: int
) -> sp.csr_array:
    if household not in frame.columns:
        raise BadTable(f"The records have no column {household!r}.", remedy="See its header.")
    numbers, _ = pd.factorize(frame[household])
    rows = np.tile(numbers, len(places))
    data = np.ones(len(rows), np.int64)
    shape = (int(numbers.max()) + 1, size)
    matrix = sp.csr_array((data, (rows, np.concatenate(places))), shape=shape)
    matrix.sum_duplicates()
    return matrix


