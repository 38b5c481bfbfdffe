"""Three-valued evaluation against every way the unknown could turn out, and trees written out."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.formula import Call, Earlier, Formula, Itself, Number, Operation, Reference, Words
from schemas.questionnaire import Question
from schemas.response import AnswerDict
from survey_service.surveys.conditions import compile_condition
from survey_service.surveys.formula_functions import as_truth
from survey_service.surveys.formulas import compile_formula
from survey_service.surveys.xlsform.lowering import lower
from survey_service.surveys.xlsform.syntax import parse_formula
from survey_service.surveys.xlsform.writing import write_condition, write_formula

COUNTS, CODES = ("a", "b"), ("x", "y")
COMMON: dict[str, Any] = {
    "section": "s",
    "title": {"en": "t"},
    "text": {"en": "t"},
    "privacy_role": "plain",
    "gdpr_category": "none",
    "purpose": "participation",
    "helper": False,
}
OPTIONS = [{"code": code, "text": {"en": code}} for code in CODES]
QUESTIONS = {
    q.id: q
    for q in (
        *(
            Question.model_validate(
                COMMON | {"id": name, "kind": "integer", "minimum": 0, "maximum": 2}
            )
            for name in COUNTS
        ),
        Question.model_validate(COMMON | {"id": "c", "kind": "single", "options": OPTIONS}),
        Question.model_validate(COMMON | {"id": "m", "kind": "multi", "options": OPTIONS}),
    )
}
CHOICES = {
    "a": frozenset[str](),
    "b": frozenset[str](),
    "c": frozenset(CODES),
    "m": frozenset(CODES),
}
POSSIBLE: dict[str, list[Any]] = {
    "a": [0, 1, 2],
    "b": [0, 1, 2],
    "c": ["x", "y"],
    "m": [[], ["x"], ["y"], ["x", "y"]],
}


def earlier(name: str) -> Earlier:
    """Return a question's answer."""
    return Earlier(item=Reference(question=name))


numbers = st.integers(-2, 3).map(lambda n: Number(value=n))
counts = st.sampled_from(COUNTS).map(earlier) | numbers
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
tests = st.one_of(
    st.builds(Operation, operator=signs, left=counts, right=counts),
    st.builds(
        Operation,
        operator=st.sampled_from(["=", "!="]),
        left=st.just(earlier("c")),
        right=st.sampled_from(CODES).map(lambda code: Words(value=code)),
    ),
    st.sampled_from([*CODES, "z"]).map(
        lambda code: Call(function="selected", terms=(earlier("m"), Words(value=code)))
    ),
    st.just(
        Operation(
            operator=">",
            left=Call(function="count-selected", terms=(earlier("m"),)),
            right=Number(value=0),
        )
    ),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(Operation, operator=st.sampled_from(["and", "or"]), left=inner, right=inner),
        inner.map(lambda term: Call(function="not", terms=(term,))),
    ),
    max_leaves=8,
)
answers = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from(values) for name, values in POSSIBLE.items()}
)


def as_answers(values: dict[str, Any]) -> dict[str, AnswerDict]:
    """Return answers; None is a refusal."""
    return {
        name: {"state": "refused" if value is None else "answered", "value": value}
        for name, value in values.items()
    }


def outcomes(formula: Formula, values: dict[str, Any]) -> set[bool | None]:
    """Return every truth value over all ways the refused answers could have been given."""
    ways = [[value] if value is not None else POSSIBLE[name] for name, value in values.items()]
    evaluate = compile_formula(formula)
    return {
        as_truth(evaluate(as_answers(dict(zip(values, way, strict=True))), None))
        for way in itertools.product(*ways)
    }


@given(conditions, answers)
@settings(max_examples=250, deadline=None)
def test_what_is_known_holds_however_the_unknown_turns_out(
    formula: Formula, values: dict[str, Any]
) -> None:
    truth = as_truth(compile_formula(formula)(as_answers(values), None))
    if truth is not None:
        assert outcomes(formula, values) == {truth}
    if None not in values.values():
        assert truth is not None


@given(conditions, answers)
@settings(max_examples=250, deadline=None)
def test_the_simpler_form_of_a_condition_means_the_same(
    formula: Formula, values: dict[str, Any]
) -> None:
    given_answers = as_answers(values)
    simpler = compile_condition(lower(formula, QUESTIONS, CHOICES))
    assert simpler(given_answers) is as_truth(compile_formula(formula)(given_answers, None))


formulas = st.recursive(
    st.one_of(
        numbers,
        st.floats(-1000, 1000).map(lambda x: Number(value=round(x, 3))),
        st.text("ab'c ${}", max_size=5).map(lambda text: Words(value=text)),
        st.sampled_from(sorted(POSSIBLE)).map(earlier),
        st.just(Itself()),
    ),
    lambda inner: st.one_of(
        st.builds(
            Operation,
            operator=st.sampled_from(["or", "and", "=", "<", "+", "-", "*", "div", "mod"]),
            left=inner,
            right=inner,
        ),
        st.builds(
            Call,
            function=st.sampled_from(["concat", "coalesce", "if"]),
            terms=st.tuples(inner, inner, inner),
        ),
    ),
    max_leaves=10,
)


def read(text: str) -> Formula:
    """Return the tree of a text."""
    return parse_formula(text, earlier)


@given(formulas)
@settings(max_examples=300, deadline=None)
def test_a_formula_read_once_is_the_same_after_writing_and_reading(formula: Formula) -> None:
    once = read(write_formula(formula, str))
    assert read(write_formula(once, str)) == once


@given(formulas, answers)
@settings(max_examples=300, deadline=None)
def test_a_formula_means_the_same_after_writing_and_reading(
    formula: Formula, values: dict[str, Any]
) -> None:
    again = compile_formula(read(write_formula(formula, str)))(as_answers(values), 1)
    assert again == compile_formula(formula)(as_answers(values), 1)


@given(st.floats(0, 1e14, allow_subnormal=False).map(lambda x: float(f"{x:.12f}")))
def test_numbers_come_back_however_small(number: float) -> None:
    assert read(write_formula(Number(value=number), str)) == Number(value=number)


@given(conditions)
@settings(max_examples=200, deadline=None)
def test_a_condition_comes_back_as_it_was_written(formula: Formula) -> None:
    condition = lower(read(write_formula(formula, str)), QUESTIONS, CHOICES)
    assert lower(read(write_condition(condition, str)), QUESTIONS, CHOICES) == condition
