from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from anonymisation import CellSystem, Hierarchy, Merge, TableSpec, tabulate
from anonymisation.errors import BadHierarchy, BadTable
from tests.unit.anonymisation.frames import groups, survey

REGIONS = Hierarchy(
    "region",
    [
        ("Riga", "capital", "*"),
        ("Kurzeme", "west", "*"),
        ("Zemgale", "west", "*"),
        ("Latgale", "east", "*"),
        ("Vidzeme", "east", "*"),
    ],
)


def cell(system: CellSystem, *codes: str, table: int = 0) -> int:
    labels = system.labels or ()
    where = [i for i in system.cells_of(table) if labels[i].codes == codes]
    return int(system.values[where[0]])


def test_counts_every_cell_with_margins_and_levels() -> None:
    frame = survey()
    system = tabulate(frame, [TableSpec(["region", "sex"])], {"region": REGIONS})
    assert cell(system, "*", "*") == len(frame)
    assert cell(system, "Riga", "f") == ((frame.region == "Riga") & (frame.sex == "f")).sum()
    assert cell(system, "west", "*") == frame.region.isin(["Kurzeme", "Zemgale"]).sum()


def test_declared_codes_nobody_has_are_cells_of_nought() -> None:
    system = tabulate(survey(), [TableSpec(["E1"])])
    assert cell(system, "missing") == 0
    assert cell(system, "not_asked") == 0


def test_states_stay_apart_or_become_one_named_code() -> None:
    frame = survey()
    merged = tabulate(frame, [TableSpec(["E1"], states="merged")])
    both = frame.E1.isin(["refused", "dont_know", "missing", "not_asked"]).sum()
    assert cell(merged, "no_valid_answer") == both
    codes = {label.codes[0] for label in merged.labels or ()}
    assert codes == {"yes", "no", "no_valid_answer", "*"}


def test_merging_a_value_with_a_state_is_refused() -> None:
    spec = TableSpec(["E1"], merge=[Merge(variable="E1", name="rest", codes=("no", "refused"))])
    with pytest.raises(BadTable, match="merges values"):
        tabulate(survey(), [spec])


def test_filter_restricts_and_brings_its_complement_as_a_target() -> None:
    frame = survey()
    system = tabulate(frame, [TableSpec(["region"], where={"sex": ["f"]})])
    assert cell(system, "*") == (frame.sex == "f").sum()
    unprinted = set(system.values[~system.printed])
    assert (frame.sex == "m").sum() in unprinted
    assert len(frame) in unprinted


def test_group_counts_and_records_give_the_same_system() -> None:
    frame = survey()
    counted = frame.groupby(["region", "sex"], observed=False).size().reset_index(name="n")
    one = tabulate(frame, [TableSpec(["region", "sex"])])
    two = tabulate(counted, [TableSpec(["region", "sex"])], count="n")
    assert (one.values == two.values).all()


def test_many_variables_are_held_in_blocks_that_agree() -> None:
    frame = survey()
    specs = [TableSpec(["region", "sex"]), TableSpec(["age", "E1"]), TableSpec(["sex", "H1"])]
    system = tabulate(frame, specs)
    assert len(system.counts) < 5 * 2 * 4 * 6 * 5
    assert not (system.links @ system.counts).any()
    for number, spec in enumerate(specs):
        values = system.values[system.cells_of(number)]
        assert values[-1] == len(frame)
        a, b = spec.variables
        assert set(frame.groupby([a, b], observed=False).size()) <= set(values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="sex"), "no column 'sex'"),
        (lambda f: f.head(0), "no records"),
        (lambda f: f.assign(sex=None), "empty values"),
    ],
)
def test_bad_records_are_named(change: object, words: str) -> None:
    with pytest.raises(BadTable, match=words):
        tabulate(change(survey()), [TableSpec(["region", "sex"])])  # type: ignore[operator]


def test_unknown_names_are_named() -> None:
    frame = survey()
    with pytest.raises(BadTable, match="no code 'x'"):
        tabulate(frame, [TableSpec(["region"], where={"sex": ["x"]})])
    with pytest.raises(BadTable, match="has the code 'f'"):
        tabulate(frame, [TableSpec(["sex"])], domain={"sex": ("m",)})
    with pytest.raises(BadTable, match="no level 2"):
        tabulate(frame, [TableSpec(["region"], levels={"region": (2,)})], {"region": REGIONS})
    short = Hierarchy("region", [("Riga", "*")])
    with pytest.raises(BadHierarchy, match="misses the code"):
        tabulate(frame, [TableSpec(["region"])], {"region": short})


@pytest.mark.parametrize(
    ("bad", "what"), [(-1, "is negative"), (1.5, "is fractional"), (None, "is no number")]
)
def test_a_bad_group_size_is_named_by_column_and_row(bad: float | None, what: str) -> None:
    frame = groups({("a",): 3, ("b",): 4}, ["v"])
    frame["n"] = pd.Series([5, bad], dtype=object)
    with pytest.raises(BadTable, match=f"'n' {what} in row 2"):
        tabulate(frame, [TableSpec(["v"])], count="n")


def test_direct_systems_are_checked() -> None:
    with pytest.raises(BadTable, match="negative or fractional"):
        CellSystem(np.eye(2), np.array([1, -1]))
    with pytest.raises(BadTable, match="other numbers"):
        CellSystem(2 * np.eye(2), np.array([1, 1]))
    with pytest.raises(BadTable, match="length"):
        CellSystem(np.eye(2), np.array([1, 1, 1]))


def test_groups_that_are_all_empty_are_no_records() -> None:
    with pytest.raises(BadTable, match="every group is empty"):
        tabulate(groups({("a",): 0}, ["v"]), [TableSpec(["v"])], count="n")
    with pytest.raises(BadTable, match="no records"):
        tabulate(survey().iloc[:0], [TableSpec(["sex"])])


def test_empty_values_are_a_category_only_when_declared() -> None:
    frame = pd.DataFrame({"sex": ["f", None, "m", "f"], "age": ["a", "a", "b", np.nan]})
    with pytest.raises(BadTable, match=r"'sex' has empty values, first in row 2"):
        tabulate(frame, [TableSpec(["sex"])])
    system = tabulate(frame, [TableSpec(["sex"])], missing="missing")
    assert cell(system, "missing") == 1
    by_name = tabulate(frame, [TableSpec(["sex", "age"])], missing={"sex": "?", "age": "missing"})
    assert cell(by_name, "?", "a") == 1
    with pytest.raises(BadTable, match="'age' has empty values"):
        tabulate(frame, [TableSpec(["sex", "age"])], missing={"sex": "missing"})
    with pytest.raises(BadTable, match="has the code 'missing', which its list lacks"):
        tabulate(frame, [TableSpec(["sex"])], domain={"sex": ("f", "m")}, missing="missing")


def test_a_column_that_stands_twice_is_refused() -> None:
    frame = pd.DataFrame([["a", "b"]], columns=["v", "v"])
    with pytest.raises(BadTable, match="column 'v' twice"):
        tabulate(frame, [TableSpec(["v"])])


def test_contributors_are_persons_or_households() -> None:
    frame = pd.DataFrame({"v": ["a", "a", "a", "b"], "home": [1, 1, 2, 2]})
    persons = tabulate(frame, [TableSpec(["v"])])
    homes = tabulate(frame, [TableSpec(["v"])], household="home")
    assert list(persons.contributors) == [3, 1, 4]
    assert list(homes.contributors) == [2, 1, 2]
    with pytest.raises(BadTable, match="names no household in row 2"):
        tabulate(frame.assign(home=[1, None, 2, 3]), [TableSpec(["v"])], household="home")
    with pytest.raises(BadTable, match="who contributes what"):
        tabulate(frame, [TableSpec(["v"])], household="home", count="home")


@pytest.mark.parametrize(
    ("bad", "what"), [(-5, "is negative"), (0.5, "is fractional"), ("much", "is no number")]
)
def test_a_sum_is_of_whole_units(bad: object, what: str) -> None:
    frame = pd.DataFrame({"v": ["a", "a", "b"], "income": pd.Series([10, bad, 7], dtype=object)})
    with pytest.raises(BadTable, match=f"'income' {what} in row 2.*cents"):
        tabulate(frame, [TableSpec(["v"])], magnitude="income")
