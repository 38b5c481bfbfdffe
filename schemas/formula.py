"""What a spreadsheet's expressions can say: sums, texts and functions over earlier answers.

The tree is data. What it means is in `survey_service.surveys.formulas`.
Source: XLSForm's expressions are those of ODK XForms, a subset of XPath 1.0.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.vocabulary import Frozen

MAX_FORMULA_DEPTH = 40
"""How deep a tree may nest; deeper ones are refused when they are parsed."""
MAX_FORMULA_NODES = 1_000

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
ItemName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}(\.(0|[1-9][0-9]?))?$")
]
"""A question's name; one that is asked again and again carries which time it is: `age.2`."""
Operator = Literal["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"]


class Reference(Frozen):
    """A question's answer, or one part of a group's."""

    question: ItemName
    part: Name | None = None

    def __str__(self) -> str:
        return f"{self.question}.{self.part}" if self.part else self.question


class Number(Frozen):
    """A number as it is written."""

    node: Literal["number"] = "number"
    value: int | float


class Words(Frozen):
    """A text in quotes."""

    node: Literal["words"] = "words"
    value: Annotated[str, StringConstraints(max_length=1_000)]


class Earlier(Frozen):
    """An earlier answer."""

    node: Literal["earlier"] = "earlier"
    item: Reference


class Each(Frozen):
    """All answers to a question that is asked again and again, of which a sum or so is made."""

    node: Literal["each"] = "each"
    item: Reference


class Itself(Frozen):
    """The answer that is being checked; only constraints have one."""

    node: Literal["itself"] = "itself"


class Column(Frozen):
    """A cell of the choice that is being looked at; only filters of choices have any."""

    node: Literal["column"] = "column"
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Operation(Frozen):
    """Two terms and what stands between them."""

    node: Literal["operation"] = "operation"
    operator: Operator
    left: Formula
    right: Formula


class Call(Frozen):
    """A function of some terms."""

    node: Literal["call"] = "call"
    function: Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9:-]{0,31}$")]
    terms: Annotated[tuple[Formula, ...], Field(max_length=50)]


Formula = Annotated[
    Number | Words | Earlier | Each | Itself | Column | Operation | Call,
    Field(discriminator="node"),
]

for _model in (Operation, Call):
    _model.model_rebuild()


def parts_of(formula: Formula) -> tuple[Formula, ...]:
    """The terms directly below a node."""
    if isinstance(formula, Operation):
        return (formula.left, formula.right)
    return formula.terms if isinstance(formula, Call) else ()


def nodes(formula: Formula) -> list[tuple[Formula, int]]:
    """Every node with its level from 1, each before what is below it, from left to right."""
    found: list[tuple[Formula, int]] = []
    waiting = [(formula, 1)]
    while waiting:
        node, level = waiting.pop()
        found.append((node, level))
        waiting.extend((part, level + 1) for part in reversed(parts_of(node)))
    return found


def formula_references(formula: Formula) -> tuple[Reference, ...]:
    """Every earlier answer that the formula looks at, from left to right."""
    return tuple(node.item for node, _ in nodes(formula) if isinstance(node, (Earlier, Each)))
