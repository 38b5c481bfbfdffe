"""Sums and means beside counts: protected in a universe of their own, printed together.

A sum is printed only where its count is, and a mean only where both are: it is their quotient
and tells nothing more. Counts and sums bound each other only through what one person can
contribute at all, which is outside knowledge and not promised against.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.protection import Protection, protect
from anonymisation.tables.search import Progress
from anonymisation.tables.system import CellSystem, Fate
from schemas.tables import CellMark, TableCell


def protect_sums(
    sums: CellSystem,
    counts: Protection,
    *,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Protection:
    """The sums of tables whose counts are protected, by the same policy's rules for sums.

    `sums` is tabulated with `magnitude` from the same records and tables as the counts. Every
    sum whose count is withheld is withheld, and nobody can settle it.

    Raises:
        BadPolicy: the policy has no rule for sums, or prints no counts.
        BadTable: the two systems are not of the same cells.
        Refused: the promise cannot be kept.
    """
    policy, system = counts.policy, counts.system
    if sums.magnitude is None:
        raise BadTable("These are no sums.", remedy="Tabulate with magnitude.")
    if policy.dominance is None and policy.p_percent is None:
        raise BadPolicy(
            f"The policy has no rule for sums of {sums.magnitude.name!r}.",
            remedy="Give it p_percent or dominance.",
        )
    if policy.print != "counts":
        raise BadPolicy(
            "Sums stand beside counts, which this policy does not print.",
            remedy='Use print = "counts" for tables with sums.',
        )
    if sums.labels is None or sums.labels != system.labels:
        raise BadTable(
            "Sums and counts are not of the same cells.",
            remedy="Tabulate both with the same tables, code lists and filters.",
        )
    hidden = counts.withheld & system.printed
    fates = np.where(hidden, Fate.WITHHELD, Fate.OPEN).astype(np.int8)
    fates[(system.values == 0) & system.printed & ~hidden] = Fate.PUBLISHED
    small = replace(sums.magnitude, small=hidden | counts.primary)
    return protect(
        replace(sums, fates=fates, magnitude=small), policy, None, seconds, progress=progress
    )


def mean_of(count: TableCell, total: TableCell) -> float | None:
    """The mean of a cell as anybody can divide it; None where count or sum is withheld."""
    if CellMark.WITHHELD in (count.mark, total.mark) or not count.value or total.value is None:
        return None
    return total.value / count.value
