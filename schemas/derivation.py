"""What is stored instead of a raw answer, so that the raw one need not be kept.

Source: GDPR Art. 5(1)(c), data minimisation.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.expression import Name
from schemas.texts import Texts
from schemas.vocabulary import Frozen

Cuts = Annotated[tuple[int, ...], Field(min_length=1, max_length=50)]


class Banded(Frozen):
    """The band between two cut points; below the first there is none, above the last "65+"."""

    how: Literal["banded"] = "banded"
    cuts: Cuts


class Truncated(Frozen):
    """The year of a date, or its year and month; the day goes."""

    how: Literal["truncated"] = "truncated"
    to: Literal["year", "month"]


class TopCoded(Frozen):
    """The number itself, or "8+" from the top on. On a group: each of its parts."""

    how: Literal["top_coded"] = "top_coded"
    at: Annotated[int, Field(ge=1)]


class Dropped(Frozen):
    """Nothing: other derivations needed it, and then it goes."""

    how: Literal["dropped"] = "dropped"


class Band(Frozen):
    """One class of a ratio: up to this many hundredths, or without a bound."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    up_to_hundredths: int | None
    text: Texts


class RatioBanded(Frozen):
    """The band of another answer divided by this one (persons per room)."""

    how: Literal["ratio_banded"] = "ratio_banded"
    name: Name
    title: Texts
    numerator: Name
    bands: Annotated[tuple[Band, ...], Field(min_length=2)]


class BelowThreshold(Frozen):
    """Whether the income, shared over the OECD-modified scale, is below the year's threshold.

    The scale counts 1 for the first person, 0.5 for each further one of 14 and over and 0.3 for
    each child under 14.
    """

    how: Literal["below_threshold"] = "below_threshold"
    name: Name
    title: Texts
    midpoints: dict[str, int]
    """Euros a month for each code of the question."""
    household: Name
    children_under_14: Name


Derive = Annotated[
    Banded | Truncated | TopCoded | Dropped | RatioBanded | BelowThreshold,
    Field(discriminator="how"),
]
