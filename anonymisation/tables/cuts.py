"""Cuts: what every pattern that keeps the promise satisfies, separated from one that does not.

A capacity cut says that the cells holding a row back must be given up to a certain weight; its
coefficients need not exceed its right side, for patterns are 0 or 1. A clause names cells of
which one must be withheld, none of which could be left out. Both hold for every whole-number
pattern, because withholding more never takes a possible table away.

Source: Fischetti & Salazar-González 2000, s. 4 (capacity and strengthened capacity
inequalities).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from anonymisation.errors import Undecided
from anonymisation.tables.capacity import WHOLE, Capacity, Hold
from anonymisation.tables.demands import Demand, Demands, Exempt
from anonymisation.tables.moves import Moves
from anonymisation.tables.program import INFINITE
from anonymisation.tables.reduction import Reduced, State

VIOLATED = 1e-3
IMPRECISE = "The exact method lacked precision."


@dataclass(frozen=True)
class Cut:
    """`coefficients . y >= least` for the open cells withheld."""

    coefficients: Any
    least: float

    def short(self, y: Any) -> float:
        """By how much a pattern fails it."""
        return self.least - float(self.coefficients @ y)


def capacity_cut(holds: list[Hold], frees: Any) -> Cut | None:
    """One of the sides must reach its need: their shares of it add up to 1 at least.

    None: the duals were too rough to say anything.
    """
    least, total = 1.0, frees.astype(float)
    for hold in holds:
        least -= hold.constant / hold.need
        total = total + hold.coefficients / hold.need
    if least < 1e-6:
        return None
    scaled = np.minimum(total / least, 1.0)
    scaled[scaled < 1e-7] = 0.0
    return Cut(scaled, 1.0)


class Separation:
    """Finds cuts, and on the way the tables that prove a pattern; `moves` keeps those."""

    def __init__(self, reduced: Reduced, exempt: Exempt, deadline: float | None) -> None:
        self._r, self._demands, self._deadline = reduced, Demands(reduced, exempt), deadline
        self.moves = Moves(reduced, self._demands)
        self.open = self.moves.open
        self._lp = Capacity(reduced, deadline, whole=False)
        self._lp.tighten()
        self._mip: Capacity | None = None
        self._hot: dict[tuple[int, int], Demand] = {}

    @property
    def solves(self) -> int:
        """Attacker programs solved so far."""
        return self._lp.solves + (self._mip.solves if self._mip else 0)

    def learn(self, tables: Any) -> None:
        """Tables found elsewhere; impossible ones are not believed."""
        for table in tables:
            self.moves.add(table)

    def tables(self, y: Any) -> Any:
        """Tables that prove every demand under a proven pattern, the truth first."""
        return self.moves.enough(y, self._demands.exempt(self.hidden(y)))

    def hidden(self, y: Any) -> Any:
        """Distinct cells withheld under a pattern of open ones."""
        out = self._r.state == State.WITHHELD
        out[self.open[y]] = True
        return out

    def fractional(self, y: Any) -> list[Cut]:
        """Cuts that a pattern in fractions fails."""
        out = []
        every = [*self._demands.outside, *self._hot.values()]
        for need in sorted({max(n for _, n in d.sides) for d in every}):
            self._lp.share(y, need)
            for demand in every:
                if max(n for _, n in demand.sides) == need:
                    cut = self._fractional_cut(demand)
                    if cut is not None and cut.short(y) > VIOLATED:
                        out.append(cut)
        return out

    def _fractional_cut(self, demand: Demand) -> Cut | None:
        who, holds = self._demands.insight(demand.insider), []
        for sign, need in demand.sides:
            hold = self._lp.reach(demand.row, sign, need, who)
            if hold is None:
                return None
            holds.append(hold)
        return capacity_cut(holds, self._demands.frees(demand)[self.open])

    def judge(self, y: Any, most: int) -> list[Cut]:
        """Cuts that a whole pattern fails, from up to `most` pairs; none: `moves` proves it.

        Raises:
            Undecided: the solver gave no answer, or one that is not so.
        """
        out: list[Cut] = []
        self._share(y)
        for i, demand in enumerate(self._demands.outside):
            if self._met(i, y):
                continue
            if self._settle(demand, y, out) and not self._met(i, y):
                raise Undecided(IMPRECISE)
        if out:
            return out
        exempt = self._demands.exempt(self.hidden(y))
        failed = np.zeros(exempt.shape, bool)
        while failed.sum() < most:
            proven = self.moves.proves_to_insiders(self.moves.under(y))
            left = np.argwhere(~(proven | exempt | failed))
            if not len(left):
                break
            insider, row = int(left[0, 0]), int(left[0, 1])
            demand = Demand(row, insider, 1.0, 1.0)
            if not self._settle(demand, y, out):
                self._hot[insider, row] = demand
                failed[insider, row] = True
            elif not self.moves.proves_to_insiders(self.moves.under(y))[insider, row]:
                raise Undecided(IMPRECISE)
        return out

    def _met(self, i: int, y: Any) -> bool:
        return bool(self.moves.proves(self.moves.under(y))[i].any())

    def _share(self, y: Any) -> None:
        self._lp.share(y.astype(float))
        if self._mip is not None:
            self._mip.share(y.astype(float))

    def _settle(self, demand: Demand, y: Any, out: list[Cut]) -> bool:
        """Whether a table proves the demand, which goes to `moves`; if not, cuts go to `out`."""
        holds, exact = [], True
        for sign, need in demand.sides:
            hold = self._lp.reach(demand.row, sign, need, self._demands.insight(demand.insider))
            if hold is None:
                if self._keep(self._lp.move) or self._whole(demand, sign, need, y):
                    return True
                exact = False
            else:
                holds.append(hold)
        frees = self._demands.frees(demand)[self.open]
        if exact:
            cut = capacity_cut(holds, frees)
            if cut is not None and cut.short(y.astype(float)) > VIOLATED:
                out.append(cut)
        if not self._covered(demand, y, frees, out):
            support = frees | (not exact)
            for hold in holds:
                support = support | _supports(hold)
            out.append(self._clause(demand, y, support & ~y, exact))
        return False

    def _covered(self, demand: Demand, y: Any, frees: Any, cuts: list[Cut]) -> bool:
        """Whether a clause among the cuts, found for another demand, must hold for this too."""
        for cut in cuts:
            wide = cut.coefficients < VIOLATED
            if (frees & wide).any() or (cut.coefficients % 1.0).any():
                continue
            self._share(wide)
            if self._support(demand, wide, exact=True) is not None:
                self._share(y)
                return True
        self._share(y)
        return False

    def _keep(self, move: Any) -> bool:
        whole = np.rint(move)
        near = np.abs(whole - move).max(initial=0) < WHOLE
        return bool(near) and self.moves.add(self._r.truth + whole.astype(np.int64))

    def _whole(self, demand: Demand, sign: int, need: float, y: Any) -> bool:
        """Whether a whole-number table moves the row so; it is kept."""
        if self._mip is None:
            self._mip = Capacity(self._r, self._deadline, whole=True)
            self._mip.rise, self._mip.fall = self._lp.rise, self._lp.fall
        self._mip.share(y.astype(float))
        who = self._demands.insight(demand.insider)
        return self._mip.reach(demand.row, sign, need, who) is None and self._keep(self._mip.move)

    def _clause(self, demand: Demand, y: Any, support: Any, exact: bool) -> Cut:
        """Cells of which one must be withheld, with none to spare: cheap ones are dropped first.

        Under `support` the pattern fails; cells outside it may all be withheld and it still does.
        """
        frees = self._demands.frees(demand)[self.open]
        needed = support & frees
        while (support & ~needed).any():
            left = np.flatnonzero(support & ~needed)
            cell = left[np.argmin(self._r.cost[self.open[left]])]
            wide = ~support
            wide[cell] = True
            self._share(wide)
            less = self._support(demand, wide, exact)
            if less is None:
                needed[cell] = True
            else:
                support = (less | frees) & support & ~wide
        self._share(y)
        return Cut(support.astype(float), 1.0)

    def _support(self, demand: Demand, y: Any, exact: bool) -> Any:
        """Cells that keep the demand from being met under the pattern; None: it is met.

        `exact` False: in whole numbers, where any cell may.
        """
        who = self._demands.insight(demand.insider)
        out = np.zeros(len(y), bool)
        for sign, need in demand.sides:
            hold = self._lp.reach(demand.row, sign, need, who)
            if hold is None and (
                exact or self._keep(self._lp.move) or self._whole(demand, sign, need, y)
            ):
                return None
            out |= _supports(hold)
        return out


def _supports(hold: Hold | None) -> Any:
    """Cells whose capacity the hold counts; all where it says nothing."""
    if hold is None or hold.constant >= INFINITE:
        return True
    return hold.coefficients > 1e-7
