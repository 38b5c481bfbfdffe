"""Sums of contributions: who contributes most to each cell, and when that gives him away.

A sum is safe from a contributor when the best guess of the largest contribution, by somebody who
knows the largest others, stays wider than the rule says. The guess is as good as the sum's
interval: so a sum that is not safe is withheld, and must be able to lie as far above and below
its true value as the rule asks.

Source: Hundepool et al. 2012, ch. 4 (dominance and p % rules and their protection levels).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from schemas.policy import MOST_DOMINANT, Policy

DOMINANCE = "dominance"
P_PERCENT = "p_percent"
COUNT = "count"


@dataclass(frozen=True)
class Magnitude:
    """Contributors and largest contributions of every cell.

    `contributors` (cells,): records or households with a part in the cell, of whatever amount.
    `records` (cells,): records in it. `largest` (cells, 10): contributions, largest first.
    `small` bool (cells,): cells whose count is withheld; nobody may learn their sum either.
    """

    name: str
    contributors: Any
    records: Any
    largest: Any
    small: Any = None

    @classmethod
    def of(cls, name: str, shares: Any, present: Any, records: Any) -> Magnitude:
        """From csr matrices (contributors, cells) of amounts and of records, both not negative."""
        table = sp.csc_array(shares)
        largest = np.zeros((table.shape[1], MOST_DOMINANT), np.int64)
        for cell in range(table.shape[1]):
            own = table.data[table.indptr[cell] : table.indptr[cell + 1]]
            top = np.sort(own)[::-1][:MOST_DOMINANT]
            largest[cell, : len(top)] = top
        people = np.asarray((sp.csr_array(present) > 0).sum(axis=0)).ravel()
        return cls(name, people, np.asarray(records), largest)

    def margins(self, cell: int, total: int, policy: Policy) -> dict[str, int]:
        """By rule, how far the sum of an unsafe cell must be able to move either way; {}: safe.

        p %: the second largest subtracts his own from the sum; what the others give is all that
        hides the largest. Dominance: n contributors may not give more than k % of the sum.
        """
        found: dict[str, int] = {}
        first, second = (int(n) for n in self.largest[cell, :2])
        if policy.p_percent is not None and first:
            wanted = -(-policy.p_percent * first // 100)
            others = total - first - second
            if others < wanted:
                found[P_PERCENT] = wanted - others
        if policy.dominance is not None and total:
            n, k = policy.dominance
            top = int(self.largest[cell, :n].sum())
            if 100 * top > k * total:
                found[DOMINANCE] = -(-(100 * top - k * total) // k)
        return found
