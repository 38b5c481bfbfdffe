"""Three-valued logic: what is unknown stays unknown, unless another term decides."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from schemas.response import Answers
from survey_service.surveys.condition_check import ConditionError, check
from survey_service.surveys.conditions import compile_condition
from survey_service.surveys.core import load
from survey_service.surveys.expressions import parse

TRUE, FALSE, UNKNOWN = "A == 1", "A == 2", "Z == 1"
ANSWERS: Answers = {"A": {"state": "answered", "value": "1"}}
TRUTH = {TRUE: True, FALSE: False, UNKNOWN: None}


def truth(text: str, answers: Answers) -> bool | None:
    return compile_condition(parse(text))(answers)


def given(**values: Any) -> Answers:
    return {qid: {"state": "answered", "value": value} for qid, value in values.items()}


@pytest.mark.parametrize(("first", "second"), list(product(TRUTH, repeat=2)))
def test_and_or_follow_kleenes_tables(first: str, second: str) -> None:
    both = {TRUTH[first], TRUTH[second]}
    expected_and = False if False in both else None if None in both else True
    expected_or = True if True in both else None if None in both else False
    assert truth(f"{first} and {second}", ANSWERS) is expected_and
    assert truth(f"{first} or {second}", ANSWERS) is expected_or


def test_not_leaves_the_unknown_unknown() -> None:
    assert truth(f"not {TRUE}", ANSWERS) is False
    assert truth(f"not {FALSE}", ANSWERS) is True
    assert truth(f"not {UNKNOWN}", ANSWERS) is None


@pytest.mark.parametrize("state", ["refused", "dont_know", "missing", "not_asked"])
@pytest.mark.parametrize(
    "text", ["Q == 1", "Q != 1", "Q > 1", "Q in [1]", "'a' in Q", "'a' not in Q", "Q has any"]
)
def test_an_answer_without_a_value_makes_every_test_unknown(text: str, state: str) -> None:
    assert truth(text, {"Q": {"state": state, "value": None}}) is None
    assert truth(text, {}) is None


def test_tests_read_codes_numbers_lists_and_parts() -> None:
    assert truth("B9 > 1", given(B9=2)) is True
    assert truth("B9 > 1", given(B9=1)) is False
    assert truth("D1 not in [1,2]", given(D1="3")) is True
    assert truth("D1 not in [1,2]", given(D1="2")) is False
    assert truth("'other' in B5", given(B5=["rom", "other"])) is True
    assert truth("C4.attending > 0", given(C4={"children_7_to_15": 2, "attending": 0})) is False
    assert truth("H1 has any and 'none' not in H1", given(H1=["job"])) is True
    assert truth("H1 has any and 'none' not in H1", given(H1=["none"])) is False


@pytest.mark.parametrize(
    "text",
    [
        "B4 > 1",  # a choice is not a number
        "B4 == 9",  # no such code
        "'x' in B5",
        "'rom' in B4",  # one choice, not several
        "B5 == 'rom'",
        "C4 > 0",  # a group has parts
        "C4.other > 0",
        "B9.part > 0",
        "B6 == 'x'",  # own words decide nothing
    ],
)
def test_a_condition_that_does_not_fit_its_question_is_refused(text: str) -> None:
    form = load().form
    codes = {q: frozenset(o.code for o in form.options_for(q)) for q in form.by_id if q != "A3"}
    with pytest.raises(ConditionError):
        check(parse(text), codes, form.by_id)
