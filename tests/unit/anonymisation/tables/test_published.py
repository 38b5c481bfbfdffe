from __future__ import annotations

from anonymisation import Hierarchy, Ledger, ReleasedTable, TableSpec, attack, protect, tabulate
from anonymisation.tables.bounds import with_bounds
from anonymisation.tables.published import printed_facts
from tests.unit.anonymisation.frames import RULES, survey

NESTED = {
    "region": Hierarchy(
        "region",
        [(r, "west" if r in ("Kurzeme", "Zemgale") else "east", "*")
         for r in ("Riga", "Kurzeme", "Latgale", "Vidzeme", "Zemgale")],
    )
}  # fmt: skip


def test_print_alone_gives_the_facts_the_engine_protected_against() -> None:
    """The second table meets the first in printed numbers only, so each has its own facts."""
    frame, ledger, tables, ours = survey(), Ledger(), [], []
    for spec in (TableSpec(["region", "E1"]), TableSpec(["region", "sex"])):
        system = tabulate(frame, [spec], NESTED, ledger=ledger)
        protection = protect(system, RULES, ledger)
        tables.append(protection.tables[0])
        found = attack(protection.facts, RULES)
        ours += zip(found.low, found.high, strict=True)
        ledger = ledger.with_release(ReleasedTable(release="x", table=tables[-1]))
    facts, _ = printed_facts(tables, system.domain, NESTED)
    seen = attack(facts, RULES)
    assert sorted(zip(seen.low, seen.high, strict=True)) == sorted(ours)


def test_bounds_come_from_the_facts_and_hold_the_truth() -> None:
    system = tabulate(survey(), [TableSpec(["region", "E1"])])
    protection = protect(system, RULES)
    facts, labels = protection.facts, system.labels or ()
    cells = facts.cells[facts.withheld]
    names = [(labels[c].table, labels[c].codes, labels[c].levels) for c in cells]
    assert protection.certificate is not None
    public = with_bounds(protection.certificate.public, facts, names)
    assert public.bounds is not None
    assert len(public.bounds) == len(cells)
    for bound, cell in zip(public.bounds, cells, strict=True):
        assert (bound.low or 0) <= system.values[cell]
        assert bound.high is None or system.values[cell] <= bound.high
