"""How long a new table takes against a ledger of 10, 50, 100 and 200 released tables.

The domain: respondents with a region (5), sex (2) and age band (4), and 63 answers of 4 to 7
codes each, ways of having none included; every answer by region, by sex, by age, and by sex and
age. Two surveys: one in which every joint count of the groups is printed (10,000 respondents),
so that a new table hangs together with little, and one in which eight of forty are withheld
(5,000), so that every answer asked by region, by sex and by age hangs together with every other
one. Time grows with the number of tables: in the first by what reading them costs, in the second
by the parts that hang together, each of which proves its own again.

--only withheld    the second survey alone, up to 200 tables one after another
"""

from __future__ import annotations

import argparse
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
BANDS = (60, 120, 130, 140, 150, 160, 170, 180, 190, 200)
"""Released tables after which the times of those since the last line are told."""
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


def hanging_together(bands: Sequence[int] = BANDS, count: int = WITHHELD) -> None:
    """Prints the time of every table up to 200, by how many were released before: median, range,
    cells judged. All of them are asked one after another, and audited with all before."""
    frame = respondents(count)
    ledger, refused = Ledger(), 0
    times: list[float] = []
    cells: list[int] = []
    print(f"{count} respondents, some joint counts withheld: released before, refused, "
          "seconds (median, range), cells judged")  # fmt: skip
    for spec in questions():
        before = len(ledger.releases)
        start = time.process_time()
        system = tabulate(frame, [spec], ledger=ledger)
        try:
            made = protect(system, RULES, ledger)
        except Refused:
            refused += 1
            continue
        times.append(time.process_time() - start)
        cells.append(int(system.incidence.shape[1]))
        ledger = ledger.with_release(ReleasedTable(release=str(before), table=made.tables[0]))
        if before in bands:
            times.sort()
            print(
                f"to {before:4} {refused:5}   {times[len(times) // 2]:.2f} "
                f"({times[0]:.2f}-{times[-1]:.2f})   {min(cells)}-{max(cells)}",
                flush=True,
            )
            times, cells = [], []
        if before >= max(bands):
            return


def main() -> None:
    """Both surveys, or the one named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("printed", "withheld"))
    only = parser.parse_args().only
    if only != "withheld":
        ledger_growth()
    if only != "printed":
        hanging_together()


if __name__ == "__main__":
    main()
