"""How likely each cell of a table can be published, judged from what is public already.

It is given the planned sample size, the public register and published releases, and nothing
else: no count that is not published can reach it, so asking it as often as one likes teaches
nothing about the respondents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import exp

from schemas.methods import Suppression
from schemas.release import CategoryKind, Mark, Release
from schemas.release_rules import PLATFORM_RULES, ReleaseRules
from schemas.requests import Chance, TableQuestion
from schemas.vocabulary import Frozen
from survey_service.releases.codebook import Codebook, ReleaseVariable
from survey_service.releases.protecting import policy_of
from survey_service.surveys.core import RegisterRow

LIKELY, UNLIKELY = 0.9, 0.5


class ExpectedCell(Frozen):
    """A cell to be, by its codes in the order of the variables, and its chance."""

    codes: tuple[str, ...]
    chance: Chance


class Feasibility(Frozen):
    """The chance of every cell with a value on each side, and what it was judged from."""

    variables: tuple[str, ...]
    cells: tuple[ExpectedCell, ...]
    people: int
    people_published: bool
    assumed_even: tuple[str, ...]

    def share(self, chance: Chance) -> float:
        """Return which part of the cells has this chance."""
        return sum(cell.chance is chance for cell in self.cells) / len(self.cells)


def feasibility(
    question: TableQuestion,
    book: Codebook,
    planned: int,
    register: Iterable[RegisterRow],
    published: Sequence[Release],
    rules: ReleaseRules = PLATFORM_RULES,
) -> Feasibility:
    """Return the chances of a question's cells; equal public facts, equal answer.

    Rounding and noise withhold no cell, so that under such rules every number is likely.
    """
    known = _published_margins(published)
    people = next((total for total, _ in known.values() if total is not None), None)
    regions = _region_shares(register)
    names = [*question.variables, *(f.variable for f in question.filters)]
    shares, even = {}, []
    for name in names:
        shares[name], guessed = _shares(book.by_name[name], known, regions)
        if guessed:
            even.append(name)
    policy = policy_of(book, rules)
    withholds = isinstance(policy.method, Suppression)
    expected = float(people if people is not None else planned)
    for chosen in question.filters:
        expected *= sum(shares[chosen.variable].get(code, 0.0) for code in chosen.codes)
    cells = []
    for codes in product(*(book.by_name[name].value_codes for name in question.variables)):
        group = cell = expected
        for name, code in zip(question.variables, codes, strict=True):
            cell *= shares[name][code]
            if book.by_name[name].breakdown:
                group *= shares[name][code]
        chance = min(at_least(policy.group_minimum, group), at_least(policy.threshold, cell))
        cells.append(ExpectedCell(codes=codes, chance=_word(chance if withholds else 1.0)))
    return Feasibility(
        variables=question.variables,
        cells=tuple(cells),
        people=people if people is not None else planned,
        people_published=people is not None,
        assumed_even=tuple(even),
    )


def at_least(least: int, expected: float) -> float:
    """Return the chance that a Poisson count of this expectation reaches `least`."""
    if expected > 500:
        return 1.0 if least < expected / 2 else 0.0
    term, below = exp(-expected), 0.0
    for count in range(least):
        below += term
        term *= expected / (count + 1)
    return max(0.0, 1.0 - below)


def _word(chance: float) -> Chance:
    if chance >= LIKELY:
        return Chance.LIKELY
    return Chance.UNLIKELY if chance < UNLIKELY else Chance.DOUBTFUL


Margins = Mapping[str, tuple[int | None, Mapping[str, int]]]


def _published_margins(releases: Sequence[Release]) -> Margins:
    """Return, by variable, the published total and counts of every unfiltered release."""
    found: dict[str, tuple[int | None, dict[str, int]]] = {}
    for release in releases:
        table = release.table
        if table.filters or table.question.merge or table.question.states == "merged":
            continue
        keys = product(*(d.categories for d in table.dimensions))
        for key, value, mark in zip(keys, table.values, table.marks, strict=True):
            if mark is Mark.WITHHELD or value is None:
                continue
            inner = [i for i, c in enumerate(key) if c.kind is not CategoryKind.TOTAL]
            if len(inner) > 1:
                continue
            for i, dimension in enumerate(table.dimensions):
                total, counts = found.get(dimension.variable, (None, {}))
                if not inner:
                    found[dimension.variable] = (value, counts)
                elif inner == [i]:
                    counts[key[i].code] = value
                    found[dimension.variable] = (total, counts)
    return found


def _region_shares(register: Iterable[RegisterRow]) -> dict[str, float]:
    people: dict[str, int] = {}
    for row in register:
        people[row.region] = people.get(row.region, 0) + row.roma
    whole = sum(people.values())
    return {region: count / whole for region, count in people.items()} if whole else {}


def _shares(
    variable: ReleaseVariable, known: Margins, regions: Mapping[str, float]
) -> tuple[dict[str, float], bool]:
    """The shares of a variable's values: published, else of the register, else even."""
    codes = variable.value_codes
    total, counts = known.get(variable.name, (None, {}))
    if total:
        hidden = [code for code in codes if code not in counts]
        left = max(0, total - sum(counts.values()))
        even = left / len(hidden) if hidden else 0.0
        return {code: counts.get(code, even) / total for code in codes}, False
    if set(codes) <= regions.keys():
        return {code: regions[code] for code in codes}, False
    return dict.fromkeys(codes, 1 / len(codes)), True
