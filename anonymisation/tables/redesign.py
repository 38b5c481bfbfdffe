"""The nearest coarser table that can go, when the one asked cannot."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import pandas as pd

from anonymisation.errors import BadTable, Refused
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.spec import Domain, TableSpec
from anonymisation.tables.tabulation import tabulate
from schemas.policy import Policy
from schemas.tables import CellMark, Ledger

MOST_TRIES = 24


@dataclass(frozen=True)
class Redesign:
    """A coarser table that keeps the promise, and what its coarseness loses.

    `loss` is the mean over the variables asked of level lost / levels there are, a variable
    left out counting 1.
    """

    spec: TableSpec
    protection: Protection
    loss: float


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
) -> Redesign | None:
    """The table of least loss, levels up or variables left out, that can go; None: none can.

    A table of which more than `most_withheld` of the cells would be marks is none. At most 24
    tables are tried; `seconds` bounds them together, and then none is offered.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    hierarchies = hierarchies or {}
    for _, (loss, coarser) in zip(
        range(MOST_TRIES), coarser_tables(spec, hierarchies), strict=False
    ):
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return None
        protection = _attempt(frame, coarser, policy, hierarchies, ledger, domain, left)
        if protection is not None and _says_something(protection, most_withheld):
            return Redesign(coarser, protection, loss)
    return None


def _attempt(
    frame: pd.DataFrame, spec: TableSpec, policy: Policy, hierarchies: Mapping[str, Hierarchy],
    ledger: Ledger | None, domain: Domain | None, seconds: float | None,
) -> Protection | None:  # fmt: skip
    try:
        system = tabulate(frame, [spec], hierarchies, domain, ledger=ledger)
        return protect(system, policy, ledger, seconds)
    except Refused:
        return None


def _says_something(protection: Protection, most: float) -> bool:
    cells = protection.tables[0].cells
    hidden = sum(cell.mark is CellMark.WITHHELD for cell in cells)
    return hidden <= most * len(cells)


def coarser_tables(
    spec: TableSpec, hierarchies: Mapping[str, Hierarchy]
) -> Iterator[tuple[float, TableSpec]]:
    """Every table coarser than the one asked with its loss, least first; ties as variables stand.

    Raises:
        BadTable: the table names a level its hierarchy lacks.
    """
    heights = [_levels(spec, v, hierarchies) for v in spec.variables]
    steps = sorted(
        product(*(range(len(levels) + 1) for levels in heights)),
        key=lambda step: (_loss(step, heights), step),
    )
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
