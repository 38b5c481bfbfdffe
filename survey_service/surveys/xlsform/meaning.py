"""Whether a formula can be worked out: its functions, patterns, divisors and size."""

from __future__ import annotations

import re
from typing import Any

from schemas.formula import (
    MAX_FORMULA_DEPTH,
    MAX_FORMULA_NODES,
    Call,
    Formula,
    Number,
    Operation,
    Words,
    nodes,
)
from survey_service.surveys.formula_functions import FUNCTIONS
from survey_service.surveys.formulas import compile_formula
from survey_service.surveys.xlsform.syntax import ExpressionRefused, unknown_function

MAX_PATTERN = 200
TODAY = Call(function="today", terms=())
_NESTED = re.compile(r"[*+?}]\)*\)[*+{]|\\[1-9]|\(\?[^:]")
"""A repetition of something that repeats, a backward reference, a look around."""
_NO_ANSWERS: dict[str, Any] = {}


def check_formula(formula: Formula) -> None:
    """The formula can be worked out, quickly, for whatever is answered.

    Raises:
        ExpressionRefused: an unknown function, a wrong number of terms, a pattern that could
            take for ever, a division by zero, too many terms.
    """
    found = nodes(formula)
    if len(found) > MAX_FORMULA_NODES or max(level for _, level in found) > MAX_FORMULA_DEPTH:
        raise ExpressionRefused("The expression is too large", "Split it into several questions.")
    for node, _ in found:
        if isinstance(node, Call):
            _check_call(node)
        elif isinstance(node, Operation) and node.operator in ("div", "mod"):
            _check_divisor(node)


def refuse_today(formula: Formula) -> None:
    """The formula does not ask which day it is.

    Raises:
        ExpressionRefused: it does: what is asked of people would change overnight.
    """
    if any(node == TODAY for node, _ in nodes(formula)):
        raise ExpressionRefused(
            "today() bounds a date and is for nothing else",
            "Write . <= today() as the constraint of a date, or a day in quotes.",
        )


def _check_call(call: Call) -> None:
    if call == TODAY:
        return
    function = FUNCTIONS.get(call.function)
    if function is None:
        raise unknown_function(call.function)
    if not function.least <= len(call.terms) <= function.most:
        raise ExpressionRefused(
            f"{call.function}() takes {function.least} to {function.most} terms",
            f"It has {len(call.terms)} here.",
        )
    if call.function == "regex":
        _check_pattern(call.terms[1])


def _check_pattern(pattern: Formula) -> None:
    if not isinstance(pattern, Words):
        raise ExpressionRefused("A pattern must be written out", "Put it in quotes.")
    if len(pattern.value) > MAX_PATTERN or _NESTED.search(pattern.value):
        raise ExpressionRefused(
            "The pattern could take for ever on some answers",
            "Do not repeat a group that repeats, refer back, or look around.",
        )
    try:
        re.compile(pattern.value)
    except (re.error, OverflowError, RecursionError):
        raise ExpressionRefused("The pattern is none", "Look at its brackets.") from None


def _check_divisor(operation: Operation) -> None:
    divisor = operation.right
    constant = all(isinstance(node, (Number, Words, Operation)) for node, _ in nodes(divisor))
    if constant and compile_formula(divisor)(_NO_ANSWERS, None) in (0, None):
        raise ExpressionRefused("This divides by zero", "Divide by another number.")
