"""Protecting a system of cells: the pipeline from primary rules to an audited answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import BadTable, Refused, Undecided
from anonymisation.tables.auditor import Report, judge
from anonymisation.tables.certificate import certify
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.facts import Facts, facts_of
from anonymisation.tables.publication import protected_table, review_table
from anonymisation.tables.reduction import NOT_KEPT, Reduced, reduce_system
from anonymisation.tables.rules import LEDGER, SECONDARY, Targets, find_targets
from anonymisation.tables.search import Search
from anonymisation.tables.system import CellSystem, Fate
from schemas.certificate import Certificate
from schemas.policy import Policy
from schemas.tables import Ledger, ProtectedTable, ReviewTable


@dataclass(frozen=True)
class Protection:
    """An answer that keeps its promise.

    `primary`, `withheld`: bool, shape (cells,); `primary` marks targets whether or not they are
    printed, `withheld` printed cells only. `facts` is all that may be printed.
    """

    system: CellSystem
    policy: Policy
    targets: Targets
    withheld: Any
    facts: Facts
    certificate: Certificate | None

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
        """Sum of ln(1 + count) over distinct cells withheld that are not primary."""
        first, values = self.system.duplicates, self.system.values
        chosen = {int(first[c]) for c in np.flatnonzero(self.withheld & ~self.primary)}
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
) -> Protection:
    """The system with cells withheld so that the policy's promise is kept, audited.

    `ledger` is the one the system was tabulated with. `seconds` bounds the search, never the
    safety. The same system and policy give the same answer.

    Raises:
        Refused: the promise cannot be kept.
        Undecided: it was not settled in the time given.
        BadTable: the system was tabulated without this ledger.
    """
    check_ledger(system, ledger)
    deadline = None if seconds is None else time.monotonic() + seconds
    targets = find_targets(system, policy)
    reduced = reduce_system(system, targets, policy)
    search = Search(reduced, lambda r, hidden: _exempt(system, targets, r, hidden), deadline)
    search.run()
    withheld = _spread(reduced, search.withheld)
    facts = facts_of(system, targets, withheld)
    certificate = certify(system, policy, reduced, search, withheld)
    protection = Protection(system, policy, targets, withheld, facts, certificate)
    report = judge(system, targets, facts, withheld, policy, certificate=certificate)
    if report.undecided:
        raise Undecided("The audit did not settle the promise.")
    if not report.kept:
        raise Refused(NOT_KEPT)
    return protection


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
    """The system holds every table of the ledger.

    Raises:
        BadTable: it does not.
    """
    if ledger is None:
        return
    held = {t.spec.canonical() for t in system.tables if t.policy is not None}
    if any(entry.table.spec.canonical() not in held for entry in ledger.releases):
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
    own = np.asarray((reduced.members @ reduced.cells.T).todense())
    lone = (own == reduced.value[None, :]) & (own > 0) & hidden[None, :]
    wide = np.zeros((len(own), len(system.printed)), np.int64)
    wide[:, list(reduced.printed)] = lone
    return exempt_pairs(system, targets, sp.csr_array(wide))
