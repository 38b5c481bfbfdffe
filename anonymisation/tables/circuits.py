"""Cuts for P0: no target may be a linear function of what is printed.

Whatever printed rows give a target, one of them must be withheld. Rows are brought in one by
one, modulo a prime, into a basis; a target in its span has exactly one expression in it, so the
cells named are a least set that gives it away. Exact but for the chance, one in the prime for
each step, that a row vanishes modulo the prime alone; the audit tries others.

Cost: one elimination, rows times rank times classes, per pattern tried.

Source: Fischetti & Salazar-González 2000 (lazy cuts); Langsrud 2024 (suppression by Gaussian
elimination).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.tables.cuts import VIOLATED, Cut
from anonymisation.tables.reduction import Reduced, State

PRIME = 2**31 - 1
HALF = 2**16


class Circuits:
    """Finds the cuts that a pattern fails; `solves` counts eliminations."""

    def __init__(self, reduced: Reduced) -> None:
        self._r = reduced
        self.open = np.flatnonzero(reduced.state == State.OPEN)
        exact = np.flatnonzero(reduced.range_low == reduced.range_high)
        always = [reduced.links, reduced.cells[reduced.state == State.PUBLISHED]]
        self._always = sp.vstack([*always, reduced.ranges[exact]]).toarray() % PRIME
        self._cells = reduced.cells[self.open].toarray() % PRIME
        self._targets = sp.csr_array(reduced.rows).toarray() % PRIME
        self.solves = 0

    def hidden(self, y: Any) -> Any:
        """Distinct cells withheld under a pattern of open ones."""
        out = self._r.state == State.WITHHELD
        out[self.open[y]] = True
        return out

    def learn(self, tables: Any) -> None:
        """Nothing: tables prove nothing that elimination does not."""

    def tables(self, _y: Any) -> Any:
        """The truth alone, shape (1, classes)."""
        return self._r.truth[None, :]

    def judge(self, y: Any, _most: int) -> list[Cut]:
        """Cuts that a whole pattern fails; none: no target is in the span of what it prints."""
        out: list[Cut] = []
        while fresh := self._cuts(y, self._r.cost[self.open]):
            out += fresh
            more = y | np.any([cut.coefficients > 0 for cut in fresh], axis=0)
            if (more == y).all():
                break
            y = more
        return out

    def fractional(self, y: Any) -> list[Cut]:
        """Cuts that a pattern in fractions fails: rows least withheld come first."""
        found = self._cuts(np.zeros(len(y), bool), -y)
        return [cut for cut in found if cut.short(y) > VIOLATED]

    def _cuts(self, y: Any, worth: Any) -> list[Cut]:
        """One cut per target in the span of the cells not in `y`, the worthiest brought first."""
        places = np.flatnonzero(~y)
        places = places[np.argsort(-worth[places], kind="stable")]
        basis = _Basis(self._targets.shape[1], len(places))
        for row in self._always:
            basis.bring(row, None)
        for i, place in enumerate(places):
            basis.bring(self._cells[place], i)
        self.solves += 1
        out = []
        for target in self._targets:
            by = basis.express(target)
            if by is not None:
                coefficients = np.zeros(len(y))
                coefficients[places[by]] = 1.0
                out.append(Cut(coefficients, 1.0))
        return out


class _Basis:
    """Rows in reduced echelon form modulo the prime, and how they came from those brought."""

    def __init__(self, classes: int, named: int) -> None:
        self._rows = np.zeros((0, classes), np.int64)
        self._from = np.zeros((0, named), np.int64)
        self._pivots: list[int] = []

    def bring(self, row: Any, name: int | None) -> None:
        """The row joins unless the basis gives it; a row without a name costs nothing."""
        weights = row[self._pivots]
        rest = (row - _times(weights, self._rows)) % PRIME
        if not rest.any():
            return
        origin = -_times(weights, self._from) % PRIME
        if name is not None:
            origin[name] = (origin[name] + 1) % PRIME
        pivot = int(np.flatnonzero(rest)[0])
        inverse = pow(int(rest[pivot]), -1, PRIME)
        rest, origin = rest * inverse % PRIME, origin * inverse % PRIME
        column = self._rows[:, pivot].copy()[:, None]
        self._rows = np.vstack([(self._rows - column * rest) % PRIME, rest])
        self._from = np.vstack([(self._from - column * origin) % PRIME, origin])
        self._pivots.append(pivot)

    def express(self, row: Any) -> Any:
        """The names of the rows that give this one, bool (named,); None: they do not."""
        weights = row[self._pivots]
        if ((row - _times(weights, self._rows)) % PRIME).any():
            return None
        return _times(weights, self._from) > 0


def _times(weights: Any, matrix: Any) -> Any:
    """Product modulo the prime, in halves that no int64 overflows for 60,000 rows."""
    high, low = matrix // HALF, matrix % HALF
    return (weights @ high % PRIME * HALF + weights @ low) % PRIME
