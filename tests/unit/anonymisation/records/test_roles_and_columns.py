from __future__ import annotations

from contextlib import suppress
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymisation import Hierarchy, QuasiIdentifier, Roles, Sensitive, anonymise
from anonymisation.errors import AnonymisationError, BadHierarchy
from anonymisation.records import DateParts, Intervals, Listed, MaximumShare, Prefixes, TCloseness
from anonymisation.records.coding import code
from anonymisation.records.errors import BadRecords
from schemas.codelist import Code, CodeList
from schemas.texts import Texts

FRAME = pd.DataFrame({"q": ["a", "b"] * 4, "s": ["x", "y"] * 4})
KNOWN = {"q": QuasiIdentifier(), "s": Sensitive()}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"q": QuasiIdentifier()}, "Columns without a role: s"),
        ({**KNOWN, "z": "plain"}, "not there: z"),
        ({**KNOWN, "s": "secret"}, "'secret' is no role"),
        ({"q": "plain", "s": Sensitive()}, "No column is a quasi-identifier"),
        ({**KNOWN, "q": QuasiIdentifier(weight=0)}, "weight of 'q' is 0"),
        ({**KNOWN, "a": "household", "b": "household"}, "Two columns are household"),
    ],
)
def test_roles_that_do_not_fit_are_refused(columns: dict[str, object], words: str) -> None:
    with pytest.raises(BadRecords, match=words):
        anonymise(FRAME, Roles(columns), k=2)  # type: ignore[arg-type]


def test_a_unit_of_households_needs_a_column_of_them() -> None:
    with pytest.raises(BadRecords, match="who lives together"):
        Roles(KNOWN, unit="household")


def test_columns_that_stand_twice_are_refused() -> None:
    twice = pd.concat([FRAME, FRAME[["q"]]], axis=1)
    with pytest.raises(BadRecords, match="stand twice: q"):
        anonymise(twice, Roles(KNOWN), k=2)


def test_mixed_types_name_a_value_of_each() -> None:
    mixed = FRAME.assign(q=pd.Series(["a", 1] * 4, dtype=object))
    with pytest.raises(BadRecords, match=r"'q' mixes types: 1 \(number\), 'a' \(str\)"):
        anonymise(mixed, Roles(KNOWN), k=2)


def test_a_value_missing_from_its_hierarchy_is_named_with_its_records() -> None:
    lines = Hierarchy("q", [["a", "*"], ["c", "*"]])
    with pytest.raises(BadRecords, match=r"'q' holds 'b' in 4 records.*Add lines"):
        anonymise(FRAME, Roles({**KNOWN, "q": QuasiIdentifier(lines)}), k=2)


def test_models_on_columns_without_their_role_are_refused() -> None:
    with pytest.raises(BadRecords, match="'q' is not sensitive"):
        anonymise(FRAME, Roles(KNOWN), k=2, models=[MaximumShare("q", 0.5)])
    with pytest.raises(BadRecords, match="no ordered distance"):
        anonymise(FRAME, Roles(KNOWN), k=2, models=[TCloseness("s", 0.5, "ordered")])


def test_no_records_and_an_empty_column_are_refused() -> None:
    with pytest.raises(BadRecords, match="no records"):
        anonymise(FRAME.iloc[:0], Roles(KNOWN), k=1)
    with pytest.raises(BadRecords, match="'q' holds no value"):
        anonymise(FRAME.assign(q=np.nan), Roles(KNOWN), k=1)


def test_codes_depend_on_values_and_not_on_their_order() -> None:
    column = pd.Series([30, 4, 100, 4], name="age")
    coded = code(column, QuasiIdentifier(Intervals(10)))
    turned = code(column[::-1], QuasiIdentifier(Intervals(10)))
    assert coded.values == turned.values == (4, 30, 100)
    assert list(coded.codes) == list(turned.codes)[::-1]
    assert coded.labels[1] == ("0-9", "30-39", "100-109")


def test_intervals_nest_and_say_what_they_hold() -> None:
    made = Intervals(5, 10, 20, start=1).hierarchy("age", ["7", "23"])
    assert made.rows == (("7", "6-10", "1-10", "1-20", "*"), ("23", "21-25", "21-30", "21-40", "*"))
    halves = Intervals(0.5).hierarchy("x", ["1.25"])
    assert halves.rows[0] == ("1.25", "[1, 1.5)", "*")
    with pytest.raises(BadHierarchy, match="do not nest"):
        Intervals(5, 12)
    with pytest.raises(BadHierarchy, match="no number"):
        Intervals(5).hierarchy("age", ["old"])


def test_prefixes_and_parts_of_dates_nest() -> None:
    assert Prefixes(3, 1).hierarchy("zip", ["4711"]).rows == (("4711", "471.", "4...", "*"),)
    parts = DateParts("month", "quarter", "half", "year", "decade")
    assert parts.hierarchy("born", ["1987-05-09"]).rows[0] == (
        "1987-05-09", "1987-05", "1987 Q2", "1987 H1", "1987", "1980s", "*",
    )  # fmt: skip
    with pytest.raises(BadHierarchy, match="falling"):
        Prefixes(1, 3)
    with pytest.raises(BadHierarchy, match="in this order"):
        DateParts("year", "month")
    with pytest.raises(BadHierarchy, match="no date"):
        DateParts("year").hierarchy("born", ["yesterday"])


def test_dates_of_a_column_are_read_as_dates() -> None:
    days = pd.Series(pd.to_datetime(["2020-01-05", "2020-02-06", "2021-01-07"]), name="day")
    coded = code(days, QuasiIdentifier(DateParts("year")))
    assert coded.labels[1] == ("2020", "2021")
    assert coded.ordered


def test_codes_of_a_versioned_list_become_those_of_the_day() -> None:
    title = Texts(lv="x", ru="x", en="x")
    codes = CodeList(
        id="places", version=2, title=title, source="own",
        codes=(
            Code(code="old", text=title, valid_to=date(2021, 6, 30), successor="new"),
            Code(code="new", text=title, valid_from=date(2021, 7, 1)),
        ),
    )  # fmt: skip
    made = Listed(codes, date(2024, 1, 1)).hierarchy("place", [])
    assert made.rows == (("old", "new", "*"), ("new", "new", "*"))
    with pytest.raises(BadHierarchy, match="leads to no code"):
        Listed(codes, date(2020, 1, 1)).hierarchy("place", [])


VALUES = st.one_of(
    st.none(), st.integers(-3, 3), st.floats(-2, 2), st.text(max_size=3), st.booleans(), st.dates(),
)  # fmt: skip


@given(cells=st.lists(VALUES, min_size=1, max_size=12), k=st.integers(-1, 14))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_column_is_anonymised_or_refused_in_words(cells: list[object], k: int) -> None:
    frame = pd.DataFrame({"q": pd.Series(cells, dtype=object)})
    with suppress(AnonymisationError):
        result = anonymise(frame, Roles({"q": QuasiIdentifier()}), k=k, suppression_limit=1.0)
        assert len(result.frame) == len(cells)


LINE = st.lists(st.sampled_from(["a", "b", "*", "", "x;"]), max_size=4)


@given(lines=st.lists(LINE, max_size=5))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_hierarchy_is_used_or_refused_in_words(lines: list[list[str]]) -> None:
    frame = pd.DataFrame({"q": ["a", "b", "a"]})
    with suppress(AnonymisationError):
        made = Hierarchy.read_csv("\n".join(";".join(line) for line in lines) + "\n", "q")
        result = anonymise(frame, Roles({"q": QuasiIdentifier(made)}), k=2, suppression_limit=1.0)
        assert len(result.frame) == len(frame)
