"""The rules a survey publishes its tables by."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.canonical import canonical_json
from schemas.methods import Method, Suppression
from schemas.vocabulary import Frozen

MOST_DOMINANT = 10
"""Contributors a dominance rule may add up; more would be no dominance."""


class Promise(StrEnum):
    """How far a release is protected; each holds what the ones before it hold.

    P0: no target is a linear function of exact facts. P1: two tables of whole numbers satisfy
    all facts and differ in the target. P2: one of them has the target at the threshold or above.
    P3: P1 against every single respondent who knows his own record.
    """

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Zeros(StrEnum):
    """Whether a count of nought may stand behind a mark."""

    PUBLISHED = "published"
    WITHHOLDABLE = "withholdable"


class Policy(Frozen):
    """What is withheld and what nobody may be able to conclude.

    A cell with 0 < count < `threshold` is primary. `breakdowns` are the variables groups are
    formed by (quasi-identifiers and breakdowns; every other variable is an answer): a group of
    fewer than `group_minimum` is withheld with all its cells, one of fewer than `flag_below` is
    printed and flagged; None sets no rule for groups. `sensitive` are the answers of which
    nobody may prove that they are nobody's, or everybody's, in a group; with `complement` also
    not that they are all but fewer than `threshold`. `zeros` None: published, but withholdable
    for sensitive answers.

    A cell with fewer than `household_minimum` contributing households is primary (0: no rule).
    `population_minimum` is the least population of a group in every area that is printed or
    follows by subtraction, in the frame that `population_frame` names with its source (0: no
    rule). For sums: `dominance` (n, k) makes a cell primary whose n largest contributors give
    more than k per cent of it, `p_percent` one whose largest contributor the second largest
    could guess within p per cent. `print` says whether counts are printed, or shares of the
    group in whole points with the group's size rounded to 5, never both; `share_bounds` (low,
    high) prints shares of sensitive answers beyond them as "under" and "over" only.

    Source: FRA, survey practice on small groups (20 and 50); Hundepool et al. 2012, ch. 4
    (dominance, p %); DESIGN.md 6.
    """

    threshold: int = Field(default=5, ge=1)
    zeros: Zeros | Mapping[str, Zeros] | None = None
    promise: Promise = Promise.P3
    breakdowns: tuple[str, ...] | None = None
    sensitive: tuple[str, ...] = ()
    group_minimum: int = Field(default=20, ge=0)
    flag_below: int = Field(default=50, ge=0)
    complement: bool = True
    cost: Literal["log", "count"] = "log"
    household_minimum: int = Field(default=0, ge=0)
    population_minimum: int = Field(default=0, ge=0)
    population_frame: str | None = None
    dominance: tuple[int, int] | None = None
    p_percent: int | None = Field(default=None, ge=1)
    print: Literal["counts", "shares"] = "counts"
    share_bounds: tuple[int, int] | None = None
    method: Method = Suppression()

    @model_validator(mode="after")
    def _roles_do_not_overlap(self) -> Self:
        both = set(self.breakdowns or ()) & set(self.sensitive)
        if both:
            raise ValueError(f"a variable is a breakdown or sensitive, not both: {sorted(both)}")
        if self.flag_below < self.group_minimum:
            raise ValueError("flag_below is at least group_minimum")
        return self

    @model_validator(mode="after")
    def _rules_say_enough(self) -> Self:
        if self.population_minimum and not self.population_frame:
            raise ValueError("population_minimum needs population_frame: the frame and its source")
        if self.dominance is not None:
            n, k = self.dominance
            if not (1 <= n <= MOST_DOMINANT and 1 <= k < 100):
                raise ValueError(f"dominance is (n, k), n to {MOST_DOMINANT}, k below 100 per cent")
        if self.share_bounds is not None:
            low, high = self.share_bounds
            if not 0 < low < high < 100:
                raise ValueError("share_bounds are two shares in per cent, the lower first")
            if self.print != "shares":
                raise ValueError('share_bounds need print = "shares"')
        if self.print == "shares" and not (self.breakdowns or self.sensitive):
            raise ValueError('print = "shares" needs breakdowns, which form the groups')
        return self

    def zero_of(self, variable: str) -> Zeros:
        """The rule for noughts of one variable."""
        if isinstance(self.zeros, Zeros):
            return self.zeros
        default = Zeros.WITHHOLDABLE if variable in self.sensitive else Zeros.PUBLISHED
        return default if self.zeros is None else self.zeros.get(variable, default)

    def is_breakdown(self, variable: str) -> bool:
        """Whether groups are formed by the variable; with no breakdowns named, by all that is
        not sensitive."""
        if self.breakdowns is None:
            return variable not in self.sensitive
        return variable in self.breakdowns

    def canonical(self) -> str:
        """Equal policies, equal text."""
        return canonical_json(self).decode()
