"""Counting: from records and tables asked to a system of cells, noughts of the domain included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.blocks import Blocks, make_blocks
from anonymisation.tables.cells import atoms_of, incidence_of, labels_of
from anonymisation.tables.ledger import check_truth, fate_of
from anonymisation.tables.spec import Domain, TableSpec, axes_of
from anonymisation.tables.system import CellSystem, Table
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
    labels, printed = labels_of(tables, full)
    fates = np.zeros(len(labels), np.int8)
    for place, table in enumerate(released, start=len(asked)):
        labels, fates = fate_of(table, place, labels, fates)
    blocks = make_blocks(atoms_of(labels, full), [(*s.variables, *s.where) for s in every])
    counts, members = _count(frame, blocks, count, household)
    system = CellSystem(
        incidence_of(labels, blocks), counts, blocks.links(), tuple(labels), tuple(tables), full,
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
