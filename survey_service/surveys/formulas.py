"""What a formula means: closures over the answers so far, in three-valued logic.

A term is a number, a text, a truth value or a list of codes; None where it is unknown, because an
answer it needs was refused, is not known, was not asked, or a division has no result. Numbers are
IEEE doubles, as in XPath and in browsers.
Source: XPath 1.0, 3.4 (comparisons) and 4 (functions); Kleene 1938 for "and", "or", "not".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import add, ge, gt, le, lt, mul, sub
from typing import Any, Final

from schemas.formula import (
    Call,
    Column,
    Each,
    Earlier,
    Formula,
    Itself,
    Number,
    Operation,
    Reference,
    Words,
)
from schemas.questionnaire import MAX_ENTRIES
from schemas.response import Answers
from survey_service.surveys.formula_functions import FUNCTIONS, as_number, as_text, as_truth

Term = Callable[[Answers, Any], Any]
"""A function of the answers so far and of the answer (or choice) that is being checked."""

_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {"+": add, "-": sub, "*": mul}
_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def compile_formula(formula: Formula) -> Term:
    """A function of the answers so far (and the one being checked) that gives the value."""
    match formula:
        case Number(value=value) | Words(value=value):
            return lambda _answers, _own: value
        case Earlier(item=item):
            return _earlier(item)
        case Each(item=item):
            return _each(item)
        case Itself():
            return lambda _answers, own: own
        case Column(name=name):
            return lambda _answers, own: own.get(name, "")
        case Call(function="count", terms=(Each(item=item),)):
            return _how_many(item)
        case Call(function="if", terms=terms):
            return _choice(*map(compile_formula, terms))
        case Call(function=function, terms=terms):
            return _call(FUNCTIONS[function].does, tuple(map(compile_formula, terms)))
        case Operation():
            return _operation(formula)


def _operation(formula: Operation) -> Term:
    operator, left, right = formula.operator, formula.left, formula.right
    first, second = compile_formula(left), compile_formula(right)
    if operator in ("and", "or"):
        return _joined(operator == "or", first, second)
    if operator in ("=", "!="):
        for empty, other, term in ((left, right, second), (right, left, first)):
            if isinstance(empty, Words) and empty.value == "":
                return _emptiness(operator == "=", other, term)
        return _equality(operator == "=", first, second)
    if operator in _ORDER:
        return _numbers(_ORDER[operator], first, second)
    if operator in _ARITHMETIC:
        return _numbers(_ARITHMETIC[operator], first, second)
    return _numbers(_divided if operator == "div" else _remainder, first, second)


def _earlier(item: Reference) -> Term:
    question, part = item.question, item.part

    def read(answers: Answers, _own: Any) -> Any:
        answer = answers.get(question)
        if answer is None or answer["state"] != "answered":
            return None
        value = answer["value"]
        if part is None:
            return value
        return value.get(part) if isinstance(value, dict) else None

    return read


def _each(item: Reference) -> Term:
    names = entries_of(item.question)

    def read(answers: Answers, _own: Any) -> list[Any] | None:
        said = [answers[name] for name in names if name in answers]
        if any(answer["state"] != "answered" for answer in said):
            return None
        return [answer["value"] for answer in said]

    return read


def _how_many(item: Reference) -> Term:
    names = entries_of(item.question)
    return lambda answers, _own: float(sum(name in answers for name in names))


def entries_of(question: str) -> tuple[str, ...]:
    """The names of a question that is asked again and again."""
    return tuple(f"{question}.{entry}" for entry in range(1, MAX_ENTRIES + 1))


def _emptiness(wanted: bool, other: Formula, term: Term) -> Term:
    """Comparing with '' asks whether anything was said; a refusal says neither yes nor no."""
    question = other.item.question if isinstance(other, Earlier) else None

    def test(answers: Answers, own: Any) -> bool | None:
        value = term(answers, own)
        if value is None:
            answer = answers.get(question) if question else None
            return wanted if answer is not None and answer["state"] == "missing" else None
        return (as_text(value) == "") is wanted

    return test


def _equality(wanted: bool, first: Term, second: Term) -> Term:
    def test(answers: Answers, own: Any) -> bool | None:
        left, right = first(answers, own), second(answers, own)
        if left is None or right is None:
            return None
        if isinstance(left, bool) or isinstance(right, bool):
            return (as_truth(left) is as_truth(right)) is wanted
        if isinstance(left, (int, float)) or isinstance(right, (int, float)):
            return (as_number(left) == as_number(right)) is wanted
        return (as_text(left) == as_text(right)) is wanted

    return test


def _numbers(work: Callable[[float, float], Any], first: Term, second: Term) -> Term:
    def result(answers: Answers, own: Any) -> Any:
        left, right = as_number(first(answers, own)), as_number(second(answers, own))
        if left is None or right is None:
            return None
        found = work(left, right)
        return None if isinstance(found, float) and not math.isfinite(found) else found

    return result


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


def _remainder(left: float, right: float) -> float:
    """The sign is that of the dividend, as in XPath and JavaScript."""
    return math.fmod(left, right) if right else math.nan


def _joined(deciding: bool, first: Term, second: Term) -> Term:
    def test(answers: Answers, own: Any) -> bool | None:
        left = as_truth(first(answers, own))
        if left is deciding:
            return deciding
        right = as_truth(second(answers, own))
        if right is deciding:
            return deciding
        return None if left is None or right is None else not deciding

    return test


def _choice(test: Term, then: Term, otherwise: Term) -> Term:
    def result(answers: Answers, own: Any) -> Any:
        truth = as_truth(test(answers, own))
        return None if truth is None else (then if truth else otherwise)(answers, own)

    return result


def _call(does: Callable[..., Any], terms: tuple[Term, ...]) -> Term:
    def result(answers: Answers, own: Any) -> Any:
        return does(*(term(answers, own) for term in terms))

    return result
