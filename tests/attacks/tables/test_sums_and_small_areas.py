"""Sums with one large contributor, and areas left over by subtraction, as an attacker meets them.

A naive release strikes out what the rule names and no more. Then margins give it back: the largest
earner's pay to a few per cent, and the count of a village with a handful of people of the group.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from anonymisation import CellSystem, Hierarchy, Policy, TableSpec, attack, protect, tabulate
from anonymisation.tables.facts import facts_of
from anonymisation.tables.population import Population
from anonymisation.tables.rules import find_targets
from anonymisation.tables.sums import protect_sums

P = 10
PAY = Policy(threshold=3, p_percent=P)
SPECS = [TableSpec(["branch", "region"])]


def pay(seed: int) -> pd.DataFrame:
    """Ninety earners, and one who earns as much as all of them."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "branch": chance.choice(list("abc"), 90),
            "region": chance.choice(list("xyz"), 90),
            "pay": chance.integers(10, 60, 90),
        }
    )
    boss = pd.DataFrame([{"branch": "a", "region": "x", "pay": 3000}])
    return pd.concat([frame, boss], ignore_index=True)


def guesses(system: CellSystem, facts: Any, policy: Policy) -> dict[int, float]:
    """By withheld cell, the second largest contributor's best guess of the largest, as a ratio."""
    magnitude = system.magnitude
    assert magnitude is not None
    found = attack(facts, policy)
    out = {}
    for cell, high in zip(found.cells, found.high, strict=True):
        first, second = (int(n) for n in magnitude.largest[cell, :2])
        if first:
            out[int(cell)] = (high - second) / first
    return out


@pytest.mark.parametrize("seed", range(3))
def test_a_dominated_sum_struck_out_alone_is_guessed_and_ours_is_not(seed: int) -> None:
    frame = pay(seed)
    system = tabulate(frame, SPECS, magnitude="pay")
    targets = find_targets(system, PAY)
    unsafe = [c for c, why in targets.reasons.items() if "p_percent" in why]
    naive = np.zeros(len(system.values), bool)
    naive[unsafe] = True
    guessed = guesses(system, facts_of(system, targets, naive), PAY)
    assert any(guessed[c] < 1 + P / 100 for c in unsafe)
    ours = protect_sums(system, protect(tabulate(frame, SPECS), PAY))
    guessed = guesses(ours.system, ours.facts, PAY)
    assert all(guessed[c] >= 1 + P / 100 for c in unsafe)


def test_an_area_left_over_is_counted_by_the_naive_print_and_not_by_ours() -> None:
    people = {"a": 900, "b": 40, "c": 700, "d": 30, "e": 5000}
    areas = Hierarchy("area", [(x, "west" if x in "abcd" else "city", "*") for x in people])
    sizes = {"a": 50, "b": 9, "c": 60, "d": 8, "e": 90}
    frame = pd.DataFrame({"area": [x for x, n in sizes.items() for _ in range(n)]})
    figures = pd.DataFrame({"area": list(people), "people": list(people.values())})
    population = Population.of(figures, "people", frame="Register")
    policy = Policy(threshold=3, population_minimum=100, population_frame="Register", promise="P1")
    system = tabulate(frame, [TableSpec(["area"])], {"area": areas}, population=population)
    labels = system.labels or ()
    targets = find_targets(system, policy)
    both = next(c for c, la in enumerate(labels) if la.box.get("area") == frozenset("bd"))
    row = system.incidence[:, [both]].toarray().T
    naive = targets.primary & system.printed
    found = attack(facts_of(system, targets, naive).also(row, 0, None), policy)
    assert found.low[-1] == found.high[-1] == 17
    ours = protect(system, policy)
    found = attack(ours.facts.also(row, 0, None), policy)
    assert found.low[-1] < found.high[-1]
