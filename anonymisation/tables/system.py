"""A system of cells: which inner cells each cell counts, and how many records lie in each.

The inner cells are the declared domain, never only the patterns that happened to occur. When
the variables of all tables together span too many inner cells, the domain is held as several
overlapping blocks; `links` are the rows saying that blocks agree where they overlap. Blocks
form a tree, so non-negative whole-number blocks that agree are the margins of one whole table.

Source: Lauritzen & Spiegelhalter 1988 (junction trees); Atserias & Kolaitis 2021 (bags over
acyclic schemas: local consistency is global consistency).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import BadTable
from anonymisation.tables.known import Known
from anonymisation.tables.magnitude import Magnitude
from anonymisation.tables.population import Population
from anonymisation.tables.spec import SpecAxis
from schemas.policy import Policy
from schemas.tables import ProtectedTable, TableSpec

Box = Mapping[str, frozenset[str]]


class Fate(IntEnum):
    """What the ledger already says of a cell."""

    OPEN = 0
    PUBLISHED = 1
    WITHHELD = 2


@dataclass(frozen=True)
class Label:
    """Where a cell stands: its table, codes and levels, and the leaf codes it is restricted to.

    `box` lacks the variables the cell is not restricted on.
    """

    table: int
    codes: tuple[str, ...]
    levels: tuple[int, ...]
    box: Box
    at_least: int | None = None


@dataclass(frozen=True)
class Table:
    """One table of the system: new, from the ledger (with its own policy), or only derivable.

    `altered` is set for a table of the ledger whose numbers are no counts: it prints no cell
    exactly, what it tells are ranges.
    """

    spec: TableSpec
    axes: tuple[SpecAxis, ...]
    policy: Policy | None
    printed: bool
    altered: ProtectedTable | None = None


@dataclass(frozen=True)
class CellSystem:
    """Cells over inner cells, with true counts.

    Args:
        incidence: whole numbers 0 or 1, shape (inner, cells).
        counts: records per inner cell, shape (inner,).
        links: rows over inner cells that are nought in every possible table.
        labels: one per cell; None for a system given directly.
        printed: which cells the tables print; the others are only targets.
        fates: `Fate` per cell.
        members: one row per insider, how many of his records lie in each inner cell; None:
            every single record.
        known: rows that hold whatever is withheld, such as what registers tell.
        households: whether each row of `members` is a household.
        population: figures of a frame by area, for the rule on small areas.
        magnitude: set where `counts` are contributions in whole units, not records.
        ledger: digest of the ledger the cells were counted with; "" for none.

    Raises:
        BadTable: shapes differ, a count is negative or fractional, incidence is not 0 or 1.
    """

    incidence: Any
    counts: Any
    links: Any = None
    labels: tuple[Label, ...] | None = None
    tables: tuple[Table, ...] = ()
    domain: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    printed: Any = None
    fates: Any = None
    members: Any = None
    known: Any = None
    ledger: str = ""
    households: bool = False
    population: Population | None = None
    magnitude: Magnitude | None = None

    def __post_init__(self) -> None:
        incidence = sp.csc_array(self.incidence)
        counts = np.asarray(self.counts)
        if incidence.shape[0] != counts.shape[0] or counts.ndim != 1:
            raise BadTable("Incidence and counts differ in length.", remedy="One row per count.")
        whole = counts.astype(np.int64)
        if not np.array_equal(whole, counts) or (whole < 0).any():
            raise BadTable("A count is negative or fractional.", remedy="Give whole counts.")
        if incidence.nnz and not np.isin(incidence.data, (0, 1)).all():
            raise BadTable("Incidence holds other numbers than 0 and 1.", remedy="Mark with 1.")
        incidence = incidence.astype(np.int64)
        incidence.eliminate_zeros()
        incidence.sort_indices()
        cells = incidence.shape[1]
        self._put("incidence", incidence)
        self._put("counts", whole)
        empty = sp.csr_array((0, len(whole)), dtype=np.int64)
        self._put(
            "links", empty if self.links is None else sp.csr_array(self.links, dtype=np.int64)
        )
        self._put(
            "printed", np.ones(cells, bool) if self.printed is None else np.asarray(self.printed)
        )
        self._put(
            "fates", np.zeros(cells, np.int8) if self.fates is None else np.asarray(self.fates)
        )
        if self.known is None:
            self._put("known", Known.nothing(len(whole)))
        if self.members is None:
            places = np.flatnonzero(whole)
            ones = np.ones(len(places), np.int64)
            shape = (len(places), len(whole))
            self._put(
                "members", sp.csr_array((ones, (np.arange(len(places)), places)), shape=shape)
            )

    def _put(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def values(self) -> Any:
        """True count of every cell, shape (cells,)."""
        return np.asarray(self.incidence.T @ self.counts)

    @property
    def contributors(self) -> Any:
        """Contributing records of every cell, or households where they are known, (cells,)."""
        if self.magnitude is not None:
            return self.magnitude.contributors
        if not self.households:
            return self.values
        own = sp.csr_array(self.members @ self.incidence)
        return np.asarray((own > 0).sum(axis=0)).ravel()

    @property
    def duplicates(self) -> Any:
        """For each cell the first cell that counts the same inner cells, shape (cells,)."""
        first: dict[bytes, int] = {}
        matrix = self.incidence
        out = np.empty(matrix.shape[1], np.int64)
        for cell in range(matrix.shape[1]):
            rows = matrix.indices[matrix.indptr[cell] : matrix.indptr[cell + 1]]
            out[cell] = first.setdefault(rows.tobytes(), cell)
        return out

    def cells_of(self, table: int) -> list[int]:
        """The cells of one table, in print order."""
        if self.labels is None:
            return list(range(self.incidence.shape[1]))
        return [i for i, label in enumerate(self.labels) if label.table == table]

    def holds(self, outer: int, inner: int) -> bool:
        """Whether everybody counted in cell `inner` is counted in cell `outer`."""
        if self.labels is not None:
            wide, narrow = self.labels[outer].box, self.labels[inner].box
            return all(v in narrow and narrow[v] <= codes for v, codes in wide.items())
        m = self.incidence
        wide_rows = m.indices[m.indptr[outer] : m.indptr[outer + 1]]
        narrow_rows = m.indices[m.indptr[inner] : m.indptr[inner + 1]]
        return bool(np.isin(narrow_rows, wide_rows).all())
