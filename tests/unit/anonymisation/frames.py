"""Small made-up surveys for the tests of tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from anonymisation import Policy

REGIONS = ("Riga", "Kurzeme", "Latgale", "Vidzeme", "Zemgale")
ANSWERS = ("yes", "no", "refused", "dont_know", "missing", "not_asked")
RULES = Policy(threshold=10, breakdowns=("region", "sex", "age"), sensitive=("E1",))


def survey(records: int = 800, seed: int = 3) -> pd.DataFrame:
    """Records with a region, sex, age band, an Art. 9 answer and a plain one."""
    chance = np.random.default_rng(seed)

    def column(codes: tuple[str, ...], weights: list[float]) -> pd.Categorical:
        drawn = chance.choice(codes[: len(weights)], records, p=weights)
        return pd.Categorical(drawn, categories=list(codes))

    return pd.DataFrame(
        {
            "region": column(REGIONS, [0.45, 0.2, 0.15, 0.12, 0.08]),
            "sex": column(("f", "m"), [0.55, 0.45]),
            "age": column(("15-24", "25-44", "45-64", "65+"), [0.2, 0.4, 0.3, 0.1]),
            "E1": column(ANSWERS, [0.3, 0.6, 0.07, 0.03]),
            "H1": column(tuple("abcde"), [0.5, 0.3, 0.15, 0.04, 0.01]),
        }
    )


def groups(counts: dict[tuple[str, ...], int], names: list[str]) -> pd.DataFrame:
    """Group counts as a frame with a column `n`."""
    rows = [(*codes, count) for codes, count in counts.items()]
    return pd.DataFrame(rows, columns=[*names, "n"])
