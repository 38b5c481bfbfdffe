from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from anonymisation import Hierarchy, QuasiIdentifier, Roles, Sensitive, anonymise
from anonymisation.records import (
    SUPPRESSED,
    DistinctDiversity,
    Intervals,
    KAnonymity,
    KMap,
    OneOf,
    Range,
    TCloseness,
    release,
)
from anonymisation.records.errors import BadRecords, CannotMeet, WeakerThanAsked

REGIONS = Hierarchy("region", [["r", "west", "*"], ["k", "west", "*"], ["l", "east", "*"]])


def people() -> pd.DataFrame:
    count = 60
    return pd.DataFrame(
        {
            "name": [f"n{i}" for i in range(count)],
            "age": pd.array([20 + i % 7 for i in range(count)], dtype="Int64"),
            "region": pd.Categorical([("r", "k", "l")[i % 3] for i in range(count)]),
            "sex": [("f", "m")[i % 2] for i in range(count)],
            "house": [i // 3 for i in range(count)],
            "answer": pd.Categorical([("yes", "no")[i % 5 == 0] for i in range(count)]),
            "size": np.arange(count, dtype=float),
        },
        index=pd.RangeIndex(100, 160),
    )


def roles(**changes: object) -> Roles:
    columns = {
        "name": "identifier", "age": QuasiIdentifier(Intervals(2, 4, 8)),
        "region": QuasiIdentifier(REGIONS), "sex": QuasiIdentifier(), "house": "household",
        "answer": Sensitive(), "size": "plain",
    }  # fmt: skip
    return Roles({**columns, **changes})  # type: ignore[arg-type]


def test_identifiers_and_households_are_gone_and_the_rest_keeps_its_type() -> None:
    frame = people()
    before = frame.copy(deep=True)
    result = anonymise(frame, roles(), k=2, suppression_limit=0.0)
    pd.testing.assert_frame_equal(frame, before)
    assert list(result.frame.columns) == ["age", "region", "sex", "answer", "size"]
    assert result.frame.index.equals(frame.index)
    assert isinstance(result.frame["region"].dtype, pd.CategoricalDtype)
    assert result.frame["sex"].dtype == frame["sex"].dtype
    assert result.frame["answer"].dtype == frame["answer"].dtype
    pd.testing.assert_series_equal(result.frame["size"], frame["size"])
    assert result.levels["age"] > 0
    assert not result.suppressed.any()


def test_a_column_left_at_its_leaves_keeps_nullable_integers() -> None:
    frame = pd.DataFrame({"age": pd.array([1, 1, 2, 2], dtype="Int64"), "x": ["a"] * 4})
    result = anonymise(frame, Roles({"age": QuasiIdentifier(), "x": QuasiIdentifier()}), k=2)
    assert result.frame["age"].dtype == "Int64"
    assert result.loss == 0


def test_a_withheld_record_holds_the_mark_in_keys_and_answers() -> None:
    frame = pd.concat([people()] * 2, ignore_index=True)
    frame.loc[0, "age"] = 99
    result = anonymise(frame, roles(age=QuasiIdentifier()), k=2, suppression_limit=0.05)
    assert result.suppressed.sum() == 1
    row = result.frame[result.suppressed].iloc[0]
    assert all(row[name] is SUPPRESSED for name in ("age", "region", "sex", "answer"))
    assert row["size"] == 0.0
    assert SUPPRESSED not in set(result.frame[~result.suppressed]["answer"])
    assert result.checks.suppressed == 1


def test_the_mark_is_one_object_and_no_string() -> None:
    assert pickle.loads(pickle.dumps(SUPPRESSED)) is SUPPRESSED
    assert str(SUPPRESSED) == "(suppressed)"
    assert SUPPRESSED != "(suppressed)"
    assert max([SUPPRESSED, "a"]) == "a"


def test_an_empty_cell_is_a_value_unless_declared_missing() -> None:
    frame = pd.DataFrame({"q": ["a"] * 5 + [None] * 2 + ["b"] * 5})
    kept = anonymise(frame, Roles({"q": QuasiIdentifier()}), k=2, suppression_limit=0.0)
    assert kept.frame["q"].isna().sum() == 2
    missing = QuasiIdentifier(missing=(float("nan"),))
    unknown = anonymise(frame, Roles({"q": missing}), k=2, suppression_limit=0.0)
    assert [value is SUPPRESSED for value in unknown.frame["q"][5:7]] == [True, True]
    assert unknown.loss == pytest.approx(2 / 12)
    assert kept.loss == 0


def test_mondrian_publishes_ranges_of_numbers_and_sets_of_codes() -> None:
    result = anonymise(people(), roles(), k=12, method="mondrian")
    kinds = {type(value) for value in result.frame["age"]}
    assert kinds <= {Range, int}
    assert Range in kinds
    assert {type(v) for v in result.frame["region"]} <= {OneOf, str}
    assert result.loss < anonymise(people(), roles(), k=12, suppression_limit=0.0).loss
    assert result.lower_bound is None
    assert not result.proven_optimal


def test_classes_are_as_tight_as_what_they_hold() -> None:
    frame = pd.DataFrame({"a": [1, 1, 2, 50, 51, 51]})
    result = anonymise(frame, Roles({"a": QuasiIdentifier()}), k=3, method="mondrian")
    assert list(result.frame["a"]) == [Range(1, 2)] * 3 + [Range(50, 51)] * 3


@pytest.mark.parametrize("method", ["optimal", "mondrian", "local"])
def test_models_hold_together_with_every_method(method: str) -> None:
    models = (DistinctDiversity("answer", 2), TCloseness("answer", 0.4))
    result = anonymise(
        people(),
        roles(),
        k=3,
        suppression_limit=0.3,
        method=method,
        models=models,  # type: ignore[arg-type]
    )
    assert result.checks.k >= 3
    assert result.checks.answers["answer"].distinct >= 2
    assert result.checks.answers["answer"].equal <= 0.4
    assert result.elimination.exposed == 0


@pytest.mark.parametrize("method", ["optimal", "mondrian", "local"])
def test_households_are_counted_where_they_are_the_unit(method: str) -> None:
    frame = people()
    frame["region"] = pd.Categorical(["r", "k", "l"] * 20)
    together = frame.assign(house=[f"{r}{i // 30}" for i, r in enumerate(frame["region"])])
    each = Roles(roles().columns, unit="household")
    result = anonymise(together, each, k=2, suppression_limit=0.5, method=method)  # type: ignore[arg-type]
    seen = result.frame.assign(house=together["house"])[~result.suppressed]
    keys = ["age", "region", "sex"]
    households = seen.astype(dict.fromkeys(keys, str)).groupby(keys)["house"].nunique()
    assert households.min() >= 2


def test_k_map_counts_the_population() -> None:
    frame = pd.DataFrame({"region": ["r", "k", "l", "l"]})
    many = pd.DataFrame({"region": ["r", "k", "l"], "people": [10, 10, 3]})
    result = anonymise(
        frame, Roles({"region": QuasiIdentifier(REGIONS)}), k=1, suppression_limit=0.5,
        models=[KMap(many, 10, "people")],
    )  # fmt: skip
    assert list(result.suppressed) == [False, False, True, True]
    assert result.levels == {"region": 0}
    assert result.checks.k_map == 10


def test_k_over_some_keys_is_kept_by_every_method() -> None:
    frame = people()
    for method in ("optimal", "mondrian", "local"):
        result = anonymise(
            frame, roles(), k=2, suppression_limit=0.5, method=method,  # type: ignore[arg-type]
            models=[KAnonymity(9, keys=("region", "sex"))],
        )  # fmt: skip
        assert (result.checks.subsets or {})["region", "sex"] >= 9


def test_local_suppression_needs_no_hierarchy_and_marks_cells() -> None:
    frame = people()
    result = anonymise(frame, roles(age=QuasiIdentifier()), k=4, method="local")
    assert result.checks.k >= 4
    assert sum(result.suppressed_cells.values()) > 0
    marks = {n: sum(v is SUPPRESSED for v in result.frame[n]) for n in ("age", "region", "sex")}
    assert marks == result.suppressed_cells
    assert result.loss == pytest.approx(sum(marks.values()) / 3 / len(frame))


def test_rows_left_over_borrow_what_they_lack() -> None:
    frame = pd.DataFrame({"a": ["x"] * 9 + ["y"], "b": ["p"] * 9 + ["q"]})
    each = Roles({"a": QuasiIdentifier(), "b": QuasiIdentifier()})
    result = anonymise(frame, each, k=3, suppression_limit=0.0, method="local")
    blank = result.frame.map(lambda value: value is SUPPRESSED).all(axis=1)
    assert blank.sum() == 3
    assert blank.iloc[9]
    tight = anonymise(frame.iloc[5:], each, k=3, suppression_limit=0.0, method="local")
    assert tight.frame.map(lambda value: value is SUPPRESSED).all(axis=1).sum() == 5


def test_what_the_check_or_the_attack_finds_weaker_is_never_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        release, "in_failing_classes", lambda columns, *_: np.zeros(len(columns[0].codes), bool)
    )
    frame = pd.concat([people()] * 2, ignore_index=True)
    frame.loc[0, "age"] = 99
    with pytest.raises(WeakerThanAsked, match="does not keep KAnonymity"):
        anonymise(frame, roles(age=QuasiIdentifier()), k=2, suppression_limit=0.05)


def test_a_leaking_suppression_is_stopped_by_the_attack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published classes are large enough; the true keys of one do not fit it."""
    frame = pd.DataFrame({"a": ["x"] * 4 + ["y"] * 4})

    def swapped(column: pd.Series, *_: object) -> pd.Series:
        return pd.Series(["x"] * 4 + ["z"] * 4, index=column.index, name=column.name)

    monkeypatch.setattr(release, "at_level", swapped)
    with pytest.raises(WeakerThanAsked, match="Elimination"):
        anonymise(frame, Roles({"a": QuasiIdentifier()}), k=4, suppression_limit=0.0)


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(BadRecords, match="no method"):
        anonymise(people(), roles(), method="best")  # type: ignore[arg-type]
    with pytest.raises(BadRecords, match="The limit is 5"):
        anonymise(people(), roles(), suppression_limit=5)
    with pytest.raises(BadRecords, match="k is 0"):
        anonymise(people(), roles(), k=0)
    with pytest.raises(CannotMeet):
        anonymise(people(), roles(), k=2, suppression_limit=0.0,
                  models=[DistinctDiversity("answer", 3)])  # fmt: skip
