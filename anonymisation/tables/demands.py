"""What a pattern must leave open: one demand per requirement, and per insider and requirement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.capacity import NOBODY, Insight
from anonymisation.tables.reduction import Reduced, State

Exempt = Callable[[Reduced, Any], Any]


@dataclass(frozen=True)
class Demand:
    """Some possible table moves requirement `row` up by `up` or more, or down by `down`.

    None: that direction is no help. `insider` -1: possible to everybody outside.
    """

    row: int
    insider: int
    up: float | None
    down: float | None

    @property
    def sides(self) -> tuple[tuple[int, float], ...]:
        """Directions that help, with the least move."""
        both = ((1, self.up), (-1, self.down))
        return tuple((sign, need) for sign, need in both if need is not None)


class Demands:
    """All demands of a reduced system.

    `outside`: demands the true table does not meet by itself. `lone` bool (insiders, distinct):
    cells that may be withheld and hold nobody but the insider's own records: whether one is
    printed or withheld, he knows it. A pair is exempt once the withheld ones among them hold
    the whole target, so `exempt` depends on the pattern, and only ever grows with it.
    """

    def __init__(self, reduced: Reduced, exempt: Exempt) -> None:
        self._r, self._exempt = reduced, exempt
        self.outside = [d for d in map(self._outside, range(len(reduced.requirements))) if d]
        wants = any(need.insiders for need in reduced.requirements)
        members = sp.csr_array(reduced.members)
        self.members = members if wants else members[:0]
        own = np.asarray((self.members @ reduced.cells.T).todense())
        able = reduced.state != State.PUBLISHED
        self.lone = (own == reduced.value[None, :]) & (own > 0) & able[None, :]
        hidden = reduced.state == State.WITHHELD
        self._fixed = self.exempt_under(hidden)
        self.varies = bool((self.lone & ~hidden[None, :]).any())
        self.most_exempt = self.exempt_under(able) if self.varies else self._fixed

    def __len__(self) -> int:
        return len(self.outside) + int((~self.most_exempt).sum())

    def _outside(self, row: int) -> Demand | None:
        need, value = self._r.requirements[row], int(self._r.row_value[row])
        at_most = getattr(need, "at_most", None)
        if need.bound is None and at_most is None:
            return Demand(row, -1, 1.0, 1.0)
        up = None if need.bound is None else float(need.bound - value)
        down = None if at_most is None else float(value - at_most)
        met = any(side is not None and side <= 0 for side in (up, down))
        return None if met else Demand(row, -1, up, down)

    def exempt_under(self, hidden: Any) -> Any:
        """Which pairs are exempt under a pattern, bool (insiders, requirements)."""
        if not self.members.shape[0]:
            return np.zeros((0, len(self._r.requirements)), bool)
        return np.asarray(self._exempt(self._r, hidden), bool)

    def exempt(self, hidden: Any) -> Any:
        """The same, looked up where no pattern can change it."""
        return self.exempt_under(hidden) if self.varies else self._fixed

    def insight(self, insider: int) -> Insight:
        """What the insider adds to the facts; nothing for somebody outside (-1)."""
        if insider < 0:
            return NOBODY
        row = self.members[[insider]].tocoo()
        return Insight(row.coords[1], row.data, np.flatnonzero(self.lone[insider]))

    def frees(self, demand: Demand) -> Any:
        """Cells whose withholding may exempt the demand's pair, bool (distinct,)."""
        nothing = np.zeros(len(self._r.value), bool)
        if demand.insider < 0 or not self.most_exempt[demand.insider, demand.row]:
            return nothing
        return self.lone[demand.insider] & (self._r.state == State.OPEN)
