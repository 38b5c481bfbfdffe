"""Withholding small counts alone is undone by subtraction; and insiders undo more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from anonymisation import CellSystem, Policy, attack, audit, protect
from anonymisation.tables.protection import withhold

DATA = Path(__file__).parents[2] / "data" / "sdc-tables"
INSTANCES = ("mun_acc", "z1", "example1", "d2", "ent_act_size")


def instance(name: str, promise: str) -> tuple[CellSystem, Policy]:
    folder = DATA / name
    entries = np.loadtxt(folder / "X.csv", delimiter=",", skiprows=1, dtype=int)
    counts = np.loadtxt(folder / "z.txt", dtype=int)
    values = np.loadtxt(folder / "y.txt", dtype=int)
    shape = (len(counts), len(values))
    incidence = sp.csc_array((entries[:, 2], (entries[:, 0], entries[:, 1])), shape=shape)
    threshold = int((folder / "maxN.txt").read_text()) + 1
    return CellSystem(incidence, counts), Policy(
        threshold=threshold, zeros="published", promise=promise
    )


def gauss(name: str, file: str) -> np.ndarray:
    return np.loadtxt(DATA / name / file, delimiter=",", skiprows=1, dtype=int)[:, 1] > 0


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
    theirs = withhold(system, policy, gauss("mun_acc", "gauss_pz0.csv"))
    assert audit(system, theirs, policy).promises["P1"] == "kept"
    assert audit(system, theirs, policy).promises["P3"] == "broken"
    assert audit(system, protect(system, policy), policy).promises["P3"] == "kept"


@pytest.mark.parametrize("name", ["mun_acc", "z1", "example1", "d2"])
def test_ours_costs_no_more_than_the_peers_at_what_both_promise(name: str) -> None:
    system, policy = instance(name, "P1")
    theirs = withhold(system, policy, gauss(name, "gauss_pz0.csv"))
    assert protect(system, policy).cost <= theirs.cost + 1e-9
