"""Confidence intervals that say nothing the printed numbers do not.

They are made from the printed share and a class of the printed size alone. (A share, a size
rounded to 5 and an interval from the true counts fix the count in most cases.)

Source: Wilson 1927 (interval of a proportion); DESIGN.md 6.
"""

from __future__ import annotations

import math

from schemas.tables import EFFECTIVE

NORMAL_95 = 1.959964


def effective_class(size: int) -> str | None:
    """The class of a number of people: 20-49, 50-99, 100 and more; None below 20."""
    least = [name for name, low in EFFECTIVE.items() if size >= low]
    return least[-1] if least else None


def interval(points: int, effective: str) -> tuple[int, int]:
    """The 95 % interval of a share in whole points, widened to whole ones.

    It takes the least size of the class, so that it is never too narrow.
    """
    n, share, z = EFFECTIVE[effective], points / 100, NORMAL_95
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = 100 * (middle - half), 100 * (middle + half)
    return max(0, math.floor(low + 1e-9)), min(100, math.ceil(high - 1e-9))
