"""Intervals from facts alone: any whole-number rows, open sides, own records, contradictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from anonymisation import Policy, attack
from anonymisation.errors import BadTable
from anonymisation.tables.attacker import attacks, own_records
from anonymisation.tables.facts import NO_BOUND, Facts
from anonymisation.tables.known import Kind, Known
from anonymisation.tables.polytope import OUT_OF_TIME, Polytope

WHOLE = Policy(threshold=5, zeros="published", promise="P2")
LINEAR = Policy(threshold=5, zeros="published", promise="P0")
OPEN = int(NO_BOUND)


def facts(*rows: tuple[list[int], int, int, Kind]) -> Facts:
    matrix = sp.csr_array(np.array([row for row, *_ in rows], np.int64))
    return Facts(
        matrix,
        np.array([low for _, low, _, _ in rows], np.int64),
        np.array([high for _, _, high, _ in rows], np.int64),
        tuple(kind for *_, kind in rows),
        tuple(f"cell {i}" for i in range(len(rows))),
        np.arange(len(rows)),
    )


TOTAL = ([1, 1, 1], 10, 10, Kind.EXACT)
FIRST = ([1, 0, 0], 0, OPEN, Kind.RANGE)


@pytest.mark.parametrize(("row", "low", "high", "interval"), [
    ([1, -1, 0], 2, OPEN, (2, 10)),
    ([-1, 0, 0], -3, OPEN, (0, 3)),
    ([3, -2, 0], -OPEN, 0, (0, 4)),
    ([100, -35, -35], -OPEN, -1, (0, 2)),
    ([0, 2, 3], 27, OPEN, (0, 1)),
    ([0, 0, 0], 0, 0, (0, 10)),
])  # fmt: skip
def test_rows_with_entries_of_any_sign_and_open_sides_count(
    row: list[int], low: int, high: int, interval: tuple[int, int]
) -> None:
    found = attack(facts(TOTAL, FIRST, (row, low, high, Kind.SHARE)), WHOLE)
    assert (found.low[0], found.high[0]) == interval


def test_a_bound_fractions_reach_but_whole_numbers_do_not_is_the_whole_one() -> None:
    even = facts(([2, -2, 0], 0, 0, Kind.EXACT), ([1, 1, 0], 1, 7, Kind.ROUNDED), FIRST)
    found = attack(even, WHOLE)
    assert (found.low[0], found.high[0]) == (1, 3)


def test_what_nothing_bounds_is_infinite() -> None:
    found = attack(facts(FIRST, ([0, 1, 0], 3, 3, Kind.EXACT)), WHOLE)
    assert (found.low[0], found.high[0]) == (0, np.inf)


def test_linear_algebra_alone_knows_a_cell_or_nothing_of_it() -> None:
    known = facts(([1, 1, 0], 7, 7, Kind.EXACT), ([0, 1, 0], 3, 3, Kind.EXACT), FIRST, (
        [0, 0, 1], 0, OPEN, Kind.RANGE))  # fmt: skip
    found = attack(known, LINEAR)
    assert list(found.low) == [4, -np.inf]
    assert list(found.falls) == [True, False]


@pytest.mark.parametrize("policy", [WHOLE, LINEAR])
def test_tables_that_contradict_each_other_are_named(policy: Policy) -> None:
    wrong = facts(TOTAL, ([1, 1, 1], 12, 12, Kind.EXACT), FIRST)
    with pytest.raises(BadTable, match=r"contradict.*cell [01]"):
        attack(wrong, policy)


def test_a_number_for_nobody_contradicts() -> None:
    with pytest.raises(BadTable, match="cell 1"):
        attack(facts(FIRST, ([0, 0, 0], 4, 4, Kind.EXACT)), WHOLE)


def test_who_knows_his_own_record_learns_more() -> None:
    square = facts(
        ([1, 1, 0, 0], 1, 1, Kind.EXACT), ([0, 0, 1, 1], 3, 3, Kind.EXACT),
        ([1, 0, 1, 0], 2, 2, Kind.EXACT), ([0, 0, 1, 0], 0, OPEN, Kind.RANGE),
    )  # fmt: skip
    mine = own_records([0, 1, 0, 0])
    found = attacks(square, WHOLE, {"anybody": None, "the second": mine})
    assert (found["anybody"].low[0], found["anybody"].high[0]) == (1, 2)
    assert (found["the second"].low[0], found["the second"].high[0]) == (2, 2)


def test_without_time_nothing_is_settled() -> None:
    found = attack(facts(TOTAL, FIRST, ([0, 2, 1], 1, 9, Kind.ROUNDED)), WHOLE, seconds=0)
    assert np.isnan(found.high[0])
    assert found.proved[1][0] == 10  # adding up facts needs no time


def test_fractions_rounded_inwards_are_proved_where_whole_numbers_are_not_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corner = Polytope.corner

    def late(self: Polytope, price: Any, *, whole: bool = False, **more: Any) -> Any:
        return (OUT_OF_TIME, None, 0.0) if whole else corner(self, price, **more)

    monkeypatch.setattr(Polytope, "corner", late)
    odd = facts(([2, 2, 0], 3, 9, Kind.ROUNDED), ([2, -2, 0], -1, 1, Kind.ROUNDED), FIRST)
    found = attack(odd, WHOLE)
    assert np.isnan([found.low[0], found.high[0]]).all()
    assert [bound[0] for bound in found.proved] == [1, 2]


def test_knowing_nothing_more_changes_nothing() -> None:
    table = facts(TOTAL, FIRST)
    more = attack(table, WHOLE, knows=Known.nothing(3))
    assert (more.low == attack(table, WHOLE).low).all()
