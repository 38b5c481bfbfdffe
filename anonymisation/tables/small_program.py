"""The cheapest move that makes a requirement true, over a few classes.

A possible table is the true one and a move: two columns per class say how far its count rises or
falls, two per group of cells how far they leave their value. Cells that the chosen classes do
not tell apart are one row; cells withheld already that cannot be in the way are none.

Cost: a sparse selection of rows and columns, and one small program.

Source: Kelly, Golden & Assad 1992 (linear programs for cell suppression).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.reduction import Reduced, State
from anonymisation.tables.small_model import SmallModel

NODES = 100
MOST_NODES = 3000
"""Of branch and bound, over all classes."""


@dataclass(frozen=True)
class Question:
    """A requirement's row moved up by at least `by` (down, if negative).

    `classes` fall no lower than `least` and the cells `still` do not move, as somebody knows
    them; `banned`: cells that may not be withheld.
    """

    row: int
    by: int
    classes: Any = ()
    least: Any = ()
    still: Any = ()
    banned: Any = ()


class SmallPrograms:
    """Asks and answers questions over chosen classes of one reduced system."""

    def __init__(self, reduced: Reduced, check: Any) -> None:
        r = reduced
        self._r, self._check = r, check
        stack = [r.cells, r.links, r.ranges, r.rows]
        self._stack = sp.csc_array(sp.vstack(stack))
        self._at = np.cumsum([0, *(m.shape[0] for m in stack)])
        sizes = np.asarray(r.ranges @ r.truth, float)
        self._low = np.concatenate([np.zeros(r.links.shape[0]), r.range_low - sizes])
        self._high = np.concatenate([np.zeros(r.links.shape[0]), r.range_high - sizes])
        self._room = (r.value - r.low).astype(float)
        self._fixed = r.state == State.PUBLISHED
        self._tags = np.random.default_rng(0).integers(1, 2**40, len(r.truth))
        self.work = 0
        self._overhead = (len(r.value) + len(r.truth)) // 4
        self.unsettled = False

    def move(self, question: Question, chosen: Any, prices: Any, *, scaled: bool = False) -> Any:
        """The move over all classes, int64; None: none was found among the chosen classes.

        `scaled`: as `SmallModel.solve` takes it.

        Raises:
            Undecided: the time is up.
        """
        self._check()
        model = self._model(question, chosen, prices)
        if model is None:
            return None
        self.work += model.rows + model.columns + self._overhead
        nodes = MOST_NODES if len(chosen) == len(self._r.truth) else NODES
        found = model.solve(nodes, scaled=scaled)
        if found is None:
            self.unsettled |= not model.impossible
            return None
        move = np.zeros(len(self._r.truth), np.int64)
        move[chosen] = found
        return move

    def _model(self, question: Question, chosen: Any, prices: Any) -> SmallModel | None:
        sub = sp.csr_array(self._stack[:, chosen])
        touched = np.flatnonzero(np.diff(sub.indptr[: self._at[1] + 1]))
        cells = sub[touched]
        tags = cells @ self._tags[: len(chosen)]
        _, first, group = np.unique(tags, return_index=True, return_inverse=True)
        count = len(first)
        price = np.bincount(group, prices[touched], count)
        down, fixed = np.full(count, np.inf), np.zeros(count, bool)
        np.minimum.at(down, group, self._room[touched])
        stiff = self._fixed.copy()
        stiff[np.asarray(question.still, np.int64)] = True
        stiff[np.asarray(question.banned, np.int64)] = True
        np.logical_or.at(fixed, group, stiff[touched])
        fall = self._r.truth[chosen].astype(float)
        if len(question.classes):
            place = np.searchsorted(chosen, question.classes)
            place = np.minimum(place, len(chosen) - 1)
            inside = chosen[place] == question.classes
            np.subtract.at(fall, place[inside], np.asarray(question.least, float)[inside])
        rows = cells[first]
        slack = (price <= 0) & ~fixed & (abs(rows) @ fall <= down)
        keep = np.flatnonzero(~slack)
        rest = sub[self._at[1] : self._at[3]]
        held = np.flatnonzero(np.diff(rest.indptr))
        asked = sub[[self._at[3] + question.row]]
        if not asked.nnz or (fall < 0).any():
            return None
        return SmallModel(
            rows[keep], price[keep], down[keep], fixed[keep], rest[held],
            self._low[held], self._high[held], asked, question.by, fall,
        )  # fmt: skip
