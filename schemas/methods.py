"""How a table is kept from telling on people: by withholding, rounding, noise or a noise budget.

Fractions stand as text, "1" or "1/2", so that what is printed and summed is exact.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.vocabulary import Frozen


def _positive_fraction(text: str) -> str:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError("write a fraction as 1, 0.5 or 1/2") from error
    if value <= 0:
        raise ValueError("the number is positive")
    return str(value)


PositiveFraction = Annotated[str, AfterValidator(_positive_fraction)]
"""A positive number as text in lowest terms."""


class Suppression(Frozen):
    """Exact counts; some are withheld."""

    name: Literal["suppression"] = "suppression"


class Rounding(Frozen):
    """Every count becomes a multiple of `base` next to it, so that the table still adds up.

    Where no such table adds up, a number may lie up to `farthest` multiples away. Where none
    does either, the table is refused, or with `independent` each count is rounded by itself at
    random and the table does not add up.

    Source: Cox 1987; Salazar-González 2005.
    """

    name: Literal["rounding"] = "rounding"
    base: Literal[3, 5] = 5
    farthest: int = Field(default=3, ge=1, le=10)
    independent: bool = False


class CellKey(Frozen):
    """Every count is shifted by at most `deviation`, with `variance`, the same cell always alike.

    `smallest`: counts from 1 to it are never printed. It does not survive a withdrawal: when
    one record leaves, the noise of nearly all its cells is drawn anew, and of no other cell.

    Source: Fraser & Wooton 2005; Marley & Leaver 2011; Giessing 2016.
    """

    name: Literal["cell_key"] = "cell_key"
    deviation: int = Field(default=2, ge=1, le=20)
    variance: float = Field(default=1.08, gt=0)
    smallest: int = Field(default=1, ge=0, le=20)


class Geometric(Frozen):
    """Differential privacy: two-sided geometric noise, paid from a budget.

    `epsilon` is what one release costs, `total` what a wave may cost. The unit protected adds
    or removes at most `contribution` records: 1 for persons, the largest household there can be
    for households. With margins "fitted" the numbers add up: they are those of the nearest
    table of counts.

    Source: Ghosh, Roughgarden & Sundararajan 2009; Canonne, Kamath & Steinke 2020.
    """

    name: Literal["geometric"] = "geometric"
    epsilon: PositiveFraction = "1"
    total: PositiveFraction = "1"
    contribution: int = Field(default=1, ge=1, le=1000)
    non_negative: bool = True
    margins: Literal["independent", "fitted"] = "independent"

    @model_validator(mode="after")
    def _one_release_fits_the_budget(self) -> Self:
        if Fraction(self.epsilon) > Fraction(self.total):
            raise ValueError("one release costs more than the wave may")
        if self.margins == "fitted" and not self.non_negative:
            raise ValueError("fitted numbers are never negative")
        return self


Method = Annotated[Suppression | Rounding | CellKey | Geometric, Field(discriminator="name")]


class Budget(Frozen):
    """What a wave may cost in all, and what its releases have cost."""

    total: PositiveFraction
    spent: str = "0"

    @property
    def left(self) -> Fraction:
        """What releases to come may cost."""
        return Fraction(self.total) - Fraction(self.spent)

    def allows(self, epsilon: str) -> bool:
        """Whether a release may cost as much."""
        return Fraction(epsilon) <= self.left

    def after(self, epsilon: str) -> Budget:
        """The budget once a release was paid.

        Raises:
            ValueError: there is not that much left.
        """
        if not self.allows(epsilon):
            raise ValueError("the budget is spent")
        return Budget(total=self.total, spent=str(Fraction(self.spent) + Fraction(epsilon)))


class Altered(Frozen):
    """Printed with a table: how far its numbers may lie from the counts, and what that promises.

    `within`: for a rounded number r the count lies strictly between r - within and r + within;
    for noise of a cell key at most `within` away; None: nothing bounds it. `additive`: parts
    add up to their totals. `sensitivity`: by how much one unit can change all numbers drawn
    together. `standard_error`: of one number's noise, in people, to two decimals. `origin`:
    what releases that may stand beside this one share (cell key), or the name of the draw that
    paid for all its tables at once (geometric).
    """

    method: Literal["rounding", "cell_key", "geometric"]
    promises: tuple[str, ...]
    within: int | None
    additive: bool
    base: int | None = None
    epsilon: str | None = None
    sensitivity: int | None = None
    standard_error: str | None = None
    origin: str | None = None
