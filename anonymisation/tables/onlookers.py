"""What insiders know beside the facts, and which tables they can rule out (suppressor's side)."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.reduction import Reduced, State


class Onlookers:
    """Every insider: his records' classes and the cells that count nobody but himself.

    Such a cell is his to know as soon as it is withheld. `exempt` bool (requirements, insiders):
    requirements that are not his to be kept from.
    """

    def __init__(self, reduced: Reduced, exempt: Any) -> None:
        members = sp.csr_array(reduced.members)
        own = sp.coo_array(members @ sp.csr_array(reduced.cells).T)
        insider, cell = own.coords
        lone = (own.data > 0) & (own.data == reduced.value[cell])
        lone &= reduced.state[cell] != State.PUBLISHED
        ones = np.ones(int(lone.sum()), np.int64)
        shape = (members.shape[0], len(reduced.value))
        self._lone = sp.csr_array((ones, (insider[lone], cell[lone])), shape=shape)
        self._members = members
        self._by_class, self._by_cell = sp.csc_array(members), sp.csc_array(self._lone)
        self.exempt = np.ascontiguousarray(np.asarray(exempt, bool).T)

    def __len__(self) -> int:
        return int(self._members.shape[0])

    def ruled_out_by(self, classes: Any, counts: Any, cells: Any) -> Any:
        """Insiders who know that a table is not the true one, sorted.

        Args:
            classes: classes whose count differs from the truth, `counts` in the table.
            cells: cells that differ from the truth.
        """
        found = [self._by_cell[:, cells].indices]
        for place, count in zip(classes, counts, strict=True):
            begin, end = self._by_class.indptr[place], self._by_class.indptr[place + 1]
            short = self._by_class.data[begin:end] > count
            found.append(self._by_class.indices[begin:end][short])
        return np.unique(np.concatenate(found))

    def know(self, insiders: Any) -> tuple[Any, Any, Any]:
        """Classes, the least count in each, and cells that stay, known to any of the insiders."""
        rows = sp.csc_array(self._members[insiders])
        classes = np.flatnonzero(np.diff(rows.indptr))
        least = np.maximum.reduceat(rows.data, rows.indptr[classes]) if len(classes) else classes
        return classes, least, np.unique(self._lone[insiders].indices)
