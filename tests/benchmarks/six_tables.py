"""Six linked tables of one survey, all municipalities: one after another, at once, and naively.

The domain: `svy_syn` (tests/data/sdc-tables), 1,961 linked cells, zeros published, P2. Naively:
each table protected as if it stood alone. What stands in every line is judged together by the
auditor without any certificate: how many targets fall, and what was withheld at what cost, as
cells of the joint system that are no targets. An answer that refuses tables says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from anonymisation import CellSystem, Ledger, Policy, ReleasedTable, audit, protect, tabulate
from anonymisation.errors import Refused
from anonymisation.tables.protection import withhold
from schemas.tables import CellMark, ProtectedTable
from tests.kit.sdc_instances import SIX_TABLES, survey_records, threshold

POLICY = Policy(threshold=threshold("svy_syn"), zeros="published", promise="P2")
MOST_SECONDS = 300.0
"""After which the audit of tables that were protected naively is ended."""


def marked(system: CellSystem, tables: Sequence[ProtectedTable]) -> np.ndarray:
    """Which cells of the joint system the tables withhold, bool (cells,)."""
    hidden = np.zeros(len(system.printed), bool)
    for place, table in enumerate(tables):
        marks = {(c.levels, c.codes): c.mark is CellMark.WITHHELD for c in table.cells}
        for cell in system.cells_of(place):
            label = (system.labels or ())[cell]
            hidden[cell] = marks.get((label.levels, label.codes), False)
    return hidden


def judged(name: str, tables: Sequence[ProtectedTable]) -> tuple[float, str]:
    """What the tables cost together, and the line that says how they stand together."""
    frame, nested = survey_records()
    system = tabulate(frame, [table.spec for table in tables], nested, count="n")
    together = withhold(system, POLICY, marked(system, tables))
    start = time.process_time()
    report = audit(system, together, POLICY, seconds=MOST_SECONDS)
    spent = time.process_time() - start
    fallen = len({c for cells in report.broken.values() for c in cells})
    open_ = len({c for cells in report.open.values() for c in cells})
    targets = len(np.unique(system.duplicates[together.primary]))
    said = ", ".join(f"{promise} {verdict}" for promise, verdict in report.promises.items())
    line = (
        f"{name:20}{len(tables):7}{int(together.withheld.sum()):10}{together.cost:8.0f}"
        f"{fallen:8}{open_:6}{targets:9}   {said}; audit {spent:.0f} CPU s"
    )
    return together.cost, line


def alone() -> tuple[list[ProtectedTable], float]:
    """Each table as if there were no other, and the CPU seconds it took."""
    frame, nested = survey_records()
    start = time.process_time()
    found = [protect(tabulate(frame, [s], nested, count="n"), POLICY).tables[0] for s in SIX_TABLES]
    return found, time.process_time() - start


def at_once() -> tuple[list[ProtectedTable], float]:
    """All as one system, as a release plan is."""
    frame, nested = survey_records()
    start = time.process_time()
    made = protect(tabulate(frame, SIX_TABLES, nested, count="n"), POLICY)
    return list(made.tables), time.process_time() - start


def in_a_row() -> tuple[list[ProtectedTable], list[str], list[float]]:
    """One after another with the ledger: what was released, what refused, CPU seconds of each."""
    frame, nested = survey_records()
    ledger, tables, refused = Ledger(), list[ProtectedTable](), list[str]()
    seconds = []
    for number, spec in enumerate(SIX_TABLES):
        start = time.process_time()
        system = tabulate(frame, [spec], nested, ledger=ledger, count="n")
        try:
            tables.append(protect(system, POLICY, ledger).tables[0])
            ledger = ledger.with_release(ReleasedTable(release=str(number), table=tables[-1]))
        except Refused:
            refused.append("*".join(spec.variables))
        seconds.append(time.process_time() - start)
    return tables, refused, seconds


def six_tables() -> Iterator[str]:
    """The lines, as they come."""
    yield f"{'':20}{'tables':>7}{'withheld':>10}{'cost':>8}{'fallen':>8}{'open':>6}{'targets':>9}"
    naive, spent = alone()
    yield judged("each alone", naive)[1]
    yield f"  protected in {spent:.0f} CPU s"
    tables, refused, seconds = in_a_row()
    row, line = judged("one after another", tables)
    yield line
    yield f"  refused: {refused or 'none'}; CPU s: {', '.join(f'{s:.0f}' for s in seconds)}"
    together, spent = at_once()
    joint, line = judged("all at once", together)
    yield line
    yield f"  protected in {spent:.0f} CPU s; one after another costs {row / joint:.2f} of it"


if __name__ == "__main__":
    for said in six_tables():
        print(said, flush=True)
