"""Whether a condition fits the questions it looks at."""

from __future__ import annotations

from collections.abc import Mapping

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
)
from schemas.formula import Earlier, nodes
from schemas.questionnaire import Question, QuestionKind

_COUNTED = frozenset({QuestionKind.INTEGER, QuestionKind.SCALE, QuestionKind.GROUP})
_FORMULAS_ONLY = frozenset({QuestionKind.TEXT, QuestionKind.DECIMAL, QuestionKind.DATE})


class ConditionError(ValueError):
    """The condition does not fit the question it looks at. It names both."""


def check(
    expression: Expression, codes: Mapping[str, frozenset[str]], by_id: Mapping[str, Question]
) -> None:
    """Every test of the condition fits the kind of its question and names codes that exist.

    Raises:
        ConditionError: one does not.
    """
    if isinstance(expression, Not):
        check(expression.term, codes, by_id)
        return
    if isinstance(expression, (All, AnyOf)):
        for term in expression.terms:
            check(term, codes, by_id)
        return
    if isinstance(expression, Holds):
        _check_formula(expression, by_id)
        return
    item = expression.item
    question = by_id[item.question]
    if (question.kind is QuestionKind.GROUP) != (item.part is not None) or (
        item.part is not None and item.part not in {part.name for part in question.parts}
    ):
        raise ConditionError(f"{item} is no answer that a condition can look at")
    several = isinstance(expression, (Includes, HasAny))
    if several != (question.kind is QuestionKind.MULTI) or question.kind in _FORMULAS_ONLY:
        raise ConditionError(f"{item} is of kind {question.kind}, which this test is not for")
    if question.kind in _COUNTED:
        return
    if isinstance(expression, Comparison) and expression.operator not in {"==", "!="}:
        raise ConditionError(f"{item} is not a number, so nothing is more or less than it")
    unknown = _named(expression) - codes[question.id]
    if unknown:
        raise ConditionError(f"{item} has no code {sorted(unknown)}")


def _check_formula(expression: Holds, by_id: Mapping[str, Question]) -> None:
    for node, _ in nodes(expression.formula):
        if isinstance(node, Earlier):
            question = by_id[node.item.question]
            parts = {part.name for part in question.parts}
            if (node.item.part is not None and node.item.part not in parts) or (
                question.kind is QuestionKind.GROUP and node.item.part is None
            ):
                raise ConditionError(f"{node.item} is no answer that a condition can look at")


def _named(expression: Comparison | OneOf | Includes | HasAny) -> set[str]:
    if isinstance(expression, Includes):
        return {expression.code}
    if isinstance(expression, Comparison):
        return {str(expression.value)}
    return {str(value) for value in expression.values} if isinstance(expression, OneOf) else set()
