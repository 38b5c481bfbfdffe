"""What a condition means: closures over the answers so far, in three-valued logic.

An answer that was refused, is not known, is missing or was not asked makes a test unknown, and a
question is asked only where its condition is known to be true.
Source: Kleene, "On notation for ordinal numbers", 1938 (strong three-valued logic).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from schemas.expression import (
    All,
    AnyOf,
    Comparison,
    Expression,
    HasAny,
    Holds,
    Includes,
    Not,
    OneOf,
    Reference,
)
from schemas.response import Answers
from survey_service.surveys.formula_functions import as_truth
from survey_service.surveys.formulas import compile_formula

Truth = bool | None
Condition = Callable[[Answers], Truth]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


def compile_condition(expression: Expression) -> Condition:
    """A function of the answers given so far: true, false, or None for unknown."""
    match expression:
        case Comparison(item=item, operator=operator, value=value):
            return _comparison(_reader(item), _OPERATORS[operator], value)
        case OneOf(item=item, values=values):
            return _one_of(_reader(item), frozenset(map(str, values)))
        case Includes(code=code, item=item):
            return _includes(_reader(item), code)
        case HasAny(item=item):
            return _has_any(_reader(item))
        case Holds():
            return compile_check(expression)
        case Not(term=term):
            return _opposite(compile_condition(term))
        case All(terms=terms):
            return _decided_by(False, tuple(map(compile_condition, terms)))
        case AnyOf(terms=terms):
            return _decided_by(True, tuple(map(compile_condition, terms)))


def compile_check(expression: Holds) -> Callable[..., Truth]:
    """A function of the answers so far, and of the answer that is being checked."""
    term = compile_formula(expression.formula)

    def test(answers: Answers, own: Any = None) -> Truth:
        return as_truth(term(answers, own))

    return test


def _reader(item: Reference) -> Callable[[Answers], Any]:
    """What the answer's value is, or None where there is none."""
    question, part = item.question, item.part
    if part is None:

        def whole(answers: Answers) -> Any:
            answer = answers.get(question)
            return answer["value"] if answer is not None and answer["state"] == "answered" else None

        return whole

    def one_part(answers: Answers) -> Any:
        answer = answers.get(question)
        if answer is None or answer["state"] != "answered":
            return None
        value = answer["value"]
        return value.get(part) if isinstance(value, dict) else None

    return one_part


def _comparison(
    read: Callable[..., Any], relation: Callable[[Any, Any], bool], wanted: int | str
) -> Condition:
    if relation in (eq, ne):
        text = str(wanted)

        def same(answers: Answers) -> Truth:
            value = read(answers)
            return None if value is None else relation(str(value), text)

        return same
    number = int(wanted)

    def ordered(answers: Answers) -> Truth:
        value = read(answers)
        return None if value is None else relation(int(value), number)

    return ordered


def _one_of(read: Callable[..., Any], values: frozenset[str]) -> Condition:
    def test(answers: Answers) -> Truth:
        value = read(answers)
        return None if value is None else str(value) in values

    return test


def _includes(read: Callable[..., Any], code: str) -> Condition:
    def test(answers: Answers) -> Truth:
        value = read(answers)
        return None if value is None else code in value

    return test


def _has_any(read: Callable[..., Any]) -> Condition:
    def test(answers: Answers) -> Truth:
        value = read(answers)
        return None if value is None else bool(value)

    return test


def _opposite(term: Condition) -> Condition:
    def test(answers: Answers) -> Truth:
        truth = term(answers)
        return None if truth is None else not truth

    return test


def _decided_by(deciding: bool, terms: tuple[Condition, ...]) -> Condition:
    def test(answers: Answers) -> Truth:
        open_yet = False
        for term in terms:
            truth = term(answers)
            if truth is deciding:
                return deciding
            open_yet = open_yet or truth is None
        return None if open_yet else not deciding

    return test
