"""Trees written as a spreadsheet writes them; reading the text gives the same tree back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

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
from schemas.formula import Call, Column, Each, Earlier, Formula, Itself, Number, Operation, Words

_RANKS: Final = (
    ("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod")
)  # fmt: skip
_RANK: Final = {sign: rank for rank, signs in enumerate(_RANKS) for sign in signs}

Named = Callable[[Reference], str]
"""The name under which an answer stands in the spreadsheet."""


def write_formula(formula: Formula, named: Named) -> str:
    """The formula's text, with brackets only where the order of operators needs them."""
    match formula:
        case Number(value=value):
            # Never with an exponent, which expressions do not have.
            return format(Decimal(repr(value)), "f")
        case Words(value=value):
            return quoted(value)
        case Earlier(item=item) | Each(item=item):
            return f"${{{named(item)}}}"
        case Itself():
            return "."
        case Column(name=name):
            return name
        case Call(function="position"):
            return "position(..)"
        case Call(function=function, terms=terms):
            return f"{function}({', '.join(write_formula(term, named) for term in terms)})"
        case Operation(operator=operator, left=left, right=right):
            rank = _RANK[operator]
            return (
                f"{_bracketed(left, named, rank)} {operator} "
                f"{_bracketed(right, named, rank + (rank > 1))}"
            )


def _bracketed(term: Formula, named: Named, rank: int) -> str:
    text = write_formula(term, named)
    return f"({text})" if isinstance(term, Operation) and _RANK[term.operator] < rank else text


def quoted(text: str) -> str:
    """A text in the quotes that it does not hold itself; curly ones are read as straight."""
    return f"'{text}'" if "'" not in text else f'"{text}"'


def write_condition(expression: Expression, named: Named) -> str:
    """The condition's text; reading it gives the same condition back."""
    match expression:
        case Comparison(item=item, operator=operator, value=value):
            sign = "=" if operator == "==" else operator
            return f"${{{named(item)}}} {sign} {_literal(value)}"
        case OneOf(item=item, values=values):
            return " or ".join(f"${{{named(item)}}} = {_literal(value)}" for value in values)
        case Includes(code=code, item=item):
            return f"selected(${{{named(item)}}}, {quoted(code)})"
        case HasAny(item=item):
            return f"count-selected(${{{named(item)}}}) > 0"
        case Holds(formula=formula):
            return write_formula(formula, named)
        case Not(term=term):
            return f"not({write_condition(term, named)})"
        case All(terms=terms):
            return " and ".join(_grouped(term, named) for term in terms)
        case AnyOf(terms=terms):
            return " or ".join(_grouped(term, named) for term in terms)


def _grouped(term: Expression, named: Named) -> str:
    text = write_condition(term, named)
    plain = isinstance(term, (Comparison, Includes, HasAny, Not))
    return text if plain else f"({text})"


def _literal(value: int | str) -> str:
    return str(value) if isinstance(value, int) else quoted(value)
