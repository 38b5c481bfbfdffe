"""Three innocent calls: a table, its margins over what is left of it, and a column alone.

This is how session tools that only withhold small counts print (ACRO 1.0.2 measured so): margins
asked with a table are summed over the cells that were not withheld, and a one-way table has none
to withhold. Rows of the first minus rows of the second are the withheld counts.
"""

from __future__ import annotations

import pandas as pd

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, attack, protect, tabulate
from anonymisation.tables.published import printed_facts
from schemas.tables import ProtectedTable
from tests.unit.anonymisation.frames import groups

POLICY = Policy(threshold=10, zeros="published", promise="P3")
CALLS = (
    TableSpec(["town", "work"], margins="none"),
    TableSpec(["town", "work"]),
    TableSpec(["town"]),
)


def workers() -> pd.DataFrame:
    towns = {"A": (70, 90, 5), "B": (65, 80, 5), "C": (50, 44, 6), "D": (40, 1, 60)}
    counts = {(t, w): n for t, row in towns.items() for w, n in zip("pqo", row, strict=True)}
    return groups(counts, ["town", "work"])


def test_margins_over_printed_cells_give_every_withheld_count() -> None:
    frame = workers().pivot(index="town", columns="work", values="n")
    first = frame.where(frame >= POLICY.threshold)
    with_margins = first.sum(axis=1)
    one_way = frame.sum(axis=1)
    for town in frame.index:
        hidden = first.loc[town].isna()
        assert hidden.sum() == 1
        assert one_way[town] - with_margins[town] == frame.loc[town][hidden].item()


def test_the_same_three_calls_get_no_count_below_the_threshold_from_us() -> None:
    frame, ledger = workers(), Ledger()
    tables: list[ProtectedTable] = []
    for number, spec in enumerate(CALLS):
        system = tabulate(frame, [spec], ledger=ledger, count="n")
        tables.append(protect(system, POLICY, ledger).tables[0])
        ledger = ledger.with_release(ReleasedTable(release=str(number), table=tables[-1]))
    small = {(t, w) for t, w, n in frame.itertuples(index=False) if 0 < n < POLICY.threshold}
    domain = {name: tuple(sorted(set(frame[name]))) for name in ("town", "work")}
    facts, shown = printed_facts(tables, domain)
    found = attack(facts, POLICY)
    met = 0
    for place, low, high in zip(found.rows, found.low, found.high, strict=True):
        if shown[place][1].codes in small:
            met += 1
            assert low < high
            assert high >= POLICY.threshold
    assert met >= len(small)
    assert sum(cell.value is not None for table in tables for cell in table.cells) > len(small)
