"""Which tables could ever be published, and which questions could only ever be withheld.

Judged from the questionnaire, the planned sample and the public register alone, by the rules
releases keep (groups of 20 people, counts from the threshold up, 100 people of the group living
in every area). Counts are taken as Poisson around what even answers and the sample give; where
the sample itself decides, the answer is "never" and no chance is involved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, product
from math import inf

from schemas.policy import Policy
from survey_service.releases.codebook import Codebook, ReleaseVariable
from survey_service.releases.feasibility import LIKELY, UNLIKELY, at_least
from survey_service.risk.even import Shares
from survey_service.risk.sample import Area

FEWEST_RESIDENTS = 100
MOST_BREAKDOWNS = 2


class Prospect(StrEnum):
    """What will become of a cell or a group of respondents."""

    LIKELY = "likely"
    DOUBTFUL = "doubtful"
    UNLIKELY = "unlikely"
    NEVER = "never"


class Verdict(StrEnum):
    """What a question is good for, under this plan."""

    BY_REGION = "by_region"
    WHOLE_ONLY = "whole_only"
    PARTLY = "partly"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Region:
    """A region as it may stand in a table."""

    code: str
    register: int
    planned: int
    prospect: Prospect


@dataclass(frozen=True)
class CrossTable:
    """The groups that some breakdown variables form, by what will become of them."""

    variables: tuple[str, ...]
    groups: Mapping[Prospect, int]

    @property
    def size(self) -> int:
        """How many groups there are."""
        return sum(self.groups.values())


@dataclass(frozen=True)
class QuestionRisk:
    """What an answer variable is good for: cells likely to be printed, of how many.

    `rarest`, `rarest_by_region`: the least share of those asked that must give an answer for its
    count to be printed, in the whole country and in every region; above 1, none can be.
    """

    name: str
    asked: float
    whole: tuple[int, int]
    regions: tuple[int, int]
    rarest: float
    rarest_by_region: float
    verdict: Verdict


@dataclass(frozen=True)
class RiskPreview:
    """Everything that is shown."""

    people: int
    policy: Policy
    regions: tuple[Region, ...]
    small_areas: int
    areas: int
    tables: tuple[CrossTable, ...]
    questions: tuple[QuestionRisk, ...]


def risk_preview(
    book: Codebook, shares: Shares, sample: Sequence[Area], policy: Policy
) -> RiskPreview:
    """Return what the plan allows. Equal public facts, equal answer.

    Cost: the groups of all pairs of breakdown variables, and regions x answer codes.
    """
    people = sum(area.planned for area in sample)
    regions = tuple(_regions(sample, policy))
    judged = _Judge(book, shares, people, regions, policy)
    return RiskPreview(
        people=people,
        policy=policy,
        regions=regions,
        small_areas=sum(area.register < FEWEST_RESIDENTS for area in sample),
        areas=len(sample),
        tables=tuple(judged.tables()),
        questions=tuple(judged.questions()),
    )


def _regions(sample: Iterable[Area], policy: Policy) -> Iterator[Region]:
    found: dict[str, list[Area]] = {}
    for area in sample:
        found.setdefault(area.region, []).append(area)
    for code in sorted(found):
        register = sum(area.register for area in found[code])
        planned = sum(area.planned for area in found[code])
        never = register < FEWEST_RESIDENTS or planned < policy.group_minimum
        yield Region(code, register, planned, Prospect.NEVER if never else Prospect.LIKELY)


class _Judge:
    """The chances of groups and cells under one plan."""

    def __init__(
        self,
        book: Codebook,
        shares: Shares,
        people: int,
        regions: Sequence[Region],
        policy: Policy,
    ) -> None:
        self._book, self._shares, self._people, self._policy = book, shares, people, policy
        self._regions = {region.code: region for region in regions}
        self._needed = expected_for(policy.threshold)
        self._breakdowns = [v for v in book.variables if v.breakdown]
        self._place = next(
            (v.name for v in self._breakdowns if set(v.value_codes) <= self._regions.keys()), None
        )

    def tables(self) -> Iterator[CrossTable]:
        """Every choice of breakdown variables, fewest first."""
        for size in range(1, MOST_BREAKDOWNS + 1):
            for chosen in combinations(self._breakdowns, size):
                groups = dict.fromkeys(Prospect, 0)
                for codes in product(*(v.value_codes for v in chosen)):
                    groups[self._group(chosen, codes)] += 1
                yield CrossTable(tuple(v.name for v in chosen), groups)

    def questions(self) -> Iterator[QuestionRisk]:
        """Every answer variable of the questionnaire, in its order."""
        for variable in self._book.variables:
            if variable.breakdown:
                continue
            shares = self._shares[variable.name]
            whole = [self._cell(shares.get(code, 0.0), None) for code in variable.value_codes]
            by_region = [
                self._cell(shares.get(code, 0.0), region)
                for region in self._regions.values()
                for code in variable.value_codes
            ]
            one, other = _likely(whole), _likely(by_region)
            asked = 1.0 - shares.get("not_asked", 0.0)
            fewest = min((region.planned for region in self._regions.values()), default=0)
            yield QuestionRisk(
                name=variable.name,
                asked=self._people * asked,
                whole=one,
                regions=other,
                rarest=self._rarest(self._people * asked),
                rarest_by_region=self._rarest(fewest * asked),
                verdict=_verdict(one, other),
            )

    def _rarest(self, asked: float) -> float:
        return inf if asked <= 0 else self._needed / asked

    def _group(self, chosen: Sequence[ReleaseVariable], codes: Sequence[str]) -> Prospect:
        expected, certain = float(self._people), len(chosen) == 1
        for variable, code in zip(chosen, codes, strict=True):
            if variable.name == self._place:
                region = self._regions[code]
                if region.prospect is Prospect.NEVER:
                    return Prospect.NEVER
                expected *= region.planned / self._people
                if certain:
                    return Prospect.LIKELY
            else:
                expected *= self._shares[variable.name].get(code, 0.0)
        return _word(at_least(self._policy.group_minimum, expected))

    def _cell(self, share: float, region: Region | None) -> Prospect:
        people = self._people if region is None else region.planned
        if people < self._policy.group_minimum or (region and region.prospect is Prospect.NEVER):
            return Prospect.NEVER
        return _word(at_least(self._policy.threshold, people * share))


def expected_for(least: int) -> float:
    """Return the least expectation at which a Poisson count is likely to reach `least`."""
    low, high = 0.0, 4.0 * least + 20.0
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (low, middle) if at_least(least, middle) >= LIKELY else (middle, high)
    return high


def _word(chance: float) -> Prospect:
    if chance >= LIKELY:
        return Prospect.LIKELY
    return Prospect.UNLIKELY if chance < UNLIKELY else Prospect.DOUBTFUL


def _likely(cells: Sequence[Prospect]) -> tuple[int, int]:
    return sum(cell is Prospect.LIKELY for cell in cells), len(cells)


def _verdict(whole: tuple[int, int], regions: tuple[int, int]) -> Verdict:
    if not whole[0]:
        return Verdict.WITHHELD
    if 2 * regions[0] >= regions[1] > 0:
        return Verdict.BY_REGION
    return Verdict.WHOLE_ONLY if whole[0] == whole[1] else Verdict.PARTLY
