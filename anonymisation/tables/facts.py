"""Everything printed, as rows of whole numbers over inner cells with the range each tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.known import NO_BOUND, Kind, Known
from anonymisation.tables.rules import Targets
from anonymisation.tables.shares import ShareRules, stacked, told_by_shares
from anonymisation.tables.system import CellSystem, Fate

__all__ = ["NO_BOUND", "Fact", "Facts", "Kind", "at_least", "facts_of", "name_of"]


@dataclass(frozen=True)
class Fact:
    """One row: `low <= row . x <= high` for every possible table x; None: unbounded."""

    name: str
    low: int | None
    high: int | None
    kind: Kind


@dataclass(frozen=True)
class Facts:
    """All facts: `rows` int64 csr (facts, inner), `low` and `high` int64 (facts,).

    `cells` is the system's cell behind a fact, -1 for groups, links and what is known anyway.
    """

    rows: Any
    low: Any
    high: Any
    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    cells: Any

    def __len__(self) -> int:
        return len(self.kinds)

    def __iter__(self) -> Iterator[Fact]:
        for i, kind in enumerate(self.kinds):
            high = None if self.high[i] == NO_BOUND else int(self.high[i])
            low = None if self.low[i] == -NO_BOUND else int(self.low[i])
            yield Fact(self.names[i], low, high, kind)

    @property
    def exact(self) -> Any:
        """Which facts are equations, bool (facts,)."""
        return np.asarray(self.low == self.high)

    @property
    def withheld(self) -> Any:
        """Places of the withheld cells among the facts."""
        return np.flatnonzero([kind is Kind.RANGE for kind in self.kinds])

    def also(self, row: Any, low: int, high: int | None, name: str = "known") -> Facts:
        """The facts and one more, for an attacker who knows it from elsewhere.

        With no `high` the row is a question too: attackers answer it like a withheld cell.
        """
        kind = Kind.RANGE if high is None else Kind.EXACT if high == low else Kind.ROUNDED
        rows = sp.vstack([self.rows, sp.csr_array(np.atleast_2d(row))], format="csr")
        return Facts(
            sp.csr_array(rows),
            np.append(self.low, low),
            np.append(self.high, NO_BOUND if high is None else high),
            (*self.kinds, kind),
            (*self.names, name),
            np.append(self.cells, -1),
        )


def facts_of(system: CellSystem, targets: Targets, withheld: Any) -> Facts:
    """The facts that printing the system with these cells withheld makes known."""
    if targets.shares is not None:
        return _of_shares(system, targets, targets.shares, withheld)
    values = system.values
    places = np.flatnonzero(system.printed)
    low = values[places].copy()
    high = values[places].copy()
    kinds = []
    for i, cell in enumerate(places):
        if withheld[cell]:
            low[i], high[i] = at_least(system, targets, int(cell)), NO_BOUND
            kinds.append(Kind.RANGE)
        else:
            kinds.append(Kind.FLAGGED if targets.flagged[cell] else Kind.EXACT)
    told = [
        g for g in targets.groups
        if any(system.printed[c] and not withheld[c] for c in g.cells)
    ]  # fmt: skip
    columns = np.concatenate([places, np.array([g.group for g in told], np.int64)])
    known = targets.known
    rows = sp.vstack([system.incidence[:, columns].T, system.links, known.rows], format="csr")
    links = system.links.shape[0]
    nought = np.zeros(links, np.int64)
    tops = [NO_BOUND if g.high is None else g.high for g in told]
    return Facts(
        sp.csr_array(rows),
        np.concatenate([low, np.array([g.low for g in told], np.int64), nought, known.low]),
        np.concatenate([high, np.array(tops, np.int64), nought, known.high]),
        (*kinds, *[Kind.GROUP] * len(told), *[Kind.LINK] * links, *known.kinds),
        (*(name_of(system, int(c)) for c in columns), *["link"] * links, *known.kinds),
        np.concatenate([places, np.full(len(told) + links + len(known), -1)]),
    )


def _of_shares(system: CellSystem, targets: Targets, rules: ShareRules, withheld: Any) -> Facts:
    """The same for tables of shares: no count is exact, and less is told than by counts."""
    told, numbers = told_by_shares(
        system, rules, withheld, targets.flagged, targets.withholdable,
        lambda cell: at_least(system, targets, cell),
    )  # fmt: skip
    for g in targets.groups:
        if numbers[list(g.cells)].any():
            told.append(({g.group: 1}, g.low, g.high, Kind.GROUP, -1))
    printed, cells = stacked(told, system.incidence)
    links = system.links.shape[0]
    nought = np.zeros(links, np.int64)
    linked = Known(system.links, nought, nought, (Kind.LINK,) * links)
    every = printed.also(linked).also(targets.known)
    names = [name_of(system, c) if c >= 0 else str(k) for c, k in zip(cells, printed.kinds,
                                                                      strict=True)]  # fmt: skip
    return Facts(
        every.rows, every.low, every.high, every.kinds,
        (*names, *["link"] * links, *targets.known.kinds),
        np.concatenate([cells, np.full(links + len(targets.known), -1)]).astype(np.int64),
    )  # fmt: skip


def at_least(system: CellSystem, targets: Targets, cell: int) -> int:
    """What the mark on a withheld cell tells: 1, or 0 where a nought may hide behind it."""
    if system.fates[cell] == Fate.WITHHELD and system.labels is not None:
        told = system.labels[cell].at_least
        if told is not None:
            return told
    return 0 if targets.withholdable[cell] else 1


def name_of(system: CellSystem, cell: int) -> str:
    """The cell in words for a person: its codes by variable."""
    if system.labels is None:
        return f"cell {cell}"
    label = system.labels[cell]
    spec = system.tables[label.table].spec
    pairs = [f"{v}={c}" for v, c in zip(spec.variables, label.codes, strict=True)]
    return ", ".join(pairs + [f"{v} in {'|'.join(codes)}" for v, codes in spec.where.items()])
