from __future__ import annotations

import pandas as pd
import pytest

from anonymisation import Policy, TableSpec, attack, audit, protect, tabulate
from anonymisation.errors import BadPolicy
from anonymisation.tables.rules import HOUSEHOLDS

RULES = Policy(threshold=2, household_minimum=3, promise="P3")


def homes() -> pd.DataFrame:
    """Eight persons in b are of two households; in a and c nobody lives together."""
    rows = [("a", "x", i) for i in range(20)] + [("a", "y", 100 + i) for i in range(15)]
    rows += [("b", "x", 200 + i // 4) for i in range(8)] + [("b", "y", 300 + i) for i in range(12)]
    rows += [("c", "x", 400 + i) for i in range(14)] + [("c", "y", 500 + i) for i in range(16)]
    return pd.DataFrame(rows, columns=["g", "v", "home"])


def test_a_count_from_too_few_households_is_never_known_exactly() -> None:
    system = tabulate(homes(), [TableSpec(["g", "v"])], household="home")
    protection = protect(system, RULES)
    labels = system.labels or ()
    primary = [c for c in system.cells_of(0) if HOUSEHOLDS in protection.reasons(c)]
    assert [labels[c].codes for c in primary] == [("b", "x")]
    found = attack(protection.facts, RULES)
    place = list(found.cells).index(primary[0])
    assert found.low[place] < found.high[place]
    assert audit(system, protection, RULES).kept


def test_with_persons_alone_the_same_count_is_printed() -> None:
    system = tabulate(homes(), [TableSpec(["g", "v"])])
    persons = protect(system, Policy(threshold=2, promise="P3"))
    assert persons.tables[0].cell(["b", "x"]).value == 8


def test_a_rule_on_households_needs_households() -> None:
    system = tabulate(homes(), [TableSpec(["g", "v"])])
    with pytest.raises(BadPolicy, match="Name the column of the household"):
        protect(system, RULES)
