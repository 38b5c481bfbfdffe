"""What was released before: its cells keep value and mark for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anonymisation.errors import BadTable
from anonymisation.tables.ranges import range_of
from anonymisation.tables.system import CellSystem, Fate, Label
from schemas.tables import CellMark, Ledger, ProtectedTable, ReleasedTable

__all__ = ["Ledger", "ReleasedTable", "check_truth", "fate_of"]

NOT_OURS = "The ledger is not one of these records:"


def fate_of(
    table: ProtectedTable, place: int, labels: Sequence[Label], fates: np.ndarray
) -> tuple[list[Label], np.ndarray]:
    """The labels and fates with what the ledger's table says of its own cells.

    Raises:
        BadTable: the table has cells that the code lists no longer give.
    """
    known = {(cell.levels, cell.codes): cell for cell in table.cells}
    out, fixed = list(labels), fates.copy()
    met = 0
    for index, label in enumerate(labels):
        if label.table != place:
            continue
        cell = known.get((label.levels, label.codes))
        if cell is None:
            continue
        met += 1
        if table.altered is not None:
            continue
        hidden = cell.mark is CellMark.WITHHELD
        fixed[index] = Fate.WITHHELD if hidden else Fate.PUBLISHED
        out[index] = replace(label, at_least=cell.at_least)
    if met != len(known):
        raise BadTable(
            f"{NOT_OURS} its code lists or hierarchies have changed.",
            remedy="Use those the release was made with.",
        )
    return out, fixed


def check_truth(table: ProtectedTable, place: int, system: CellSystem) -> None:
    """The ledger's printed numbers are those of the records, or as near as it says.

    Raises:
        BadTable: one is not, so the ledger belongs to another freeze.
    """
    values = system.values
    known = {(cell.levels, cell.codes): cell for cell in table.cells}
    for index in system.cells_of(place):
        label = (system.labels or ())[index]
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
