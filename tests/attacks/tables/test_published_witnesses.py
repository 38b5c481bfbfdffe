"""A proof that everybody could check would hold the answer.

Each promise is proved by whole-number tables that fit everything printed, and by pairs of them
that disagree on a target. The true table is the one witness that costs nothing, so it stands in
every pair: published, in whatever order, pool and pairs name it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from anonymisation import CellSystem, attack, protect
from anonymisation.tables.bounds import with_bounds
from anonymisation.tables.certificate import public_part
from anonymisation.tables.protection import Protection, withhold
from tests.kit.sdc_instances import instance

INSTANCES = ("mun_acc", "d2", "ent_act_size")


def published_pool(protection: Protection) -> tuple[Any, list[tuple[int, int]], Any]:
    """What a naive office would publish so that others can check: the pool in a random order,
    and for each target two of its tables; and the class of each inner cell."""
    certificate = protection.certificate
    assert certificate is not None
    inside = certificate.inside
    truth = np.array(inside.truth)
    tables = []
    for change in inside.pool:
        tables.append(truth.copy())
        np.add.at(tables[-1], list(change.places), list(change.by))
    order = np.random.default_rng(1).permutation(len(tables))
    place = np.argsort(order)
    pairs = [(int(place[proof.first]), int(place[proof.second])) for proof in inside.proofs]
    return np.array(tables)[order], pairs, np.array(inside.class_of)


def counted(system: CellSystem, table: Any, class_of: Any) -> Any:
    """What a table of classes gives every cell."""
    members = np.zeros((len(table), system.incidence.shape[1]), np.int64)
    alive = class_of >= 0
    np.maximum.at(members, class_of[alive], system.incidence.toarray()[alive])
    return table @ members


@pytest.mark.parametrize("name", INSTANCES)
def test_a_published_pool_gives_every_count_away(name: str) -> None:
    system, policy = instance(name, "P2")
    protection = protect(system, policy)
    tables, pairs, class_of = published_pool(protection)
    assert len(tables) > 2
    named = Counter(table for pair in pairs for table in set(pair))
    suspect, times = named.most_common(1)[0]
    assert times == len(pairs)
    targets = np.flatnonzero(protection.primary)
    guesses = counted(system, tables[suspect], class_of)
    assert (guesses[targets] == system.values[targets]).all()


@pytest.mark.parametrize("name", INSTANCES[:2])
def test_the_public_part_is_the_same_for_every_table_that_prints_the_same(name: str) -> None:
    system, policy = instance(name, "P2")
    protection = protect(system, policy)
    assert protection.certificate is not None
    tables, _, class_of = published_pool(protection)
    other = np.zeros(len(system.counts), np.int64)
    first = {int(c): i for i, c in reversed(list(enumerate(class_of))) if c >= 0}
    differs = (counted(system, table, class_of) != system.values for table in tables)
    which = next(i for i, other_values in enumerate(differs) if other_values.any())
    other[list(first.values())] = tables[which][list(first)]
    twin = CellSystem(system.incidence, other)
    assert (twin.values != system.values).any()
    assert (twin.values == system.values)[~protection.withheld].all()
    theirs = withhold(twin, policy, protection.withheld)
    names = [(0, (str(cell),), (0,)) for cell in theirs.facts.cells[theirs.facts.withheld]]
    ours = with_bounds(protection.certificate.public, protection.facts, names)
    same = with_bounds(public_part(twin, policy), theirs.facts, names)
    assert ours == same
    found = attack(protection.facts, policy)
    targets = protection.primary[found.cells]
    assert (found.high[targets] >= policy.threshold).all()
