"""Which conclusions are not an insider's to be kept from: those about nobody but himself."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.rules import Targets
from anonymisation.tables.system import CellSystem


def exempt_pairs(system: CellSystem, targets: Targets, members: Any, lone: Any) -> Any:
    """Bool (insiders, requirements): rows not asked of insiders, or wholly inside own cells.

    Args:
        members: insiders over anything; only their number counts.
        lone: csr (insiders, cells of the system): withheld cells whose contributors are all
            his own records.
    """
    needs = targets.requirements
    out = np.zeros((members.shape[0], len(needs)), bool)
    out[:, [i for i, need in enumerate(needs) if not need.insiders]] = True
    asked = [i for i, need in enumerate(needs) if need.insiders]
    matrix = sp.csr_array(lone)
    matrix.eliminate_zeros()
    inside: dict[int, Any] = {}
    for cell in np.unique(matrix.indices):
        inside[int(cell)] = [i for i in asked if system.holds(int(cell), needs[i].cell)]
    for insider in range(matrix.shape[0]):
        for cell in matrix.indices[matrix.indptr[insider] : matrix.indptr[insider + 1]]:
            out[insider, inside[int(cell)]] = True
    return out
