"""Records that few keys already make unique: the fewer keys it takes, the surer the find."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from anonymisation.records.check import codes_of, grouped
from anonymisation.records.roles import Roles


@dataclass(frozen=True, eq=False)
class SpecialUniques:
    """`scores` (records,): sum over the smallest sets of keys that single a record out, those of
    few keys counting most; `records` that have any; `by_key`: share of all sets each key is in.
    """

    scores: npt.NDArray[np.float64]
    records: int
    by_key: dict[str, float]


def special_uniques(frame: pd.DataFrame, roles: Roles, largest: int = 3) -> SpecialUniques:
    """The minimal sample uniques of up to so many keys.

    Cost: one grouping of the records for each set of keys that large or smaller.

    Source: Elliot, Manning and Ford 2002; Manning, Haglin and Keane 2008.
    """
    names = list(roles.quasi_identifiers)
    parts = [codes_of(frame[name]) for name in names]
    largest = min(largest, len(names))
    scores = np.zeros(len(frame))
    uses = dict.fromkeys(names, 0)
    total = 0
    found: list[tuple[frozenset[int], npt.NDArray[np.bool_]]] = []
    for size in range(1, largest + 1):
        worth = math.prod(len(names) - i for i in range(size, largest)) if size < largest else 1
        for chosen in combinations(range(len(names)), size):
            group, count = grouped([parts[i] for i in chosen])
            alone = (np.bincount(group, minlength=count) == 1)[group]
            for keys, minimal in found:
                if keys < set(chosen):
                    alone &= ~minimal
            if alone.any():
                found.append((frozenset(chosen), alone))
                scores[alone] += worth
                total += int(alone.sum())
                for i in chosen:
                    uses[names[i]] += int(alone.sum())
    return SpecialUniques(
        scores,
        int((scores > 0).sum()),
        {name: uses[name] / total if total else 0.0 for name in names},
    )
