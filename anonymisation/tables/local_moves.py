"""Tables near the truth, each found by a small program over the classes around one question.

Two classes are near when few equations tell them apart. A table that contradicts a conclusion
mostly moves a handful of people among near classes, so that a program over some hundred of them
finds it a hundred times faster than one over all; that it finds none proves nothing. What it
finds answers a score of other questions as well. The solver only proposes: `Evidence` multiplies
every table exactly before it is believed.

Cost: one sparse product of the nearest classes with the equations, and one small linear program,
five to twenty milliseconds together, per question that no table found before answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from anonymisation.tables.evidence import Evidence
from anonymisation.tables.polytope import ANY, is_whole, open_sides
from anonymisation.tables.universe import Universe

AROUND = (80, 200, 500, 1000)
"""Classes of one program; more, where fewer do not do."""
NODES = 200
CENTRE = 40
"""Classes of the first ring, to which those of the second are near."""
MOST_START = 12
MOST_SECONDS = 10.0


class LocalMoves:
    """Looks for tables that move one question, and adds them to the evidence."""

    def __init__(self, world: Universe, evidence: Evidence) -> None:
        self._world, self._evidence = world, evidence
        equations = sp.csr_array(world.rows[world.equations], dtype=float)
        self._columns, self._apart = sp.csr_array(equations.T), equations
        self._weight = np.asarray((equations * equations).sum(axis=0)).ravel()
        self._rows = sp.csc_array(world.rows, dtype=float)
        sums = world.rows @ evidence.truth
        low, high = open_sides(world.low, world.high)
        self._low, self._high = low - sums, high - sums

    def settle(self, row: int, by: int, size: int) -> bool:
        """Whether a table was found that moves question `row` up by `by` (down, if negative),
        among the `size` classes nearest to it."""
        start = np.array(self.classes_of(row), np.int64)
        if not len(start):
            return False
        chosen = self._near(self._near(start[:MOST_START], CENTRE), size)
        found = self._move(row, by, chosen)
        if found is None:
            return False
        move = np.zeros((1, self._world.size), np.int64)
        move[0, chosen] = found
        return bool(self._evidence.add(sp.csr_array(move)).all())

    def classes_of(self, row: int) -> tuple[int, ...]:
        """The classes that question `row` counts."""
        begin, end = self._world.asked.indptr[row : row + 2]
        return tuple(self._world.asked.indices[begin:end].tolist())

    def _near(self, places: Any, size: int) -> Any:
        """The places themselves and the classes next to any of them, `size` in all, sorted."""
        shared = (self._columns[places] @ self._apart).toarray()
        apart = self._weight[places][:, None] + self._weight[None, :] - 2 * shared
        least = apart.min(axis=0)
        least[places] = -1.0
        return np.sort(np.argsort(least, kind="stable")[:size])

    def _move(self, row: int, by: int, chosen: Any) -> Any:
        """The move of fewest people over the chosen classes, int64; None: none found."""
        part = sp.csr_array(self._rows[:, chosen])
        fall = self._evidence.truth[chosen].astype(float)
        # What the chosen classes cannot break however far they fall need not be written down.
        tight = (self._high < np.inf) | (part @ fall > -self._low)
        kept = np.flatnonzero(tight & (np.diff(part.indptr) > 0))
        asked = sp.csr_array(self._world.asked[[row]][:, chosen], dtype=float)
        rows = sp.csr_array(sp.vstack([part[kept], asked]))
        low = np.append(self._low[kept], by if by > 0 else -np.inf)
        high = np.append(self._high[kept], by if by < 0 else np.inf)
        both = sp.csr_array(sp.hstack([rows, -rows]))
        for whole in (0, 1):
            answer = milp(
                np.ones(2 * len(chosen)),
                integrality=np.full(2 * len(chosen), whole),
                bounds=Bounds(0, np.concatenate([np.full(len(chosen), np.inf), fall])),
                constraints=[LinearConstraint(both, low, high)],
                options={"time_limit": MOST_SECONDS, "node_limit": NODES, "mip_rel_gap": ANY},
            )
            if answer.x is None:
                return None
            move = answer.x[: len(chosen)] - answer.x[len(chosen) :]
            if whole or is_whole(move):
                return np.rint(move).astype(np.int64)
        return None
