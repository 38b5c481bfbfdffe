"""The exact method where the answer can be worked out by hand, and at its limits."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from anonymisation import CellSystem, Policy
from anonymisation.errors import Refused
from anonymisation.tables.branch_and_cut import cheapest
from anonymisation.tables.exemptions import exempt_pairs
from anonymisation.tables.reduction import Reduced, State, reduce_system
from anonymisation.tables.rules import Requirement, find_targets
from anonymisation.tables.system import Fate
from tests.kit.sdc_instances import instance

TWO_BY_TWO = np.array(
    [[1, 0, 0, 0, 1, 0, 1, 0, 1], [0, 1, 0, 0, 1, 0, 0, 1, 1],
     [0, 0, 1, 0, 0, 1, 1, 0, 1], [0, 0, 0, 1, 0, 1, 0, 1, 1]]
)  # fmt: skip
"""Cells A1, A2, B1, B2, A, B, 1, 2 and all, over inner cells A1, A2, B1, B2."""


def prepared(name: str, promise: str) -> tuple[Reduced, Any]:
    """An instance reduced, and its exemptions."""
    system, policy = instance(name, promise)
    targets = find_targets(system, policy)
    return reduce_system(system, targets, policy), _exempt(system, targets)


def _exempt(system: CellSystem, targets: Any) -> Any:
    def exempt(reduced: Reduced, hidden: Any) -> Any:
        own = np.asarray((reduced.members @ reduced.cells.T).todense())
        lone = (own == reduced.value[None, :]) & (own > 0) & hidden[None, :]
        wide = np.zeros((len(own), len(system.printed)), np.int64)
        wide[:, list(reduced.printed)] = lone
        return exempt_pairs(system, targets, sp.csr_array(wide))

    return exempt


@pytest.mark.parametrize(
    ("name", "promise", "cost"),
    [
        ("mun_acc", "P1", 6.898), ("mun_acc", "P2", 6.898), ("mun_acc", "P3", 7.650),
        ("z1", "P1", 7.021), ("z1", "P3", 7.021),
        ("example1", "P1", 18.260), ("example1", "P3", 24.041),
    ],
)  # fmt: skip
def test_the_known_optimum_of_an_instance_is_proven(name: str, promise: str, cost: float) -> None:
    found = cheapest(*prepared(name, promise))
    assert found.proven_optimal
    assert found.cost == pytest.approx(cost, abs=1e-3)
    assert found.lower_bound == found.cost


def test_same_system_same_answer() -> None:
    one, two = (cheapest(*prepared("example1", "P1")) for _ in range(2))
    assert (one.withheld == two.withheld).all()
    assert (one.tables == two.tables).all()
    assert one.work == two.work


def test_without_effort_left_the_pattern_is_proven_but_not_the_cheapest() -> None:
    reduced, exempt = prepared("mun_acc", "P1")
    found = cheapest(reduced, exempt, effort=1)
    assert not found.proven_optimal
    assert found.lower_bound <= 6.899 <= found.cost
    moved = found.tables @ reduced.cells.T != reduced.value
    assert not moved[:, ~found.withheld].any()
    assert ((found.tables @ reduced.rows.T != reduced.row_value).any(axis=0)).all()


def test_out_of_time_before_anything_is_proven_nothing_is_returned() -> None:
    found = cheapest(*prepared("mun_acc", "P1"), seconds=-1.0)
    assert found.withheld is None
    assert not found.proven_optimal


def test_a_pattern_given_to_start_with_is_returned_when_it_is_the_best_known() -> None:
    reduced, exempt = prepared("mun_acc", "P1")
    best = cheapest(reduced, exempt)
    again = cheapest(reduced, exempt, start=(best.withheld, best.tables), effort=1)
    assert (again.withheld == best.withheld).all()


def test_a_pattern_given_to_start_with_is_not_believed_without_proof() -> None:
    reduced, exempt = prepared("mun_acc", "P1")
    bare = reduced.state == State.WITHHELD
    found = cheapest(reduced, exempt, start=(bare, reduced.truth[None, :]))
    assert found.cost == pytest.approx(6.898, abs=1e-3)


def test_refused_when_nothing_that_may_be_withheld_hides_the_target() -> None:
    fates = np.full(9, Fate.PUBLISHED, np.int8)
    fates[0] = Fate.OPEN
    system = CellSystem(TWO_BY_TWO, np.array([1, 5, 5, 5]), fates=fates)
    policy = Policy(threshold=3, zeros="published", promise="P1")
    targets = find_targets(system, policy)
    with pytest.raises(Refused):
        cheapest(reduce_system(system, targets, policy), _exempt(system, targets))


def test_a_households_own_total_is_withheld_where_it_gives_a_nought_away() -> None:
    """All three in A are one household. Printed, their total tells them that A2 is nought."""
    fates = np.zeros(9, np.int8)
    fates[8] = Fate.PUBLISHED
    household = sp.csr_array(np.array([[3, 0, 0, 0]]))
    system = CellSystem(TWO_BY_TWO, np.array([3, 0, 5, 5]), fates=fates, members=household)
    policy = Policy(threshold=1, zeros="withholdable", promise="P3")
    targets = find_targets(system, policy)
    primary = targets.primary.copy()
    primary[1] = True
    targets = dataclasses.replace(
        targets, primary=primary, requirements=(Requirement(1, bound=1, insiders=True),),
        rows=sp.csr_array(system.incidence[:, [1]].T),
    )  # fmt: skip
    reduced = reduce_system(system, targets, policy)
    found = cheapest(reduced, _exempt(system, targets))
    chosen = [c for c in np.flatnonzero(found.withheld[reduced.place]) if c != 1]
    assert chosen == [3, 4, 5]
    assert found.cost == pytest.approx(np.log(6) + np.log(4) + np.log(11))
