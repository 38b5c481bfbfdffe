"""How long a new table takes against a ledger of 10, 50, 100 and 200 released tables.

The domain: respondents with a region (5), sex (2) and age band (4), and 63 answers of 4 to 7
codes each, ways of having none included; every answer by region, by sex, by age, and by sex and
age. Two surveys: one in which every joint count of the groups is printed (10,000 respondents),
so that a new table hangs together with little, and one in which eight of forty are withheld
(5,000), so that every answer asked by age hangs together with every other one. Time grows with
the number of tables in the first only by what reading them costs; in the second about with the
square of the answers by age, and its line ends where the next table takes longer than asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from anonymisation import Ledger, Policy, ReleasedTable, TableSpec, protect, tabulate
from anonymisation.errors import Refused

SIZES = (10, 50, 100, 150, 200)
PRINTED, WITHHELD = 10_000, 5_000
"""Respondents with whom all joint counts of the groups are printed, and with whom some are not."""
BY_AGE = (2, 4, 8, 12, 16)
"""Answers by age beside the groups' joint counts, where some of those are withheld."""
ITEMS = 63
RULES = Policy(threshold=10, breakdowns=("region", "sex", "age"), sensitive=("q00", "q01", "q02"))
ASKED = (TableSpec(["region", "q62"]), TableSpec(["sex", "q61"]), TableSpec(["age", "q60"]))
"""New tables, of answers that no released table has yet."""


def respondents(count: int, seed: int = 1) -> pd.DataFrame:
    """Made-up answers, the same for the same seed."""
    chance = np.random.default_rng(seed)
    columns = {
        "region": _drawn(chance, "RKLVZ", [0.45, 0.2, 0.15, 0.12, 0.08], count),
        "sex": _drawn(chance, "fm", [0.55, 0.45], count),
        "age": _drawn(chance, "1234", [0.2, 0.4, 0.3, 0.1], count),
    }
    for item in range(ITEMS):
        kinds = int(chance.integers(2, 6))
        weights = np.append(chance.dirichlet(np.full(kinds, 1.2)) * 0.97, [0.02, 0.01])
        codes = [f"c{j}" for j in range(kinds)] + ["refused", "dont_know"]
        columns[f"q{item:02}"] = _drawn(chance, codes, (weights / weights.sum()).tolist(), count)
    return pd.DataFrame(columns)


def _drawn(
    chance: np.random.Generator, codes: Sequence[str], weights: list[float], count: int
) -> pd.Categorical:
    return pd.Categorical(chance.choice(list(codes), count, p=weights), categories=list(codes))


def questions() -> Iterator[TableSpec]:
    """The tables of the ledger in the order they are asked; three answers are never used."""
    yield TableSpec(["region", "sex", "age"])
    for groups in (["region"], ["sex"], ["age"], ["sex", "age"], ["region", "sex"]):
        for item in range(ITEMS - 3):
            yield TableSpec([*groups, f"q{item:02}"])


def grown(frame: pd.DataFrame, sizes: Sequence[int]) -> Iterator[tuple[int, int, Ledger]]:
    """The ledger at each of the sizes: released, refused on the way, ledger."""
    ledger, refused = Ledger(), 0
    for spec in questions():
        try:
            made = protect(tabulate(frame, [spec], ledger=ledger), RULES, ledger)
        except Refused:
            refused += 1
            continue
        name = str(len(ledger.releases))
        ledger = ledger.with_release(ReleasedTable(release=name, table=made.tables[0]))
        if len(ledger.releases) in sizes:
            yield len(ledger.releases), refused, ledger
        if len(ledger.releases) >= max(sizes):
            return


def seconds_of(frame: pd.DataFrame, spec: TableSpec, ledger: Ledger) -> tuple[float, int]:
    """How long one new table takes, counting included, and how many cells it was judged with."""
    start = time.process_time()
    system = tabulate(frame, [spec], ledger=ledger)
    with suppress(Refused):
        protect(system, RULES, ledger)
    return time.process_time() - start, int(system.incidence.shape[1])


def ledger_growth(sizes: Sequence[int] = SIZES, count: int = PRINTED) -> None:
    """Prints the time of a new table by the size of the ledger: median, range, cells judged."""
    frame = respondents(count)
    print(f"{count} respondents: released, refused before, seconds (median, range), cells judged")
    for released, refused, ledger in grown(frame, sizes):
        found = [seconds_of(frame, spec, ledger) for spec in ASKED for _ in range(3)]
        times = sorted(t for t, _ in found)
        cells = sorted({c for _, c in found})
        print(
            f"{released:5} {refused:5}   {times[len(times) // 2]:.2f} "
            f"({times[0]:.2f}-{times[-1]:.2f})   {cells[0]}-{cells[-1]}",
            flush=True,
        )


def hanging_together(numbers: Sequence[int] = BY_AGE, count: int = WITHHELD) -> None:
    """Prints the time of the next answer by age, by how many there are beside withheld groups."""
    frame = respondents(count)
    ledger = Ledger()
    specs = [TableSpec(["region", "sex", "age"])]
    specs += [TableSpec(["age", f"q{item:02}"]) for item in range(max(numbers) + 1)]
    print(f"{count} respondents, some joint counts withheld: answers by age, seconds, cells judged")
    for number, spec in enumerate(specs):
        start = time.process_time()
        system = tabulate(frame, [spec], ledger=ledger)
        try:
            made = protect(system, RULES, ledger)
        except Refused:
            continue
        spent = time.process_time() - start
        if number - 1 in numbers:
            print(f"{number - 1:5}   {spent:.2f}   {system.incidence.shape[1]}", flush=True)
        name = str(len(ledger.releases))
        ledger = ledger.with_release(ReleasedTable(release=name, table=made.tables[0]))


if __name__ == "__main__":
    ledger_growth()
    hanging_together()
