"""The classes of inner cells near a requirement, where its witness is looked for first.

Two classes are near when few cells tell them apart, and cheap ones: then people can be thought
to lie in one instead of the other. A witness moves a handful of people, so that a program over
the hundred nearest classes finds it a hundred times faster than one over all.

Cost: one sparse product of the nearest classes with those cells they lie in that cost anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.reduction import Reduced, State

FIXED = 50.0
"""What a cell that cannot be withheld counts in the distance."""
CENTRE = 40
"""Classes of the first ring."""
MOST_START = 24


class Nearby:
    """Chooses classes for one reduced system."""

    def __init__(self, reduced: Reduced) -> None:
        self._cells = sp.csr_array(reduced.cells, dtype=float)
        self._classes = sp.csr_array(self._cells.T)
        self._fixed = reduced.state == State.PUBLISHED
        self._rows = sp.csr_array(reduced.rows)
        self.count = len(reduced.truth)

    def around(self, row: int, prices: Any, size: int) -> Any:
        """The `size` classes nearest to a requirement's row, sorted; all if there are no more.

        `prices` (distinct,): what withholding each cell costs now.
        """
        begin, end = self._rows.indptr[row], self._rows.indptr[row + 1]
        # A row that lies whole under printed noughts has no neighbours; no class can move it.
        if size >= self.count or begin == end:
            return np.arange(self.count)
        price = np.where(self._fixed, FIXED, prices)
        weight = self._classes @ price
        start = self._rows.indices[begin:end]
        if len(start) > MOST_START:
            start = start[np.argsort(weight[start], kind="stable")[:MOST_START]]
        centre = self._nearest(start, price, weight, min(CENTRE, size))
        return np.sort(self._nearest(centre, price, weight, size))

    def _nearest(self, places: Any, price: Any, weight: Any, size: int) -> Any:
        """The places themselves and those next to any of them, `size` in all."""
        own = sp.csr_array(self._classes[places])
        own.data = price[own.indices]
        own.eliminate_zeros()
        shared = (own @ self._cells).toarray()
        apart = weight[places][:, None] + weight[None, :] - 2 * shared
        apart[np.arange(len(places)), places] = np.inf
        least = apart.min(axis=0)
        least[places] = -1.0
        return np.argsort(least, kind="stable")[:size]
