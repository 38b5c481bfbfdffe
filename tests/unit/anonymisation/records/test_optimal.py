from __future__ import annotations

import pandas as pd
import pytest

from anonymisation import Hierarchy, QuasiIdentifier, Roles, anonymise
from anonymisation.records.errors import BadRecords, CannotMeet
from anonymisation.records.models import KAnonymity
from anonymisation.records.optimal import optimum
from anonymisation.records.table import prepare
from tests.kit import adult


@pytest.mark.parametrize(("k", "limit"), adult.OPTIMA)
def test_finds_and_proves_the_known_optima_of_adult(k: int, limit: float) -> None:
    loss, withheld = adult.OPTIMA[k, limit]
    table = prepare(adult.records(), adult.roles(), [KAnonymity(k)])
    best = optimum(table, int(limit * len(adult.records())))
    assert best.loss == pytest.approx(loss, abs=5e-7)
    assert best.withheld == withheld
    assert best.proven
    assert best.bound == best.loss
    assert best.lattice == 12_960


def test_shuffled_rows_and_columns_give_the_same_optimum() -> None:
    frame = adult.records().sample(frac=1, random_state=3)
    names = list(frame.columns[::-1])
    result = anonymise(frame[names], adult.roles(*names), k=5, suppression_limit=0.05)
    assert result.loss == pytest.approx(0.269635, abs=5e-7)
    assert result.suppressed.sum() == 1346
    again = anonymise(frame[names], adult.roles(*names), k=5, suppression_limit=0.05)
    pd.testing.assert_frame_equal(result.frame, again.frame)


def test_a_search_that_was_stopped_says_that_it_proves_nothing() -> None:
    result = anonymise(adult.records(), adult.roles(), k=5, most_nodes=12)
    assert not result.proven_optimal
    assert result.lower_bound is not None
    assert result.lower_bound <= 0.269636 <= result.loss
    assert result.nodes_evaluated == 12


def test_what_cannot_be_met_is_refused() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "z", "z"]})
    other = Hierarchy("a", [["x", "1", "*"], ["y", "2", "*"], ["z", "2", "*"]])
    roles = Roles({"a": QuasiIdentifier(other)})
    with pytest.raises(BadRecords, match="k is 5, but there are 4 records"):
        anonymise(frame, roles, k=5)
    table = prepare(frame, roles, [KAnonymity(2)])
    with pytest.raises(CannotMeet, match="Raise the limit"):
        optimum(table, 0, most_nodes=0)


def test_a_lattice_too_large_to_hold_is_refused() -> None:
    lines = [[str(leaf), *(f"{leaf // 2**level}/{level}" for level in range(1, 7)), "*"]
             for leaf in range(64)]  # fmt: skip
    names = [f"c{i}" for i in range(9)]
    frame = pd.DataFrame({name: [str(i % 64) for i in range(200)] for name in names})
    roles = Roles({name: QuasiIdentifier(Hierarchy(name, lines)) for name in names})
    with pytest.raises(BadRecords, match="134217728 nodes"):
        anonymise(frame, roles, k=2)


def test_keys_wider_than_a_machine_word_are_grouped_exactly() -> None:
    frame = pd.DataFrame({f"c{i}": [str(n % (40 + i)) for n in range(400)] for i in range(13)})
    roles = Roles({name: QuasiIdentifier() for name in frame.columns})
    result = anonymise(frame, roles, k=3, suppression_limit=0.0)
    sizes = result.frame.groupby(list(frame.columns), observed=True).size()
    assert sizes.min() >= 3
    assert result.proven_optimal
