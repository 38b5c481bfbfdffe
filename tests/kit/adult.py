"""UCI Adult with its hierarchies, as in tests/data/adult-records."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from anonymisation import Hierarchy, QuasiIdentifier, Roles

FOLDER = Path(__file__).parents[1] / "data" / "adult-records"
FIVE = ("sex", "age", "race", "marital-status", "education")
# k and limit: loss and withheld records of the best node.
OPTIMA = {
    (2, 0.0): (0.603685, 0), (2, 0.05): (0.175269, 1350), (2, 1.0): (0.166508, 2998),
    (5, 0.0): (0.635544, 0), (5, 0.05): (0.269635, 1346), (5, 1.0): (0.227700, 2553),
    (10, 0.0): (0.635544, 0), (10, 0.05): (0.317842, 1437), (10, 1.0): (0.267741, 3983),
}  # fmt: skip


@cache
def records() -> pd.DataFrame:
    """All columns as categories, but age, which is a number. Never changed by anybody."""
    frame = pd.read_csv(FOLDER / "adult.csv.gz", sep=";")
    kinds = {name: "category" for name in frame.columns if name != "age"}
    return frame.astype(kinds)


@cache
def hierarchies() -> dict[str, Hierarchy]:
    """One for every column."""
    return {
        name: Hierarchy.read_csv(FOLDER / f"adult_hierarchy_{name}.csv", name)
        for name in records().columns
    }


def roles(*names: str) -> Roles:
    """The columns named, or all nine, as quasi-identifiers."""
    chosen = names or tuple(records().columns)
    return Roles({name: QuasiIdentifier(hierarchies()[name]) for name in chosen})
