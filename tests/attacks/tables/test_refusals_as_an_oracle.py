"""A gate that looks at the answer before it says yes or no tells the answer by saying no.

Source: Kenthapadi, Mishra & Nissim 2005 (simulatable auditing).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from anonymisation import (
    Ledger,
    Merge,
    Policy,
    ReleasedTable,
    TableSpec,
    attack,
    protect,
    tabulate,
)
from anonymisation.errors import Refused
from anonymisation.tables.published import printed_facts
from schemas.tables import ProtectedTable

POLICY = Policy(threshold=10, zeros="published", promise="P3")
PLACES = {"a": 6, "b": 1, "c": 2, "d": 4, "e": 60, "f": 45, "g": 31}
OWN = {"b": 1, "c": 2, "d": 4}
"""Men of one family, who live in three places where no other men live."""


def men() -> pd.DataFrame:
    """One row per man, with his household."""
    rows = []
    for place, number in PLACES.items():
        rows += [(place, "family" if place in OWN else f"{place}{i}") for i in range(number)]
    return pd.DataFrame(rows, columns=["place", "household"])


def unions() -> Iterator[tuple[str, ...]]:
    """The place sought with every choice of the family's places, fewest men first."""
    names = list(OWN)
    chosen = [tuple(n for i, n in enumerate(names) if bits >> i & 1) for bits in range(8)]
    return iter(sorted(chosen, key=lambda part: sum(OWN[n] for n in part)))


def naive_gate(frame: pd.DataFrame, places: tuple[str, ...]) -> int | None:
    """The number of men in the places taken together; None: denied, because it is small."""
    count = int(frame.place.isin(places).sum())
    return None if 0 < count < POLICY.threshold else count


def test_denials_of_a_gate_that_looks_give_the_count_of_strangers() -> None:
    frame = men()
    least, most = 1, POLICY.threshold - 1
    for part in unions():
        own = sum(OWN[n] for n in part)
        answer = naive_gate(frame, ("a", *part))
        if answer is None:
            most = min(most, POLICY.threshold - 1 - own)
        else:
            least = max(least, answer - own)
    assert least == most == PLACES["a"]


def test_the_same_questions_leave_the_count_open_here() -> None:
    frame = men()
    domain = {"place": tuple(PLACES)}
    ledger, tables = Ledger(), []
    for number, part in enumerate(unions()):
        merge = [Merge(variable="place", name="u", codes=("a", *part))] if part else []
        spec = TableSpec(["place"], merge=merge)
        system = tabulate(frame, [spec], domain=domain, ledger=ledger, household="household")
        try:
            tables.append(protect(system, POLICY, ledger).tables[0])
        except Refused:
            continue
        ledger = ledger.with_release(ReleasedTable(release=str(number), table=tables[-1]))
    assert tables[0].spec == TableSpec(["place"])
    assert any(cell.value is not None for cell in tables[-1].cells)
    for family in (False, True):
        low, high = proved_of_a(tables, domain, family=family)
        assert low < high
    assert high >= POLICY.threshold


def proved_of_a(
    tables: list[ProtectedTable], domain: dict[str, tuple[str, ...]], *, family: bool
) -> tuple[float, float]:
    """What the printed tables prove of place a, to the family or to anybody."""
    facts, shown = printed_facts(tables, domain)
    row = {cell.codes[0]: facts.rows[[i]] for i, (t, cell) in enumerate(shown) if t == 0}
    for place, number in OWN.items() if family else ():
        facts = facts.also(row[place].toarray(), number, number)
    found = attack(facts.also(row["a"].toarray(), 0, None), POLICY)
    return float(found.low[-1]), float(found.high[-1])


@pytest.mark.parametrize("threshold", [60, 70])
def test_a_refusal_is_one_sentence_whatever_the_reason(threshold: int) -> None:
    frame = men()
    before = protect(tabulate(frame, [TableSpec(["place"])]), POLICY).tables[0]
    ledger = Ledger(releases=(ReleasedTable(release="1", table=before),))
    spec = TableSpec(["place"], merge=[Merge(variable="place", name="u", codes=("a", "b"))])
    system = tabulate(frame, [spec], ledger=ledger)
    with pytest.raises(Refused) as refusal:
        protect(system, Policy(threshold=threshold, zeros="published"), ledger)
    assert not set(str(refusal.value).split()) & {*PLACES, *map(str, PLACES.values())}
