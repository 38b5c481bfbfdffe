"""The reduced system of one part, as the search and the exact method know systems.

The rest of the world stands in it as tokens: a token is a move that all other parts can make,
and whoever gives it up moves the seams by as much as the token says. It is a class of one
record, so that insiders who would notice what the others do hold it.

Cost: linear in the part's entries; a few products of one row per token.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.parts import Part, Parts
from anonymisation.tables.reduction import Reduced
from anonymisation.tables.rules import Requirement

TAGS = 2**62
MOST_TOKENS = 1000


@dataclass(frozen=True, eq=False)
class Token:
    """A move of other parts: `by` csr (1, classes of the whole); `seams`: how far each moves;
    `outs`: insiders who know that it is none."""

    by: Any
    seams: Mapping[int, int]
    outs: Any


@dataclass(frozen=True, eq=False)
class Local:
    """A part's system, and who is who in it.

    `cells`: places of its cells in the whole. `of` (insiders of the whole,): each one's place
    among those who differ here; `exempt` bool (those, requirements).
    """

    reduced: Reduced
    cells: Any
    of: Any
    exempt: Any


class LocalSystems:
    """Makes the systems of parts. `exempt` bool (insiders, requirements) of the whole."""

    def __init__(self, reduced: Reduced, parts: Parts, exempt: Any) -> None:
        self._r, self._parts, self._exempt = reduced, parts, exempt
        self._links = sp.csr_array(reduced.links)
        self._members = sp.csc_array(reduced.members)
        self._local = np.zeros(len(reduced.truth), np.int64)
        self._part = np.zeros(len(reduced.truth), np.int64)
        for at, part in enumerate(parts.parts):
            self._part[part.classes] = at
            self._local[part.classes] = np.arange(len(part.classes))
        chance = np.random.default_rng(0)
        self._tags = chance.integers(1, TAGS, len(reduced.truth))
        self._more_tags = chance.integers(1, TAGS, max(len(reduced.requirements), MOST_TOKENS))

    def place(self, classes: Any) -> Any:
        """Where classes of the whole stand in their own part."""
        return self._local[classes]

    def make(
        self, part: Part, needs: Any, *, tokens: Sequence[Token] = (), exempt: Any = None,
        asked: Sequence[Requirement] | None = None, held: Collection[int] | None = None,
    ) -> Local:  # fmt: skip
        """The part with these requirements of the whole (or as `asked`), the others as tokens.

        Seams `held` move as a token says, or not at all, all of them if it is None; the others
        may move as far as what is printed of them lets them. `exempt` bool (insiders,
        requirements) of the whole, if it is more than was given for all.
        """
        r, count = self._r, len(tokens)
        known = self._exempt if exempt is None else exempt
        own, own_exempt, of = self._insiders(part, tokens, known[:, needs])
        cells, ranges = part.cells, part.ranges
        counts, sizes = self._own(r.cells, cells, part), self._own(r.ranges, ranges, part)
        ties = [seam for seam in part.seams if held is None or seam in held]
        if len(ties) < len(part.seams):
            cells = np.array([*cells, *part.told_cells], np.int64)
            ranges = np.array([*ranges, *part.told_ranges], np.int64)
            counts = _more(counts, [part.counting(s) for s in part.told_cells.values()])
            sizes = _more(sizes, [part.counting(s) for s in part.told_ranges.values()])
        sizes = _more(sizes, [part.counting([seam]) for seam in ties])
        low, high = r.range_low[ranges], r.range_high[ranges]
        truth = np.concatenate([r.truth[part.classes], np.ones(count, np.int64)])
        lent = np.zeros((sizes.shape[0], count), np.int64)
        lend = sp.csr_array((len(needs), 0), dtype=np.int64)
        if count:
            lent[len(ranges) :] = [[t.seams.get(seam, 0) for t in tokens] for seam in ties]
            lend = -(self._parts.rows[needs] @ sp.vstack([t.by for t in tokens]).T)
        sizes = _beside(sizes, lent)
        # Seams are tied by what they and the tokens count together.
        tied = (sizes @ truth)[len(ranges) :]
        low, high = np.concatenate([low, tied]), np.concatenate([high, tied])
        if count:
            # Of all tokens one may be given up, and none is had twice.
            once = np.vstack([np.eye(count, dtype=np.int64), np.ones((1, count), np.int64)])
            none = sp.csr_array((count + 1, len(part.classes)), dtype=np.int64)
            sizes = sp.csr_array(sp.vstack([sizes, _beside(none, once)]))
            low = np.concatenate([low, np.zeros(count), [count - 1.0]])
            high = np.concatenate([high, np.ones(count), [float(count)]])
        inner = self._own(self._links, part.inner, part)
        rows = _beside(self._own(self._parts.rows, needs, part), lend)
        value = np.asarray(rows @ truth)
        wanted = asked or [r.requirements[i] for i in needs]
        reduced = Reduced(
            cells=_beside(counts, np.zeros((counts.shape[0], count))),
            value=r.value[cells], low=r.low[cells], state=r.state[cells], cost=r.cost[cells],
            links=_beside(inner, np.zeros((inner.shape[0], count))),
            ranges=sizes, range_low=low, range_high=high,
            rows=rows, row_value=value, truth=truth, members=own,
            class_of=r.class_of, place=r.place,
            requirements=tuple(map(_from, wanted, (value - r.row_value[needs]).tolist())),
            linear=False, printed=tuple(r.printed[i] for i in cells),
        )  # fmt: skip
        return Local(reduced, cells, of, own_exempt)

    def following(self, part: Part, seams: Mapping[int, int]) -> Local:
        """The part, which must move these seams; its one requirement is that it does."""
        whole = sp.csr_array((1, len(self._r.truth)), dtype=np.int64)
        token = Token(whole, seams, np.zeros(0, np.int64))
        made = self.make(part, np.zeros(0, np.int64), tokens=[token], held=seams)
        row = np.zeros((1, len(made.reduced.truth)), np.int64)
        row[0, -1] = 1
        pulled = replace(
            made.reduced, rows=sp.csr_array(row), row_value=np.ones(1, np.int64),
            requirements=(Requirement(0, at_most=0),),
        )  # fmt: skip
        return replace(made, reduced=pulled)

    def _own(self, rows: Any, which: Any, part: Part) -> Any:
        """What some rows of the whole count of the part, over its classes."""
        some = rows[np.asarray(which, np.int64)].tocoo()
        row, place = some.coords
        here = self._part[place] == self._part[part.classes[0]]
        shape = (some.shape[0], len(part.classes))
        return sp.csr_array((some.data[here], (row[here], self._local[place[here]])), shape=shape)

    def _insiders(self, part: Part, tokens: Sequence[Token], exempt: Any) -> Any:
        """The insiders who differ here, what they are not to be kept from, and who is which."""
        own = self._members[:, part.classes]
        held = np.zeros((own.shape[0], len(tokens)), np.int64)
        for at, token in enumerate(tokens):
            held[token.outs, at] = 1
        mark = own @ self._tags[part.classes] + exempt @ self._more_tags[: exempt.shape[1]]
        mark = 31 * mark + held @ self._more_tags[: len(tokens)]
        _, first, of = np.unique(mark, return_index=True, return_inverse=True)
        return _beside(sp.csr_array(own)[first], held[first]), exempt[first], of


def _from(need: Requirement, by: int) -> Requirement:
    """The requirement on a row whose true value is told higher by so much."""
    bound, at_most = need.bound, need.at_most
    return replace(
        need,
        bound=None if bound is None else bound + by,
        at_most=None if at_most is None else at_most + by,
    )


def _more(rows: Any, further: Sequence[Any]) -> Any:
    return sp.csr_array(sp.vstack([rows, sp.csr_array(np.array(further))])) if further else rows


def _beside(rows: Any, columns: Any) -> Any:
    """The rows with more columns; none is the common case, and costs nothing."""
    if not columns.shape[1]:
        return sp.csr_array(rows, dtype=np.int64)
    return sp.csr_array(sp.hstack([rows, sp.csr_array(columns)]), dtype=np.int64)
