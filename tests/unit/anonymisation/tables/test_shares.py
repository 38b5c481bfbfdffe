from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from anonymisation import (
    Ledger,
    Policy,
    ReleasedTable,
    TableSpec,
    attack,
    audit,
    protect,
    tabulate,
)
from anonymisation.errors import BadPolicy
from anonymisation.tables.intervals import effective_class, interval
from anonymisation.tables.known import Kind
from anonymisation.tables.published import printed_facts
from anonymisation.tables.shares import (
    bound_told,
    points_of,
    printable_bound,
    rounded,
    share_told,
    size_range,
)
from schemas.tables import CellMark
from tests.unit.anonymisation.frames import survey

RULES = Policy(
    threshold=10,
    breakdowns=("region", "sex", "age"),
    sensitive=("E1",),
    print="shares",
    share_bounds=(5, 95),
)
SPECS = [TableSpec(["region", "E1"]), TableSpec(["sex", "age", "E1"])]


def rare() -> pd.DataFrame:
    """A survey in which one in sixty says yes."""
    frame = survey(3000)
    frame["E1"] = pd.Categorical(
        np.where(np.arange(3000) % 60 == 0, "yes", "no"), categories=frame.E1.cat.categories
    )
    return frame


@pytest.mark.parametrize("frame", [survey(300), survey(800), rare()], ids=["few", "some", "rare"])
def test_the_truth_satisfies_every_fact_a_table_of_shares_tells(frame: pd.DataFrame) -> None:
    system = tabulate(frame, SPECS)
    protection = protect(system, RULES)
    facts = protection.facts
    sums = facts.rows @ system.counts
    assert ((facts.low <= sums) & (sums <= facts.high)).all()
    assert Kind.SHARE in facts.kinds
    assert audit(system, protection, RULES).kept


def test_no_interval_is_narrower_than_where_the_counts_are_printed() -> None:
    """Shares tell less than counts: what holds against counts holds against them."""
    system = tabulate(survey(), SPECS[:1])
    shares = protect(system, RULES.model_copy(update={"share_bounds": None}))
    counts = protect(system, RULES.model_copy(update={"print": "counts", "share_bounds": None}))
    assert (shares.withheld == counts.withheld).all()
    told = {c: (low, high) for c, low, high in zip(*_bounds(counts), strict=True)}
    wider = 0
    for cell, low, high in zip(*_bounds(shares), strict=True):
        if cell in told:
            assert low <= told[cell][0]
            assert high >= told[cell][1]
            wider += (low, high) != told[cell]
    assert wider


def _bounds(protection: object) -> tuple[list[int], list[float], list[float]]:
    found = attack(protection.facts, RULES)  # type: ignore[attr-defined]
    return list(found.cells), list(found.low), list(found.high)


@pytest.mark.parametrize("frame", [survey(800), rare()], ids=["common", "rare"])
def test_print_alone_gives_the_same_intervals(frame: pd.DataFrame) -> None:
    system = tabulate(frame, SPECS[:1])
    protection = protect(system, RULES)
    facts, _ = printed_facts(protection.tables, system.domain)
    ours, seen = attack(protection.facts, RULES), attack(facts, RULES)
    assert len(ours.low) == len(seen.low)
    assert sorted(zip(ours.low, ours.high, strict=True)) == sorted(
        zip(seen.low, seen.high, strict=True)
    )


def test_a_table_of_shares_holds_no_count() -> None:
    table = protect(tabulate(survey(), SPECS), RULES).tables[0]
    assert {cell.value for cell in table.cells} <= {None, 0}
    assert all(c.rounded is None or c.rounded % 5 == 0 for c in table.cells)
    total = table.cell(["*", "yes"])
    assert total.share is not None
    assert total.share.points == points_of((survey().E1 == "yes").sum(), 800)


def test_an_exact_count_and_a_share_never_stand_on_one_freeze() -> None:
    frame = survey()
    first = protect(tabulate(frame, SPECS[:1]), RULES).tables[0]
    ledger = Ledger().with_release(ReleasedTable(release="one", table=first))
    system = tabulate(frame, SPECS[1:], ledger=ledger)
    counts = RULES.model_copy(update={"print": "counts", "share_bounds": None})
    with pytest.raises(BadPolicy, match="Print either counts or shares"):
        protect(system, counts, ledger)
    assert audit(system, protect(system, RULES, ledger), RULES, ledger).kept


def test_a_bound_stands_only_where_counts_on_the_safe_side_fit_it() -> None:
    assert printable_bound(3, 400, RULES) == (5, None)
    assert printable_bound(3, 150, RULES) is None
    assert printable_bound(397, 400, RULES) == (None, 95)
    assert printable_bound(100, 400, RULES) is None
    shown = protect(tabulate(rare(), SPECS), RULES)
    bounded = [c for t in shown.tables for c in t.cells if c.share and c.share.under]
    assert bounded
    assert {c.mark for c in bounded} == {CellMark.WITHHELD}


def test_behind_a_printed_bound_there_may_be_enough_people() -> None:
    system = tabulate(rare(), SPECS)
    protection = protect(system, RULES)
    assert audit(system, protection, RULES).kept
    bounds = protection.targets.shares.bounds if protection.targets.shares else {}
    found = attack(protection.facts, RULES)
    high = dict(zip(found.cells, found.high, strict=True))
    small = [c for c in bounds if protection.primary[c]]
    assert small
    assert all(high[c] >= RULES.threshold for c in small)


@pytest.mark.parametrize("size", range(20, 120))
def test_the_size_printed_leaves_the_true_one_and_its_neighbours(size: int) -> None:
    flagged = size < RULES.flag_below
    low, high = size_range(rounded(size), flagged, RULES)
    assert low <= size <= high
    assert {n for n in range(low, high + 1) if rounded(n) != rounded(size)} == set()
    assert rounded(size) == 5 * int(Fraction(size, 5) + Fraction(1, 2))


def test_the_interval_is_made_from_share_and_class_alone_and_is_never_too_narrow() -> None:
    assert [effective_class(n) for n in (15, 20, 45, 50, 95, 100)] == [
        None, "20-49", "20-49", "50-99", "50-99", "100+",
    ]  # fmt: skip
    low, high = interval(20, "20-49")
    assert (low, high) == (8, 42)
    assert interval(0, "20-49") == (0, 17)
    for points in range(101):
        a, b = interval(points, "100+")
        assert a <= points <= b


def test_the_attack_by_share_size_and_interval_finds_no_more_than_share_and_size() -> None:
    """The interval of our print is a function of the other two numbers."""
    said: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for size in range(20, 200):
        for count in range(size + 1):
            points, shown = points_of(count, size), rounded(size)
            effective = effective_class(shown)
            if effective is not None:
                said.setdefault((points, shown), set()).add(interval(points, effective))
    assert {len(found) for found in said.values()} == {1}


def test_rules_that_cannot_be_kept_together_are_named() -> None:
    with pytest.raises(ValidationError, match="needs breakdowns"):
        Policy(print="shares")
    with pytest.raises(ValidationError, match='need print = "shares"'):
        Policy(share_bounds=(5, 95))
    with pytest.raises(ValidationError, match="the lower first"):
        Policy(share_bounds=(95, 5), print="shares", breakdowns=("g",))


def test_the_points_are_those_of_exact_arithmetic() -> None:
    chance = np.random.default_rng(2)
    for _ in range(500):
        size = int(chance.integers(1, 5000))
        count = int(chance.integers(0, size + 1))
        assert points_of(count, size) == int(Fraction(100 * count, size) + Fraction(1, 2))


def test_the_rows_of_a_share_hold_for_its_counts_and_for_no_others() -> None:
    for size in range(1, 60):
        for points in range(101):
            _, low, high = share_told(0, 1, points, RULES)
            for count in range(size + 1):
                fits = all(
                    (least is None or by[0] * count + by[1] * size >= least)
                    and (most is None or by[0] * count + by[1] * size <= most)
                    for by, least, most, *_ in (low, high)
                )
                assert fits == (points_of(count, size) == points)


@pytest.mark.parametrize(("under", "over"), [(5, None), (None, 95)])
def test_the_row_of_a_bound_holds_for_shares_beyond_it(under: int | None, over: int | None) -> None:
    by, least, most, *_ = bound_told(0, 1, under, over)
    for size in range(1, 200):
        for count in range(size + 1):
            row = by[0] * count + by[1] * size
            fits = (least is None or row >= least) and (most is None or row <= most)
            share = Fraction(100 * count, size)
            assert fits == (share < 5 if under else share > 95)


def test_a_missing_bound_is_a_fact_too() -> None:
    """In a large group whoever sees no "under 5" knows that the share is 5 or more."""
    frame = survey(3000)
    system = tabulate(frame, SPECS[:1])
    protection = protect(system, RULES)
    rules = protection.targets.shares
    assert rules is not None
    assert rules.inside
    known = protection.targets.known
    sums = known.rows @ system.counts
    assert ((known.low <= sums) & (sums <= known.high)).all()
    cell = next(c for c, (low, _) in rules.inside.items() if low is not None)
    row = system.incidence[:, [cell]].toarray().T
    low = attack(protection.facts.also(row, 0, None), RULES).low[-1]
    assert (
        100 * low >= 5 * size_range(rounded(int(system.values[rules.group[cell]])), False, RULES)[0]
    )
