from __future__ import annotations

import pandas as pd
import pytest

from anonymisation import Hierarchy, Policy, TableSpec, attack, protect, tabulate
from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.population import Population
from anonymisation.tables.rules import POPULATION
from anonymisation.tables.system import CellSystem

FRAME = "Register 2026, by municipality"
PEOPLE = {"a": 900, "b": 40, "c": 700, "d": 30, "e": 50, "f": 5000}
AREAS = Hierarchy(
    "area",
    [("a", "west", "*"), ("b", "west", "*"), ("c", "east", "*"), ("d", "east", "*"),
     ("e", "east", "*"), ("f", "city", "*")],
)  # fmt: skip
RULES = Policy(threshold=3, population_minimum=100, population_frame=FRAME, promise="P1")


def figures(people: dict[str, int], minimum: int = 100) -> Population:
    rows = pd.DataFrame({"area": list(people), "people": list(people.values())})
    return Population.of(rows, "people", frame=FRAME, minimum=minimum)


def asked() -> pd.DataFrame:
    sizes = {"a": 60, "b": 20, "c": 50, "d": 12, "e": 14, "f": 90}
    rows = [(area, "yes" if i % 3 else "no") for area, n in sizes.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["area", "answer"])


def tabulated(spec: TableSpec, population: Population | None = None) -> CellSystem:
    return tabulate(
        asked(), [spec], {"area": AREAS}, population=population or figures(PEOPLE)
    )  # fmt: skip


def test_counts_of_areas_with_too_few_people_are_primary_and_no_others() -> None:
    system = tabulated(TableSpec(["area", "answer"]))
    protection = protect(system, RULES)
    labels = system.labels or ()
    found = {labels[c].codes[0] for c in system.cells_of(0)
             if POPULATION in protection.reasons(c)}  # fmt: skip
    assert found == {"b", "d", "e"}


def test_small_areas_left_over_by_subtraction_stay_unknown_together() -> None:
    """East less c is d and e together: 80 people in the frame, so c or the east is withheld."""
    system = tabulated(TableSpec(["area"]))
    protection = protect(system, RULES)
    found = {c.codes[0]: c.value for c in protection.tables[0].cells}
    assert found["d"] is None
    assert found["e"] is None
    assert None in (found["c"], found["east"])
    without = tabulate(asked(), [TableSpec(["area"])], {"area": AREAS})
    bare = Policy(threshold=3, promise="P1")
    assert {c.value is None for c in protect(without, bare).tables[0].cells} == {False}


def test_no_small_union_is_proved_by_the_print() -> None:
    system = tabulated(TableSpec(["area"]))
    protection = protect(system, RULES)
    labels, facts = system.labels or (), protection.facts
    unions = {labels[c].box["area"]: c for c in range(len(labels)) if "area" in labels[c].box}
    small = [c for box, c in unions.items() if sum(PEOPLE[a] for a in box) < 100]
    assert any(len(labels[c].box["area"]) > 1 for c in small)
    for cell in small:
        row = system.incidence[:, [cell]].toarray().T
        found = attack(facts.also(row, 0, None), RULES)
        assert found.low[-1] < found.high[-1]


def test_bands_count_within_an_area() -> None:
    rows = pd.DataFrame(
        [("a", "young", 60), ("a", "old", 840), ("f", "young", 3000), ("f", "old", 2000)],
        columns=["area", "age", "people"],
    )
    population = Population.of(rows, "people", frame=FRAME)
    assert population.of_box({"area": frozenset("a")}) == 900
    assert population.of_box({"area": frozenset("a"), "age": frozenset(["young"])}) == 60
    assert population.of_box({"age": frozenset(["young"]), "sex": frozenset("f")}) == 3060
    frame = pd.DataFrame(
        {"area": ["a"] * 40 + ["f"] * 60, "age": (["young"] * 10 + ["old"] * 10) * 5}
    )
    system = tabulate(frame, [TableSpec(["area", "age"])], population=population)
    table = protect(system, RULES).tables[0]
    assert table.cell(["a", "young"]).value is None
    assert table.cell(["a", "*"]).value is not None or table.cell(["f", "*"]).value is not None


def test_who_named_no_area_is_in_none() -> None:
    frame = pd.DataFrame({"area": ["a"] * 30 + ["f"] * 30 + ["refused"] * 20})
    system = tabulate(frame, [TableSpec(["area"])], population=figures({"a": 900, "f": 5000}))
    assert all(c.value is not None for c in protect(system, RULES).tables[0].cells)


def test_figures_that_do_not_fit_are_named() -> None:
    with pytest.raises(BadTable, match="code 'z' of 'area', which its list lacks"):
        tabulated(TableSpec(["area"]), figures({**PEOPLE, "z": 5}))
    with pytest.raises(BadTable, match="'people' is negative in row 1"):
        figures({"a": -1})
    twice = pd.DataFrame({"area": ["a", "a"], "people": [1, 2]})
    with pytest.raises(BadTable, match="give a twice"):
        Population.of(twice, "people", frame=FRAME)
    with pytest.raises(BadTable, match="no column 'n'"):
        Population.of(twice, "n", frame=FRAME)


def test_a_policy_that_needs_figures_is_not_kept_without_them() -> None:
    bare = tabulate(asked(), [TableSpec(["area"])], {"area": AREAS})
    with pytest.raises(BadPolicy, match="needs the population of 'Register 2026"):
        protect(bare, RULES)
    low = tabulated(TableSpec(["area"]), figures(PEOPLE, minimum=50))
    with pytest.raises(BadPolicy, match="population_minimum of 50 at most"):
        protect(low, RULES)
    with pytest.raises(ValueError, match="the frame and its source"):
        Policy(population_minimum=100)
