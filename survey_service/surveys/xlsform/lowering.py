"""Formulas made as simple as they can be said: tests of one answer each, joined.

`${D1} = 1 or ${D1} = 2` becomes "D1 is one of 1, 2", which pages, codebooks and the form's own
conditions know; what has no simpler form stays a formula.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.expression import (
    MAX_DEPTH,
    All,
    AnyOf,
    Comparison,
    Expression,
    HasAny,
    Holds,
    Includes,
    Not,
    OneOf,
    depth,
)
from schemas.formula import Call, Earlier, Formula, Number, Operation, Reference, Words
from schemas.questionnaire import Question, QuestionKind

_COUNTED = frozenset({QuestionKind.INTEGER, QuestionKind.SCALE, QuestionKind.GROUP})
_CHOSEN = frozenset({QuestionKind.SINGLE, QuestionKind.CODE})
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
Codes = Mapping[str, frozenset[str]]


def lower(formula: Formula, questions: Mapping[str, Question], codes: Codes) -> Expression:
    """The condition that the formula states; `codes` are each question's choices."""
    found = _Lowering(questions, codes).condition(formula)
    return found if depth(found) <= MAX_DEPTH else Holds(formula=formula)


def conjuncts(formula: Formula) -> list[Formula]:
    """The terms that "and" joins at the top, from left to right."""
    if isinstance(formula, Operation) and formula.operator == "and":
        return conjuncts(formula.left) + conjuncts(formula.right)
    return [formula]


def comparison(formula: Formula) -> tuple[Formula, str, Formula] | None:
    """The two sides of a comparison and its sign, a literal or earlier answer on the right."""
    if not isinstance(formula, Operation) or formula.operator not in _TURNED:
        return None
    left, right = formula.left, formula.right
    if isinstance(left, (Number, Words)):
        return right, _TURNED[formula.operator], left
    return left, formula.operator, right


class _Lowering:
    def __init__(self, questions: Mapping[str, Question], codes: Codes) -> None:
        self._questions = questions
        self._codes = codes

    def condition(self, formula: Formula) -> Expression:
        if isinstance(formula, Operation) and formula.operator in ("and", "or"):
            return self._joined(formula)
        if isinstance(formula, Call) and formula.function == "not":
            return Not(term=self.condition(formula.terms[0]))
        return self._test(formula) or Holds(formula=formula)

    def _joined(self, formula: Operation) -> Expression:
        terms = [self.condition(term) for term in _chain(formula, formula.operator)]
        if formula.operator == "and":
            return All(terms=tuple(terms)) if len(terms) <= 50 else Holds(formula=formula)
        first = terms[0]
        if isinstance(first, Comparison) and all(
            isinstance(term, Comparison) and term.operator == "==" and term.item == first.item
            for term in terms
        ):
            values = tuple(term.value for term in terms if isinstance(term, Comparison))
            return OneOf(item=first.item, values=values)
        return AnyOf(terms=tuple(terms)) if len(terms) <= 50 else Holds(formula=formula)

    def _test(self, formula: Formula) -> Expression | None:
        match formula:
            case Call(function="selected", terms=(Earlier(item=item), Words(value=code))):
                return self._chosen(item, code)
            case Operation(
                operator=">",
                left=Call(function="count-selected", terms=(Earlier(item=item),)),
                right=Number(value=0),
            ):
                several = self._kind(item) is QuestionKind.MULTI
                return HasAny(item=item) if several else None
        sides = comparison(formula)
        if sides is None or not isinstance(sides[0], Earlier):
            return None
        return self._compared(sides[0].item, sides[1], sides[2])

    def _chosen(self, item: Reference, code: str) -> Expression | None:
        if code not in self._codes[item.question]:
            return None
        if self._kind(item) is QuestionKind.MULTI:
            return Includes(item=item, code=code)
        return Comparison(item=item, operator="==", value=code)

    def _compared(self, item: Reference, sign: str, right: Formula) -> Expression | None:
        if not isinstance(right, (Number, Words)) or len(str(right.value)) > 64:
            return None
        value = right.value
        operator = "==" if sign == "=" else sign
        if self._kind(item) in _COUNTED and isinstance(value, int):
            return Comparison.model_validate({"item": item, "operator": operator, "value": value})
        chosen = self._kind(item) in _CHOSEN and str(value) in self._codes[item.question]
        if chosen and operator in ("==", "!=") and not isinstance(value, float):
            return Comparison.model_validate({"item": item, "operator": operator, "value": value})
        return None

    def _kind(self, item: Reference) -> QuestionKind:
        return self._questions[item.question].kind


def _chain(formula: Formula, operator: str) -> list[Formula]:
    if isinstance(formula, Operation) and formula.operator == operator:
        return _chain(formula.left, operator) + _chain(formula.right, operator)
    return [formula]
