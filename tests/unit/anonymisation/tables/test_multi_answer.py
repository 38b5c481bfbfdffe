from __future__ import annotations

import pandas as pd
import pytest

from anonymisation import TableSpec, tabulate
from anonymisation.errors import BadTable
from anonymisation.tables.multi_answer import each_option, yes_no


def test_a_column_of_options_becomes_a_variable_each_with_states_kept() -> None:
    frame = pd.DataFrame({"H2": ["a b", "b", "refused", "none"], "sex": list("fmfm")})
    found = yes_no(frame, "H2", ["a", "b", "none"])
    assert list(found["H2/a"]) == ["yes", "no", "refused", "no"]
    assert list(found["H2/b"]) == ["yes", "yes", "refused", "no"]
    assert "H2" not in found.columns
    system = tabulate(found, [TableSpec(["sex", "H2/a"])])
    codes = {label.codes[1] for label in system.labels or ()}
    assert codes == {"yes", "no", "refused", "*"}


def test_columns_of_nought_and_one_are_the_same() -> None:
    split = pd.DataFrame({"H2/a": ["1", "0", "refused"], "H2/b": [True, False, "refused"]})
    joined = pd.DataFrame({"H2": ["a;b", "", "refused"]})
    one = yes_no(split, "H2")
    with pytest.raises(BadTable, match="'H2' is empty in row 2"):
        yes_no(joined, "H2", separator=";")
    two = yes_no(joined, "H2", separator=";", missing="missing")
    assert list(one["H2/b"]) == ["yes", "no", "refused"]
    assert list(two["H2/b"]) == ["yes", "missing", "refused"]


@pytest.mark.parametrize(
    ("values", "options", "what"),
    [
        (["a x"], ["a", "b"], "the option 'x', which its list lacks"),
        (["a refused"], None, "a state beside options in row 1"),
    ],
)
def test_answers_that_are_none_are_named(
    values: list[str], options: list[str] | None, what: str
) -> None:
    with pytest.raises(BadTable, match=what):
        yes_no(pd.DataFrame({"H2": values}), "H2", options)


def test_bad_flags_and_codes_are_named() -> None:
    with pytest.raises(BadTable, match="'H2/a' has the code '2' in row 2, neither yes nor no"):
        yes_no(pd.DataFrame({"H2/a": ["1", "2"]}), "H2")
    with pytest.raises(BadTable, match="no column 'H2/c'"):
        yes_no(pd.DataFrame({"H2/a": ["1"]}), "H2", ["a", "c"])
    with pytest.raises(BadTable, match="'unknown' is no way of having no answer"):
        yes_no(pd.DataFrame({"H2": ["a", ""]}), "H2", missing="unknown")


def test_a_table_of_an_item_is_one_table_for_each_option() -> None:
    columns = ["sex", "H2/a", "H2/b", "H3/a"]
    tables = each_option(TableSpec(["sex", "H2"]), ["H2", "H3"], columns)
    assert [t.variables for t in tables] == [("sex", "H2/a"), ("sex", "H2/b")]
    assert each_option(TableSpec(["sex"]), ["H2"], columns) == [TableSpec(["sex"])]
    with pytest.raises(BadTable, match="one item of several answers"):
        each_option(TableSpec(["H2", "H3"]), ["H2", "H3"], columns)
