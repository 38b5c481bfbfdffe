"""The promises by their definitions: enumerate every table of whole numbers there can be.

Shares nothing with the package but the plain meaning of the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np


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


def tables_with_total(inner: int, total: int) -> np.ndarray:
    """Every table of `inner` whole numbers with this sum."""
    if inner == 1:
        return np.array([[total]])
    parts = []
    for first in range(total + 1):
        rest = tables_with_total(inner - 1, total - first)
        parts.append(np.hstack([np.full((len(rest), 1), first), rest]))
    return np.vstack(parts)


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
