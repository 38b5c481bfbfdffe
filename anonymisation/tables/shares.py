"""Shares of a group in whole points, its size rounded to 5, and what both tell of the counts.

A share p of a group of N says (2p - 1) N <= 200 x < (2p + 1) N: two rows with whole entries. Its
printing never tells more than the two counts would, and protection treats them as if they had
been printed, so that nothing is left to chance. Only a bound such as "under 5 %" stands on cells
that are withheld: it is known whatever else is withheld, and protection reckons with it.

Longer than other modules: what is printed and what it tells stand side by side, so that one is
not changed without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.intervals import effective_class, interval
from anonymisation.tables.known import NO_BOUND, Kind, Known
from schemas.policy import Policy
from schemas.tables import Share

STEP = 5


class Shown(IntEnum):
    """How a cell of a table of shares is printed."""

    MARK = 0
    BOUND = 1
    SIZE = 2
    POINTS = 3
    NOUGHT = 4
    """A nought that may not be withheld, in a group whose size is."""


Told = tuple[dict[int, int], int | None, int | None, Kind, int]
"""A fact as entries by cell, low, high, kind, and the cell it is printed in (-1: none)."""


@dataclass(frozen=True)
class ShareRules:
    """How cells are printed: the policy, each cell's group, and the bounds that are printed.

    `group` int64 (cells,): a printed cell of the group's size, itself for the group, -1 where
    none prints it. `bounds`: (under, over) of cells that have one. `inside`: of cells that have
    none, the bounds that would be printed if their shares lay beyond them.
    """

    policy: Policy
    group: Any
    bounds: dict[int, tuple[int | None, int | None]]
    inside: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)

    def shown(self, cell: int, value: int, hidden: Any, fixed: bool) -> Shown:
        """How a cell is printed; `hidden`: withheld cells, `fixed`: a nought may not be."""
        group = int(self.group[cell])
        if cell in self.bounds:
            return Shown.BOUND
        if hidden[cell]:
            return Shown.MARK
        if group == cell:
            return Shown.SIZE
        if group >= 0 and not hidden[group]:
            return Shown.POINTS
        return Shown.NOUGHT if value == 0 and fixed else Shown.MARK


def rounded(size: int) -> int:
    """The size of a group to the nearest multiple of 5."""
    return STEP * ((size + STEP // 2) // STEP)


def size_range(shown: int, flagged: bool, policy: Policy) -> tuple[int, int]:
    """The sizes that round to what is printed and that the policy prints with or without flag."""
    low, high = max(shown - STEP // 2, 0), shown + STEP // 2
    least = policy.threshold
    if policy.breakdowns is not None:
        least = max(least, policy.group_minimum if flagged else policy.flag_below)
        high = min(high, policy.flag_below - 1) if flagged else high
    if high < least:
        return 0, 0
    return (max(low, least) if low > 0 else low), high


def points_of(count: int, size: int) -> int:
    """The share in whole per cent, halves up."""
    return (200 * count + size) // (2 * size)


def share_told(cell: int, group: int, points: int, policy: Policy) -> list[Told]:
    """What a share tells: the cell is nought or at least the threshold, and two rows."""
    return [
        ({cell: 1}, policy.threshold if points else 0, None, Kind.ROUNDED, cell),
        ({cell: 200, group: 1 - 2 * points}, 0, None, Kind.SHARE, -1),
        ({cell: 200, group: -1 - 2 * points}, None, -1, Kind.SHARE, -1),
    ]


def bound_told(cell: int, group: int, under: int | None, over: int | None) -> Told:
    """What "under so many per cent", or over, tells."""
    if under is not None:
        return {cell: 100, group: -under}, None, -1, Kind.SHARE, -1
    return {cell: 100, group: -(over or 0)}, 1, None, Kind.SHARE, -1


def printable_bound(count: int, size: int, policy: Policy) -> tuple[int | None, int | None] | None:
    """(under, over) where a share lies beyond the policy's bounds and counts on the safe side do.

    Under: at least `threshold` people could have the answer, in the smallest group the printed
    size allows. Over: as many could have another. None: the share is within the bounds, or the
    bound would prove it unsafe.
    """
    if policy.share_bounds is None or size == 0:
        return None
    low, high = sides_of(size, policy)
    if low is not None and 100 * count < low * size:
        return low, None
    if high is not None and 100 * count > high * size:
        return None, high
    return None


def sides_of(size: int, policy: Policy) -> tuple[int | None, int | None]:
    """The same for a group by its size, of which only what is printed counts."""
    flagged = policy.breakdowns is not None and size < policy.flag_below
    return printable_sides(size_range(rounded(size), flagged, policy)[0], policy)


def printable_sides(least: int, policy: Policy) -> tuple[int | None, int | None]:
    """The bounds that a group of at least so many would have printed."""
    low, high = policy.share_bounds or (0, 100)
    under = low if 100 * policy.threshold < low * least else None
    return under, high if 100 * policy.threshold < (100 - high) * least else None


def inside_told(cell: int, group: int, sides: tuple[int | None, int | None]) -> list[Told]:
    """What a share or mark tells where a bound would stand if the share lay beyond it."""
    low, high = sides
    told: list[Told] = []
    if low is not None:
        told.append(({cell: 100, group: -low}, 0, None, Kind.SHARE, -1))
    if high is not None:
        told.append(({cell: 100, group: -high}, None, 0, Kind.SHARE, -1))
    return told


def stacked(told: Sequence[Told], incidence: Any) -> tuple[Known, list[int]]:
    """Facts given by cells as rows over inner cells, and the cell each is printed in."""
    places = [(i, cell, by) for i, t in enumerate(told) for cell, by in t[0].items()]
    row, cell, by = np.array(places, np.int64).reshape(-1, 3).T
    mix = sp.csr_array((by, (row, cell)), shape=(len(told), incidence.shape[1]), dtype=np.int64)
    known = Known(
        sp.csr_array(mix @ incidence.T),
        np.array([-NO_BOUND if t[1] is None else t[1] for t in told], np.int64),
        np.array([NO_BOUND if t[2] is None else t[2] for t in told], np.int64),
        tuple(t[3] for t in told),
    )
    return known, [t[4] for t in told]


def known_bounds(system: Any, rules: ShareRules) -> Known:
    """The rows of all printed bounds, and of those missing: they hold whatever is withheld."""
    told = [bound_told(c, int(rules.group[c]), *rules.bounds[c]) for c in sorted(rules.bounds)]
    for cell in sorted(rules.inside):
        told += inside_told(cell, int(rules.group[cell]), rules.inside[cell])
    return stacked(told, system.incidence)[0]


def told_by_shares(
    system: Any, rules: ShareRules, hidden: Any, flagged: Any, withholdable: Any,
    at_least: Callable[[int], int],
) -> tuple[list[Told], Any]:  # fmt: skip
    """What tables of shares tell beside their bounds, and which cells show a number, (cells,).

    `at_least`: what the mark on a cell tells, by cell.
    """
    values, told = system.values, list[Told]()
    numbers = np.zeros(len(values), bool)
    for cell in (int(c) for c in np.flatnonzero(system.printed)):
        how = rules.shown(cell, int(values[cell]), hidden, not withholdable[cell])
        numbers[cell] = how in (Shown.SIZE, Shown.POINTS)
        group = int(rules.group[cell])
        if how in (Shown.MARK, Shown.BOUND):
            told.append(({cell: 1}, at_least(cell), None, Kind.RANGE, cell))
        elif how is Shown.SIZE:
            shown = rounded(int(values[cell]))
            low, high = size_range(shown, bool(flagged[cell]), rules.policy)
            told.append(({cell: 1}, low, high, Kind.ROUNDED, cell))
        elif how is Shown.NOUGHT or not values[group]:
            told.append(({cell: 1}, 0, 0, Kind.EXACT, cell))
        else:
            points = points_of(int(values[cell]), int(values[group]))
            told += share_told(cell, group, points, rules.policy)
    return told, numbers


def printed_share(count: int, size: int) -> Share:
    """The share with its interval, from the printed numbers alone."""
    points, shown = points_of(count, size), rounded(size)
    effective = effective_class(shown)
    low, high = (None, None) if effective is None else interval(points, effective)
    return Share(points=points, low=low, high=high, effective=effective)
