"""What holds whatever is withheld: rows of whole numbers over inner cells, with their ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

NO_BOUND = np.int64(2**62)


class Kind(StrEnum):
    """How a fact was printed."""

    EXACT = "exact"
    RANGE = "range"
    ROUNDED = "rounded"
    FLAGGED = "flagged"
    SHARE = "share"
    """A share in whole points: a range of a row over the group and the cell in it."""
    WEIGHTED = "weighted"
    """A weighted estimate: a range of a row whose entries are the weights."""
    GROUP = "group"
    """The size of a group, as the flags in it tell."""
    LINK = "link"
    """Not printed: two blocks of the domain count the same people where they overlap."""
    OUTSIDE = "outside"
    """Not printed here, but known from elsewhere."""


@dataclass(frozen=True)
class Known:
    """Rows that hold whatever is withheld: `low <= row . x <= high` for every possible table.

    `rows` int64 csr (known, inner), entries of any sign; `low`, `high` int64 (known,), -NO_BOUND
    and NO_BOUND where a side is open; `kinds` one per row.
    """

    rows: Any
    low: Any
    high: Any
    kinds: tuple[Kind, ...] = ()

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def nothing(cls, inner: int) -> Known:
        """No row over so many inner cells."""
        none = np.zeros(0, np.int64)
        return cls(sp.csr_array((0, inner), dtype=np.int64), none, none)

    @classmethod
    def of(cls, inner: int, rows: Sequence[tuple[Any, int | None, int | None, Kind]]) -> Known:
        """Rows given one by one as (row over inner cells, low, high, kind); None: open."""
        if not rows:
            return cls.nothing(inner)
        stacked = sp.csr_array(
            sp.vstack([sp.csr_array(np.atleast_2d(np.asarray(r[0], np.int64))) for r in rows])
        )
        return cls(
            stacked,
            np.array([-NO_BOUND if low is None else low for _, low, _, _ in rows], np.int64),
            np.array([NO_BOUND if high is None else high for _, _, high, _ in rows], np.int64),
            tuple(kind for *_, kind in rows),
        )

    def also(self, more: Known) -> Known:
        """These rows and more."""
        return Known(
            sp.csr_array(sp.vstack([self.rows, more.rows])),
            np.concatenate([self.low, more.low]),
            np.concatenate([self.high, more.high]),
            (*self.kinds, *more.kinds),
        )
