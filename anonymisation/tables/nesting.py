"""Cells written as sums of smaller cells: the same equations with far fewer entries.

A total over everybody is a row as long as the domain, but as a sum of its parts it is short.
Cost: a few look-ups per part of each cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp


def nested(cells: Any) -> tuple[Any, Any]:
    """Each row as rows before it plus classes: csr `parts` (cells, cells), `rest` (cells, classes).

    `cells` csr 0/1 with distinct rows: cells = parts @ cells + rest. The largest parts are
    taken first.
    """
    matrix = sp.csr_array(cells)
    matrix.sort_indices()
    count = matrix.shape[0]
    rows = [matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]] for i in range(count)]
    size = np.diff(matrix.indptr)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-size, kind="stable")] = np.arange(count)
    columns = sp.csc_array(matrix)
    holders = []
    for c in range(matrix.shape[1]):
        found = columns.indices[columns.indptr[c] : columns.indptr[c + 1]]
        holders.append(found[np.argsort(rank[found])])
    parts: list[tuple[int, int]] = []
    rest: list[tuple[int, int]] = []
    open_ = np.zeros(matrix.shape[1], bool)
    for i in range(count):
        open_[rows[i]] = True
        for c in rows[i]:
            if not open_[c]:
                continue
            part = _largest(holders[c], size, int(size[i]), rows, open_)
            if part is None:
                rest.append((i, int(c)))
                open_[c] = False
            else:
                parts.append((i, part))
                open_[rows[part]] = False
    return _marks(parts, (count, count)), _marks(rest, matrix.shape)


def _largest(holders: Any, size: Any, below: int, rows: Any, open_: Any) -> int | None:
    for other in holders:
        if size[other] < below and open_[rows[other]].all():
            return int(other)
    return None


def _marks(places: list[tuple[int, int]], shape: tuple[int, int]) -> Any:
    row, column = np.array(places, np.int64).reshape(-1, 2).T
    return sp.csr_array((np.ones(len(places)), (row, column)), shape=shape)
