from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from anonymisation import Policy, TableSpec, attack, protect, tabulate
from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.weighted import with_estimates

WEIGHTS = {("n", "f"): 2.5, ("n", "m"): 6.0, ("s", "f"): 1.5, ("s", "m"): 1.25}
RULES = Policy(threshold=5, promise="P1")
SPEC = TableSpec(["region", "sex", "answer"])


def frame(seed: int = 3) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "region": chance.choice(["n", "s"], 300, p=[0.8, 0.2]),
            "sex": chance.choice(["f", "m"], 300),
            "answer": chance.choice(["a", "b", "c"], 300, p=[0.6, 0.36, 0.04]),
        }
    )
    rows["w"] = [WEIGHTS[r, s] for r, s in zip(rows.region, rows.sex, strict=True)]
    return rows


def test_an_estimate_is_the_sum_of_weights_and_stands_where_printed_counts_give_it() -> None:
    records = frame()
    system = tabulate(records, [SPEC])
    protection = protect(system, RULES)
    table = with_estimates(protection, records, "w")[0]
    shown = [c for c in table.cells if c.weighted is not None]
    hidden = [c for c in table.cells if c.value is not None and c.weighted is None]
    assert shown
    assert hidden, "a total over cells of different weight, one of them withheld"
    for cell in shown:
        own = records
        for variable, code in zip(SPEC.variables, cell.codes, strict=True):
            own = own if code == "*" else own[own[variable] == code]
        assert abs(cell.weighted - own.w.sum()) <= 0.5
        assert cell.value == len(own)


def test_no_interval_tightens_when_the_weights_are_known() -> None:
    """The estimate as a row of weights, within half a person, as an attacker adds it."""
    records = frame()
    system = tabulate(records, [SPEC])
    protection = protect(system, RULES)
    table = with_estimates(protection, records, "w")[0]
    before = attack(protection.facts, RULES)
    facts = protection.facts
    labels = system.labels or ()
    row_of = {(labels[c].levels, labels[c].codes): c for c in system.cells_of(0)}
    finest = [c for c in system.cells_of(0) if "*" not in labels[c].codes]
    for cell in table.cells:
        if cell.weighted is None:
            continue
        here = row_of[cell.levels, cell.codes]
        inside = [c for c in finest if system.holds(here, c)]
        row = sum(
            int(100 * WEIGHTS[labels[c].codes[:2]]) * system.incidence[:, [c]].toarray().ravel()
            for c in inside
        )
        facts = facts.also(row, 100 * cell.weighted - 50, 100 * cell.weighted + 50)
    after = attack(facts, RULES)
    rows = {int(c): i for i, c in enumerate(after.cells)}
    for i, cell in enumerate(before.cells):
        assert before.low[i] == after.low[rows[int(cell)]]
        assert before.high[i] == after.high[rows[int(cell)]]


def test_printed_wherever_the_count_is_estimates_would_give_withheld_counts_away() -> None:
    """The naive print, for comparison: two strata of one withheld sum differ in weight."""
    rows = [("n", "f", "a")] * 30 + [("n", "m", "a")] * 3 + [("n", "f", "b")] * 20
    rows += [("n", "m", "b")] * 22
    records = pd.DataFrame(rows, columns=["region", "sex", "answer"])
    records["w"] = [WEIGHTS[r, s] for r, s in zip(records.region, records.sex, strict=True)]
    spec = TableSpec(["sex", "answer"], where={"region": ["n"]})
    system = tabulate(records, [spec])
    protection = protect(system, RULES)
    labels, facts = system.labels or (), protection.facts
    place = {labels[c].codes: c for c in system.cells_of(0)}
    assert protection.withheld[place["m", "a"]]
    row = sum(
        int(100 * WEIGHTS["n", sex]) * system.incidence[:, [place[sex, "a"]]].toarray().ravel()
        for sex in "fm"
    )
    naive = 100 * round(records[records.answer == "a"].w.sum())
    found = attack(facts.also(row, naive - 50, naive + 50), RULES)
    fallen = {int(c) for c, f in zip(found.cells, found.falls, strict=True) if f}
    assert place["m", "a"] in fallen
    table = with_estimates(protection, records, "w")[0]
    assert table.cell(["*", "a"]).weighted is None


def test_weights_that_differ_within_a_cell_are_refused() -> None:
    records = frame()
    protection = protect(tabulate(records, [TableSpec(["region", "answer"])]), RULES)
    with pytest.raises(BadTable, match=r"'w' differs within n × .*Put the variable"):
        with_estimates(protection, records, "w")
    with pytest.raises(BadTable, match="'w' is no weight in row 1"):
        with_estimates(protection, records.assign(w=0), "w")
    shares = RULES.model_copy(update={"print": "shares", "breakdowns": ("region",)})
    other = protect(tabulate(records, [TableSpec(["region", "answer"])]), shares)
    with pytest.raises(BadPolicy, match="this policy does not print"):
        with_estimates(other, records, "w")
