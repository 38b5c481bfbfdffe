"""Which conclusions are not an insider's to be kept from: those about nobody but himself."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.rules import Targets
from anonymisation.tables.system import CellSystem


def exempt_pairs(system: CellSystem, targets: Targets, lone: Any) -> Any:
    """Bool (insiders, requirements): rows not asked of insiders, or wholly inside own cells.

    Args:
        lone: csr (insiders, cells of the system): withheld cells whose contributors are all
            the insider's own records.
    """
    needs = targets.requirements
    own = sp.csr_array(lone)
    own.eliminate_zeros()
    out = np.zeros((own.shape[0], len(needs)), bool)
    out[:, [i for i, need in enumerate(needs) if not need.insiders]] = True
    asked = [i for i, need in enumerate(needs) if need.insiders]
    if not asked or not own.nnz:
        return out
    columns = system.incidence[:, [needs[i].cell for i in asked]]
    covered = ((own @ system.incidence.T) > 0).astype(np.int64)
    inside = np.asarray((covered @ columns).todense()) == np.asarray(columns.sum(axis=0))[None, :]
    out[:, asked] |= inside
    if system.links.shape[0]:
        _across_blocks(system, targets, own, asked, out)
    return out


def _across_blocks(
    system: CellSystem, targets: Targets, own: Any, asked: list[int], out: Any
) -> None:
    """The same where target and own cell are counted in different blocks of the domain."""
    holds: dict[int, list[int]] = {}
    for cell in np.unique(own.indices):
        holds[int(cell)] = [
            i for i in asked if system.holds(int(cell), targets.requirements[i].cell)
        ]
    for insider in range(own.shape[0]):
        for cell in own.indices[own.indptr[insider] : own.indptr[insider + 1]]:
            out[insider, holds[int(cell)]] = True
