"""When a question is asked: a small typed syntax tree over earlier answers.

The tree is data. What it means is in `survey_service.surveys.expressions`: a truth value of
three (true, false, unknown), because an earlier question may have no answer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.formula import Formula, ItemName, Name, Reference, formula_references
from schemas.vocabulary import Frozen

__all__ = [
    "MAX_DEPTH",
    "All",
    "AnyOf",
    "Comparison",
    "Expression",
    "HasAny",
    "Holds",
    "Includes",
    "ItemName",
    "Name",
    "Not",
    "OneOf",
    "Reference",
    "depth",
    "references",
]

MAX_DEPTH = 12
"""How deep a tree may nest. Deeper ones are refused when they are parsed or compiled."""

Literals = int | Annotated[str, StringConstraints(max_length=64)]


class Comparison(Frozen):
    """The answer stands in this relation to a number or a code."""

    node: Literal["comparison"] = "comparison"
    item: Reference
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    value: Literals


class OneOf(Frozen):
    """The answer is one of these."""

    node: Literal["one_of"] = "one_of"
    item: Reference
    values: Annotated[tuple[Literals, ...], Field(min_length=1, max_length=200)]


class Includes(Frozen):
    """This code was chosen among several."""

    node: Literal["includes"] = "includes"
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    item: Reference


class HasAny(Frozen):
    """At least one code was chosen."""

    node: Literal["has_any"] = "has_any"
    item: Reference


class Holds(Frozen):
    """What a formula says is true: whatever the tests above cannot say."""

    node: Literal["holds"] = "holds"
    formula: Formula


class Not(Frozen):
    """The opposite; unknown stays unknown."""

    node: Literal["not"] = "not"
    term: Expression


class All(Frozen):
    """Every term is true. One false term decides; else one unknown term leaves it open."""

    node: Literal["all"] = "all"
    terms: Annotated[tuple[Expression, ...], Field(min_length=2, max_length=50)]


class AnyOf(Frozen):
    """Some term is true. One true term decides; else one unknown term leaves it open."""

    node: Literal["any"] = "any"
    terms: Annotated[tuple[Expression, ...], Field(min_length=2, max_length=50)]


Expression = Annotated[
    Comparison | OneOf | Includes | HasAny | Holds | Not | All | AnyOf,
    Field(discriminator="node"),
]

for _model in (Not, All, AnyOf):
    _model.model_rebuild()


def depth(expression: Expression) -> int:
    """How many levels the tree has; a single test has one, and a formula counts as one."""
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(node, Not):
            waiting.append((node.term, level + 1))
        elif isinstance(node, (All, AnyOf)):
            waiting.extend((term, level + 1) for term in node.terms)
    return deepest


def references(expression: Expression) -> tuple[Reference, ...]:
    """Every answer the expression looks at, from left to right."""
    if isinstance(expression, Not):
        return references(expression.term)
    if isinstance(expression, (All, AnyOf)):
        return tuple(found for term in expression.terms for found in references(term))
    if isinstance(expression, Holds):
        return formula_references(expression.formula)
    return (expression.item,)
