"""A plan: tables protected as one system, none of which a later request can block."""

from __future__ import annotations

import pandas as pd
import pytest

from anonymisation import (
    Policy,
    ReleasedTable,
    TableSpec,
    attack,
    audit,
    plan,
    protect,
    tabulate,
)
from anonymisation.errors import BadTable
from anonymisation.tables.published import printed_facts
from schemas.tables import ProtectedTable
from tests.unit.anonymisation.frames import RULES, groups, survey

SPECS = (TableSpec(["region", "E1"]), TableSpec(["sex", "H1"]), TableSpec(["region", "sex"]))


def test_the_tables_of_a_plan_keep_the_promise_together() -> None:
    frame = survey()
    made = plan(frame, SPECS, policy=RULES)
    assert [t.spec.variables for t in made.tables] == [s.variables for s in SPECS]
    assert made.left_out == ()
    for protection in made.protections:
        assert audit(protection.system, protection, RULES).kept
    facts, shown = printed_facts(
        made.tables, {v: tuple(frame[v].cat.categories) for v in ("region", "sex", "E1", "H1")}
    )
    found = attack(facts, RULES)
    for place, high in zip(found.rows, found.high, strict=True):
        table, cell = shown[place]
        count = truth(frame, made.tables[table], cell.codes)
        assert not 0 < count < RULES.threshold or high >= RULES.threshold


def truth(frame: pd.DataFrame, table: ProtectedTable, codes: tuple[str, ...]) -> int:
    met = pd.Series(True, index=frame.index)
    for variable, code in zip(table.variables, codes, strict=True):
        met &= (frame[variable].astype(str) == code) | (code == "*")
    return int(met.sum())


def test_a_later_table_is_judged_with_the_plan() -> None:
    frame = survey()
    made = plan(frame, SPECS, policy=RULES)
    ledger = made.ledger()
    later = protect(tabulate(frame, [TableSpec(["sex", "E1"])], ledger=ledger), RULES, ledger)
    both = ledger.with_release(ReleasedTable(release="later", table=later.tables[0]))
    tabulate(frame, [TableSpec(["sex"])], ledger=both)
    assert all(entry.release.startswith("plan-") for entry in ledger.releases)


def test_a_table_that_cannot_join_is_left_out_and_the_earlier_ones_stay() -> None:
    counts = {("a", "x"): 30, ("a", "y"): 1, ("b", "x"): 2, ("b", "y"): 40}
    frame = groups(counts, ["g", "h"])
    rules = Policy(threshold=5, promise="P2", zeros="published")
    first, second = TableSpec(["g"]), TableSpec(["h"])
    made = plan(frame, [first, second, TableSpec(["g", "h"])], policy=rules, count="n")
    assert [t.spec for t in made.tables][:2] == [first.normalised(), second.normalised()]
    assert len(made.tables) + len(made.left_out) == 3


def test_the_same_plan_is_the_same_bytes_whatever_the_order_of_records() -> None:
    frame = survey()
    one = plan(frame, SPECS, policy=RULES)
    two = plan(frame.sample(frac=1, random_state=4), SPECS, policy=RULES)
    assert [t.canonical() for t in one.tables] == [t.canonical() for t in two.tables]


def test_a_plan_of_nothing_is_refused() -> None:
    with pytest.raises(BadTable):
        plan(survey(), [], policy=RULES)
