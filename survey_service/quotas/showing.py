"""What of a wave's groups may be shown, so that nothing small follows from all of it together.

Each figure says "at least so many": counts rounded down to ten, nothing below twenty. Rounding
each alone is not enough. Who knows the total can take the groups from it, and what is left could
be a handful of people. So the groups that are shown always leave twenty or more of the total
open: the largest are told lower than they are until they do. "At least" stays true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STEP: Final = 10
SHOWN_FROM: Final = 20
LEFT_OPEN: Final = 20
"""So many of the total, at least, are in no group that is shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """At least so many, all in all and by group; None where nothing is said."""

    total: int | None
    groups: dict[str, int | None]


def shown(total: int, groups: Mapping[str, int]) -> Shown:
    """Return what may be told of counts. `total` includes who belongs to no group.

    Whoever knows the total exactly, and this rule, still cannot exclude that any group that is
    not shown, or all of them together, holds nobody, nor that it holds nineteen.
    """
    if total < SHOWN_FROM:
        return Shown(None, dict.fromkeys(groups))
    told = {name: count // STEP * STEP for name, count in groups.items() if count >= SHOWN_FROM}
    whole = total // STEP * STEP
    while sum(told.values()) > whole - LEFT_OPEN:
        largest = max(told, key=lambda name: told[name])
        told[largest] -= STEP
        if told[largest] < SHOWN_FROM:
            del told[largest]
    return Shown(whole, {name: told.get(name) for name in groups})
