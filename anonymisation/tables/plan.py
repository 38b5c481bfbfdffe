"""A set of tables protected as one system, so that no later request can block any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from anonymisation.errors import BadTable, Refused
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.spec import Domain
from anonymisation.tables.tabulation import tabulate
from schemas.policy import Policy
from schemas.tables import Ledger, ProtectedTable, ReleasedTable, ReviewTable, TableSpec

RESERVED = "plan"
"""What the names of planned tables in a ledger begin with."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Planned:
    """One table of a plan: which protection made it, and its place in that."""

    spec: TableSpec
    table: ProtectedTable
    protection: Protection
    place: int

    @property
    def review(self) -> ReviewTable:
        """The table with true counts and reasons. Inside only."""
        return self.protection.review(self.place)


@dataclass(frozen=True)
class Plan:
    """Tables that keep the promise together, in the order asked, and those that cannot go."""

    planned: tuple[Planned, ...]
    left_out: tuple[TableSpec, ...]
    before: Ledger

    @property
    def tables(self) -> tuple[ProtectedTable, ...]:
        """The tables as they may be printed."""
        return tuple(one.table for one in self.planned)

    @property
    def protections(self) -> tuple[Protection, ...]:
        """The systems the tables were protected in, each once."""
        found: dict[int, Protection] = {id(p.protection): p.protection for p in self.planned}
        return tuple(found.values())

    @property
    def cost(self) -> float:
        """Sum of ln(1 + count) over cells withheld that are not primary."""
        return sum(protection.cost for protection in self.protections)

    def ledger(self, audience: str = "public") -> Ledger:
        """What was printed before and every planned table: they will be printed, so they count."""
        entries = [
            ReleasedTable(release=f"{RESERVED}-{i}", table=one.table, audience=audience)
            for i, one in enumerate(self.planned, start=1)
        ]
        return Ledger(releases=(*self.before.releases, *entries))


def plan(
    frame: pd.DataFrame,
    specs: Iterable[TableSpec],
    *,
    policy: Policy,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    domain: Domain | None = None,
    ledger: Ledger | None = None,
    count: str | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
    effort: float = 1.0,
) -> Plan:
    """Tables protected together, in the order asked; the earlier a table, the surer it goes.

    All are one system. Where that is refused, tables are taken up one after the other, each
    with all before it as one system, and a table that cannot join them is left out. Tables
    which share nothing but printed groups need no common system: groups come first, then the
    answers that some table joins, each set as one system. `seconds` bounds each system,
    `effort` is the part of the usual counted work spent on withholding less.

    Raises:
        BadTable: no table is asked for, or one does not fit the records.
        Refused: none of them can go.
        Undecided: a system was not settled in the time given.
    """
    asked = list({spec.canonical(): spec.normalised() for spec in specs}.values())
    if not asked:
        raise BadTable("No table is planned.", remedy="Give at least one.")
    work = _Work(frame, policy, hierarchies or {}, domain, count, seconds, effort)
    before, after = ledger or Ledger(), ledger or Ledger()
    planned: list[Planned] = []
    left_out: list[TableSpec] = []
    sets = _sets(asked, policy)
    for done, some in enumerate(sets):
        if progress is not None:
            progress("plan", done, len(sets))
        kept, out = work.together(some, after)
        planned += kept
        left_out += out
        after = Plan(tuple(planned), (), before).ledger()
    if progress is not None:
        progress("plan", len(sets), len(sets))
    if not planned:
        raise Refused("No table of the plan can keep the promise.")
    order = {spec.canonical(): i for i, spec in enumerate(asked)}
    planned.sort(key=lambda one: order[one.spec.canonical()])
    return Plan(tuple(planned), tuple(left_out), before)


@dataclass(frozen=True)
class _Work:
    frame: pd.DataFrame
    policy: Policy
    hierarchies: Mapping[str, Hierarchy]
    domain: Domain | None
    count: str | None
    seconds: float | None
    effort: float

    def together(
        self, specs: Sequence[TableSpec], ledger: Ledger
    ) -> tuple[list[Planned], list[TableSpec]]:
        """As many of the tables as can go as one system, and those that cannot join."""
        every = self._attempt(specs, ledger)
        if every is not None:
            return every, []
        kept: list[TableSpec] = []
        best: list[Planned] = []
        out = []
        for spec in specs:
            more = self._attempt([*kept, spec], ledger) if len(specs) > 1 else None
            if more is None:
                out.append(spec)
            else:
                kept.append(spec)
                best = more
        return best, out

    def _attempt(self, specs: Sequence[TableSpec], ledger: Ledger) -> list[Planned] | None:
        system = tabulate(
            self.frame, specs, self.hierarchies, self.domain, ledger=ledger, count=self.count
        )
        try:
            made = protect(system, self.policy, ledger, self.seconds, effort=self.effort)
        except Refused:
            return None
        tables = zip(specs, made.tables, strict=True)
        return [Planned(spec, table, made, i) for i, (spec, table) in enumerate(tables)]


def _sets(specs: Sequence[TableSpec], policy: Policy) -> list[list[TableSpec]]:
    """Tables of groups alone first, then those that common answers join; else all as one."""
    if policy.breakdowns is None:
        return [list(specs)]
    sets: list[tuple[set[str], list[TableSpec]]] = []
    groups: list[TableSpec] = []
    for spec in specs:
        answers = {v for v in (*spec.variables, *spec.where) if not policy.is_breakdown(v)}
        if not answers:
            groups.append(spec)
            continue
        joined, members = set(answers), [spec]
        for other in [s for s in sets if s[0] & answers]:
            sets.remove(other)
            joined |= other[0]
            members = [*other[1], *members]
        sets.append((joined, members))
    order = {id(spec): i for i, spec in enumerate(specs)}
    found = [sorted(members, key=lambda s: order[id(s)]) for _, members in sets]
    found.sort(key=lambda members: order[id(members[0])])
    return [groups, *found] if groups else found
