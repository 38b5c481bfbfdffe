"""Figures from outside that derivations need, each with its year and its source."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.vocabulary import Frozen


class IncomeThreshold(Frozen):
    """The at-risk-of-poverty threshold of one person living alone, in euros a month."""

    monthly_eur: Annotated[int, Field(ge=1)]
    income_year: int
    source: str


class Parameters(Frozen):
    """What an operator sets for a survey before its wave opens."""

    income_threshold: IncomeThreshold
