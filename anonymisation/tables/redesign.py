"""The coarser tables that can go, when the one asked cannot: those no other one beats."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import pandas as pd

from anonymisation.errors import BadTable, Refused
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.spec import Domain, TableSpec
from anonymisation.tables.tabulation import tabulate
from schemas.policy import Policy
from schemas.tables import TOTAL_LEVEL, CellMark, Ledger

MOST_TRIES = 24
MARGINS_LOST = 0.1
"""What leaving the totals out counts beside levels lost: less than any level of most tables."""

EFFORT = 0.1
"""Of the usual counted work: many tables are tried, and compared with each other."""


@dataclass(frozen=True)
class Redesign:
    """A coarser table that keeps the promise, and what its coarseness loses.

    `loss` is the mean over the variables asked of level lost / levels there are, a variable
    left out counting 1, and 0.1 where the totals are left out. `cells`: cells printed with a
    number. `count`: records counted in those of them that are no totals, at the finest level.
    """

    spec: TableSpec
    protection: Protection
    loss: float

    @property
    def cells(self) -> int:
        """Cells printed with a number."""
        return sum(c.mark is not CellMark.WITHHELD for c in self.protection.tables[0].cells)

    @property
    def count(self) -> int:
        """Records in printed cells of the finest level that are no totals."""
        cells = self.protection.tables[0].cells
        least = [min(c.levels[i] for c in cells if c.levels[i] != TOTAL_LEVEL)
                 for i in range(len(cells[0].levels))]  # fmt: skip
        return sum(c.value or 0 for c in cells if list(c.levels) == least)

    def beats(self, other: Redesign) -> bool:
        """Whether it is better in one of cells, count and detail, and worse in none."""
        mine = (self.cells, self.count, -self.loss)
        theirs = (other.cells, other.count, -other.loss)
        return mine != theirs and all(a >= b for a, b in zip(mine, theirs, strict=True))


def redesign(
    frame: pd.DataFrame,
    spec: TableSpec,
    *,
    policy: Policy,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    ledger: Ledger | None = None,
    domain: Domain | None = None,
    seconds: float | None = None,
    most_withheld: float = 0.75,
    counting: Mapping[str, Any] | None = None,
) -> list[Redesign]:
    """The coarser tables that can go and that none other beats, the least loss first.

    Levels up, variables left out, totals left out. At most 24 tables are tried, so that the
    same input has the same answer; `seconds` bounds them together, and what is not tried by
    then is not offered. A table of which more than `most_withheld` of the cells would be marks
    is none. `counting` is what tabulate() takes beside these, such as `count`.
    """
    tried = coarser_tables(spec, hierarchies or {}, bare=True)
    found = list(
        _offers(frame, tried, policy, hierarchies, ledger, domain, seconds, most_withheld, counting)
    )
    front = [one for one in found if not any(other.beats(one) for other in found)]
    return sorted(front, key=lambda one: (one.loss, one.spec.canonical()))


def nearest(
    frame: pd.DataFrame,
    spec: TableSpec,
    *,
    policy: Policy,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    ledger: Ledger | None = None,
    domain: Domain | None = None,
    seconds: float | None = None,
    most_withheld: float = 0.75,
) -> Redesign | None:
    """The table of least loss that can go, totals as asked; None: none can."""
    tried = coarser_tables(spec, hierarchies or {})
    return next(
        _offers(frame, tried, policy, hierarchies, ledger, domain, seconds, most_withheld), None
    )


def _offers(
    frame: pd.DataFrame, tried: Iterator[tuple[float, TableSpec]], policy: Policy,
    hierarchies: Mapping[str, Hierarchy] | None, ledger: Ledger | None, domain: Domain | None,
    seconds: float | None, most_withheld: float, counting: Mapping[str, Any] | None = None,
) -> Iterator[Redesign]:  # fmt: skip
    deadline = None if seconds is None else time.monotonic() + seconds
    for loss, coarser in islice(tried, MOST_TRIES):
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return
        made = _attempt(frame, coarser, policy, hierarchies or {}, ledger, domain, left, counting)
        if made is not None and _says_something(made, most_withheld):
            yield Redesign(coarser, made, loss)


def _attempt(
    frame: pd.DataFrame, spec: TableSpec, policy: Policy, hierarchies: Mapping[str, Hierarchy],
    ledger: Ledger | None, domain: Domain | None, seconds: float | None,
    counting: Mapping[str, Any] | None,
) -> Protection | None:  # fmt: skip
    begin = time.monotonic()
    try:
        system = tabulate(
            frame, [spec], hierarchies, domain, ledger=ledger, seconds=seconds, **(counting or {})
        )
        left = None if seconds is None else max(0.0, begin + seconds - time.monotonic())
        return protect(system, policy, ledger, left, effort=EFFORT)
    except Refused:
        return None


def _says_something(protection: Protection, most: float) -> bool:
    cells = protection.tables[0].cells
    hidden = sum(cell.mark is CellMark.WITHHELD for cell in cells)
    return hidden <= most * len(cells)


def coarser_tables(
    spec: TableSpec, hierarchies: Mapping[str, Hierarchy], *, bare: bool = False
) -> Iterator[tuple[float, TableSpec]]:
    """Every table coarser than the one asked with its loss, least first; ties as variables stand.

    With `bare` a table of several variables comes first without its totals, else as asked.

    Raises:
        BadTable: the table names a level its hierarchy lacks.
    """
    heights = [_levels(spec, v, hierarchies) for v in spec.variables]
    steps = sorted(
        product(*(range(len(levels) + 1) for levels in heights)),
        key=lambda step: (_loss(step, heights), step),
    )
    if bare and len(spec.variables) > 1 and spec.normalised().margins != "none":
        yield MARGINS_LOST, spec.model_copy(update={"margins": "none"}).normalised()
    for step in steps:
        kept = [v for v, up, levels in zip(spec.variables, step, heights, strict=True)
                if up < len(levels)]  # fmt: skip
        if not kept or not any(step):
            continue
        wanted = {
            v: tuple(levels[up:])
            for v, up, levels in zip(spec.variables, step, heights, strict=True)
            if v in kept and v in hierarchies
        }
        margins = spec.margins
        if not isinstance(margins, str):
            margins = tuple(v for v in margins if v in kept)
        changes = {
            "variables": tuple(kept),
            "levels": wanted or "all",
            "margins": margins,
            "merge": tuple(m for m in spec.merge if m.variable in kept),
        }
        yield _loss(step, heights), spec.model_copy(update=changes).normalised()


def _loss(step: tuple[int, ...], heights: list[tuple[int, ...]]) -> float:
    return sum(up / len(levels) for up, levels in zip(step, heights, strict=True)) / len(step)


def _levels(
    spec: TableSpec, variable: str, hierarchies: Mapping[str, Hierarchy]
) -> tuple[int, ...]:
    hierarchy = hierarchies.get(variable)
    there = tuple(range(1 if hierarchy is None else hierarchy.height))
    asked = there if isinstance(spec.levels, str) else spec.levels.get(variable, there)
    if not set(asked) <= set(there) or not asked:
        raise BadTable(f"{variable!r} has no such level.", remedy="See its hierarchy.")
    return tuple(sorted(set(asked)))
