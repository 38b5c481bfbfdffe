"""Controlled rounding against enumeration: of every rounding, and of every table behind one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonymisation import CellSystem, Policy
from anonymisation.errors import Refused
from anonymisation.tables.altered import judge_numbers
from anonymisation.tables.rounding import Rounded, round_alone, round_cells
from schemas.methods import Altered
from tests.properties.brute_force import (
    Puzzle,
    hierarchical,
    linked,
    tables_with_total,
    three_way,
    two_way,
)

SHAPES = [two_way(2, 2), two_way(2, 3), two_way(3, 3), three_way(), hierarchical()]
quick = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@st.composite
def puzzles(
    draw: st.DrawFn, shapes: list[tuple[np.ndarray, int]] = SHAPES, most: int = 14
) -> Puzzle:
    incidence, total = draw(st.sampled_from(shapes))
    inner = incidence.shape[0]
    counts = draw(st.lists(st.integers(0, most), min_size=inner, max_size=inner))
    return Puzzle(incidence, np.array(counts), total)


def system_of(puzzle: Puzzle) -> CellSystem:
    return CellSystem(puzzle.incidence, puzzle.counts)


def rounded(puzzle: Puzzle, base: int, farthest: int = 1, seed: bytes = b"s") -> Rounded:
    system = system_of(puzzle)
    return round_cells(system, system.printed, base, seed=seed, farthest=farthest)


def least_deviation(puzzle: Puzzle, base: int, steps: int) -> int | None:
    """The least sum of deviations over distinct cells of any rounding that adds up, by trying
    every rounding of the inner cells, which these tables print; None: there is none."""
    reach = steps * base - 1
    choices = [
        [n for n in range(c + reach + 1) if n % base == 0 and abs(n - c) <= reach]
        for c in puzzle.counts.tolist()
    ]
    every = np.array(list(product(*choices)))
    away = np.abs(every @ puzzle.incidence - puzzle.values)
    distinct = np.unique(system_of(puzzle).duplicates)
    fits = (away <= reach).all(axis=1)
    return int(away[fits][:, distinct].sum(axis=1).min()) if fits.any() else None


def adds_up(incidence: np.ndarray, numbers: np.ndarray) -> bool:
    """The numbers are margins of some table, of any numbers."""
    rows = incidence.T.astype(float)
    both = np.column_stack([rows, numbers])
    return bool(np.linalg.matrix_rank(both) == np.linalg.matrix_rank(rows))


@quick
@given(puzzles(), st.sampled_from((3, 5)))
def test_rounds_with_the_least_deviation_or_no_rounding_adds_up(puzzle: Puzzle, base: int) -> None:
    least = least_deviation(puzzle, base, 1)
    try:
        found = rounded(puzzle, base)
    except Refused:
        assert least is None
        return
    assert found.optimal
    assert found.deviation == least
    assert (found.values % base == 0).all()
    assert (np.abs(found.values - puzzle.values) < base).all()
    whole = puzzle.values % base == 0
    assert (found.values[whole] == puzzle.values[whole]).all()
    assert adds_up(puzzle.incidence, found.values)


@quick
@given(puzzles([linked(), three_way(), hierarchical()], most=30), st.sampled_from((3, 5)))
def test_linked_tables_add_up_together(puzzle: Puzzle, base: int) -> None:
    found = rounded(puzzle, base, farthest=4)
    assert adds_up(puzzle.incidence, found.values)
    assert (np.abs(found.values - puzzle.values) < found.within).all()
    assert (found.values >= 0).all()
    assert (found.values == found.values[system_of(puzzle).duplicates]).all()


@quick
@given(st.lists(st.integers(0, 7), min_size=8, max_size=8), st.sampled_from((3, 5)))
def test_linked_tables_that_print_no_inner_cell_are_rounded_with_the_least_deviation(
    counts: list[int], base: int
) -> None:
    incidence, total = linked()
    puzzle = Puzzle(incidence, np.array(counts), total)
    values, distinct = puzzle.values, np.unique(system_of(puzzle).duplicates)
    parts = [c for c in distinct if incidence[:, c].sum() == 2]
    choices = [sorted({v - v % base, v + -v % base}) for v in values[parts].tolist()]
    best = None
    for numbers in product(*choices):
        if not adds_up(incidence[:, parts], np.array(numbers)):
            continue
        table = np.linalg.lstsq(incidence[:, parts].T.astype(float), np.array(numbers))[0]
        every = np.rint(table @ incidence).astype(int)
        away = np.abs(every - values)
        if (away < base).all() and (every % base == 0).all():
            sum_of = int(away[distinct].sum())
            best = sum_of if best is None else min(best, sum_of)
    try:
        found = rounded(puzzle, base).deviation
    except Refused:
        found = None
    assert found == best


def test_numbers_printed_before_stay_and_others_go_further_where_they_must() -> None:
    """Rows of 2 and 1 were both printed as 3: their total of 3 cannot stay 3."""
    incidence, total = two_way(2, 2)
    system = CellSystem(incidence, np.array([1, 1, 1, 0]))
    before = {2: 3, 5: 3}
    assert system.values[[2, 5, total]].tolist() == [2, 1, 3]
    with pytest.raises(Refused, match="adds up"):
        round_cells(system, system.printed, 3, seed=b"s", fixed=before)
    found = round_cells(system, system.printed, 3, seed=b"s", farthest=2, fixed=before)
    assert found.within == 6
    assert found.values[[2, 5, total]].tolist() == [3, 3, 6]
    assert adds_up(incidence, found.values)
    held = {**before, total: 3}
    with pytest.raises(Refused, match="adds up"):
        round_cells(system, system.printed, 3, seed=b"s", farthest=5, fixed=held)
    assert round_alone(system, system.printed, 3, seed=b"s", fixed=held).values[total] == 3


@quick
@given(puzzles(most=9), st.sampled_from((3, 5)), st.binary(min_size=1, max_size=3))
def test_same_seed_same_rounding(puzzle: Puzzle, base: int, seed: bytes) -> None:
    one, two = (rounded(puzzle, base, 4, seed) for _ in range(2))
    assert (one.values == two.values).all()


def test_another_seed_chooses_otherwise_among_equals() -> None:
    incidence, total = two_way(3, 3)
    puzzle = Puzzle(incidence, np.ones(9, int), total)
    found = {tuple(rounded(puzzle, 3, seed=bytes([i])).values) for i in range(12)}
    assert len(found) > 1
    assert len({rounded(puzzle, 3, seed=bytes([i])).deviation for i in range(12)}) == 1


def test_alone_every_count_is_rounded_up_in_the_share_that_makes_it_unbiased() -> None:
    counts = np.array([4] * 400 + [1] * 400)
    system = CellSystem(np.eye(800, dtype=int), counts)
    numbers = np.zeros(800)
    for seed in range(30):
        numbers += alone_by(system, 5, bytes([seed]))
    mean = numbers / 30
    assert abs(mean[:400].mean() - 4) < 0.1
    assert abs(mean[400:].mean() - 1) < 0.1


def alone_by(system: CellSystem, base: int, seed: bytes) -> np.ndarray:
    """Each count rounded by itself, as where nothing adds up."""
    return round_alone(system, system.printed, base, seed=seed).values


# What an attacker can prove


def tables_behind(puzzle: Puzzle, numbers: np.ndarray, within: int) -> np.ndarray:
    """Every table of counts that the rounded numbers allow."""
    inner = puzzle.incidence.shape[0]
    top = int(numbers[puzzle.total])
    found = []
    for total in range(max(0, top - within + 1), top + within):
        tables = tables_with_total(inner, total)
        away = np.abs(tables @ puzzle.incidence - numbers)
        found.append(tables[(away < within).all(axis=1)])
    return np.vstack(found)


def falls(puzzle: Puzzle, tables: np.ndarray, threshold: int, insiders: bool) -> bool:
    """A small count is known to everybody, or to one of those counted."""
    cells = tables @ puzzle.incidence
    small = np.flatnonzero((puzzle.values > 0) & (puzzle.values < threshold))
    worlds = [np.ones(len(tables), bool)]
    if insiders:
        worlds += [tables[:, me] >= 1 for me in np.flatnonzero(puzzle.counts)]
    return any(len(set(cells[world, t])) < 2 for world in worlds for t in small)


@settings(quick, max_examples=40)
@given(
    puzzles([two_way(2, 2), two_way(2, 3)], most=3),
    st.sampled_from(("P1", "P3")), st.booleans(), st.binary(min_size=1, max_size=2),
)  # fmt: skip
def test_numbers_are_refused_exactly_where_enumeration_finds_a_count(
    puzzle: Puzzle, promise: str, alone: bool, seed: bytes
) -> None:
    system = system_of(puzzle)
    numbers = alone_by(system, 3, seed) if alone else rounded(puzzle, 3, 1, seed).values
    policy = Policy(threshold=4, zeros="published", promise=promise)
    altered = Altered(method="rounding", promises=(), within=3, additive=False, base=3)
    tables = tables_behind(puzzle, numbers, 3)
    known = falls(puzzle, tables, 4, promise == "P3")
    try:
        judged = judge_numbers(system, policy, numbers, altered, None)
    except Refused:
        assert known
        return
    assert not known
    cells = tables @ puzzle.incidence
    for cell, (low, high) in judged.bounds.items():
        assert (low, high) == (cells[:, cell].min(), cells[:, cell].max())
    wanted = {"P0", "P1"} if promise == "P1" else {"P0", "P1", "P3"}
    assert set(judged.promises) == wanted
