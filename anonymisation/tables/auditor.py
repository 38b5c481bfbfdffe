"""Judging a protection from the counts, without a line of the suppressor's code.

Tables offered by a certificate are believed only after exact multiplication; whatever they leave
open goes to scipy's solver. A conclusion no possible table contradicts breaks its promise.
Cost: one feasibility program per requirement the tables offered leave open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.attacker import Polytope
from anonymisation.tables.elimination import PRIMES, in_span
from anonymisation.tables.evidence import Insight, agrees, offered_tables, own_cells, universe
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.facts import Facts
from anonymisation.tables.rules import THRESHOLD, Requirement, Targets
from anonymisation.tables.system import CellSystem
from schemas.certificate import Certificate
from schemas.policy import Policy, Promise

Verdict = Literal["kept", "broken", "undecided"]
MOST_ELIMINATED = 4_000_000


@dataclass(frozen=True)
class Report:
    """What an audit found: a verdict per promise, and inside, the cells each is broken for.

    P4 is the rule for sensitive answers. Undecided is not safe.
    """

    promises: dict[str, Verdict]
    broken: dict[str, tuple[int, ...]] = field(default_factory=dict)

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
    court = _Court(system, targets, facts, policy, certificate, seconds)
    shown = system.printed & ~withheld & targets.primary
    if policy.promise is Promise.P0:
        court.linear()
    else:
        court.counts()
        if policy.promise is Promise.P3:
            court.insiders()
    for cell in np.flatnonzero(shown):
        for name in court.found:
            court.found[name].append((int(cell), False))
    return court.report()


class _Court:
    """Collects (cell, verdict) per promise; True kept, False broken, None undecided."""

    def __init__(
        self, system: CellSystem, targets: Targets, facts: Facts, policy: Policy,
        certificate: Certificate | None, seconds: float | None,
    ) -> None:  # fmt: skip
        self.system, self.targets, self.facts, self.policy = system, targets, facts, policy
        names = ["P0", "P1", "P2", "P3"]
        self.found: dict[str, list[tuple[int, bool | None]]] = {
            name: [] for name in names[: names.index(policy.promise.value) + 1]
        }
        if policy.sensitive and policy.promise is not Promise.P0:
            self.found["P4"] = []
        self.first = system.duplicates
        self.primary = [int(c) for c in np.unique(self.first[targets.primary])]
        plain = sp.csr_array(system.incidence[:, self.primary].T)
        self.needs = targets.requirements
        self.asked = sp.csr_array(sp.vstack([targets.rows, plain]))
        self.world = universe(facts, self.asked)
        self.true = np.asarray(self.asked @ system.counts)
        self.truth = self.world.gather(system.counts[None, :]).toarray()
        self.tables = self._offered(certificate)
        self.polytope = Polytope(self.world, seconds=seconds)

    def _offered(self, certificate: Certificate | None) -> Any:
        tables = self.truth
        if certificate is not None:
            tables = np.vstack([tables, offered_tables(certificate, self.world)])
        good = agrees(self.world, tables)
        return tables[good]

    def linear(self) -> None:
        """P0 by elimination modulo two primes, over all inner cells with either sign."""
        exact = np.flatnonzero(self.facts.exact)
        plain = self.system.incidence[:, self.primary].T
        world = universe(self.facts, plain, signed=True)
        rows = world.rows[np.flatnonzero(world.low == world.high)]
        if len(exact) and rows.shape[0] * rows.shape[1] > MOST_ELIMINATED:
            self.found["P0"] += [(cell, None) for cell in self.primary]
            return
        one, two = (in_span(rows, world.asked, prime) for prime in PRIMES)
        for i, cell in enumerate(self.primary):
            self.found["P0"].append((cell, None if one[i] != two[i] else not one[i]))

    def counts(self) -> None:
        """P1, P2 and P4: a possible table contradicts each conclusion."""
        for i, cell in enumerate(self.primary):
            self.found["P1"].append((cell, self._differs(len(self.needs) + i)))
        if all(verdict for _, verdict in self.found["P1"]):
            self.found["P0"] += [(cell, True) for cell in self.primary]
        else:
            self.linear()
        for i, need in enumerate(self.needs):
            if need.bound is None:
                continue
            verdict = self._reaches(i, need.bound)
            for name in self._promises_of(need):
                self.found[name].append((need.cell, verdict))

    def _promises_of(self, need: Requirement) -> list[str]:
        reasons = self.targets.reasons[need.cell]
        small = THRESHOLD in reasons and need.group is None and "P2" in self.found
        return (["P2"] if small else []) + (["P4"] if not small and "P4" in self.found else [])

    def _differs(self, row: int) -> bool | None:
        sums = self.tables @ self.world.asked[[row]].T.toarray()
        if (sums != self.true[row]).any():
            return True
        return self._either(row, None)

    def _reaches(self, row: int, bound: int) -> bool | None:
        sums = self.tables @ self.world.asked[[row]].T.toarray()
        if (sums >= bound).any():
            return True
        return self._learn(self.polytope.find(self.world.asked[[row]], bound, np.inf))

    def _either(self, row: int, insider: tuple[Any, Any] | None) -> bool | None:
        floor, also = insider or (None, ())
        verdicts = []
        for low, high in ((self.true[row] + 1, np.inf), (-np.inf, self.true[row] - 1)):
            verdicts.append(
                self._learn(self.polytope.find(self.world.asked[[row]], low, high, floor, also))
            )
            if verdicts[-1]:
                return True
        return None if None in verdicts else False

    def _learn(self, answer: tuple[bool | None, Any]) -> bool | None:
        verdict, table = answer
        if verdict:
            self.tables = np.vstack([self.tables, table[None, :]])
        return verdict

    def insiders(self) -> None:
        """P3: every lone insider is left with two possible counts of the others."""
        insight = Insight(self.world, self.facts, self.system.members, self.system.counts)
        own = own_cells(self.system, self.facts, insight)
        exempt = exempt_pairs(self.system, self.targets, own)
        settled = self._settled(insight, exempt)
        while not settled.all():
            insider, row = (int(n) for n in np.argwhere(~settled)[0])
            known = self._knowledge(insight, insider)
            before = len(self.tables)
            verdict = self._either(row, known)
            if not verdict:
                self.found["P3"].append((self.needs[row].cell, verdict))
                return
            new = self.tables[before:]
            settled |= self._covers(insight, new)
            settled[insider, row] = True

    def _settled(self, insight: Insight, exempt: Any) -> Any:
        return exempt | self._covers(insight, self.tables)

    def _covers(self, insight: Insight, tables: Any) -> Any:
        rows = self.world.asked[: len(self.needs)]
        differs = np.asarray(tables @ rows.T) != self.true[None, : len(self.needs)]
        able = insight.possible(tables)
        return able.astype(np.float32) @ differs.astype(np.float32) > 0

    def _knowledge(self, insight: Insight, insider: int) -> tuple[Any, Any]:
        floor = insight.members[[insider]].toarray().ravel()
        lone = insight.lone[[insider]].tocoo().coords[1]
        return floor, [(insight.fact_rows[[f]], int(insight.values[f])) for f in lone]

    def report(self) -> Report:
        """The verdict per promise: broken outweighs undecided."""
        promises: dict[str, Verdict] = {}
        broken: dict[str, tuple[int, ...]] = {}
        for name, found in self.found.items():
            verdicts = [verdict for _, verdict in found]
            promises[name] = (
                "broken" if False in verdicts else "undecided" if None in verdicts else "kept"
            )
            broken[name] = tuple(sorted({cell for cell, v in found if v is False}))
        return Report(promises, broken)
