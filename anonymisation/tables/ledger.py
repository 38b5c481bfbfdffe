"""What was released before: its cells keep value and mark for ever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from anonymisation.errors import BadTable
from anonymisation.tables.ranges import range_of
from anonymisation.tables.system import Fate, Label
from schemas.tables import CellMark, Ledger, ProtectedTable, ReleasedTable

__all__ = ["Ledger", "ReleasedTable", "check_truth", "tell_fates"]

NOT_OURS = "The ledger is not one of these records:"


def tell_fates(
    table: ProtectedTable, cells: Iterable[int], labels: list[Label], fates: np.ndarray
) -> None:
    """Labels and fates of a ledger's table, the `cells` given, say what was printed of them.

    Raises:
        BadTable: the table has cells that the code lists no longer give.
    """
    known = {(cell.levels, cell.codes): cell for cell in table.cells}
    met = 0
    for index in cells:
        label = labels[index]
        cell = known.get((label.levels, label.codes))
        if cell is None:
            continue
        met += 1
        if table.altered is not None:
            continue
        hidden = cell.mark is CellMark.WITHHELD
        fates[index] = Fate.WITHHELD if hidden else Fate.PUBLISHED
        labels[index] = replace(label, at_least=cell.at_least)
    if met != len(known):
        raise BadTable(
            f"{NOT_OURS} its code lists or hierarchies have changed.",
            remedy="Use those the release was made with.",
        )


def check_truth(
    table: ProtectedTable, cells: Iterable[int], labels: Sequence[Label], values: np.ndarray
) -> None:
    """The ledger's printed numbers are those of the records, or as near as it says.

    Raises:
        BadTable: one is not, so the ledger belongs to another freeze.
    """
    known = {(cell.levels, cell.codes): cell for cell in table.cells}
    for index in cells:
        label = labels[index]
        cell = known.get((label.levels, label.codes))
        if cell is None:
            continue
        wrong = cell.value is not None and not _fits(table, cell.value, int(values[index]))
        if wrong or (cell.value is None and values[index] < (cell.at_least or 0)):
            raise BadTable(f"{NOT_OURS} a printed number differs.", remedy="Use its own freeze.")


def _fits(table: ProtectedTable, number: int, count: int) -> bool:
    if table.altered is None:
        return number == count
    low, high = range_of(number, table.altered, table.policy)
    return low <= count and (high is None or count <= high)
