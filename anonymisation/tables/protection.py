"""Protecting a system of cells: the pipeline from primary rules to an audited answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import BadPolicy, BadTable, Refused, Undecided
from anonymisation.tables.auditor import Report, judge
from anonymisation.tables.certificate import certify
from anonymisation.tables.company import check_company
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.facts import Facts, facts_of
from anonymisation.tables.pattern import Pattern, find_pattern, repaired
from anonymisation.tables.publication import protected_table, review_table
from anonymisation.tables.reduction import NOT_KEPT, Reduced, reduce_system
from anonymisation.tables.rules import LEDGER, SECONDARY, Targets, find_targets
from anonymisation.tables.search import Progress
from anonymisation.tables.system import CellSystem, Fate
from schemas.certificate import Certificate
from schemas.policy import Policy
from schemas.tables import Ledger, ProtectedTable, ReviewTable

MOST_REPAIRS = 4


@dataclass(frozen=True)
class Protection:
    """An answer that keeps its promise.

    `primary`, `withheld`: bool, shape (cells,); `primary` marks targets whether or not they are
    printed, `withheld` printed cells only. `facts` is all that may be printed. `complete`: the
    search was not ended by the time given. No answer costs less than `lower_bound`; None: not
    known. `weights`: what each cell costs, if not what the policy says.
    """

    system: CellSystem
    policy: Policy
    targets: Targets
    withheld: Any
    facts: Facts
    certificate: Certificate | None
    complete: bool = True
    lower_bound: float | None = None
    weights: Any = None

    @property
    def primary(self) -> Any:
        """The targets, bool (cells,)."""
        return self.targets.primary

    @property
    def promise(self) -> str:
        """What nobody can do to this table, as P0 to P3."""
        return self.policy.promise.value

    @property
    def cost(self) -> float:
        """What distinct cells withheld that are not primary cost: ln(1 + count) each, or the
        count, or their weight."""
        first, values = self.system.duplicates, self.system.values
        chosen = {int(first[c]) for c in np.flatnonzero(self.withheld & ~self.primary)}
        if self.weights is not None:
            dearest = np.zeros(len(first))
            np.maximum.at(dearest, first, np.asarray(self.weights, float))
            return float(sum(dearest[c] for c in chosen))
        if self.policy.cost == "count":
            return float(sum(values[c] for c in chosen))
        return float(sum(np.log1p(values[c]) for c in chosen))

    def reasons(self, cell: int) -> tuple[str, ...]:
        """Why a cell is withheld. Inside only."""
        if self.primary[cell]:
            return self.targets.reasons[cell]
        if not self.withheld[cell]:
            return ()
        return (LEDGER,) if self.system.fates[cell] == Fate.WITHHELD else (SECONDARY,)

    @property
    def tables(self) -> tuple[ProtectedTable, ...]:
        """The new tables as they may be printed."""
        new = [i for i, t in enumerate(self.system.tables) if t.printed and t.policy is None]
        return tuple(protected_table(self.system, self, i) for i in new)

    def review(self, table: int) -> ReviewTable:
        """One table with true counts and reasons, for the checkers. Inside only."""
        return review_table(self.system, self, table)


def protect(
    system: CellSystem,
    policy: Policy,
    ledger: Ledger | None = None,
    seconds: float | None = None,
    *,
    weights: Any = None,
    progress: Progress | None = None,
    effort: float = 1.0,
) -> Protection:
    """The system with cells withheld so that the policy's promise is kept, audited.

    `ledger` is the one the system was tabulated with. `seconds` bounds the search, never the
    safety: an answer found in time is audited and marked as not complete. The same system and
    policy give the same answer. `weights` (cells,): what withholding each costs; `progress` is
    called with a stage, and how much of it is done; `effort` is the part of the usual counted
    work that is spent on a cheaper answer.

    Raises:
        Refused: the promise cannot be kept.
        Undecided: it was not settled in the time given.
        BadPolicy: the policy chooses another method.
        BadTable: the system was tabulated without this ledger.
    """
    if policy.method.name != "suppression":
        raise BadPolicy(
            "This policy rounds or adds noise; `protect` withholds.", remedy="Use `publish`."
        )
    check_ledger(system, ledger)
    targets = find_targets(system, policy)
    reduced = reduce_system(system, targets, policy, weights)
    found = find_pattern(
        reduced, lambda r, hidden: _exempt(system, targets, r, hidden), seconds, progress, effort
    )
    for _ in range(MOST_REPAIRS):
        protection = _protection(system, policy, targets, reduced, found, weights)
        if progress is not None:
            progress("audit", 0, 1)
        report = judge(
            system, targets, protection.facts, protection.withheld, policy,
            certificate=protection.certificate,
        )  # fmt: skip
        if report.kept:
            return protection
        if report.undecided:
            raise Undecided("The audit did not settle the promise.")
        found = repaired(reduced, found, _broken(reduced, report))
    raise Refused(NOT_KEPT)


def _protection(
    system: CellSystem, policy: Policy, targets: Targets, reduced: Reduced, found: Pattern,
    weights: Any,
) -> Protection:  # fmt: skip
    withheld = _spread(reduced, found.withheld)
    return Protection(
        system, policy, targets, withheld, facts_of(system, targets, withheld),
        certify(system, policy, reduced, found.moves, withheld),
        found.complete, found.lower_bound, weights,
    )  # fmt: skip


def _broken(reduced: Reduced, report: Report) -> Any:
    """Requirements of the cells an audit found broken."""
    cells = {cell for found in report.broken.values() for cell in found}
    return [i for i, need in enumerate(reduced.requirements) if need.cell in cells]


def withhold(system: CellSystem, policy: Policy, withheld: Any) -> Protection:
    """A protection as somebody else chose it, uncertified, for the auditor to judge."""
    targets = find_targets(system, policy)
    mask = np.asarray(withheld, bool)
    return Protection(system, policy, targets, mask, facts_of(system, targets, mask), None)


def audit(
    system: CellSystem,
    protection: Protection,
    policy: Policy,
    ledger: Ledger | None = None,
    *,
    seconds: float | None = None,
) -> Report:
    """Whether each promise is kept, broken or undecided, found without the suppressor.

    The auditor sees the counts. It decides primary cells and facts anew, and takes from the
    protection only which cells are withheld and the tables its certificate offers, which it
    checks by multiplication before it believes them.

    Raises:
        BadTable: the system was tabulated without this ledger.
    """
    check_ledger(system, ledger)
    targets = find_targets(system, policy)
    facts = facts_of(system, targets, protection.withheld)
    return judge(
        system, targets, facts, protection.withheld, policy,
        certificate=protection.certificate, seconds=seconds,
    )  # fmt: skip


def check_ledger(system: CellSystem, ledger: Ledger | None) -> None:
    """The system was counted with this ledger.

    Raises:
        BadTable: it was not.
        Refused: it holds noise, which no exact number may stand beside.
    """
    if ledger is None:
        return
    check_company(ledger, Policy())
    if system.ledger != ledger.digest():
        raise BadTable(
            "The cells were counted without the ledger.", remedy="Give it to tabulate as well."
        )


def _spread(reduced: Reduced, chosen: Any) -> Any:
    """Fates of distinct cells back on the system's cells; noughts left out are published."""
    out = np.zeros(len(reduced.place), bool)
    inside = reduced.place >= 0
    out[inside] = chosen[reduced.place[inside]]
    return out


def _exempt(system: CellSystem, targets: Targets, reduced: Reduced, hidden: Any) -> Any:
    own = sp.coo_array(sp.csr_array(reduced.members) @ sp.csr_array(reduced.cells).T)
    insider, cell = own.coords
    lone = (own.data > 0) & (own.data == reduced.value[cell]) & hidden[cell]
    places = np.array(reduced.printed, np.int64)[cell[lone]]
    shape = (reduced.members.shape[0], len(system.printed))
    ones = np.ones(len(places), np.int64)
    return exempt_pairs(system, targets, sp.csr_array((ones, (insider[lone], places)), shape=shape))
