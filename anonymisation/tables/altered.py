"""What rounded or noised numbers tell of the counts, and whether that is too much.

A rounded number and one of a cell key tell a range; geometric noise excludes nothing. The ranges
are rows like any other facts, so that auditor and attacker judge them, alone and together with
all that was released before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.attacker import attack
from anonymisation.tables.auditor import judge
from anonymisation.tables.facts import Facts, facts_of
from anonymisation.tables.known import NO_BOUND, Kind
from anonymisation.tables.ranges import range_of, ranges_known
from anonymisation.tables.rules import Targets, find_targets
from anonymisation.tables.system import CellSystem, Fate
from schemas.methods import Altered
from schemas.policy import Policy

NOT_KEPT = "The promise cannot be kept for this table."
NOT_SETTLED = "The audit did not settle the promise."


@dataclass(frozen=True)
class Judged:
    """What holds for altered numbers: the promises kept, and inside, per small count's cell, the
    least and the most that an attacker can prove."""

    targets: Targets
    promises: tuple[str, ...]
    bounds: Mapping[int, tuple[int, int | None]]


def new_cells(system: CellSystem) -> Any:
    """The cells that the tables asked for print, bool (cells,)."""
    if system.labels is None:
        return np.asarray(system.printed, bool)
    own = np.array([system.tables[label.table].policy is None for label in system.labels], bool)
    return np.asarray(system.printed & own)


def judge_numbers(
    system: CellSystem, policy: Policy, numbers: Any, altered: Altered, seconds: float | None
) -> Judged:
    """The promises kept once these numbers are printed beside all that was released before.

    P2 is asked only where the method allows it at all: where a count behind a printed 0 may
    reach the threshold.

    Raises:
        Refused: a promise falls.
        Undecided: one was not settled.
    """
    fresh = new_cells(system)
    found = [(int(c), int(numbers[c]), altered, policy) for c in np.flatnonzero(fresh)]
    known = system.known.also(ranges_known(system, found))
    world = replace(system, printed=system.printed & ~fresh, known=known)
    targets = find_targets(world, policy)
    withheld = np.asarray(system.fates == Fate.WITHHELD)
    facts = facts_of(world, targets, withheld)
    report = judge(world, targets, facts, withheld, policy, seconds=seconds)
    _, most = range_of(0, altered, policy)
    reachable = most is not None and most >= policy.threshold
    wanted = {n: v for n, v in report.promises.items() if n != "P2" or reachable}
    if "broken" in wanted.values():
        raise Refused(NOT_KEPT)
    if "undecided" in wanted.values():
        raise Undecided(NOT_SETTLED)
    bounds = _bounds(world, targets, facts, policy, seconds)
    return Judged(targets, tuple(wanted), bounds)


def _bounds(
    world: CellSystem, targets: Targets, facts: Facts, policy: Policy, seconds: float | None
) -> dict[int, tuple[int, int | None]]:
    """What the attacker, who never sees a count, can prove of every small count.

    Raises:
        Refused: he can prove one exactly.
        Undecided: it was not settled.
    """
    values = world.values
    small = [
        int(c) for c in np.unique(world.duplicates[targets.primary])
        if 0 < values[c] < policy.threshold
    ]  # fmt: skip
    found = attack(asking(facts, world.incidence[:, small].T), policy, seconds=seconds)
    out: dict[int, tuple[int, int | None]] = {}
    for place, low, high in zip(found.rows, found.low, found.high, strict=True):
        if place < len(facts):
            continue
        if np.isnan(low) or np.isnan(high):
            raise Undecided(NOT_SETTLED)
        if low == high:
            raise Refused(NOT_KEPT)
        out[small[place - len(facts)]] = (int(low), int(high) if np.isfinite(high) else None)
    return out


def asking(facts: Facts, rows: Any) -> Facts:
    """The facts with these rows as questions: they tell nothing but that counts are counts."""
    more = rows.shape[0]
    return replace(
        facts,
        rows=sp.csr_array(sp.vstack([facts.rows, rows])),
        low=np.concatenate([facts.low, np.zeros(more, np.int64)]),
        high=np.concatenate([facts.high, np.full(more, NO_BOUND)]),
        kinds=(*facts.kinds, *[Kind.RANGE] * more),
        names=(*facts.names, *["question"] * more),
        cells=np.concatenate([facts.cells, np.full(more, -1)]),
    )
