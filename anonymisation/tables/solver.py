"""The cheapest further suppressions that make one conclusion impossible, by highspy.

A move that leaves no published value is a witness under the present suppressions; any other
names the cells to withhold. Only bounds and prices change between solves. Cost: a short dual
simplex run over (cells + requirements) rows each; branch and bound only where neither the move,
nor a small multiple of it, nor rounding one count at a time is whole.

Source: Fischetti & Salazar-González 2000 (attacker models); Kelly, Golden & Assad 1992 (LP
heuristic).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from anonymisation.errors import Undecided
from anonymisation.tables.program import INFINITE, Program
from anonymisation.tables.reduction import Reduced, State

MOST_DIVES = 60
OUT_OF_TIME = "The search did not end within the time given."


@dataclass(frozen=True)
class Known:
    """What an insider adds: at least so many in some classes, and cells he knows."""

    classes: Any
    at_least: Any
    cells: Any


@dataclass(frozen=True)
class Found:
    """A possible table and the open cells that must be withheld for it."""

    table: Any
    leaves: Any
    cost: float


class Solver:
    """Answers "which table gives this row at least (at most) that" for one reduced system."""

    def __init__(self, reduced: Reduced, deadline: float | None) -> None:
        self._r, self._deadline = reduced, deadline
        self.classes = len(reduced.truth)
        self._rows_at = reduced.links.shape[0] + reduced.cells.shape[0] + len(reduced.range_low)
        self._cells_at = reduced.links.shape[0]
        self._prices_at = 2 * self.classes
        self._program = Program(reduced)
        self.open = self._program.open
        self.prices = np.concatenate([reduced.cost[self.open]] * 2)
        self.withheld = reduced.state == State.WITHHELD
        self._bounds, self._fall = self._program.bounds, self._program.fall
        self._lp = self._program.build(whole=False)
        self._mip: Any = None

    def withhold(self, cells: Any) -> None:
        """The cells (places among the distinct ones) cost nothing more from now on."""
        self._price(cells, free=True)
        self.withheld[cells] = True

    def publish(self, cell: int) -> None:
        """The cell is printed again, at its full price."""
        self._price(np.array([cell]), free=False)
        self.withheld[cell] = False

    def _price(self, cells: Any, *, free: bool) -> None:
        for place in np.searchsorted(self.open, cells):
            value = 0.0 if free else self._r.cost[self.open[place]]
            self.prices[[place, place + len(self.open)]] = value

    def reach(self, row: int, low: float, high: float, known: Known | None) -> Found | None:
        """The cheapest table with the row between `low` and `high`; None: there is none.

        Raises:
            Undecided: the time is up or branch and bound gave no answer.
        """
        value = float(self._r.row_value[row])
        at = self._rows_at + row
        rows = {at: (max(low - value, -INFINITE), min(high - value, INFINITE))}
        columns: dict[int, float] = {}
        if known is not None:
            rows |= {self._cells_at + int(cell): (0.0, 0.0) for cell in known.cells}
            falls = self._fall[known.classes] - known.at_least
            columns = dict(zip(known.classes.tolist(), falls.tolist(), strict=True))
        with self._changed(self._lp, rows, columns):
            found = self._cheapest()
            if found is None or self._r.linear:
                return found
            whole = self._multiple(found, known) or self._dive(found, columns)
        return whole or self._whole_table(rows, columns, found.leaves)

    @contextmanager
    def _changed(self, highs: Any, rows: Any, columns: Any) -> Iterator[None]:
        for at, (low, high) in rows.items():
            highs.changeRowBounds(at, low, high)
        self._limit(highs, columns, columns)
        try:
            yield
        finally:
            for at in rows:
                highs.changeRowBounds(at, self._bounds[0][at], self._bounds[1][at])
            self._limit(highs, columns, self._fall)

    def _limit(self, highs: Any, classes: Any, falls: Any) -> None:
        """No class falls by more than its entry in `falls`."""
        for c in classes:
            if highs is self._mip:
                highs.changeColBounds(c, -falls[c], INFINITE)
            else:
                highs.changeColBounds(c + self.classes, 0.0, falls[c])

    def _cheapest(self) -> Found | None:
        x = self._run(self._lp, self.prices)
        if x is None:
            return None
        best = self._found(x)
        for _ in range(2):
            if best.cost < 1e-9:
                break
            half = len(self.open)
            away = x[self._prices_at : self._prices_at + half] + x[self._prices_at + half :]
            x = self._run(self._lp, self.prices / np.concatenate([away + 0.5] * 2))
            if x is None:
                break
            again = self._found(x)
            best = again if again.cost < best.cost - 1e-9 else best
        return best

    def _run(self, highs: Any, prices: Any) -> Any:
        at = self.classes if highs is self._mip else 2 * self.classes
        columns = np.arange(at, at + len(prices), dtype=np.int32)
        if len(prices):
            highs.changeColsCost(len(prices), columns, prices)
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise Undecided(OUT_OF_TIME)
            highs.setOptionValue("time_limit", highs.getRunTime() + left)
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise Undecided(OUT_OF_TIME)
        return np.array(highs.getSolution().col_value)

    def _found(self, x: Any) -> Found:
        move = self._move(x)
        leaves = self.open[np.abs((self._r.cells @ move)[self.open]) > 1e-7]
        leaves = leaves[~self.withheld[leaves]]
        return Found(self._r.truth + move, leaves, float(self._r.cost[leaves].sum()))

    def _multiple(self, found: Found, known: Known | None) -> Found | None:
        """The table in whole numbers: the move, or the least multiple of it, that is whole."""
        move = found.table - self._r.truth
        for times in (1, 2, 3, 4, 6):
            whole = np.rint(times * move)
            if np.abs(whole - times * move).max(initial=0) > 1e-5:
                continue
            table = self._r.truth + whole.astype(np.int64)
            if times == 1 or self._possible(table, known):
                return self._exactly(table)
        return None

    def _dive(self, found: Found, falls: dict[int, float]) -> Found | None:
        """The table in whole numbers by rounding one count at a time; None: stuck or dear."""
        fixed: list[int] = []
        held = self.prices.copy()
        held[np.tile(np.isin(self.open, found.leaves), 2)] = 0.0
        try:
            for _ in range(MOST_DIVES):
                x = self._run(self._lp, held)
                if x is None:
                    return None
                moves = x[: self._prices_at]
                part = moves - np.floor(moves + 1e-6)
                if part.max(initial=0) < 1e-5:
                    return self._exactly(self._r.truth + np.rint(self._move(x)).astype(np.int64))
                if held @ x[self._prices_at :] > found.cost + 1:
                    return None
                column = int(part.argmax())
                fixed.append(column)
                least = float(np.ceil(moves[column] - 1e-6))
                self._lp.changeColBounds(column, least, self._top(column, falls))
            return None
        finally:
            for column in fixed:
                self._lp.changeColBounds(column, 0.0, self._top(column, falls))

    def _top(self, column: int, falls: dict[int, float]) -> float:
        if column < self.classes:
            return INFINITE
        return float(falls.get(column - self.classes, self._fall[column - self.classes]))

    def _move(self, x: Any) -> Any:
        return x[: self.classes] - x[self.classes : self._prices_at]

    def _possible(self, table: Any, known: Known | None) -> bool:
        """Whether a longer move still keeps to every bound; it only leaves the same cells."""
        r = self._r
        moved = r.cells @ table - r.value
        at_least = np.where(r.state == State.PUBLISHED, r.value, r.low)
        sizes = r.ranges @ table
        fits = (table >= 0).all() and (r.value + moved >= at_least).all()
        fits &= ((sizes >= r.range_low) & (sizes <= r.range_high)).all()
        if known is not None:
            fits &= (table[known.classes] >= known.at_least).all()
        return bool(fits)

    def _exactly(self, table: Any) -> Found:
        """The cells a whole table leaves, found exactly."""
        leaves = np.flatnonzero(((self._r.cells @ table) != self._r.value) & ~self.withheld)
        return Found(table, leaves, float(self._r.cost[leaves].sum()))

    def _whole_table(self, rows: Any, columns: Any, leaves: Any) -> Found | None:
        """The same question in whole numbers: first any table leaving these cells only."""
        if self._mip is None:
            self._mip = self._program.build(whole=True)
        half, room = len(self.open), self._program.room
        places = np.arange(self.classes, self.classes + 2 * half, dtype=np.int32)
        shut = np.tile(~(self.withheld[self.open] | np.isin(self.open, leaves)), 2)
        with self._changed(self._mip, rows, columns):
            for narrow in (True, False):
                tops = np.where(shut & narrow, 0.0, room)
                if half:
                    self._mip.changeColsBounds(len(places), places, np.zeros(2 * half), tops)
                self._mip.setOptionValue("mip_rel_gap", 1e9 if narrow else 0.1)
                x = self._run(self._mip, self.prices * (not narrow))
                if x is not None:
                    move = np.rint(x[: self.classes])
                    return self._exactly(self._r.truth + move.astype(np.int64))
        return None
