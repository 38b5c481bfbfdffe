"""The cheapest pattern found that keeps a promise, with the tables that prove it.

The search builds whole-number witnesses. It is repeated with a guide: a joint direction or, in
large systems, the witnesses of the pass before, whose cells are cheaper the more of them use it.
Then the pattern is made leaner; small systems are given to branch and cut, which proves the
optimum or tells how far off it is. A large system that falls into parts, as beside a long
ledger, is searched part by part (`by_parts`). Work is counted, so that the same system gives the
same answer; a time limit may end the improvement of an answer that is complete already, and then
says so.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Refused, Undecided
from anonymisation.tables.beside import found_by_parts
from anonymisation.tables.branch_and_cut import cheapest
from anonymisation.tables.direction import Direction
from anonymisation.tables.improvement import Improvement
from anonymisation.tables.linear_search import LinearSearch
from anonymisation.tables.parts import Parts, taken_apart
from anonymisation.tables.reduction import NOT_KEPT, Reduced, State
from anonymisation.tables.search import AGAIN, OUT_OF_TIME, WIDE, Progress, Search, untold

DISCOUNT = 0.1
"""What a cell of the guiding pattern counts while witnesses are first looked for."""
STEPS = 15_000
WORK = 8_000_000
"""Rows and columns met by small programs over all; what witnesses leave improves them."""
VAST = 2000
VAST_WORK = 26_000_000
"""The same above so many classes, where no pass is guided: one costs as much work as it takes
improvement to save three times what it saves."""
APART = 500
"""Classes up to which a system is searched at once, though it could be taken apart: then no
pattern is left out, and it takes seconds."""
WHOLE = 1000
"""Classes up to which a direction guides the wide search, which looks at all of them at once."""
PASSES = 3
"""How often a large system is searched again, guided by the pass before."""
TIMES_WIDE = 3
"""How much more a wide search may take than the quick one, before it is left out."""
EXACT_CELLS = 160
"""Open cells up to which branch and cut is tried."""
EXACT_EFFORT = 20_000
SHARE = 0.7
"""Of the time given, what may pass before improvement ends; the rest is the audit's."""


@dataclass(frozen=True)
class Pattern:
    """Withheld distinct cells, bool, and moves csr (tables, classes) that prove it; None for P0.

    `complete`: nothing was left out for want of time. No pattern costs less than `lower_bound`.
    """

    withheld: Any
    moves: Any
    complete: bool = True
    lower_bound: float | None = None


def find_pattern(
    reduced: Reduced,
    exempt: Any,
    seconds: float | None = None,
    progress: Progress | None = None,
    effort: float = 1.0,
) -> Pattern:
    """A pattern under which every requirement is proved by a table of whole numbers.

    `effort`: the part of the usual counted work that is spent on a cheaper one.

    Raises:
        Refused: there is none.
        Undecided: none was found in the time given.
    """
    begin = time.monotonic()
    parts = taken_apart(reduced) if len(reduced.truth) > APART and not reduced.linear else None
    if parts is not None:
        # What is not found part by part, for want of time too, is left to all at once.
        with suppress(Refused, Undecided):
            return _beside(reduced, parts, exempt, seconds, progress, effort)
    left = None if seconds is None else max(seconds - (time.monotonic() - begin), 0.01)
    return _at_once(reduced, exempt, left, progress, effort)


def _beside(
    reduced: Reduced, parts: Parts, exempt: Any, seconds: float | None,
    progress: Progress | None, effort: float,
) -> Pattern:  # fmt: skip
    """The pattern of what is open, the rest of a large system beside it.

    Raises:
        Refused: not found in this way.
        Undecided: the time is up.
    """
    deadline = None if seconds is None else time.monotonic() + seconds

    def check() -> None:
        if deadline is not None and time.monotonic() > deadline:
            raise Undecided(OUT_OF_TIME)

    def alone(system: Reduced, own: Any) -> tuple[Any, Any, bool]:
        left = None if deadline is None else max(deadline - time.monotonic(), 0.01)
        found = _at_once(system, own, left, progress, effort, proof=False)
        return found.withheld, found.moves, found.complete

    return Pattern(*found_by_parts(reduced, parts, exempt, check, alone))


def _at_once(
    reduced: Reduced, exempt: Any, seconds: float | None, progress: Progress | None,
    effort: float, *, proof: bool = True,
) -> Pattern:  # fmt: skip
    """The pattern of a system taken as one. `proof`: whether the exact method is tried."""
    begin = time.monotonic()
    tell: Progress = progress or untold
    vast = len(reduced.truth) > VAST
    most = int((VAST_WORK if vast else WORK) * effort)
    deadline = None if seconds is None else begin + seconds
    if reduced.linear:
        linear = LinearSearch(reduced, deadline)
        linear.run()
        return Pattern(linear.withheld, None)
    stop = None if seconds is None else begin + SHARE * seconds
    search = Search(reduced, exempt, deadline, tell)
    search.run()
    in_time, spent, last = True, search.programs.work, search
    for _ in range(0 if vast else PASSES if len(reduced.truth) > WHOLE else 1):
        if not in_time or spent + (TIMES_WIDE - 1) * last.programs.work > most:
            break
        tell("direction", 0, 1)
        last = Search(reduced, exempt, stop, tell, *_guided(reduced, last, stop))
        in_time = _ran(last)
        spent += last.programs.work
        if last.unproven():
            break
        if last.pool.cost < search.pool.cost:
            search = last
    search.deadline = None
    over = (lambda: False) if stop is None else (lambda: time.monotonic() > stop)
    complete = in_time and Improvement(reduced, search).run(most - spent, over, tell)
    found = Pattern(search.withheld, search.pool.moves, complete)
    if proof and complete and len(search.open) <= EXACT_CELLS:
        tell("proof", 0, 1)
        return _exact(reduced, exempt, found, stop, int(EXACT_EFFORT * effort))
    return found


def _ran(search: Search) -> bool:
    """Whether the search ended in time; another has found all witnesses already."""
    try:
        search.run()
    except Undecided:
        return False
    except Refused:
        return True
    return True


def _guided(
    reduced: Reduced, before: Search, deadline: float | None
) -> tuple[Any, tuple[int, ...], tuple[tuple[int, bool], ...]]:
    """A factor per distinct cell on its price, among how many classes to look with it, and how to
    look again.

    A cell that many witnesses share costs each of them a part only; a pass that knows this
    shares more. The root lets cells that few used stay in reach: by whole parts it costs more.
    """
    if len(reduced.truth) > WHOLE:
        return 1.0 / np.sqrt(1.0 + before.pool.uses), WIDE, AGAIN
    pattern = Direction(reduced, deadline).pattern(STEPS)
    return None if pattern is None else np.where(pattern, DISCOUNT, 1.0), (WHOLE,), ()


def _exact(
    reduced: Reduced, exempt: Any, found: Pattern, stop: float | None, effort: int
) -> Pattern:
    """The same or a cheaper pattern, with a bound on what any costs."""
    seconds = None if stop is None else max(stop - time.monotonic(), 0.1)
    tables = found.moves.toarray() + reduced.truth[None, :]
    best = cheapest(reduced, exempt, start=(found.withheld, tables), seconds=seconds, effort=effort)
    if best.withheld is None:
        return found
    moves = sp.csr_array(np.asarray(best.tables) - reduced.truth[None, :])
    complete = best.proven_optimal or stop is None or time.monotonic() < stop
    return Pattern(best.withheld, moves, complete, best.lower_bound)


def repaired(reduced: Reduced, found: Pattern, broken: Any) -> Pattern:
    """The pattern with one more cell withheld for every requirement an audit found broken.

    The cheapest published cell that counts somebody of the requirement's row; the tables that
    proved the old pattern prove the new one as well.

    Raises:
        Refused: there is no such cell.
    """
    withheld = found.withheld.copy()
    for row in broken:
        shared = np.asarray((reduced.cells @ reduced.rows[[row]].T).todense()).ravel() != 0
        open_ = np.flatnonzero(shared & ~withheld & (reduced.state == State.OPEN))
        if len(open_):
            withheld[open_[np.argmin(reduced.cost[open_])]] = True
    if (withheld == found.withheld).all():
        raise Refused(NOT_KEPT)
    return Pattern(withheld, found.moves, found.complete)
