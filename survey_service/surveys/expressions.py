"""Conditions of questions: parsed from a compact text into a typed tree, and written back.

    B9 > 1        D1 not in [1,2]        'other' in B5        C4.attending > 0
    H1 has any and not 'none' in H1      (B9 > 1 or B4 == 2) and not E4 == 1

Nothing is ever evaluated as a program; what a tree means is in `surveys.conditions`.
"""

from __future__ import annotations

from collections.abc import Iterable

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
    Reference,
    depth,
)
from survey_service.surveys.tokens import COMPARISONS, ExpressionError, Token, tokens

__all__ = ["ExpressionError", "parse", "write"]

MAX_LENGTH = 2_000


class _Parser:
    """Recursive descent; every step down is counted against the depth allowed."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0
        self.level = 0

    def peek(self, *texts: str) -> bool:
        token = self.tokens[self.at]
        return token.kind in {"word", "sign"} and token.text in texts

    def accept(self, text: str) -> bool:
        if self.peek(text):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise ExpressionError(f"'{text}'", self.tokens[self.at].position)

    def take(self, kinds: Iterable[str], expected: str) -> Token:
        token = self.tokens[self.at]
        if token.kind not in kinds:
            raise ExpressionError(expected, token.position)
        self.at += 1
        return token

    def any_of(self) -> Expression:
        self.level += 1
        if self.level > MAX_DEPTH:
            raise ExpressionError("fewer levels", self.tokens[self.at].position)
        terms = [self.all_of()]
        while self.accept("or"):
            terms.append(self.all_of())
        self.level -= 1
        return terms[0] if len(terms) == 1 else AnyOf(terms=tuple(terms))

    def all_of(self) -> Expression:
        terms = [self.factor()]
        while self.accept("and"):
            terms.append(self.factor())
        return terms[0] if len(terms) == 1 else All(terms=tuple(terms))

    def factor(self) -> Expression:
        negations = 0
        while self.accept("not"):
            negations += 1
        if negations > MAX_DEPTH:
            raise ExpressionError("fewer levels", self.tokens[self.at].position)
        if self.accept("("):
            inner = self.any_of()
            self.expect(")")
        else:
            inner = self.test()
        for _ in range(negations):
            inner = Not(term=inner)
        return inner

    def test(self) -> Expression:
        if self.tokens[self.at].kind == "string":
            code = self.take({"string"}, "a quoted code").text
            negated = self.accept("not")
            self.expect("in")
            found: Expression = Includes(code=code, item=self.reference())
            return Not(term=found) if negated else found
        item = self.reference()
        if self.accept("has"):
            self.expect("any")
            return HasAny(item=item)
        if self.peek("not", "in"):
            negated = self.accept("not")
            self.expect("in")
            found = OneOf(item=item, values=self.values())
            return Not(term=found) if negated else found
        sign = self.take({"sign"}, "a comparison")
        if sign.text not in COMPARISONS:
            raise ExpressionError("a comparison", sign.position)
        return Comparison.model_validate(
            {"item": item, "operator": sign.text, "value": self.literal()}
        )

    def reference(self) -> Reference:
        question, _, part = self.take({"name"}, "a question").text.partition(".")
        return Reference(question=question, part=part or None)

    def literal(self) -> int | str:
        token = self.take({"number", "string"}, "a number or a quoted code")
        return int(token.text) if token.kind == "number" else token.text

    def values(self) -> tuple[int | str, ...]:
        self.expect("[")
        values = [self.literal()]
        while self.accept(","):
            values.append(self.literal())
        self.expect("]")
        return tuple(values)


def parse(text: str) -> Expression:
    """The condition that the text states.

    Raises:
        ExpressionError: the text is no condition, too long, or nests too deep.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError("a shorter condition", MAX_LENGTH)
    parser = _Parser(text)
    found = parser.any_of()
    parser.take({"end"}, "the end")
    if depth(found) > MAX_DEPTH:
        raise ExpressionError("fewer levels", 0)
    return found


def write(expression: Expression) -> str:
    """The compact text of a condition; parsing it gives the same condition back.

    Raises:
        ValueError: the condition holds a formula, which only spreadsheets write.
    """
    match expression:
        case Comparison():
            return f"{expression.item} {expression.operator} {_quoted(expression.value)}"
        case OneOf():
            return f"{expression.item} in [{', '.join(map(_quoted, expression.values))}]"
        case Holds():
            raise ValueError("a formula has no compact text; it is written as in a spreadsheet")
        case Includes():
            return f"'{expression.code}' in {expression.item}"
        case HasAny():
            return f"{expression.item} has any"
        case Not(term=OneOf() as test):
            return write(test).replace(" in ", " not in ", 1)
        case Not(term=Includes(code=code, item=item)):
            return f"'{code}' not in {item}"
        case Not(term=term):
            inner = write(term)
            return f"not ({inner})" if isinstance(term, (All, AnyOf)) else f"not {inner}"
        case All(terms=terms) | AnyOf(terms=terms):
            joint = " and " if isinstance(expression, All) else " or "
            parts = (f"({write(t)})" if isinstance(t, (All, AnyOf)) else write(t) for t in terms)
            return joint.join(parts)


def _quoted(value: int | str) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"
