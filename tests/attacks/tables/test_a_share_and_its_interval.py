"""A share in whole points, a size rounded to 5 and a confidence interval: often the count itself.

Each is harmless alone. The share says roughly which part, the rounded size leaves five sizes, and
the interval's ends, computed from count and size, fit few of the counts that are left.
"""

from __future__ import annotations

import math
from collections import defaultdict

from anonymisation.tables.shares import points_of, printed_share, rounded

SIZES = range(20, 60)
"""Of a group that FRA's practice flags, and a little more."""
Print = tuple[object, ...]


def wilson(count: int, size: int, z: float = 1.96) -> tuple[int, int]:
    """The interval of the true share of the true size, in whole points."""
    share, scale = count / size, 1 + z * z / size
    middle = share + z * z / (2 * size)
    half = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return round(100 * (middle - half) / scale), round(100 * (middle + half) / scale)


def naive(count: int, size: int) -> Print:
    """What a careful-looking office prints."""
    return points_of(count, size), rounded(size), wilson(count, size)


def ours(count: int, size: int) -> Print:
    """What the engine prints of the same."""
    shown = printed_share(count, size)
    return shown.points, rounded(size), (shown.low, shown.high), shown.effective


def without_interval(count: int, size: int) -> Print:
    """The same without any interval."""
    return points_of(count, size), rounded(size)


def fixed(prints: object) -> float:
    """The part of all cases in which one count alone fits what is printed."""
    fitting: dict[Print, set[int]] = defaultdict(set)
    cases = [(count, size) for size in SIZES for count in range(size + 1)]
    for count, size in cases:
        fitting[prints(count, size)].add(count)  # type: ignore[operator]
    return sum(len(fitting[prints(*case)]) == 1 for case in cases) / len(cases)  # type: ignore[operator]


def test_an_interval_of_the_true_counts_gives_most_of_them_away() -> None:
    assert fixed(naive) > 0.7
    assert fixed(without_interval) < 0.4


def test_our_interval_tells_nothing_that_share_and_size_do_not() -> None:
    assert fixed(ours) == fixed(without_interval)
    seen: dict[Print, set[Print]] = defaultdict(set)
    for size in SIZES:
        for count in range(size + 1):
            seen[without_interval(count, size)].add(ours(count, size))
    assert all(len(found) == 1 for found in seen.values())


def test_our_interval_holds_the_true_one() -> None:
    for size in SIZES:
        for count in range(size + 1):
            low, high = wilson(count, size)
            shown = printed_share(count, size)
            if shown.low is None or shown.high is None:
                continue
            # The printed share is off by half a point, hence so is the interval.
            assert shown.low <= low + 1
            assert high - 1 <= shown.high
