"""Everything printed, as rows of whole numbers over inner cells with the range each tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.rules import Targets
from anonymisation.tables.system import CellSystem, Fate

NO_BOUND = np.int64(2**62)


class Kind(StrEnum):
    """How a fact was printed."""

    EXACT = "exact"
    RANGE = "range"
    ROUNDED = "rounded"
    FLAGGED = "flagged"
    GROUP = "group"
    """The size of a group, as the flags in it tell."""
    LINK = "link"
    """Not printed: two blocks of the domain count the same people where they overlap."""


@dataclass(frozen=True)
class Fact:
    """One row: `low <= row . x <= high` for every possible table x; high None: unbounded."""

    name: str
    low: int
    high: int | None
    kind: Kind


@dataclass(frozen=True)
class Facts:
    """All facts: `rows` int64 csr (facts, inner), `low` and `high` int64 (facts,).

    `cells` is the system's cell behind a fact, -1 for groups and links.
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
            yield Fact(self.names[i], int(self.low[i]), high, kind)

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
    rows = sp.vstack([system.incidence[:, columns].T, system.links], format="csr")
    links = system.links.shape[0]
    nought = np.zeros(links, np.int64)
    tops = [NO_BOUND if g.high is None else g.high for g in told]
    return Facts(
        sp.csr_array(rows),
        np.concatenate([low, np.array([g.low for g in told], np.int64), nought]),
        np.concatenate([high, np.array(tops, np.int64), nought]),
        (*kinds, *[Kind.GROUP] * len(told), *[Kind.LINK] * links),
        (*(name_of(system, int(c)) for c in columns), *["link"] * links),
        np.concatenate([places, np.full(len(told) + links, -1)]),
    )


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
