from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from anonymisation import Hierarchy, TableSpec, tabulate
from anonymisation.errors import BadPolicy
from anonymisation.tables import geometric
from anonymisation.tables.geometric import (
    fitted,
    happens_exponentially,
    noisy,
    sensitivity_of,
    standard_error,
    two_sided_geometric,
)
from tests.unit.anonymisation.frames import survey


class OutOfChoicesError(Exception):
    """The script of choices is over; `ways` says how many there are next."""

    def __init__(self, ways: int) -> None:
        super().__init__()
        self.ways = ways


class Script:
    """A source that makes given choices and counts the chance of making them."""

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices, self.at, self.chance = choices, 0, Fraction(1)

    def __call__(self, ways: int) -> int:
        self.chance /= ways
        if self.at == len(self.choices):
            raise OutOfChoicesError(ways)
        self.at += 1
        return self.choices[self.at - 1]


def exactly(
    draw: Callable[[Script], object], least: Fraction
) -> tuple[dict[object, Fraction], Fraction]:
    """The exact chance of each outcome over every script likelier than `least`, and the rest."""
    found: dict[object, Fraction] = defaultdict(Fraction)
    left, waiting = Fraction(0), [()]
    while waiting:
        script = Script(waiting.pop())
        try:
            outcome = draw(script)
        except OutOfChoicesError as more:
            if script.chance < least:
                left += script.chance * more.ways
            else:
                waiting += [(*script.choices, choice) for choice in range(more.ways)]
            continue
        found[outcome] += script.chance
    return found, left


@pytest.mark.parametrize("rate", [Fraction(1), Fraction(1, 3), Fraction(5, 2), Fraction(0)])
def test_chances_of_exponential_draws_are_exact(rate: Fraction) -> None:
    found, left = exactly(lambda s: happens_exponentially(rate, s), Fraction(1, 10**6))
    assert left < Fraction(1, 1000)
    wanted = math.exp(-rate)
    assert float(found[True]) <= wanted + 1e-12
    assert wanted <= float(found[True] + left) + 1e-12


def noise_chances(scale: Fraction, least: float) -> tuple[dict[int, float], float]:
    """The same for noise, where draws of exp(-rate) are branches of exactly that chance."""
    found: dict[int, float] = defaultdict(float)
    left, waiting = 0.0, [()]
    while waiting:
        choices = waiting.pop()
        branches = Branches(choices)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(geometric, "happens_exponentially", branches.exponentially)
            try:
                noise = two_sided_geometric(scale, branches.below)
            except OutOfBranchesError as more:
                for choice, part in enumerate(more.chances):
                    if branches.chance * part < least:
                        left += branches.chance * part
                    else:
                        waiting.append((*choices, choice))
                continue
        found[noise] += branches.chance
    return found, left


class Branches:
    """Given branches one after the other, and the chance of taking them."""

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.left, self.chance = iter(choices), 1.0

    def below(self, ways: int) -> int:
        return self.next_of([1 / ways] * ways)

    def exponentially(self, rate: Fraction, below: object) -> bool:
        return self.next_of([1 - math.exp(-rate), math.exp(-rate)]) == 1

    def next_of(self, chances: list[float]) -> int:
        choice = next(self.left, None)
        if choice is None:
            raise OutOfBranchesError(chances)
        self.chance *= chances[choice]
        return choice


class OutOfBranchesError(Exception):
    """The script of branches is over; `chances` are those of the next ones."""

    def __init__(self, chances: list[float]) -> None:
        super().__init__()
        self.chances = chances


@pytest.mark.parametrize("scale", [Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3, 2)])
def test_chances_of_noise_are_those_of_the_mechanism(scale: Fraction) -> None:
    """The true chance lies between what was counted and what was counted and left."""
    found, left = noise_chances(scale, 3e-6)
    ratio = math.exp(-1 / float(scale))
    assert left < 0.03
    assert sum(found.values()) + left == pytest.approx(1)
    for noise in range(-6, 7):
        wanted = (1 - ratio) / (1 + ratio) * ratio ** abs(noise)
        assert found[noise] <= wanted + 1e-12
        assert wanted <= found[noise] + left + 1e-12


def test_the_standard_error_is_that_of_the_distribution() -> None:
    for scale in (Fraction(1), Fraction(7, 2)):
        ratio = math.exp(-1 / float(scale))
        chance = [(1 - ratio) / (1 + ratio) * ratio ** abs(k) for k in range(-400, 401)]
        variance = sum(c * k * k for c, k in zip(chance, range(-400, 401), strict=True))
        assert standard_error(scale) == pytest.approx(math.sqrt(variance))


def every_person(specs: list[TableSpec], **more: object) -> int:
    """The most distinct cells any one person lies in, by looking at each possible person."""
    frame = survey()
    variables = sorted({v for spec in specs for v in spec.variables})
    worst = 0
    system = tabulate(frame, specs, **more)  # type: ignore[arg-type]
    for _, row in frame.drop_duplicates(variables).iterrows():
        boxes = set()
        for label, shown in zip(system.labels or (), system.printed, strict=True):
            if shown and all(row[v] in codes for v, codes in label.box.items()):
                boxes.add(frozenset(label.box.items()))
        worst = max(worst, len(boxes))
    return worst


NESTED = {
    "region": Hierarchy(
        "region",
        [(r, "west" if r in ("Kurzeme", "Zemgale") else "east", "*")
         for r in ("Riga", "Kurzeme", "Latgale", "Vidzeme", "Zemgale")],
    )
}  # fmt: skip


@pytest.mark.parametrize(
    "specs",
    [
        [TableSpec(["region", "sex"])],
        [TableSpec(["region", "sex"], margins="none")],
        [TableSpec(["region", "sex"]), TableSpec(["sex", "region"])],
        [TableSpec(["region"]), TableSpec(["region", "sex"], where={"sex": ["f"]})],
    ],
)
def test_sensitivity_is_the_most_cells_one_person_lies_in(specs: list[TableSpec]) -> None:
    system = tabulate(survey(), specs, NESTED)
    assert sensitivity_of(system, system.printed) == every_person(specs, hierarchies=NESTED)


def test_sensitivity_is_never_too_little_where_the_domain_lies_in_blocks() -> None:
    specs = [TableSpec(["region", "sex"]), TableSpec(["region", "age"]), TableSpec(["H1"])]
    system = tabulate(survey(), specs)
    assert system.links.shape[0]
    assert sensitivity_of(system, system.printed) >= every_person(specs)


def test_households_weigh_as_much_as_the_largest_there_can_be() -> None:
    frame = survey()
    frame["home"] = np.arange(len(frame)) // 3
    for specs in ([TableSpec(["sex"])], [TableSpec(["sex"]), TableSpec(["age", "region"])]):
        system = tabulate(frame, specs, household="home")
        one = tabulate(frame, specs)
        assert sensitivity_of(system, system.printed, 3) == 3 * sensitivity_of(one, one.printed)
        with pytest.raises(BadPolicy, match="largest household"):
            sensitivity_of(system, system.printed, 2)


def test_cells_that_count_the_same_share_one_draw() -> None:
    specs = [TableSpec(["region", "sex"]), TableSpec(["sex", "region"])]
    system = tabulate(survey(), specs)
    numbers = noisy(system, system.printed, Fraction(1), 4, iter_below())
    first = system.duplicates
    assert len(set(first)) < len(first)
    assert ((numbers - system.values) == (numbers - system.values)[first]).all()
    assert (numbers != system.values).any()


def iter_below(seed: int = 1) -> Callable[[int], int]:
    """A source that always gives the same."""
    chance = np.random.default_rng(seed)
    return lambda ways: int(chance.integers(ways))


def test_fitted_numbers_add_up_are_counts_and_keep_the_total() -> None:
    spec = TableSpec(["region", "sex", "age"])
    system = tabulate(survey(), [spec])
    numbers = noisy(system, system.printed, Fraction(1), 8, iter_below())
    assert (numbers < 0).any() or (numbers != system.values).any()
    out = fitted(system, system.printed, numbers)
    assert out.min() >= 0
    table = {label.codes: int(n) for label, n in zip(system.labels or (), out, strict=True)}
    for codes, number in table.items():
        for place, variable in enumerate(spec.variables):
            if codes[place] == "*":
                parts = list(system.domain[variable])
                assert number == sum(
                    table[(*codes[:place], part, *codes[place + 1 :])] for part in parts
                )
    raw = np.abs(numbers - system.values).mean()
    assert np.abs(out - system.values).mean() < raw


def test_tables_in_several_blocks_are_not_fitted() -> None:
    system = tabulate(survey(), [TableSpec(["region", "sex"]), TableSpec(["region", "age"])])
    with pytest.raises(BadPolicy, match="too wide"):
        fitted(system, system.printed, system.values)
