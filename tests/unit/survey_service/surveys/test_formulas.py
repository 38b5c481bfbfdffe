"""What formulas mean: numbers, texts, codes, and what is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.formula import Earlier, Reference
from schemas.response import AnswerDict
from survey_service.surveys.formulas import compile_formula
from survey_service.surveys.xlsform.syntax import parse_formula

ANSWERS: dict[str, AnswerDict] = {
    "n": {"state": "answered", "value": 7},
    "zero": {"state": "answered", "value": 0},
    "word": {"state": "answered", "value": "it's"},
    "code": {"state": "answered", "value": "3"},
    "many": {"state": "answered", "value": ["x", "y"]},
    "pair": {"state": "answered", "value": {"first": 4}},
    "refused": {"state": "refused", "value": None},
    "unsaid": {"state": "missing", "value": None},
}


def value_of(text: str, own: Any = None) -> Any:
    """Return what an expression gives over these answers."""

    def resolve(name: str) -> Earlier:
        question, _, part = name.partition("_")
        return Earlier(item=Reference(question=question, part=part or None))

    return compile_formula(parse_formula(text, resolve))(ANSWERS, own)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("7 div 2", 3.5),
        ("-7 mod 3", -1), ("7 mod -3", 1), ("- - 2", 2), ("-${n}", -7), ("${n} div ${zero}", None),
        ("${n} mod ${zero}", None), ("1 < 2 and 2 < 1", False), ("1 or ${refused}", True),
        ("0 and ${refused}", False), ("1 and ${refused}", None), ("0 or ${refused}", None),
        ("not(${refused} = 1)", None), ("${code} = 3", True), ("${code} > 2", True),
        ("${code} = '3.0'", False), ("${word} = 3", False), ("${word} != 3", True),
        ('${word} = "it\'s"', True), ("selected(${many}, 'x')", True),
        ("selected(${many}, 'xy')", False), ("selected(${refused}, 'x')", None),
        ("count-selected(${many}) = 2", True), ("${many} = 'x y'", True), ("${pair_first}", 4),
        ("${pair_second}", None), ("${nobody}", None), ("if(${n} > 5, 'a', 'b')", "a"),
        ("if(${refused}, 1, 2)", None), ("coalesce(${refused}, ${n})", 7),
        ("round(2.5)", 3), ("round(-2.5)", -2), ("round(2.345, 2)", 2.35), ("int(-2.7)", -2),
        ("int('x')", None), ("min(3, 1, 2)", 1), ("max(3, ${refused})", None),
        ("concat(${n}, ' ', 1.5, true())", "7 1.5true"), ("string-length('ābols')", 5),
        ("substr('abcdef', 1, 3)", "bc"), ("contains('abc', 'b')", True),
        ("starts-with('abc', 'a')", True), ("ends-with('abc', 'a')", False),
        ("normalize-space('  a   b ')", "a b"), ("regex('a1', '[a-z][0-9]')", True),
        ("regex('a1 ', '[a-z][0-9]')", False), ("abs(-3)", 3), ("number('12') + 1", 13),
        ("boolean('')", False), ("string(7.0)", "7"),
    ],
)  # fmt: skip
def test_an_expression_gives(text: str, value: Any) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${unsaid} = ''", True), ("${unsaid} != ''", False), ("'' = ${unsaid}", True),
        ("${n} != ''", True), ("${n} = ''", False),
        ("${refused} = ''", None), ("${refused} != ''", None),
        ("${nobody} = ''", None),
    ],
)  # fmt: skip
def test_an_empty_text_asks_whether_anything_was_said_and_a_refusal_tells_neither(
    text: str, value: bool | None
) -> None:
    assert value_of(text) is value


def test_a_dot_is_the_answer_that_is_being_checked() -> None:
    assert value_of(". >= 1 and . <= 5", 3) is True
    assert value_of(". >= 1 and . <= 5", 6) is False
    assert value_of("regex(., '[^@\\s]+@[^@\\s]+')", "a@b") is True


def test_what_is_too_large_for_a_number_is_unknown() -> None:
    huge = " * ".join(["999999999999999"] * 25)
    assert value_of(huge) is None
