"""Six linked tables: each safe alone, unsafe together; and the same six asked one by one here."""

from __future__ import annotations

from functools import cache

import numpy as np

from anonymisation import (
    Ledger,
    Policy,
    ReleasedTable,
    TableSpec,
    audit,
    protect,
    tabulate,
)
from anonymisation.errors import Refused
from anonymisation.tables.protection import withhold
from schemas.tables import CellMark, ProtectedTable
from tests.kit.sdc_instances import SIX_TABLES, survey_records

POLICY = Policy(threshold=5, zeros="published", promise="P2")


def by_region(spec: TableSpec) -> TableSpec:
    """The same table with regions as its finest places."""
    return TableSpec(spec.variables, levels={"mun": (1,)} if "mun" in spec.variables else "all")


SPECS = tuple(by_region(spec) for spec in SIX_TABLES)


@cache
def alone() -> tuple[ProtectedTable, ...]:
    """Each table as it is protected without knowing of the others."""
    frame, nested = survey_records()
    return tuple(
        protect(tabulate(frame, [spec], nested, count="n"), POLICY).tables[0] for spec in SPECS
    )


@cache
def in_a_row() -> tuple[tuple[ProtectedTable, ...], int]:
    """The tables released one after another with the ledger, and how many were refused."""
    frame, nested = survey_records()
    ledger, tables, refused = Ledger(), list[ProtectedTable](), 0
    for number, spec in enumerate(SPECS):
        system = tabulate(frame, [spec], nested, ledger=ledger, count="n")
        try:
            tables.append(protect(system, POLICY, ledger).tables[0])
        except Refused:
            refused += 1
            continue
        ledger = ledger.with_release(ReleasedTable(release=str(number), table=tables[-1]))
    return tuple(tables), refused


def judged(tables: tuple[ProtectedTable, ...]) -> tuple[dict[str, str], int]:
    """The verdicts on all the tables together, and how many targets fall."""
    frame, nested = survey_records()
    system = tabulate(frame, [table.spec for table in tables], nested, count="n")
    hidden = np.zeros(len(system.printed), bool)
    for place, table in enumerate(tables):
        marks = {(c.levels, c.codes): c.mark is CellMark.WITHHELD for c in table.cells}
        for cell in system.cells_of(place):
            label = (system.labels or ())[cell]
            hidden[cell] = marks.get((label.levels, label.codes), False)
    report = audit(system, withhold(system, POLICY, hidden), POLICY)
    return dict(report.promises), len({c for cells in report.broken.values() for c in cells})


def cost(tables: tuple[ProtectedTable, ...]) -> int:
    """How many cells of all the tables are withheld."""
    return sum(cell.mark is CellMark.WITHHELD for table in tables for cell in table.cells)


def test_tables_that_are_safe_alone_give_counts_away_together() -> None:
    for table in alone():
        assert judged((table,))[0]["P2"] == "kept"
    promises, fallen = judged(alone())
    assert promises["P2"] == "broken"
    assert fallen > 0


def test_the_same_tables_asked_one_by_one_with_the_ledger_keep_the_promise_together() -> None:
    tables, refused = in_a_row()
    assert refused <= 1
    promises, fallen = judged(tables)
    assert set(promises.values()) == {"kept"}
    assert fallen == 0


def test_asking_one_by_one_withholds_little_more_than_asking_at_once() -> None:
    frame, nested = survey_records()
    together = protect(tabulate(frame, SPECS, nested, count="n"), POLICY)
    assert cost(in_a_row()[0]) <= 1.5 * cost(together.tables)
