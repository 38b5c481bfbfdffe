"""The ranges that rounded and noised numbers tell, alone and as rows of facts."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.cell_key import p_table
from anonymisation.tables.known import NO_BOUND, Kind, Known
from anonymisation.tables.system import CellSystem
from schemas.methods import Altered, CellKey
from schemas.policy import Policy
from schemas.tables import ProtectedTable


def range_of(number: int, altered: Altered, policy: Policy) -> tuple[int, int | None]:
    """Least and greatest count behind a printed number; None: nothing bounds it."""
    method = policy.method
    if altered.within is None:
        return 0, None
    if not isinstance(method, CellKey):
        return max(0, number - altered.within + 1), number + altered.within - 1
    table = p_table(method.deviation, method.variance, method.smallest)
    counts = [
        count
        for count in range(max(0, number - altered.within), number + altered.within + 1)
        if table.row(count)[number - count + method.deviation] > 0
    ]
    return counts[0], counts[-1]


def known_of(system: CellSystem) -> Known:
    """The ranges that altered tables of the ledger tell, as rows over inner cells."""
    found: list[tuple[int, int, Altered, Policy]] = []
    for place, table in enumerate(system.tables):
        printed = table.altered
        if printed is None or printed.altered is None or printed.altered.within is None:
            continue
        for cell, number in _numbers(system, place, printed):
            found.append((cell, number, printed.altered, printed.policy))
    return ranges_known(system, found)


def numbers_before(system: CellSystem, base: int) -> dict[int, int]:
    """Numbers that tables of the ledger rounded to this base print, by cell of the system."""
    out: dict[int, int] = {}
    first = system.duplicates
    for place, table in enumerate(system.tables):
        printed = table.altered
        if printed is not None and printed.altered is not None and printed.altered.base == base:
            out |= {int(first[cell]): n for cell, n in _numbers(system, place, printed)}
    return out


def _numbers(system: CellSystem, place: int, printed: ProtectedTable) -> list[tuple[int, int]]:
    shown = {(cell.levels, cell.codes): cell.value for cell in printed.cells}
    labels = system.labels or ()
    found = [(c, shown.get((labels[c].levels, labels[c].codes))) for c in system.cells_of(place)]
    return [(cell, number) for cell, number in found if number is not None]


def ranges_known(system: CellSystem, found: list[tuple[int, int, Altered, Policy]]) -> Known:
    told = [range_of(number, altered, policy) for _, number, altered, policy in found]
    rows = sp.csr_array(system.incidence[:, [cell for cell, *_ in found]].T)
    low = np.array([low for low, _ in told], np.int64)
    high = np.array([NO_BOUND if high is None else high for _, high in told], np.int64)
    return Known(rows, low, high, (Kind.ROUNDED,) * len(told))
