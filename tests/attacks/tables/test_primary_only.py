"""Withholding small counts alone is undone by subtraction; and insiders undo more."""

from __future__ import annotations

import pytest

from anonymisation import attack, audit, protect
from anonymisation.tables.protection import withhold
from tests.kit.sdc_instances import gauss, instance

INSTANCES = ("mun_acc", "z1", "example1", "d2", "ent_act_size")


@pytest.mark.parametrize("name", INSTANCES)
def test_small_counts_alone_withheld_fall(name: str) -> None:
    system, policy = instance(name, "P1")
    values = system.values
    naive = withhold(system, policy, (values > 0) & (values < policy.threshold))
    found = attack(naive.facts, policy)
    assert found.falls.sum() >= 0.5 * len(found.falls)
    assert (found.low[found.falls] == values[found.cells[found.falls]]).all()
    assert audit(system, naive, policy).promises["P1"] == "broken"


@pytest.mark.parametrize("name", INSTANCES)
def test_no_protected_count_falls_or_can_be_proved_small(name: str) -> None:
    system, policy = instance(name, "P3")
    protection = protect(system, policy)
    found = attack(protection.facts, policy)
    target = protection.primary[found.cells]
    assert target.any()
    assert not found.falls[target].any()
    assert not found.provably_below(policy.threshold)[target].any()
    assert audit(system, protection, policy).kept


def test_lone_insider_undoes_the_peers_answer_but_not_ours() -> None:
    system, policy = instance("mun_acc", "P3")
    theirs = withhold(system, policy, gauss("mun_acc"))
    assert audit(system, theirs, policy).promises["P1"] == "kept"
    assert audit(system, theirs, policy).promises["P3"] == "broken"
    assert audit(system, protect(system, policy), policy).promises["P3"] == "kept"


@pytest.mark.parametrize("name", ["mun_acc", "z1", "example1", "d2"])
def test_ours_costs_no_more_than_the_peers_at_what_both_promise(name: str) -> None:
    system, policy = instance(name, "P1")
    theirs = withhold(system, policy, gauss(name))
    assert protect(system, policy).cost <= theirs.cost + 1e-9
