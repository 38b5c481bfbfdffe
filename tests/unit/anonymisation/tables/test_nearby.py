"""Where a witness is looked for first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.nearby import Nearby
from anonymisation.tables.reduction import Reduced, State


def nearby(rows: list[list[int]]) -> Nearby:
    """Four classes, each a cell of its own, and a total of all."""
    cells = sp.csr_array(np.vstack([np.eye(4, dtype=int), np.ones((1, 4), int)]))
    made = SimpleNamespace(
        cells=cells,
        state=np.full(5, State.OPEN),
        rows=sp.csr_array(np.array(rows)),
        truth=np.array([3, 4, 5, 6]),
    )
    return Nearby(cast("Reduced", made))


def test_the_row_itself_and_the_cheapest_neighbour_come_first() -> None:
    prices = np.array([1.0, 9.0, 2.0, 9.0, 1.0])
    assert list(nearby([[1, 0, 0, 0]]).around(0, prices, 2)) == [0, 2]


def test_a_row_under_printed_noughts_has_no_neighbours_and_is_left_to_the_program() -> None:
    assert list(nearby([[0, 0, 0, 0]]).around(0, np.ones(5), 2)) == [0, 1, 2, 3]
