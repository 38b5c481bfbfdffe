"""How good and how quick the protection of tables is, beside what else there is.

`python -m tests.benchmarks.tables`: per instance and promise the cost of the secondaries
beside GaussSuppression's answer (which keeps P0 only) and the proven lower bound; the audit of
somebody else's answer beside one that solves two programs per target; everything interleaved,
with ranges. An answer that is refused or withholds everything would pass nothing: the count of
published cells stands in every line.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from anonymisation import CellSystem, Policy, audit, protect
from anonymisation.errors import Refused
from anonymisation.tables.auditor import Report
from anonymisation.tables.protection import Protection, withhold
from tests.benchmarks.large_table import THRESHOLD, large_table
from tests.benchmarks.random_costs import random_costs
from tests.benchmarks.six_tables import six_tables
from tests.kit.sdc_instances import gauss, instance
from tests.properties.random_systems import check_many

SMALL = ("mun_acc", "z1", "example1", "d2", "ent_act_size")
LARGE = ("ent_linked", "svy_syn")
PROMISES = ("P1", "P2", "P3")
ROUNDS = 5
MOST_SECONDS = 300.0
"""After which the audit of a large table without its certificate is ended."""


@dataclass(frozen=True)
class Line:
    """One instance under one promise."""

    name: str
    promise: str
    cells: int
    published: int
    primary: int
    secondary: int
    cost: float
    gauss: float
    bound: float | None
    seconds: float
    verdict: str

    def __str__(self) -> str:
        bound = "-" if self.bound is None else f"{self.cost / self.bound:.3f}"
        return (
            f"{self.name:14}{self.promise:>4}{self.cells:7}{self.published:10}{self.primary:9}"
            f"{self.secondary:10}{self.cost:10.2f}{self.cost / self.gauss:9.2f}{bound:>9}"
            f"{self.seconds:9.2f}  {self.verdict}"
        )


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process and what came out."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def measured(name: str, promise: str) -> Line:
    """One instance protected, then audited without its certificate."""
    system, policy = instance(name, promise)
    seconds, protection = cpu(lambda: protect(system, policy))
    bare = withhold(system, policy, protection.withheld)
    verdicts = audit(system, bare, policy).promises
    first = system.duplicates
    chosen = {int(first[c]) for c in np.flatnonzero(protection.withheld & ~protection.primary)}
    bound = getattr(protection, "lower_bound", None)
    return Line(
        name=name,
        promise=promise,
        cells=len(protection.withheld),
        published=int((~protection.withheld).sum()),
        primary=len({int(first[c]) for c in np.flatnonzero(protection.primary)}),
        secondary=len(chosen),
        cost=protection.cost,
        gauss=withhold(system, policy, gauss(name)).cost,
        bound=bound or None,
        seconds=seconds,
        verdict=" ".join(f"{p} {v}" for p, v in verdicts.items()),
    )


def plain_audit(system: CellSystem, protection: Protection) -> int:
    """The baseline: for each target its least and greatest count, two programs each."""
    facts = protection.facts
    rows = LinearConstraint(
        facts.rows.astype(float),
        facts.low.astype(float),
        np.where(facts.high > 2**60, np.inf, facts.high.astype(float)),
    )
    bounds = Bounds(0, np.inf)
    fallen = 0
    for cell in np.flatnonzero(protection.primary & protection.withheld):
        price = system.incidence[:, [cell]].toarray().ravel().astype(float)
        ends = [milp(s * price, bounds=bounds, constraints=[rows]).fun for s in (1, -1)]
        fallen += bool(ends[0] is not None and ends[1] is not None and -ends[1] - ends[0] < 1e-6)
    return fallen


def audits(names: Iterable[str], rounds: int) -> Iterable[str]:
    """The audit of a peer's answer beside the baseline, round by round."""
    for name in names:
        system, policy = instance(name, "P1")
        theirs = withhold(system, policy, gauss(name))
        ratios: list[float] = []
        for number in range(rounds):
            jobs = [
                lambda s=system, t=theirs: plain_audit(s, t),
                lambda s=system, t=theirs, p=policy: audit(s, t, p),
            ]
            order = jobs if number % 2 == 0 else jobs[::-1]
            spent = {id(job): cpu(job)[0] for job in order}
            ratios.append(spent[id(jobs[0])] / spent[id(jobs[1])])
        yield (
            f"{name:14} plain audit / ours {median(ratios):7.1f}"
            f" ({min(ratios):.1f} to {max(ratios):.1f})"
        )


def large(promise: str = "P1") -> Iterable[str]:
    """A table of 14,328 cells in six dimensions: suppression, then three ways of judging it."""
    system = large_table()
    policy = Policy(threshold=THRESHOLD, zeros="published", promise=promise)
    values = system.values
    yield (
        f"{len(values)} cells, {system.incidence.shape[0]} inner,"
        f" {(values == 0).mean():.1%} noughts,"
        f" {((values > 0) & (values < THRESHOLD)).mean():.1%} primary, {promise}"
    )
    spent, protection = cpu(lambda: protect(system, policy))
    yield (
        f"suppress and audit: {spent:.1f} CPU s, {protection.withheld.mean():.1%} withheld,"
        f" cost {protection.cost:.0f} of {everything(system, policy):.0f} for all that may be"
        f" withheld; peak {peak():.2f} GB"
    )
    spent, report = cpu(lambda: audit(system, protection, policy))
    yield f"audit with its certificate: {spent:.1f} CPU s ({said(report)})"
    bare = withhold(system, policy, protection.withheld)
    spent, report = cpu(lambda: audit(system, bare, policy, seconds=MOST_SECONDS))
    open_ = len({cell for cells in report.open.values() for cell in cells})
    yield (
        f"audit without certificate, ended after {MOST_SECONDS:.0f} s: {spent:.1f} CPU s"
        f" ({said(report)}; {open_} of {len(np.unique(system.duplicates[protection.primary]))}"
        f" targets open); peak {peak():.2f} GB"
    )


def everything(system: CellSystem, policy: Policy) -> float:
    """What withholding every cell but the printed noughts costs."""
    return withhold(system, policy, system.values > 0).cost


def said(report: Report) -> str:
    """The verdict on each promise."""
    return ", ".join(f"{promise} {verdict}" for promise, verdict in report.promises.items())


def peak() -> float:
    """The most memory this process has held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(given: Sequence[str] | None = None) -> None:
    """Print the lines as they come."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--instances", nargs="*", default=[*SMALL, *LARGE])
    arguments.add_argument("--promises", nargs="*", default=list(PROMISES))
    arguments.add_argument("--large", action="store_true", help="14,000 cells, nothing else")
    arguments.add_argument("--six", action="store_true", help="six tables in a row, nothing else")
    arguments.add_argument("--systems", type=int, help="so many random ones against brute force")
    chosen = arguments.parse_args(given)
    if chosen.large or chosen.six or chosen.systems:
        parts = [large() if chosen.large else (), six_tables() if chosen.six else ()]
        for line in (line for part in parts for line in part):
            print(line, flush=True)
        if chosen.systems:
            print(dict(check_many(chosen.systems)), flush=True)
            for line in random_costs(chosen.systems):
                print(line, flush=True)
        return
    print(
        f"{'instance':14}{'':>4}{'cells':>7}{'published':>10}{'primary':>9}{'secondary':>10}"
        f"{'cost':>10}{'/ Gauss':>9}{'/ bound':>9}{'CPU s':>9}  audited without certificate"
    )
    for name in chosen.instances:
        for promise in chosen.promises:
            try:
                print(measured(name, promise), flush=True)
            except Refused as refusal:
                print(f"{name:14}{promise:>4} refused: {refusal}", flush=True)
    print()
    for line in audits(chosen.instances, chosen.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
