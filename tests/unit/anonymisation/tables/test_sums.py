from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from anonymisation import Policy, TableSpec, attack, audit, protect, tabulate
from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.protection import Protection
from anonymisation.tables.published import printed_facts
from anonymisation.tables.sums import mean_of, protect_sums
from schemas.tables import CellMark

SPECS = [TableSpec(["region", "branch"]), TableSpec(["region", "size"])]


def earnings(records: int = 160, seed: int = 1) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "region": chance.choice(list("ABCD"), records, p=[0.5, 0.3, 0.15, 0.05]),
            "branch": chance.choice(list("xyz"), records),
            "size": chance.choice(["one", "more"], records),
            "income": np.ceil(chance.lognormal(3, 1.2, records)).astype(int),
        }
    )


def protected(policy: Policy, frame: pd.DataFrame) -> tuple[Protection, Protection]:
    counts = protect(tabulate(frame, SPECS), policy)
    return counts, protect_sums(tabulate(frame, SPECS, magnitude="income"), counts)


RULES = Policy(threshold=3, p_percent=15, dominance=(2, 85))


@pytest.mark.parametrize("promise", ["P1", "P2", "P3"])
def test_nobody_guesses_the_largest_contribution_within_p_per_cent(promise: str) -> None:
    """The second largest subtracts his own from the most the sum can be."""
    policy = RULES.model_copy(update={"promise": Policy(promise=promise).promise})
    _, sums = protected(policy, earnings())
    assert audit(sums.system, sums, policy).kept
    magnitude = sums.system.magnitude
    assert magnitude is not None
    found = attack(sums.facts, policy)
    asked = 0
    for cell, low, high in zip(found.cells, found.low, found.high, strict=True):
        if "p_percent" not in sums.reasons(int(cell)):
            continue
        first, second = (int(n) for n in magnitude.largest[cell, :2])
        asked += 1
        assert high - second >= 1.15 * first
        if magnitude.contributors[cell] <= 2:
            assert low - second <= max(0.85 * first, 0)
    assert asked


def test_every_cell_the_rules_name_is_withheld_and_no_other_is_primary() -> None:
    frame = earnings()
    _, sums = protected(RULES, frame)
    labels = sums.system.labels or ()
    for cell in sums.system.cells_of(0):
        region, branch = labels[cell].codes
        own = frame[frame.region.eq(region) | (region == "*")]
        own = own[own.branch.eq(branch) | (branch == "*")].income.sort_values()[::-1].tolist()
        total, first, second = sum(own), *[*own, 0, 0][:2]
        unsafe = total - first - second < 0.15 * first or first + second > 0.85 * total
        assert unsafe == bool({"p_percent", "dominance"} & set(sums.reasons(cell)))
        assert not unsafe or sums.withheld[cell]


def test_a_sum_never_stands_where_its_count_is_withheld_nor_a_mean_without_both() -> None:
    counts, sums = protected(RULES, earnings())
    assert not (counts.withheld & ~sums.withheld).any()
    count, total = counts.tables[0], sums.tables[0]
    for cell in total.cells:
        mean = mean_of(count.cell(cell.codes, cell.levels), cell)
        shown = cell.mark is not CellMark.WITHHELD
        assert (mean is not None) == (shown and bool(count.cell(cell.codes).value))
    both = count.cell(["*", "*"]), total.cell(["*", "*"])
    assert mean_of(*both) == earnings().income.mean()


def test_the_print_of_sums_alone_gives_the_facts_they_were_protected_against() -> None:
    _, sums = protected(RULES, earnings())
    facts, _ = printed_facts(sums.tables, sums.system.domain)
    ours, seen = attack(sums.facts, RULES), attack(facts, RULES)
    assert sorted(zip(ours.low, ours.high, strict=True)) == sorted(
        zip(seen.low, seen.high, strict=True)
    )


def test_a_sum_of_nought_of_people_is_hidden_and_one_of_nobody_is_printed() -> None:
    frame = pd.DataFrame({"g": ["a"] * 5 + ["b"] * 9 + ["c"] * 9, "v": ["x", "y"] * 11 + ["x"]})
    frame["income"] = [0] * 5 + [40] * 9 + [30] * 9
    domain = {"g": ("a", "b", "c", "d"), "v": ("x", "y")}
    counts = protect(tabulate(frame, [TableSpec(["g"])], domain=domain), RULES)
    system = tabulate(frame, [TableSpec(["g"])], domain=domain, magnitude="income")
    table = protect_sums(system, counts).tables[0]
    assert table.cell(["a"]).value is None
    assert table.cell(["d"]).value == 0


def test_households_are_the_contributors_where_they_are_known() -> None:
    frame = earnings().assign(home=lambda f: f.index // 2)
    system = tabulate(frame, SPECS, magnitude="income", household="home")
    assert system.magnitude is not None
    total = system.cells_of(0)[-1]
    homes = frame.groupby("home").income.sum().sort_values()[::-1]
    assert list(system.magnitude.largest[total][:3]) == homes.head(3).tolist()
    assert system.magnitude.contributors[total] == len(homes)


def test_what_does_not_fit_is_said() -> None:
    frame = earnings()
    counts = protect(tabulate(frame, SPECS), Policy(threshold=3))
    with pytest.raises(BadPolicy, match="no rule for sums of 'income'"):
        protect_sums(tabulate(frame, SPECS, magnitude="income"), counts)
    ruled = protect(tabulate(frame, SPECS), RULES)
    with pytest.raises(BadTable, match="no sums"):
        protect_sums(tabulate(frame, SPECS), ruled)
    with pytest.raises(BadTable, match="not of the same cells"):
        protect_sums(tabulate(frame, SPECS[:1], magnitude="income"), ruled)
    with pytest.raises(BadTable, match="no column 'wealth'"):
        tabulate(frame, SPECS, magnitude="wealth")


def test_a_withheld_count_of_nobody_is_not_given_away_by_a_sum_of_nought() -> None:
    sizes = {("a", "no"): 60, ("b", "yes"): 30, ("b", "no"): 70, ("c", "yes"): 50, ("c", "no"): 90}
    rows = [(*key, 10 + i % 7) for key, n in sizes.items() for i in range(n)]
    frame = pd.DataFrame(rows, columns=["g", "E1", "income"])
    policy = Policy(threshold=5, breakdowns=("g",), sensitive=("E1",), p_percent=10)
    spec = [TableSpec(["g", "E1"])]
    counts = protect(tabulate(frame, spec), policy)
    sums = protect_sums(tabulate(frame, spec, magnitude="income"), counts)
    assert counts.tables[0].cell(["a", "yes"]).value is None
    assert sums.tables[0].cell(["a", "yes"]).value is None
