"""Attacks on rounded and noised numbers: they succeed where nobody looked, and fail on ours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, attack, tabulate
from anonymisation.errors import Refused
from anonymisation.tables.altered import judge_numbers
from anonymisation.tables.cell_key import cell_keys, p_table, perturbed, record_keys
from anonymisation.tables.methods import Publication, publish
from anonymisation.tables.published import printed_facts
from anonymisation.tables.rounding import round_alone
from schemas.methods import Altered, CellKey, Geometric, Rounding
from schemas.tables import ProtectedTable
from tests.unit.anonymisation.frames import groups, survey

FOUR = groups({(code,): 4 for code in "abcd"}, ["v"])
"""Four answers with four people each: every one is small."""
RULES = Policy(threshold=5, zeros="published", promise="P1", method=Rounding(base=5))
PLAIN = Altered(method="rounding", promises=(), within=5, additive=False, base=5)


def test_sums_of_numbers_rounded_one_by_one_give_the_counts_away() -> None:
    """Parts of 4 printed as 0, their total of 16 as 20: only four fours come to more than 15."""
    system = tabulate(FOUR, [TableSpec(["v"])], count="n")
    naive = np.array([0, 0, 0, 0, 20])
    assert any(
        (round_alone(system, system.printed, 5, seed=seed.to_bytes(4, "big")).values == naive).all()
        for seed in range(20_000)
    )
    ranges = np.array([[max(0, n - 4), n + 4] for n in naive])
    possible = [
        parts for parts in np.ndindex(5, 5, 5, 5) if ranges[4][0] <= sum(parts) <= ranges[4][1]
    ]
    assert possible == [(4, 4, 4, 4)]
    with pytest.raises(Refused):
        judge_numbers(system, RULES, naive, PLAIN, None)


def test_the_same_counts_rounded_together_tell_nobody_apart() -> None:
    system = tabulate(FOUR, [TableSpec(["v"])], count="n")
    for seed in range(5):
        found = publish(system, RULES, secret=bytes([seed]))
        assert isinstance(found, Publication)
        assert len(found.bounds) == 4
        assert all(high is not None and high - low >= 4 for low, high in found.bounds.values())


def rounded(spec: TableSpec, frame: pd.DataFrame, ledger: Ledger, base: int) -> ProtectedTable:
    policy = Policy(
        threshold=4, zeros="published", promise="P1", method=Rounding.model_validate({"base": base})
    )
    found = publish(tabulate(frame, [spec], ledger=ledger), policy, ledger, secret=b"s")
    return found.tables[0]


def test_a_table_rounded_to_another_base_is_judged_with_the_first() -> None:
    """A 3 that is 3 to base 3 and 5 to base 5 is 1 to 5; as 0 and 5 together it would be 1 or 2;
    whatever comes out, together the two never fix a count."""
    frame = survey()
    spec, ledger = TableSpec(["region", "H1"]), Ledger()
    tables = []
    for base in (5, 3):
        try:
            tables.append(rounded(spec, frame, ledger, base))
        except Refused:
            break
        ledger = ledger.with_release(ReleasedTable(release=str(base), table=tables[-1]))
    domain = {v: tuple(map(str, frame[v].cat.categories)) for v in ("region", "H1")}
    facts, shown = printed_facts(tables, domain)
    for place, (table, cell) in enumerate(shown):
        if table or not cell.value or cell.value > 5:
            continue
        seen = attack(facts.also(facts.rows[[place]].toarray(), 0, None), RULES)
        assert seen.low[-1] < seen.high[-1]


def test_an_exact_number_beside_noise_would_tell_the_noise() -> None:
    """With a cell key, then that of every other cell with the same records."""
    frame = survey()
    keys = record_keys(map(str, range(len(frame))), b"secret")
    system = tabulate(frame, [TableSpec(["region", "H1"])])
    policy = Policy(threshold=4, zeros="published", promise="P1", method=CellKey())
    found = publish(system, policy, secret=b"secret", keys=cell_keys(system, frame, keys))
    ledger = Ledger().with_release(ReleasedTable(release="k", table=found.tables[0]))
    again = tabulate(frame, [TableSpec(["region", "H1"])], ledger=ledger)
    for method in ({}, {"method": Rounding()}, {"method": Geometric()}):
        other = Policy(threshold=4, zeros="published", promise="P1", **method)  # type: ignore[arg-type]
        with pytest.raises(Refused, match="reveal the noise"):
            publish(again, other, ledger, secret=b"secret")


def test_a_withdrawal_points_at_the_person_through_cell_keys() -> None:
    """Why the method says of itself that it does not survive one: the numbers that changed are
    the person's own cells and no other, so their codes read like a record."""
    frame = survey()
    specs = [TableSpec(["region", "sex", "age"]), TableSpec(["region", "H1"])]
    names = [f"{number}" for number in range(len(frame))]
    table = p_table(2, 1.08, 1)
    shares = []
    for gone in (3, 17, 101, 333, 600):
        left = frame.drop(index=[gone])
        both = []
        for rows, listed in ((frame, names), (left, [n for n in names if n != str(gone)])):
            system = tabulate(rows, specs)
            keys = cell_keys(system, rows, record_keys(listed, b"secret"))
            both.append((system, perturbed(system, keys, table)))
        (before, one), (_, two) = both
        own = before.values != both[1][0].values
        assert not (one != two)[~own].any()
        shares.append((one != two)[own].mean())
    assert np.median(shares) > 0.7
