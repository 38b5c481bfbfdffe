"""Which conclusions about primary cells nobody may draw, as requirements on possible tables.

Every requirement has one of three shapes: some possible table gives a row at least a bound,
some gives it at most one, or some gives it another value than the true one.

Source: Hundepool et al. 2012, ch. 4 (threshold, group disclosure); FRA (20 and 50); DESIGN.md 6.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.judging import (
    COMPLEMENT,
    GROUP_DISCLOSURE,
    GROUP_MINIMUM,
    HOUSEHOLDS,
    POPULATION,
    THRESHOLD,
    GroupRange,
    Rules,
)
from anonymisation.tables.known import Known
from anonymisation.tables.shares import ShareRules, known_bounds
from anonymisation.tables.system import CellSystem
from schemas.policy import Policy, Promise

__all__ = [
    "COMPLEMENT",
    "GROUP_DISCLOSURE",
    "GROUP_MINIMUM",
    "HOUSEHOLDS",
    "LEDGER",
    "POPULATION",
    "SECONDARY",
    "THRESHOLD",
    "GroupRange",
    "Requirement",
    "Targets",
    "find_targets",
]

SECONDARY = "secondary"
LEDGER = "ledger"


@dataclass(frozen=True)
class Requirement:
    """Row `cell` (or, with `group`, group minus cell) can be at least `bound`.

    With `at_most` it can be at most that; with neither it can differ from its true value. Both
    directions are two requirements. `insiders`: it must differ for every insider too.
    """

    cell: int
    group: int | None = None
    bound: int | None = None
    insiders: bool = False
    at_most: int | None = None


@dataclass(frozen=True)
class Targets:
    """Primary cells with reasons, marks, all requirements of the promise, and what is known.

    `primary`, `flagged`, `withholdable`: bool, shape (cells,). `withholdable`: a nought in the
    cell may be withheld.
    """

    primary: Any
    flagged: Any
    withholdable: Any
    reasons: dict[int, tuple[str, ...]]
    requirements: tuple[Requirement, ...]
    groups: tuple[GroupRange, ...] = ()
    rows: Any = field(default=None, compare=False)
    known: Known = field(default_factory=lambda: Known.nothing(0), compare=False)
    shares: ShareRules | None = field(default=None, compare=False)


def find_targets(system: CellSystem, policy: Policy) -> Targets:
    """Primary cells and requirements, from true counts.

    Tables of the ledger are judged by the policy they were released under as well.

    Raises:
        BadPolicy: the policy speaks of variables, households or a population that the system
            does not know, or prints otherwise than the ledger.
    """
    cells = system.incidence.shape[1]
    values, first = system.values, system.duplicates
    rules = Rules(system, values)
    for cell in range(cells):
        rules.judge(cell, policy)
        own = _own_policy(system, cell)
        if own is not None and own != policy:
            rules.judge(cell, own)
    reasons: dict[int, set[str]] = defaultdict(set)
    for cell, why in rules.reasons.items():
        reasons[int(first[cell])] |= why
    primary = np.array([bool(reasons.get(int(f))) for f in first])
    every = {c: tuple(sorted(reasons[int(first[c])])) for c in range(cells) if primary[c]}
    shares = rules.shares(policy)
    known = system.known if shares is None else system.known.also(known_bounds(system, shares))
    needs = sorted(_requirements(rules, reasons, first, policy), key=_order)
    matrix = system.incidence
    rows = sp.vstack([_row(matrix, need) for need in needs], format="csr") if needs else None
    empty = sp.csr_array((0, matrix.shape[0]), dtype=np.int64)
    return Targets(
        primary, rules.flagged, rules.withholdable, every, tuple(needs), rules.ranges(),
        empty if rows is None else sp.csr_array(rows), known, shares,
    )  # fmt: skip


def _own_policy(system: CellSystem, cell: int) -> Policy | None:
    if system.labels is None:
        return None
    return system.tables[system.labels[cell].table].policy


def _order(need: Requirement) -> tuple[int, int, int, int]:
    at_most = -1 if need.at_most is None else need.at_most
    return (need.cell, -1 if need.group is None else need.group, need.bound or 0, at_most)


def _row(matrix: Any, need: Requirement) -> Any:
    row = matrix[:, [need.cell]].T
    return row if need.group is None else matrix[:, [need.group]].T - row


def _requirements(
    rules: Rules, reasons: dict[int, set[str]], first: Any, policy: Policy
) -> set[Requirement]:
    """One requirement per distinct row and conclusion; the stronger stands for the weaker."""
    needs: set[Requirement] = set()
    bounds: dict[tuple[int, int | None], int] = {}
    for cell, group, bound in rules.bounds:
        key = (int(first[cell]), None if group is None else int(first[group]))
        bounds[key] = max(bound, bounds.get(key, 0))
    strong = policy.promise in (Promise.P2, Promise.P3)
    for (cell, group), bound in bounds.items():
        counts = THRESHOLD not in reasons[cell] or strong or group is not None
        if policy.promise is not Promise.P0 and (counts or bound == 1):
            needs.add(Requirement(cell, group, bound, group is None and _p3(policy)))
    if policy.promise is not Promise.P0:
        for cell, (low, high) in _intervals(rules, first).items():
            needs.add(Requirement(cell, None, high, _p3(policy)))
            if low >= 0:
                needs.add(Requirement(cell, at_most=low, insiders=_p3(policy)))
    plain = {need.cell for need in needs if need.group is None}
    for cell in reasons:
        if cell not in plain and reasons[cell]:
            needs.add(Requirement(cell, None, None, _p3(policy)))
    return needs


def _intervals(rules: Rules, first: Any) -> dict[int, tuple[int, int]]:
    """How low and how high a sum must be able to be, by cell; -1: no lower side is asked."""
    found: dict[int, tuple[int, int]] = {}
    for cell, down, up in rules.margins:
        total, place = int(rules.values[cell]), int(first[cell])
        low = max(total - down, 0) if down else -1
        old = found.get(place, (low, total + up))
        found[place] = (min(low, old[0]), max(total + up, old[1]))
    return found


def _p3(policy: Policy) -> bool:
    return policy.promise is Promise.P3
