"""Which cells are primary, and which conclusion about each nobody may draw.

Every requirement has one of two shapes: some possible table gives a row at least a bound, or
some possible table gives it another value than the true one.

Source: Hundepool et al. 2012, ch. 4 (threshold, group disclosure); FRA (20 and 50); DESIGN.md 6.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import BadPolicy
from anonymisation.tables.system import CellSystem, Label
from schemas.policy import Policy, Promise, Zeros
from schemas.tables import STATES

THRESHOLD = "threshold"
GROUP_MINIMUM = "group_minimum"
GROUP_DISCLOSURE = "group_disclosure"
COMPLEMENT = "complement"
SECONDARY = "secondary"
LEDGER = "ledger"


@dataclass(frozen=True)
class Requirement:
    """Row `cell` (or, with `group`, group minus cell) can be at least `bound`; None: can differ.

    `insiders`: it must differ for every insider too.
    """

    cell: int
    group: int | None = None
    bound: int | None = None
    insiders: bool = False


@dataclass(frozen=True)
class GroupRange:
    """What an unflagged or flagged number tells of the size of the group it stands in."""

    group: int
    low: int
    high: int | None
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Targets:
    """Primary cells with reasons, marks, and all requirements of the promise.

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


def find_targets(system: CellSystem, policy: Policy) -> Targets:
    """Primary cells and requirements, from true counts.

    Tables of the ledger are judged by the policy they were released under as well.

    Raises:
        BadPolicy: the policy speaks of variables but the system has no labels.
    """
    cells = system.incidence.shape[1]
    values, first = system.values, system.duplicates
    rules = _Rules(system, values)
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
    needs = sorted(_requirements(rules, reasons, first, policy), key=_order)
    matrix = system.incidence
    rows = sp.vstack([_row(matrix, need) for need in needs], format="csr") if needs else None
    empty = sp.csr_array((0, matrix.shape[0]), dtype=np.int64)
    return Targets(
        primary, rules.flagged, rules.withholdable, every, tuple(needs), rules.ranges(),
        empty if rows is None else sp.csr_array(rows),
    )  # fmt: skip


def _own_policy(system: CellSystem, cell: int) -> Policy | None:
    if system.labels is None:
        return None
    return system.tables[system.labels[cell].table].policy


def _order(need: Requirement) -> tuple[int, int, int]:
    return (need.cell, -1 if need.group is None else need.group, need.bound or 0)


def _row(matrix: Any, need: Requirement) -> Any:
    row = matrix[:, [need.cell]].T
    return row if need.group is None else matrix[:, [need.group]].T - row


def _requirements(
    rules: _Rules, reasons: dict[int, set[str]], first: Any, policy: Policy
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
    plain = {need.cell for need in needs if need.group is None}
    for cell in reasons:
        if cell not in plain and reasons[cell]:
            needs.add(Requirement(cell, None, None, _p3(policy)))
    return needs


def _p3(policy: Policy) -> bool:
    return policy.promise is Promise.P3


class _Rules:
    """Collects what each rule says, cell by cell."""

    def __init__(self, system: CellSystem, values: Any) -> None:
        cells = system.incidence.shape[1]
        self.system, self.values = system, values
        self.flagged = np.zeros(cells, bool)
        self.withholdable = np.zeros(cells, bool)
        self.reasons: dict[int, set[str]] = defaultdict(set)
        self.bounds: list[tuple[int, int | None, int]] = []
        self._told: dict[tuple[int, int, int | None], list[int]] = defaultdict(list)
        self._by_box: dict[frozenset[tuple[str, frozenset[str]]], int] = {}
        for cell, label in enumerate(system.labels or ()):
            self._by_box.setdefault(frozenset(label.box.items()), cell)

    def judge(self, cell: int, policy: Policy) -> None:
        """Every rule, applied to one cell."""
        value = int(self.values[cell])
        if 0 < value < policy.threshold:
            self.reasons[cell].add(THRESHOLD)
            self.bounds.append((cell, None, policy.threshold))
        if self.system.labels is None:
            self._unlabelled(cell, policy)
            return
        label = self.system.labels[cell]
        self.withholdable[cell] |= any(policy.zero_of(v) is Zeros.WITHHOLDABLE for v in label.box)
        group = self._group(label, policy)
        if policy.breakdowns is not None:
            self._small_group(cell, group, policy)
        if _is_sensitive(label, policy):
            self._disclosure(cell, group, policy)

    def _unlabelled(self, cell: int, policy: Policy) -> None:
        if (
            policy.sensitive
            or policy.breakdowns
            or (policy.zeros is not None and not isinstance(policy.zeros, Zeros))
        ):
            raise BadPolicy(
                "The policy names variables, but the cells have no labels.",
                remedy="Tabulate from records, or use one word for all noughts.",
            )
        self.withholdable[cell] = policy.zeros is Zeros.WITHHOLDABLE

    def _group(self, label: Label, policy: Policy) -> int:
        box = frozenset((v, codes) for v, codes in label.box.items() if policy.is_breakdown(v))
        return self._by_box[box]

    def _small_group(self, cell: int, group: int, policy: Policy) -> None:
        size, value = int(self.values[group]), int(self.values[cell])
        if size == 0 or (value == 0 and not self.withholdable[cell]):
            return
        if size < policy.group_minimum:
            if value or self.system.printed[cell]:
                self.reasons[cell].add(GROUP_MINIMUM)
            return
        self.flagged[cell] |= size < policy.flag_below
        if policy.flag_below:
            low, high = policy.group_minimum, policy.flag_below - 1
            told = (group, low, high) if size <= high else (group, high + 1, None)
            self._told[told].append(cell)

    def _disclosure(self, cell: int, group: int, policy: Policy) -> None:
        size, value = int(self.values[group]), int(self.values[cell])
        if size == 0:
            return
        if value == 0 and self.withholdable[cell]:
            self.reasons[cell].add(GROUP_DISCLOSURE)
            self.bounds.append((cell, None, 1))
        if value and value == size:
            self.reasons[cell].add(GROUP_DISCLOSURE)
            self.bounds.append((cell, group, policy.threshold if policy.complement else 1))
        elif value and policy.complement and size - value < policy.threshold:
            self.reasons[cell].add(COMPLEMENT)
            self.bounds.append((cell, group, policy.threshold))

    def ranges(self) -> tuple[GroupRange, ...]:
        """What flags tell of groups, with the cells whose printing tells it.

        A group's own total tells nothing more: printed it is exact, withheld it has no flag.
        """
        first = self.system.duplicates
        out = []
        for group, low, high in sorted(self._told, key=lambda key: key[:2]):
            told = self._told[group, low, high]
            cells = tuple(c for c in told if first[c] != first[group] and self.system.printed[c])
            if cells:
                out.append(GroupRange(group, low, high, cells))
        return tuple(out)


def _is_sensitive(label: Label, policy: Policy) -> bool:
    """A value of a sensitive answer; a way of having none is no answer."""
    states = frozenset(STATES)
    return any(v in policy.sensitive and not codes <= states for v, codes in label.box.items())
