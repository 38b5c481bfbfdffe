"""What other tools let through, as small cases of our own, and that ours withstands each.

The faults were measured on the versions named; the records here are made up.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from anonymisation import Hierarchy, QuasiIdentifier, Roles, Sensitive, anonymise, check
from anonymisation.records import SUPPRESSED, OneOf, RecursiveDiversity, TCloseness
from anonymisation.records.attack import elimination, intersection
from anonymisation.records.errors import BadRecords, CannotMeet
from tests.kit import adult

TWO_KEYS = Roles({"a": QuasiIdentifier(), "b": QuasiIdentifier()})


def wildcard_count(frame: pd.DataFrame) -> list[int]:
    """How often each row is met where a suppressed cell matches whatever is published."""
    rows = frame.to_numpy(dtype=object)
    return [
        sum(
            all(
                x is SUPPRESSED or y is SUPPRESSED or x == y
                for x, y in zip(row, other, strict=True)
            )
            for other in rows
        )
        for row in rows
    ]


# sdcMicro 5.8.1, localSuppression: a suppressed cell counts as equal to everything.


def test_a_wildcard_count_of_two_leaves_somebody_alone_after_elimination() -> None:
    truth = pd.DataFrame({"a": ["1", "1", "1"], "b": ["x", "x", "y"]})
    shown = truth.astype(object)
    shown.loc[2, "b"] = SUPPRESSED
    assert min(wildcard_count(shown)) == 3
    # Whoever knows (1, y) rules both (1, x) out; one record is left.
    found = elimination(truth, shown, TWO_KEYS, k=2)
    assert (found.exposed, found.identified) == (1, 1)
    assert list(found.candidates) == [3, 3, 1]


def test_local_suppression_leaves_nobody_of_adult_below_k() -> None:
    frame = adult.records()[list(adult.FIVE)]
    result = anonymise(frame, adult.roles(*adult.FIVE), k=5, method="local", suppression_limit=0.0)
    again = elimination(frame, result.frame, adult.roles(*adult.FIVE), k=5)
    assert again.exposed == 0
    assert again.smallest >= 5
    assert sum(result.suppressed_cells.values()) <= 8_300
    assert not result.suppressed.any()


# anonypy 0.2.1, t-closeness: the threshold is overwritten inside its own loop.


@pytest.mark.parametrize("t", [0.05, 0.1, 0.2])
def test_the_closeness_asked_for_is_the_closeness_delivered(t: float) -> None:
    chance = np.random.default_rng(5)
    age = chance.integers(20, 60, 400)
    rich = np.where(chance.random(400) < (age - 15) / 50, "high", "low")
    frame = pd.DataFrame({"age": age, "income": rich})
    roles = Roles({"age": QuasiIdentifier(), "income": Sensitive()})
    ignored = anonymise(frame, roles, k=5, method="mondrian")
    assert ignored.checks.answers["income"].equal > 0.2
    kept = anonymise(frame, roles, k=5, method="mondrian", models=[TCloseness("income", t)])
    assert kept.checks.answers["income"].equal <= t + 1e-9
    whole = pd.Series(rich).value_counts(normalize=True)
    for _, members in kept.frame.groupby(kept.frame["age"].astype(str)):
        inside = members["income"].value_counts(normalize=True).reindex(whole.index, fill_value=0)
        assert (inside - whole).abs().sum() / 2 <= t + 1e-9


# pycanon 1.3.5 and with it anjana 1.2.3: recursive (c, l) from the rarest value.


def test_recursive_diversity_starts_from_the_most_frequent_value() -> None:
    frame = pd.DataFrame({"q": ["g"] * 6, "s": ["often"] * 5 + ["rare"]})
    roles = Roles({"q": QuasiIdentifier(), "s": Sensitive()})
    # The rarest value against the tail gives 1; the definition asks for more than 5.
    assert check(frame, roles).answers["s"].recursive[2] == 5.0
    asked = {"k": 2, "suppression_limit": 0.0}
    with pytest.raises(CannotMeet):
        anonymise(frame, roles, models=[RecursiveDiversity("s", 5.0, 2)], **asked)  # type: ignore[arg-type]
    anonymise(frame, roles, models=[RecursiveDiversity("s", 5.1, 2)], **asked)  # type: ignore[arg-type]


def test_delta_disclosure_counts_values_a_class_lacks() -> None:
    frame = pd.DataFrame({"q": list("ggghhh"), "s": list("xxyxxx")})
    roles = Roles({"q": QuasiIdentifier(), "s": Sensitive()})
    assert check(frame, roles).answers["s"].delta == math.inf


# ARX 3.9.2, issue 259: suppressed records read back in are counted as a class.


def test_withheld_records_are_no_class_and_stars_are_one() -> None:
    marked = pd.DataFrame({"a": ["1", "1", SUPPRESSED], "b": ["x", "x", SUPPRESSED]}, dtype=object)
    assert check(marked, TWO_KEYS).k == 2
    assert check(marked.replace({SUPPRESSED: "*"}), TWO_KEYS).k == 1


# anjana 1.2.3, pyarxaas: columns nobody declared are let through, or guessed.


def test_a_column_without_a_role_stops_everything() -> None:
    frame = pd.DataFrame({"a": ["1"] * 4, "b": ["x"] * 4, "phone": range(4)})
    for call in (lambda: anonymise(frame, TWO_KEYS, k=2), lambda: check(frame, TWO_KEYS)):
        with pytest.raises(BadRecords, match="without a role: phone"):
            call()


# Two releases with different hierarchies, each of them anonymous.


def test_two_anonymous_releases_are_not_anonymous_together() -> None:
    truth = pd.DataFrame({"age": ["20", "21", "22", "23"] * 2})
    fives = Hierarchy(
        "age", [["20", "A", "*"], ["21", "A", "*"], ["22", "B", "*"], ["23", "B", "*"]]
    )
    odd = Hierarchy("age", [["20", "C", "*"], ["21", "D", "*"], ["22", "D", "*"], ["23", "C", "*"]])
    results = [
        anonymise(truth, Roles({"age": QuasiIdentifier(tree)}), k=4, suppression_limit=0.0)
        for tree in (fives, odd)
    ]
    assert [result.checks.k for result in results] == [4, 4]
    as_sets = [
        result.frame.assign(age=[tree_set(tree, code) for code in result.frame["age"]])
        for tree, result in zip((fives, odd), results, strict=True)
    ]
    found = intersection(truth, *as_sets, Roles({"age": QuasiIdentifier()}), k=4)
    assert found.exposed == 8
    assert found.smallest == 2


def tree_set(tree: Hierarchy, code: str) -> object:
    return OneOf(tuple(row[0] for row in tree.rows if row[1] == code))


# A class whose members all gave one answer: k alone is a trap.


def test_k_alone_discloses_and_the_attack_says_so() -> None:
    frame = pd.DataFrame({"q": list("ggghhh"), "s": list("xxxxyy")})
    roles = Roles({"q": QuasiIdentifier(), "s": Sensitive()})
    result = anonymise(frame, roles, k=3, suppression_limit=0.0)
    assert result.checks.k == 3
    assert result.checks.answers["s"].homogeneous == 0.5
    assert result.elimination.disclosed == {"s": 3}
