"""Which cells are primary, rule by rule, from true counts.

Each rule names the conclusion it forbids. Threshold: the exact count, and that it is small.
Group minimum, population and households: the exact count. Group disclosure and complement: that
a sensitive answer is nobody's or everybody's in a group, or all but a few. Dominance and p %: a
contributor's amount more closely than the rule says.

Longer than other modules: all rules judge the same cell, and belong under one eye.

Source: Hundepool et al. 2012, ch. 4; FRA (20 and 50); DESIGN.md 6.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from anonymisation.errors import BadPolicy
from anonymisation.tables.magnitude import COUNT
from anonymisation.tables.population import is_area
from anonymisation.tables.shares import ShareRules, printable_bound, sides_of
from anonymisation.tables.system import CellSystem, Label
from schemas.policy import Policy, Zeros
from schemas.tables import STATES

THRESHOLD = "threshold"
GROUP_MINIMUM = "group_minimum"
GROUP_DISCLOSURE = "group_disclosure"
COMPLEMENT = "complement"
HOUSEHOLDS = "households"
POPULATION = "population"


@dataclass(frozen=True)
class GroupRange:
    """What an unflagged or flagged number tells of the size of the group it stands in."""

    group: int
    low: int
    high: int | None
    cells: tuple[int, ...]


class Rules:
    """Collects what each rule says, cell by cell."""

    def __init__(self, system: CellSystem, values: Any) -> None:
        cells = system.incidence.shape[1]
        self.system, self.values = system, values
        self.flagged = np.zeros(cells, bool)
        self.withholdable = np.zeros(cells, bool)
        self.reasons: dict[int, set[str]] = defaultdict(set)
        self.bounds: list[tuple[int, int | None, int]] = []
        self.margins: list[tuple[int, int, int]] = []
        self._contributors = system.contributors
        self._people: dict[frozenset[tuple[str, frozenset[str]]], int] = {}
        self._told: dict[tuple[int, int, int | None], list[int]] = defaultdict(list)
        self._by_box: dict[frozenset[tuple[str, frozenset[str]]], int] = {}
        for cell, label in enumerate(system.labels or ()):
            self._by_box.setdefault(frozenset(label.box.items()), cell)

    def judge(self, cell: int, policy: Policy) -> None:
        """Every rule, applied to one cell."""
        if self.system.magnitude is not None:
            self._sum(cell, policy)
            return
        value = int(self.values[cell])
        if 0 < value < policy.threshold:
            self.reasons[cell].add(THRESHOLD)
            self.bounds.append((cell, None, policy.threshold))
        self._few_households(cell, policy)
        if self.system.labels is None:
            self._unlabelled(cell, policy)
            return
        label = self.system.labels[cell]
        self.withholdable[cell] |= any(policy.zero_of(v) is Zeros.WITHHOLDABLE for v in label.box)
        group = self._group(label, policy)
        if policy.breakdowns is not None:
            self._small_group(cell, group, policy)
        if policy.population_minimum:
            self._small_area(cell, label, policy)
        if is_sensitive(label, policy):
            self._disclosure(cell, group, policy)

    def _sum(self, cell: int, policy: Policy) -> None:
        """A sum that gives a contributor away; its mark tells nothing, so noughts may hide."""
        magnitude, total = self.system.magnitude, int(self.values[cell])
        if magnitude is None:
            return
        self.withholdable[cell] = True
        if magnitude.small is not None and magnitude.small[cell] and magnitude.records[cell]:
            self.reasons[cell].add(COUNT)
        for rule, margin in magnitude.margins(cell, total, policy).items():
            self.reasons[cell].add(rule)
            self.margins.append((cell, margin, margin))
        if total == 0 and magnitude.records[cell]:
            self.reasons[cell].add(GROUP_DISCLOSURE)
            self.margins.append((cell, 0, 1))

    def _few_households(self, cell: int, policy: Policy) -> None:
        if not policy.household_minimum:
            return
        if not self.system.households:
            raise BadPolicy(
                "The policy asks for a number of households, but none are known.",
                remedy="Name the column of the household when tabulating, or set"
                " household_minimum = 0.",
            )
        if 0 < self._contributors[cell] < policy.household_minimum:
            self.reasons[cell].add(HOUSEHOLDS)

    def _small_area(self, cell: int, label: Label, policy: Policy) -> None:
        """A count of a group with too few people in the frame; a printed nought says nothing."""
        frame = self.system.population
        if frame is None or frame.frame != policy.population_frame:
            raise BadPolicy(
                f"The policy needs the population of {policy.population_frame!r}.",
                remedy="Give its figures when tabulating, under this name.",
            )
        if policy.population_minimum > frame.minimum:
            raise BadPolicy(
                f"The cells were made for a population_minimum of {frame.minimum} at most.",
                remedy="Tabulate with the policy's own.",
            )
        value = int(self.values[cell])
        area = {v: codes for v, codes in label.box.items()
                if v in frame.variables and policy.is_breakdown(v) and is_area(codes)}  # fmt: skip
        if not area or (value == 0 and not self.withholdable[cell]):
            return
        key = frozenset(area.items())
        if key not in self._people:
            self._people[key] = frame.of_box(area)
        few = self._people[key] < policy.population_minimum
        if few and (value or self.system.printed[cell]):
            self.reasons[cell].add(POPULATION)

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

    def _nobody_there(self, cell: int, policy: Policy) -> bool:
        """Whether nobody gave the cell's other answers, which a printed nought may say.

        Then that nobody there gave the sensitive one is no conclusion about anybody.
        """
        if self.values[cell] or self.system.labels is None:
            return False
        box = self.system.labels[cell].box.items()
        shown = frozenset((v, codes) for v, codes in box if policy.zero_of(v) is Zeros.PUBLISHED)
        there = self._by_box.get(shown)
        return there is not None and int(self.values[there]) == 0

    def _small_group(self, cell: int, group: int, policy: Policy) -> None:
        size, value = int(self.values[group]), int(self.values[cell])
        if size == 0 or (value == 0 and not self.withholdable[cell]):
            return
        if self._nobody_there(cell, policy):
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
        if value == 0 and self.withholdable[cell] and not self._nobody_there(cell, policy):
            self.reasons[cell].add(GROUP_DISCLOSURE)
            self.bounds.append((cell, None, 1))
        if value and value == size:
            self.reasons[cell].add(GROUP_DISCLOSURE)
            self.bounds.append((cell, group, policy.threshold if policy.complement else 1))
        elif value and policy.complement and size - value < policy.threshold:
            self.reasons[cell].add(COMPLEMENT)
            self.bounds.append((cell, group, policy.threshold))

    def shares(self, policy: Policy) -> ShareRules | None:
        """How the cells are printed, where the policy prints shares; None: as counts.

        Raises:
            BadPolicy: the ledger holds what the policy does not print.
        """
        system = self.system
        for table in system.tables:
            other = table.policy
            if other is not None and (
                (other.print, other.share_bounds) != (policy.print, policy.share_bounds)
            ):
                raise BadPolicy(
                    "The ledger's tables print shares otherwise than this policy.",
                    remedy="Print either counts or shares, with the same bounds, on one freeze.",
                )
        if policy.print != "shares" or system.labels is None or system.magnitude is not None:
            return None
        first, printed = system.duplicates, np.flatnonzero(system.printed)
        there = {int(first[c]): int(c) for c in reversed(printed)}
        group = np.full(len(first), -1)
        bounds, inside = {}, {}
        for cell in (int(c) for c in printed):
            label = system.labels[cell]
            base = self._group(label, policy)
            group[cell] = cell if first[base] == first[cell] else there.get(int(first[base]), -1)
            if policy.share_bounds is None or not is_sensitive(label, policy):
                continue
            value, size = int(self.values[cell]), int(self.values[base])
            if group[cell] in (-1, cell) or not (value or self.withholdable[cell]) or not size:
                continue
            bound = printable_bound(value, size, policy)
            if bound is not None:
                bounds[cell] = bound
            else:
                inside[cell] = sides_of(size, policy)
        return ShareRules(policy, group, bounds, inside)

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


def is_sensitive(label: Label, policy: Policy) -> bool:
    """A value of a sensitive answer; a way of having none is no answer."""
    states = frozenset(STATES)
    return any(v in policy.sensitive and not codes <= states for v, codes in label.box.items())
