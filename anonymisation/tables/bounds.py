"""What may be published about withheld cells: bounds anybody could compute from the print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anonymisation.tables.attacker import attack
from anonymisation.tables.facts import Facts
from schemas.certificate import CellBounds, PublicCertificate


def with_bounds(
    public: PublicCertificate, facts: Facts, names: Sequence[tuple[int, Any, Any]]
) -> PublicCertificate:
    """The public part with what an attacker can prove of each withheld cell.

    It receives the printed facts and the cells' names, nothing else: (table, codes, levels) in
    the order of the withheld facts.
    """
    found = attack(facts, public.policy)
    bounds = []
    for (table, codes, levels), low, high in zip(names, found.low, found.high, strict=True):
        bounds.append(
            CellBounds(
                table=table,
                codes=tuple(codes),
                levels=tuple(levels),
                low=int(low) if np.isfinite(low) else None,
                high=int(high) if np.isfinite(high) else None,
            )
        )
    return public.model_copy(update={"bounds": tuple(bounds)})
