"""The promises by their definitions: enumerate every table of whole numbers there can be.

Shares nothing with the package but the plain meaning of the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from heapq import heappop, heappush
from itertools import product

import numpy as np

MOST_TRIED = 14
"""Free cells up to which all 2 ** n patterns are tried."""


@dataclass(frozen=True)
class Puzzle:
    """A small system: incidence (inner, cells) of 0 and 1, counts (inner,), the cell that
    counts everybody and is always printed."""

    incidence: np.ndarray
    counts: np.ndarray
    total: int

    @property
    def values(self) -> np.ndarray:
        return self.counts @ self.incidence


def two_way(rows: int, columns: int) -> tuple[np.ndarray, int]:
    """A table with both margins."""
    return _product([_flat(rows), _flat(columns)])


def three_way() -> tuple[np.ndarray, int]:
    """Two by two by two with all margins."""
    return _product([_flat(2)] * 3)


def hierarchical() -> tuple[np.ndarray, int]:
    """A nested variable of four leaves in two groups, by two."""
    nested = np.vstack([np.eye(4), [[1, 1, 0, 0], [0, 0, 1, 1]], np.ones((1, 4))]).astype(int)
    return _product([nested, _flat(2)])


def linked() -> tuple[np.ndarray, int]:
    """A by B and A by C, of three variables with two codes each."""
    cube = _product([_flat(2)] * 3)[0].reshape(8, 3, 3, 3)
    both = np.concatenate([cube[:, :, :, 2].reshape(8, 9), cube[:, :, 2, :].reshape(8, 9)], axis=1)
    return both, 8


def multi_answer() -> tuple[np.ndarray, int]:
    """A question of three options, each a yes/no variable counted by a group of two."""
    cube = _product([_flat(2)] * 4)[0].reshape(16, 3, 3, 3, 3)
    items = [cube[:, :, :, 2, 2], cube[:, :, 2, :, 2], cube[:, :, 2, 2, :]]
    return np.concatenate([item.reshape(16, 9) for item in items], axis=1), 8


def _flat(codes: int) -> np.ndarray:
    return np.vstack([np.eye(codes), np.ones((1, codes))]).astype(int)


def _product(axes: list[np.ndarray]) -> tuple[np.ndarray, int]:
    cells = []
    for parts in product(*(range(len(axis)) for axis in axes)):
        column = np.ones(1, int)
        for axis, part in zip(axes, parts, strict=True):
            column = np.kron(column, axis[part])
        cells.append(column)
    matrix = np.array(cells).T
    return matrix, matrix.shape[1] - 1


@lru_cache(maxsize=24)
def tables_with_total(inner: int, total: int) -> np.ndarray:
    """Every table of `inner` whole numbers with this sum."""
    tables, left = np.zeros((1, 0), int), np.array([total])
    for _ in range(inner - 1):
        many = left + 1
        rows = np.repeat(np.arange(len(tables)), many)
        number = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        tables, left = np.column_stack([tables[rows], number]), left[rows] - number
    return np.column_stack([tables, left])


def possible(puzzle: Puzzle, withheld: np.ndarray, nought_hides: bool) -> np.ndarray:
    """Every table the printed facts allow."""
    tables = tables_with_total(len(puzzle.counts), int(puzzle.values[puzzle.total]))
    cells = tables @ puzzle.incidence
    fits = (cells[:, ~withheld] == puzzle.values[~withheld]).all(axis=1)
    if not nought_hides:
        fits &= (cells[:, withheld] >= 1).all(axis=1)
    return tables[fits]


def p0_broken(puzzle: Puzzle, withheld: np.ndarray, primary: np.ndarray) -> bool:
    """A primary cell is a rational combination of printed ones."""
    printed = [[Fraction(int(n)) for n in c] for c in puzzle.incidence[:, ~withheld].T]
    rank = _rank(printed)
    return any(
        _rank([*printed, [Fraction(int(n)) for n in puzzle.incidence[:, c]]]) == rank
        for c in np.flatnonzero(primary)
    )


def _rank(rows: list[list[Fraction]]) -> int:
    rows = [list(row) for row in rows]
    rank = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            if rows[i][column]:
                factor = rows[i][column] / rows[rank][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def verdicts(
    puzzle: Puzzle, withheld: np.ndarray, threshold: int, *, nought_hides: bool = False
) -> dict[str, bool]:
    """Whether P0, P1, P2 and P3 are kept."""
    values = puzzle.values
    primary = (values > 0) & (values < threshold)
    tables = possible(puzzle, withheld, nought_hides)
    cells = tables @ puzzle.incidence
    targets = np.flatnonzero(primary)
    return {
        "P0": not p0_broken(puzzle, withheld, primary),
        "P1": all(len(set(cells[:, t])) > 1 for t in targets),
        "P2": all(cells[:, t].max() >= threshold for t in targets),
        "P3": _insiders_kept(puzzle, withheld, tables, cells, targets),
    }


def _insiders_kept(
    puzzle: Puzzle,
    withheld: np.ndarray,
    tables: np.ndarray,
    cells: np.ndarray,
    targets: np.ndarray,
) -> bool:
    for me in np.flatnonzero(puzzle.counts):
        lone = np.flatnonzero(withheld & (puzzle.values == 1) & (puzzle.incidence[me] == 1))
        fits = (tables[:, me] >= 1) & (cells[:, lone] == 1).all(axis=1)
        mine = puzzle.incidence[:, lone].any(axis=1)
        for target in targets:
            if (puzzle.incidence[:, target] <= mine).all():
                continue
            if len(set(cells[fits, target])) < 2:
                return False
    return True


@dataclass(frozen=True)
class Told:
    """A row over inner cells, its range, either side None. Something known, or a conclusion's
    contrary: some table must reach `low`, or fall to `high`."""

    row: np.ndarray
    low: int | None
    high: int | None

    def of(self, tables: np.ndarray) -> np.ndarray:
        """Which tables lie in the range."""
        sums = tables @ self.row
        low = True if self.low is None else sums >= self.low
        return np.broadcast_to(low & (True if self.high is None else sums <= self.high), len(sums))


def cheapest_pattern(
    puzzle: Puzzle,
    threshold: int,
    promise: str,
    *,
    nought_hides: bool = False,
    members: np.ndarray | None = None,
    known: tuple[Told, ...] = (),
    asked: tuple[Told, ...] = (),
    most_tried: int = MOST_TRIED,
) -> float | None:
    """The least sum of ln(1 + count), 0.2 for a nought, over cells withheld beside the primary
    ones, of all patterns that keep the promise; None: no pattern does.

    Tries every pattern on every table; of more than `most_tried` free cells only the patterns
    that a best-first search comes to, which is as exact. Cells that count the same are one.
    `members` (insiders, inner): the records an insider answers for; without it everybody
    answers for one. `known` holds whatever is withheld; `asked` must be possible.
    """
    cells = np.unique(puzzle.incidence, axis=1)
    values = puzzle.counts @ cells
    printed = (cells == puzzle.incidence[:, [puzzle.total]]).all(axis=0)
    primary = (values > 0) & (values < threshold)
    if (primary & printed).any():
        return None
    free = np.flatnonzero(~primary & ~printed & ((values > 0) | nought_hides))
    costs = np.maximum(np.log1p(values[free]), 0.2)
    if promise == "P0":
        keeps = _keeping_p0(Puzzle(cells, puzzle.counts, 0), primary, free)
    else:
        tables = tables_with_total(len(puzzle.counts), int(puzzle.counts.sum()))
        moved = tables @ cells != values
        fits = ~np.delete(moved, np.concatenate([free, np.flatnonzero(primary)]), axis=1).any(
            axis=1
        )
        fits &= nought_hides | ((tables @ cells >= 1) | ~moved).all(axis=1)
        for told in known:
            fits &= told.of(tables)
        demands = _demands(
            puzzle, cells, tables[fits], primary, free, printed, threshold, promise, members, asked
        )
        if len(free) > most_tried:
            return _cheapest_by_search(demands, costs)
        keeps = _keeping(demands, len(free))
    sums = (np.arange(2 ** len(free))[:, None] >> np.arange(len(free)) & 1) @ costs
    return float(sums[keeps].min()) if keeps.any() else None


def _keeping_p0(puzzle: Puzzle, primary: np.ndarray, free: np.ndarray) -> np.ndarray:
    keeps = np.ones(2 ** len(free), bool)
    for pattern in range(len(keeps)):
        withheld = primary.copy()
        withheld[free[(pattern >> np.arange(len(free))) & 1 == 1]] = True
        keeps[pattern] = not p0_broken(puzzle, withheld, primary)
    return keeps


def _keeping(demands: Iterable[Demand], size: int) -> np.ndarray:
    """Which patterns of free cells keep P1 to P3, bool (patterns,)."""
    patterns = np.arange(2**size)
    keeps = np.ones(len(patterns), bool)
    for demand in demands:
        exempt = np.full(len(patterns), demand.clauses is not None)
        for clause in demand.clauses or ():
            exempt &= patterns & clause != 0
        keeps &= exempt | _patterns_holding(demand.leaves, size)
    return keeps


@dataclass(frozen=True)
class Demand:
    """What a pattern of free cells, as bits, must do: hold all of one of `leaves`, the cells
    that a table of the right kind leaves; or hold a cell of each of `clauses`, if not None."""

    leaves: np.ndarray
    clauses: tuple[int, ...] | None = None


def _demands(
    puzzle: Puzzle,
    cells: np.ndarray,
    tables: np.ndarray,
    primary: np.ndarray,
    free: np.ndarray,
    printed: np.ndarray,
    threshold: int,
    promise: str,
    members: np.ndarray | None,
    asked: tuple[Told, ...],
) -> Iterator[Demand]:
    """What P1 to P3 ask of a pattern."""
    values = puzzle.counts @ cells
    counted = tables @ cells
    moved = counted != values
    size = len(free)
    leaves = moved[:, free] @ (1 << np.arange(size)) if size else np.zeros(len(tables), int)
    for ask in asked:
        yield Demand(np.unique(leaves[ask.of(tables)]))
    for target in np.flatnonzero(primary):
        differs = moved[:, target]
        good = differs if promise == "P1" else counted[:, target] >= threshold
        yield Demand(np.unique(leaves[good]))
        for own in _insiders(puzzle, members) if promise == "P3" else ():
            lone = (own @ cells == values) & (own @ cells > 0) & ~printed
            may = differs & (tables >= own).all(axis=1) & ~moved[:, lone].any(axis=1)
            clauses = []
            for inner in np.flatnonzero(cells[:, target]):
                over = lone & (cells[inner] == 1)
                if not (over & primary).any():
                    clauses.append(int(over[free] @ (1 << np.arange(size))))
            yield Demand(np.unique(leaves[may]), None if 0 in clauses else tuple(clauses))


def _cheapest_by_search(demands: Iterable[Demand], costs: np.ndarray) -> float | None:
    """The cost of the cheapest pattern that meets every demand; None: there is none.

    Best first: the cheapest pattern not looked at yet is taken; if it fails a demand, every
    least way of meeting that demand is added to it. Whatever meets all demands holds one of
    these, so that the first pattern to fail none is the cheapest.
    """
    ways = [least for demand in demands if 0 not in (least := _least_ways(demand))]
    if not all(ways):
        return None
    ways.sort(key=len)

    def cost(pattern: int) -> float:
        return sum(c for place, c in enumerate(costs) if pattern >> place & 1)

    heap, seen = [(0.0, 0)], {0}
    while True:
        paid, pattern = heappop(heap)
        failed = (least for least in ways if not any(way & ~pattern == 0 for way in least))
        chosen = next(failed, None)
        if chosen is None:
            return paid
        for way in chosen:
            if pattern | way not in seen:
                seen.add(pattern | way)
                heappush(heap, (cost(pattern | way), pattern | way))


def _least_ways(demand: Demand) -> list[int]:
    """The patterns that meet a demand and hold no other that does."""
    ways = {int(way) for way in demand.leaves}
    if demand.clauses is not None:
        hit = {0}
        for clause in demand.clauses:
            bits = [1 << place for place in range(clause.bit_length()) if clause >> place & 1]
            hit = {way | bit for way in hit for bit in ([0] if way & clause else bits)}
        ways |= hit
    least: list[int] = []
    for way in sorted(ways, key=int.bit_count):
        if not any(other & ~way == 0 for other in least):
            least.append(way)
    return least


def _insiders(puzzle: Puzzle, members: np.ndarray | None) -> np.ndarray:
    if members is not None:
        return members
    return np.eye(len(puzzle.counts), dtype=int)[np.flatnonzero(puzzle.counts)]


def _patterns_holding(leaves: np.ndarray, size: int) -> np.ndarray:
    """Which patterns (bits) hold all cells that some table leaves, bool (2 ** size,)."""
    out = np.zeros(2**size, bool)
    out[leaves] = True
    for bit in range(size):
        halves = out.reshape(-1, 2, 2**bit)
        halves[:, 1] |= halves[:, 0]
    return out
