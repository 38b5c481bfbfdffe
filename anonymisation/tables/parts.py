"""A reduced system taken apart where its parts share nothing but a few counts: its seams.

A part is a set of classes that cells hold together. Links tie parts: both count the same people
in a seam, so that a possible table of the whole is one of each part, and they agree in every
seam. A move that leaves the seams of its part still is a move of the whole, whatever the others
are; one that moves seams is, if every part that counts them can follow.

Source: Lauritzen & Spiegelhalter 1988 (junction trees).

Cost: linear in the entries of the system.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from anonymisation.tables.reduction import Reduced, State
from anonymisation.tables.seams import Teller, seams_of, told_in_one_part

Seams = dict[int, Any]
"""Per seam the places of the part's own classes that it counts."""


@dataclass(frozen=True, eq=False)
class Part:
    """Classes held together by cells, and the places of what else of the system lies in them.

    `shared`: requirements on people that seams count. `inner`: links that tie the part's own
    classes only. `told_cells`, `told_ranges`: cells and ranges of another part that count people
    by this part's seams alone, with these seams.
    """

    classes: Any
    cells: Any
    ranges: Any
    needs: Any
    shared: Any
    inner: Any
    seams: Seams
    told_cells: Mapping[int, tuple[int, ...]]
    told_ranges: Mapping[int, tuple[int, ...]]

    def counting(self, seams: Iterable[int]) -> Any:
        """A row over the part's classes that counts the people of these seams."""
        row = np.zeros(len(self.classes), np.int64)
        for seam in seams:
            row[self.seams[seam]] += 1
        return row


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts, first the one with all cells that may still be withheld or published.

    `rows` csr (requirements, classes): each told by the classes of one part alone.
    """

    parts: tuple[Part, ...]
    rows: Any


def taken_apart(reduced: Reduced) -> Parts | None:
    """The system's parts; None: it has no two, or a seam may still be withheld or published."""
    if not reduced.links.shape[0]:
        return None
    part_of = _held_together(reduced)
    seams = seams_of(reduced, part_of) if part_of.max() else None
    if seams is None:
        return None
    supports, inner = seams
    teller = Teller(part_of, supports)
    rows, home = told_in_one_part(reduced.rows, part_of, teller)
    cells, cells_of = teller.told(reduced.cells)
    if rows is None or any(reduced.state[cell] == State.OPEN for cell in cells):
        return None
    ranges, ranges_of = teller.told(reduced.ranges)
    asked = np.array(list(teller.told(rows)[0]), np.int64)
    order = np.argsort(part_of, kind="stable")
    bounds = np.searchsorted(part_of[order], np.arange(part_of.max() + 2))
    local = np.zeros(len(part_of), np.int64)
    parts = []
    for part in range(part_of.max() + 1):
        classes = order[bounds[part] : bounds[part + 1]]
        local[classes] = np.arange(len(classes))
        own = {seam: local[owners[part]] for seam, owners in supports.items() if part in owners}
        parts.append(
            Part(
                classes, np.flatnonzero(cells_of == part), np.flatnonzero(ranges_of == part),
                np.flatnonzero(home == part), asked[home[asked] == part],
                np.array(inner[part], np.int64), own,
                {at: told for at, told in cells.items()
                 if cells_of[at] != part and all(seam in own for seam in told)},
                {at: told for at, told in ranges.items()
                 if ranges_of[at] != part and all(seam in own for seam in told)},
            )
        )  # fmt: skip
    return Parts(tuple(parts), rows)


def _held_together(reduced: Reduced) -> Any:
    """The part of each class, 0 being that of all open cells.

    What stands on one side of a link is one part's; the link itself holds nothing together.
    """
    one, two = ((sp.csr_array(reduced.links) * sign).maximum(0) for sign in (1, -1))
    rows = abs(sp.csr_array(sp.vstack([reduced.cells, reduced.ranges, one, two])))
    open_ = np.zeros(rows.shape[0], np.int64)
    open_[np.flatnonzero(reduced.state == State.OPEN)] = 1
    # One row more holds together what is open.
    together = (open_ @ rows > 0).astype(np.int64)
    rows = sp.vstack([rows, sp.csr_array(together[None, :])])
    _, found = connected_components(sp.block_array([[None, rows.T], [rows, None]]), directed=False)
    found = found[: len(reduced.truth)]
    first = found[together.argmax()] if together.any() else np.bincount(found).argmax()
    names, at = np.unique(found, return_index=True)
    at[names == first] = -1
    place = np.zeros(int(found.max()) + 1, np.int64)
    place[names[np.argsort(at)]] = np.arange(len(names))
    return place[found]
