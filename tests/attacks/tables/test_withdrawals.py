"""Who left between two freezes: found by a naive second release, by nobody after ours.

The attacker subtracts the same cells of two printings. A withdrawn person is isolated when some
difference he is counted in, and anybody can compute, is between one and the threshold less one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, compare_freezes, plan
from anonymisation import protect_next as protect_at
from anonymisation.errors import Refused
from schemas.tables import ProtectedTable
from tests.unit.anonymisation.frames import survey

THRESHOLD = 5
POLICY = Policy(
    threshold=THRESHOLD,
    zeros="published",
    breakdowns=("region", "sex", "age"),
    group_minimum=0,
    flag_below=0,
)
PLANNED = (TableSpec(["region", "H1"]), TableSpec(["sex", "age"]), TableSpec(["region", "sex"]))
WITHDRAWALS = (1, 2, 5, 10, 20, 50)


def freeze_one(seed: int = 3) -> pd.DataFrame:
    return survey(2000, seed)


def without(frame: pd.DataFrame, leavers: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The records that stay, and those that leave."""
    gone = np.random.default_rng(seed).choice(len(frame), leavers, replace=False)
    return frame.drop(index=gone).reset_index(drop=True), frame.iloc[gone]


def isolated(
    leavers: pd.DataFrame, before: list[ProtectedTable], after: list[ProtectedTable]
) -> int:
    """How many of those who left stand in a difference of printed numbers that is small."""
    found = np.zeros(len(leavers), bool)
    numbers = {_key(t, c): c.value for t in before for c in t.cells if c.value is not None}
    for table in after:
        for cell in table.cells:
            old = numbers.get(_key(table, cell))
            if old is None or cell.value is None or not 0 < old - cell.value < THRESHOLD:
                continue
            wanted = dict(zip(table.variables, cell.codes, strict=True))
            met = np.ones(len(leavers), bool)
            for variable, code in wanted.items():
                met &= (leavers[variable].astype(str) == code).to_numpy() | (code == "*")
            found |= met
    return int(found.sum())


def _key(table: ProtectedTable, cell: object) -> frozenset[tuple[str, str]]:
    codes = cell.codes  # type: ignore[attr-defined]
    return frozenset((v, c) for v, c in zip(table.variables, codes, strict=True) if c != "*")


def domain(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {v: tuple(frame[v].cat.categories) for v in frame}


def first_release(frame: pd.DataFrame) -> tuple[list[ProtectedTable], Ledger]:
    made = plan(frame, PLANNED, policy=POLICY)
    entries = [ReleasedTable(release=f"plan-{i}", table=t, freeze="one")
               for i, t in enumerate(made.tables)]  # fmt: skip
    return list(made.tables), Ledger(releases=tuple(entries))


@pytest.mark.parametrize("leavers", [1, 2])
def test_a_naive_second_release_isolates_everybody_who_left(leavers: int) -> None:
    frame = freeze_one()
    before, _ = first_release(frame)
    for seed in range(5):
        stay, gone = without(frame, leavers, seed)
        again = list(plan(stay, PLANNED, policy=POLICY, domain=domain(frame)).tables)
        assert isolated(gone, before, again) == leavers
        assert not compare_freezes([before, again], domain(frame)).kept


@pytest.mark.parametrize("leavers", WITHDRAWALS)
def test_nobody_who_left_is_isolated_by_what_is_released_of_a_later_freeze(leavers: int) -> None:
    frame = freeze_one()
    before, ledger = first_release(frame)
    for seed in range(2):
        stay, gone = without(frame, leavers, seed)
        grown, after = ledger, []
        for spec in (TableSpec(["sex"]), TableSpec(["region", "H1"]), TableSpec(["age"])):
            try:
                made = protect_at(stay, [spec], POLICY, ledger=grown, freeze="two",
                                  domain=domain(frame))  # fmt: skip
            except Refused:
                continue
            after += made.tables
            entry = ReleasedTable(release=str(len(after)), table=made.tables[0], freeze="two")
            grown = grown.with_release(entry)
        assert isolated(gone, before, after) == 0
        if after:
            assert compare_freezes([before, after], domain(frame)).kept


def test_a_table_of_a_later_freeze_is_released_when_enough_has_changed() -> None:
    frame = freeze_one()
    _, ledger = first_release(frame)
    stay, _ = without(frame, 50, seed=1)
    made = protect_at(stay, [TableSpec(["sex"])], POLICY, ledger=ledger, freeze="two",
                      domain=domain(frame))  # fmt: skip
    assert all(cell.value is not None for cell in made.tables[0].cells)
    assert made.tables[0].cell(("*",)).value == 1950


def test_the_table_that_nothing_changed_in_is_released() -> None:
    frame = freeze_one()
    _, ledger = first_release(frame)
    made = protect_at(frame, [TableSpec(["age", "H1"])], POLICY, ledger=ledger, freeze="two",
                      domain=domain(frame))  # fmt: skip
    assert made.tables
