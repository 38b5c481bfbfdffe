"""Judging a protection from the counts, without a line of the suppressor's code.

Tables offered by a certificate are believed only after exact multiplication. What they leave
open goes to scipy's solver: first programs of random price, each of which moves many targets at
once (pooled witnesses); then elimination for what did not move; then one program per conclusion.
A conclusion no possible table contradicts breaks its promise.

Cost: with a certificate one sparse product. Without, ten to twenty programs settle nearly all
that is safe, and each remaining conclusion costs one or two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.elimination import PRIMES, in_span
from anonymisation.tables.evidence import Evidence, offered_moves
from anonymisation.tables.facts import Facts
from anonymisation.tables.insiders import Insiders
from anonymisation.tables.polytope import Polytope
from anonymisation.tables.rules import GROUP_DISCLOSURE, Requirement, Targets
from anonymisation.tables.system import CellSystem
from anonymisation.tables.universe import universe
from anonymisation.tables.witnesses import Witnesses
from schemas.certificate import Certificate
from schemas.policy import Policy, Promise

Verdict = Literal["kept", "broken", "undecided"]
FEW = 20
"""Cells no table moves yet up to which each is asked for its own before elimination, which looks
at every inner cell, is asked whether they fall."""
MOST_PAIRS = 200
"""Insiders' conclusions looked into for some that holds before any more tables are looked for."""


@dataclass(frozen=True)
class Report:
    """What an audit found: a verdict per promise, and inside, the cells each is broken for.

    P4 is the rule for sensitive answers. Undecided is not safe; `open` names the cells not
    settled. `broken["P3"]` may be part of the cells only.
    """

    promises: dict[str, Verdict]
    broken: dict[str, tuple[int, ...]] = field(default_factory=dict)
    open: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether every promise is kept."""
        return all(verdict == "kept" for verdict in self.promises.values())

    @property
    def undecided(self) -> bool:
        """Whether none is broken, but one not settled."""
        verdicts = set(self.promises.values())
        return "broken" not in verdicts and "undecided" in verdicts


def judge(
    system: CellSystem,
    targets: Targets,
    facts: Facts,
    withheld: Any,
    policy: Policy,
    *,
    certificate: Certificate | None = None,
    seconds: float | None = None,
) -> Report:
    """The verdict on every promise up to the policy's."""
    court = _Court(system, targets, facts, policy)
    if policy.promise is Promise.P0:
        court.linear(np.ones(len(court.primary), bool))
    else:
        court.hear(certificate, seconds)
        court.counts()
        if policy.promise is Promise.P3:
            court.insiders()
    shown = system.printed & ~withheld & targets.primary
    for cell in np.flatnonzero(shown):
        for name in court.found:
            court.found[name].append((int(cell), False))
    return court.report()


class _Court:
    """Collects (cell, verdict) per promise; True kept, False broken, None undecided.

    Questions are the requirements' rows, then the distinct primary cells.
    """

    def __init__(self, system: CellSystem, targets: Targets, facts: Facts, policy: Policy) -> None:
        self.system, self.targets, self.facts = system, targets, facts
        names = ["P0", "P1", "P2", "P3"]
        self.found: dict[str, list[tuple[int, bool | None]]] = {
            name: [] for name in names[: names.index(policy.promise.value) + 1]
        }
        if policy.sensitive and policy.promise is not Promise.P0:
            self.found["P4"] = []
        self.primary = [int(c) for c in np.unique(system.duplicates[targets.primary])]
        self.needs = targets.requirements

    def hear(self, certificate: Certificate | None, seconds: float | None) -> None:
        """Takes up the tables offered, those that are possible."""
        plain = sp.csr_array(self.system.incidence[:, self.primary].T)
        self.world = universe(self.facts, sp.csr_array(sp.vstack([self.targets.rows, plain])))
        self.evidence = Evidence(self.world, self.system.counts)
        if certificate is not None:
            self.evidence.add(offered_moves(certificate, self.world, self.system.counts))
        polytope = Polytope(self.world, seconds=seconds)
        self.witnesses = Witnesses(self.world, self.evidence, polytope)

    def linear(self, asked: Any) -> Any:
        """P0 of the primary cells marked, by elimination modulo two primes; which fall.

        Over all inner cells with either sign. A cell some possible table changes needs none.
        """
        chosen = np.flatnonzero(asked)
        plain = self.system.incidence[:, [self.primary[i] for i in chosen]].T
        world = universe(self.facts, plain, signed=True)
        rows = world.rows[world.equations]
        one, two = (in_span(rows, world.asked, prime) for prime in PRIMES)
        for i, at in enumerate(chosen):
            verdict = None if one[i] != two[i] else not one[i]
            self.found["P0"].append((self.primary[at], verdict))
        falls = np.zeros(len(self.primary), bool)
        falls[chosen] = one & two
        return falls

    def counts(self) -> None:
        """P1, P2 and P4: a possible table contradicts each conclusion."""
        plain = [Requirement(cell) for cell in self.primary]
        asks = [*self.needs, *plain]
        self.witnesses.pooled(asks)
        first = len(self.needs)
        stuck = np.array([not self.evidence.differs(first + i) for i in range(len(plain))], bool)
        if 0 < stuck.sum() <= FEW:
            for at in np.flatnonzero(stuck).tolist():
                stuck[at] = not self.witnesses.one(first + at, asks[first + at])
        falls = self.linear(stuck) if stuck.any() else stuck
        self.found["P0"] += [(self.primary[i], True) for i in np.flatnonzero(~stuck)]
        for i, cell in enumerate(self.primary):
            verdict = False if falls[i] else self.witnesses.one(first + i, asks[first + i])
            self.found["P1"].append((cell, verdict))
        for i, need in enumerate(self.needs):
            if need.bound is not None or need.at_most is not None:
                self.found[self._promise_of(need)].append((need.cell, self.witnesses.one(i, need)))

    def _promise_of(self, need: Requirement) -> str:
        """Where a verdict belongs: a sensitive answer's to P4, a count's to P2, never nowhere."""
        reasons = self.targets.reasons[need.cell]
        answer = need.group is not None or (need.bound == 1 and GROUP_DISCLOSURE in reasons)
        order = ("P4", "P2", "P1") if answer else ("P2", "P4", "P1")
        return next(name for name in order if name in self.found)

    def insiders(self) -> None:
        """P3: every insider is left with two possible counts of the others."""
        insiders = Insiders(self.world, self.system, self.targets, self.facts)
        insiders.show(self.evidence)
        pairs = self.witnesses.against(insiders, self.needs, MOST_PAIRS)
        self.found["P3"] += [(self.needs[row].cell, verdict) for row, verdict in pairs.items()]

    def report(self) -> Report:
        """The verdict per promise: broken outweighs undecided."""
        promises: dict[str, Verdict] = {}
        broken: dict[str, tuple[int, ...]] = {}
        unsettled: dict[str, tuple[int, ...]] = {}
        for name, found in self.found.items():
            verdicts = [verdict for _, verdict in found]
            promises[name] = (
                "broken" if False in verdicts else "undecided" if None in verdicts else "kept"
            )
            broken[name] = tuple(sorted({cell for cell, v in found if v is False}))
            unsettled[name] = tuple(sorted({cell for cell, v in found if v is None}))
        return Report(promises, broken, unsettled)
