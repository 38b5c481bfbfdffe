"""Possible tables in use as witnesses, as sparse moves from the truth, and what they prove.

What is withheld follows from the pool: the cells that some witness in use leaves. Adding and
removing a witness changes counts of proofs, so that nothing is multiplied twice.

Cost: a witness costs its own few cells; with insiders, one row of counts per requirement proved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.onlookers import Onlookers
from anonymisation.tables.reduction import Reduced, State


@dataclass(frozen=True, eq=False)
class Witness:
    """A possible table: `by` the count of `classes` differs from the truth.

    `leaves`: open cells that must be withheld for it; `proves`, `differs`: requirements it
    proves, and those whose row it changes; `outs`: insiders who rule it out.
    """

    classes: Any
    by: Any
    leaves: Any
    proves: Any
    differs: Any
    outs: Any


class WitnessPool:
    """The witnesses in use, in the order they were found.

    `guide`: None, or a factor per distinct cell on its price.
    """

    def __init__(self, reduced: Reduced, onlookers: Onlookers | None, guide: Any = None) -> None:
        r = self._r = reduced
        self.guide = guide
        self._onlookers = onlookers
        self._cells, self._rows = sp.csc_array(r.cells), sp.csc_array(r.rows)
        self._sides = sp.csc_array(sp.vstack([r.links, r.ranges]))
        sizes = np.asarray(r.ranges @ r.truth, float)
        links = np.zeros(r.links.shape[0])
        self._low = np.concatenate([links, r.range_low - sizes])
        self._high = np.concatenate([links, r.range_high - sizes])
        needs = r.requirements
        self._least = np.array([np.inf if n.bound is None else n.bound for n in needs], float)
        self._most = np.array([-np.inf if n.at_most is None else n.at_most for n in needs], float)
        self._least -= r.row_value
        self._most -= r.row_value
        self._plain = np.isinf(self._least) & np.isinf(self._most)
        # The truth itself proves what is no further than it.
        self.proofs = ((self._least <= 0) | (self._most >= 0)).astype(np.int64)
        self.uses = np.zeros(len(r.value), np.int64)
        self.cost = 0.0
        self.witnesses: dict[int, Witness] = {}
        self._next = 0
        self._pairs = None
        if onlookers is not None:
            self._pairs = np.zeros((len(needs), len(onlookers)), np.int32)

    @property
    def withheld(self) -> Any:
        """Which distinct cells are withheld, bool."""
        return (self._r.state == State.WITHHELD) | (self.uses > 0)

    @property
    def prices(self) -> Any:
        """What withholding each distinct cell costs on top of what is withheld, as guided."""
        cost = self._r.cost if self.guide is None else self._r.cost * self.guide
        return np.where(self.withheld, 0.0, cost)

    def witness(self, move: Any) -> Witness | None:
        """The move as a witness; None: in whole numbers it disagrees with what is published."""
        r = self._r
        classes = np.flatnonzero(move)
        by = move[classes]
        moved = np.asarray(self._cells[:, classes] @ by)
        cells = np.flatnonzero(moved)
        sides = np.asarray(self._sides[:, classes] @ by)
        wrong = (r.truth[classes] + by < 0).any() or (r.state[cells] == State.PUBLISHED).any()
        wrong |= (r.value[cells] + moved[cells] < r.low[cells]).any()
        wrong |= ((sides != 0) & ((sides < self._low) | (sides > self._high))).any()
        if wrong:
            return None
        rows = np.asarray(self._rows[:, classes] @ by)
        proves = (rows >= self._least) | (rows <= self._most) | (self._plain & (rows != 0))
        outs = np.zeros(0, np.int64)
        if self._onlookers is not None:
            outs = self._onlookers.ruled_out_by(classes, r.truth[classes] + by, cells)
        return Witness(
            classes, by, cells[r.state[cells] == State.OPEN],
            np.flatnonzero(proves), np.flatnonzero(rows), outs,
        )  # fmt: skip

    def add(self, witness: Witness) -> int:
        """The witness is in use; its number."""
        new = witness.leaves[self.uses[witness.leaves] == 0]
        self.cost += float(self._r.cost[new].sum())
        self._count(witness, 1)
        self.witnesses[self._next] = witness
        self._next += 1
        return self._next - 1

    def remove(self, number: int) -> Witness:
        """The witness is in use no more."""
        witness = self.witnesses.pop(number)
        self._count(witness, -1)
        free = witness.leaves[self.uses[witness.leaves] == 0]
        self.cost -= float(self._r.cost[free].sum())
        return witness

    def _count(self, witness: Witness, by: int) -> None:
        self.uses[witness.leaves] += by
        self.proofs[witness.proves] += by
        if self._pairs is not None:
            self._pairs[witness.differs] += by
            self._pairs[np.ix_(witness.differs, witness.outs)] -= by

    def open_to(self, row: int) -> Any:
        """Insiders against whom the requirement has no witness yet."""
        if self._pairs is None or self._onlookers is None:
            return np.zeros(0, np.int64)
        return np.flatnonzero((self._pairs[row] == 0) & ~self._onlookers.exempt[row])

    def unproven(self) -> Any:
        """Requirements without a witness, or without one against some insider."""
        missing = self.proofs == 0
        if self._pairs is not None and self._onlookers is not None:
            missing |= ((self._pairs == 0) & ~self._onlookers.exempt).any(axis=1)
        return np.flatnonzero(missing)

    def needed(self, number: int) -> bool:
        """Whether something would be unproven without this witness."""
        witness = self.witnesses[number]
        if (self.proofs[witness.proves] == 1).any():
            return True
        if self._pairs is None or self._onlookers is None:
            return False
        last = (self._pairs[witness.differs] == 1) & ~self._onlookers.exempt[witness.differs]
        last[:, witness.outs] = False
        return bool(last.any())

    @property
    def moves(self) -> Any:
        """All witnesses as csr int64 (1 + witnesses, classes) of moves, the truth first."""
        rows = list(self.witnesses.values())
        sizes = np.cumsum([0, 0, *(len(w.classes) for w in rows)])
        places = np.concatenate([np.zeros(0, np.int64), *(w.classes for w in rows)])
        by = np.concatenate([np.zeros(0, np.int64), *(w.by for w in rows)])
        return sp.csr_array((by, places, sizes), shape=(1 + len(rows), len(self._r.truth)))
