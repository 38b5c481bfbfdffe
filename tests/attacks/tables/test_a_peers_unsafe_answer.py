"""A peer's answer to six linked survey tables: hundreds of small counts follow from the rest.

GaussSuppression 1.2.3 gave it without a message; floating elimination called dependent rows
independent.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anonymisation import attack, audit
from anonymisation.tables.facts import Facts, Kind
from anonymisation.tables.protection import withhold
from schemas.policy import Promise
from tests.kit.sdc_instances import gauss, instance

FALLEN, TARGETS = 248, 470


def test_exact_elimination_finds_every_count_that_the_answer_gives_away() -> None:
    system, policy = instance("svy_syn", "P0")
    theirs = withhold(system, policy, gauss("svy_syn", "gauss_pz1.csv"))
    report = audit(system, theirs, policy)
    assert report.promises == {"P0": "broken"}
    targets = {int(system.duplicates[cell]) for cell in np.flatnonzero(theirs.primary)}
    assert len(targets) == TARGETS
    assert len(report.broken["P0"]) == FALLEN


def test_the_attacker_names_counts_from_the_print_alone() -> None:
    system, policy = instance("svy_syn", "P1")
    theirs = withhold(system, policy, gauss("svy_syn", "gauss_pz1.csv"))
    linear = policy.model_copy(update={"promise": Promise.P0})
    fallen = audit(system, theirs, linear).broken["P0"][:3]
    found = attack(asking(theirs.facts, fallen), linear)
    assert set(found.cells) == set(fallen)
    assert found.falls.all()
    assert (found.low == system.values[found.cells]).all()


def asking(facts: Facts, cells: tuple[int, ...]) -> Facts:
    """The same facts, of which only these cells are asked for."""
    kinds = [
        Kind.ROUNDED if kind is Kind.RANGE and cell not in cells else kind
        for kind, cell in zip(facts.kinds, facts.cells, strict=True)
    ]
    return replace(facts, kinds=tuple(kinds))
