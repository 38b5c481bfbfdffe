"""Tables asked one after another: subtraction across them, with and without the ledger."""

from __future__ import annotations

import pandas as pd
import pytest

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, attack, protect, tabulate
from anonymisation.errors import BadTable, Refused
from anonymisation.tables.published import printed_facts
from schemas.tables import CellMark, ProtectedTable, TableCell
from tests.unit.anonymisation.frames import RULES, groups, survey

POLICY = Policy(threshold=5, promise="P3")
SPECS = (
    TableSpec(["region", "E1"]),
    TableSpec(["sex", "E1"]),
    TableSpec(["region", "E1"], where={"sex": ["f"]}),
    TableSpec(["region", "sex"]),
    TableSpec(["region", "H1"], where={"age": ["15-24", "25-44"]}),
)


def men_are_few() -> pd.DataFrame:
    counts = {("a", "f"): 40, ("a", "m"): 2, ("b", "f"): 30, ("b", "m"): 25}
    return groups(counts | {("c", "f"): 20, ("c", "m"): 31}, ["g", "sex"])


def ask(
    frame: pd.DataFrame, spec: TableSpec, ledger: Ledger, policy: Policy = POLICY, **more: object
) -> ProtectedTable:
    system = tabulate(frame, [spec], ledger=ledger, **more)  # type: ignore[arg-type]
    return protect(system, policy, ledger).tables[0]


def truth(frame: pd.DataFrame, table: ProtectedTable, cell: TableCell) -> int:
    """The count by plain pandas."""
    which = pd.Series(True, index=frame.index)
    for variable, codes in table.spec.where.items():
        which &= frame[variable].isin(codes)
    for variable, code in zip(table.variables, cell.codes, strict=True):
        which &= (frame[variable] == code) if code != "*" else True
    return int(which.sum())


def men_of_a(tables: list[ProtectedTable], frame: pd.DataFrame) -> tuple[float, float]:
    """What the printed tables prove of the men in group a, whom no table counts."""
    domain = {v: tuple(dict.fromkeys(frame[v])) for v in ("g", "sex")}
    facts, shown = printed_facts(tables, domain)
    row = {(t, c.codes): facts.rows[[i]] for i, (t, c) in enumerate(shown)}
    men = row[0, ("a",)] - row[1, ("a",)]
    asked = facts.also(men.toarray(), 0, None)
    found = attack(asked, POLICY)
    return float(found.low[-1]), float(found.high[-1])


def test_two_harmless_tables_give_a_third_without_the_ledger() -> None:
    frame = men_are_few()
    everybody, women = TableSpec(["g"]), TableSpec(["g"], where={"sex": ["f"]})
    one = protect(tabulate(frame, [everybody], count="n"), POLICY).tables[0]
    naive = women.model_copy()
    blind = tabulate(frame, [TableSpec(["g"])], count="n")
    assert blind.printed.all()
    alone = protect(
        tabulate(frame[frame.sex == "f"], [TableSpec(["g"])], count="n"), POLICY
    ).tables[0]
    two = alone.model_copy(update={"spec": naive})
    assert men_of_a([one, two], frame) == (2, 2)


def test_with_the_ledger_the_difference_stays_open() -> None:
    frame = men_are_few()
    ledger = Ledger()
    tables = []
    for name, spec in (("1", TableSpec(["g"])), ("2", TableSpec(["g"], where={"sex": ["f"]}))):
        table = ask(frame, spec, ledger, count="n")
        ledger = ledger.with_release(ReleasedTable(release=name, table=table))
        tables.append(table)
    low, high = men_of_a(tables, frame)
    assert low < high
    assert high >= POLICY.threshold


def test_margins_asked_after_the_inside_do_not_give_it_away() -> None:
    frame = survey()
    ledger, tables = Ledger(), []
    for spec in (
        TableSpec(["region", "H1"], margins="none"),
        TableSpec(["region"]),
        TableSpec(["H1"]),
    ):
        table = ask(frame, spec, ledger, RULES)
        ledger = ledger.with_release(ReleasedTable(release="x", table=table))
        tables.append(table)
    assert any(cell.value is None for cell in tables[0].cells)
    domain = {v: tuple(str(c) for c in frame[v].cat.categories) for v in ("region", "H1")}
    facts, shown = printed_facts(tables, domain)
    found = attack(facts, RULES)
    for place, high in zip(found.rows, found.high, strict=True):
        number, cell = shown[place]
        if truth(frame, tables[number], cell) < RULES.threshold:
            assert high >= RULES.threshold


def test_five_tables_in_a_row_are_safe_together() -> None:
    frame = survey()
    ledger, tables = Ledger(), []
    for number, spec in enumerate(SPECS):
        table = ask(frame, spec, ledger, RULES)
        ledger = ledger.with_release(ReleasedTable(release=str(number), table=table))
        tables.append(table)
    names = ("region", "sex", "age", "E1", "H1")
    facts, shown = printed_facts(
        tables, {v: tuple(str(c) for c in frame[v].cat.categories) for v in names}
    )
    found = attack(facts, RULES)
    assert len(found.rows) == sum(c.value is None for t in tables for c in t.cells)
    for place, low, high in zip(found.rows, found.low, found.high, strict=True):
        number, cell = shown[place]
        count = truth(frame, tables[number], cell)
        assert low <= count <= high
        assert high >= (RULES.threshold if 0 < count < RULES.threshold else 1)


def test_the_same_request_gets_the_same_bytes_for_ever() -> None:
    frame, ledger = survey(), Ledger()
    first = ask(frame, SPECS[0], ledger, RULES)
    assert ask(frame, SPECS[0], ledger, RULES).canonical() == first.canonical()
    ledger = ledger.with_release(ReleasedTable(release="1", table=first))
    second = ask(frame, SPECS[1], ledger, RULES)
    ledger = ledger.with_release(ReleasedTable(release="2", table=second))
    assert ask(frame, SPECS[0], ledger, RULES).canonical() == first.canonical()


def test_a_ledger_of_other_records_is_noticed() -> None:
    table = ask(survey(), SPECS[0], Ledger(), RULES)
    ledger = Ledger(releases=(ReleasedTable(release="1", table=table),))
    with pytest.raises(BadTable, match="printed number differs"):
        tabulate(survey(seed=4), [SPECS[0]], ledger=ledger)
    without = tabulate(survey(), [SPECS[1]])
    with pytest.raises(BadTable, match="without the ledger"):
        protect(without, RULES, ledger)


def test_every_refusal_reads_the_same() -> None:
    said = set()
    for threshold in (60, 70):
        frame = men_are_few()
        before = ask(frame, TableSpec(["g"]), Ledger(), count="n")
        ledger = Ledger(releases=(ReleasedTable(release="1", table=before),))
        with pytest.raises(Refused) as refusal:
            ask(frame, TableSpec(["g", "sex"]), ledger, Policy(threshold=threshold), count="n")
        said.add(str(refusal.value))
    assert len(said) == 1


def test_withheld_cells_carry_no_number_anywhere_public() -> None:
    system = tabulate(survey(), [SPECS[0]])
    protection = protect(system, RULES)
    table = protection.tables[0]
    assert all((c.value is None) == (c.mark is CellMark.WITHHELD) for c in table.cells)
    assert protection.certificate is not None
    other = protect(tabulate(survey(seed=9), [SPECS[0]]), RULES)
    assert other.certificate is not None
    assert protection.certificate.public == other.certificate.public
