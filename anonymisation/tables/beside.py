"""The pattern of the part with open cells, found and made cheap beside parts that are fixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Refused
from anonymisation.tables.by_parts import FixedParts
from anonymisation.tables.parts import Parts
from anonymisation.tables.reduction import Reduced, State

Exempt = Callable[[Reduced, Any], Any]
Found = tuple[Any, Any, bool]
Alone = Callable[[Reduced, Exempt], Found]


def found_by_parts(
    reduced: Reduced, parts: Parts, exempt: Exempt, check: Callable[[], None], alone: Alone
) -> Found:
    """Which cells of the whole are withheld, moves of the whole that prove it, and whether
    nothing was left out for want of time.

    `alone` finds the same for a system without parts.

    Raises:
        Refused: not in this way.
        Undecided: the time is up.
    """
    hidden = reduced.state == State.WITHHELD
    if any(need.insiders for need in reduced.requirements):
        known = np.asarray(exempt(reduced, hidden), bool)
    else:
        known = np.ones((reduced.members.shape[0], len(reduced.requirements)), bool)
    fixed = FixedParts(reduced, parts, known, check)
    fixed.prove()
    # Counts that are seams move for the open part only if the others follow; where more is
    # needed than that, tokens for all it requires are tried before the whole is.
    fixed.offer(parts.parts[0].shared)
    try:
        return _open_part(fixed, parts, exempt, known, alone)
    except Refused:
        if not fixed.offer(parts.parts[0].needs):
            raise
        return _open_part(fixed, parts, exempt, known, alone)


def _open_part(fixed: FixedParts, parts: Parts, exempt: Exempt, known: Any, alone: Alone) -> Found:
    """The whole's pattern and moves: the open part's with its tokens, and the fixed ones'."""
    reduced, part, tokens = fixed.reduced, parts.parts[0], fixed.tokens
    needs = np.array([*part.needs, *(h.need for h in fixed.hard)], np.int64)
    asked = [reduced.requirements[i] for i in part.needs] + [fixed.asked(h) for h in fixed.hard]
    known = known.copy()
    for hard in fixed.hard:
        settled = np.ones(known.shape[0], bool)
        settled[hard.insiders] = False
        known[:, hard.need] |= settled
    local = fixed.systems.make(part, needs, tokens=tokens, exempt=known, asked=asked)

    def own(system: Reduced, withheld: Any) -> Any:
        return local.exempt | np.asarray(exempt(system, withheld), bool)[:, needs]

    chosen, moves, complete = alone(local.reduced, own)
    hidden = reduced.state == State.WITHHELD
    hidden[local.cells] |= chosen
    moves = sp.csr_array(moves)
    size = len(part.classes)
    whole = fixed.whole(part, moves[:, :size])
    if tokens:
        whole = whole - moves[:, size:] @ sp.vstack([token.by for token in tokens])
    return hidden, sp.csr_array(sp.vstack([whole, *fixed.moves])), complete
