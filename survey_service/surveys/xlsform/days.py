"""Days in spreadsheets: numbers that only a cell's format tells from other numbers.

Source: ECMA-376 part 1, 18.8.30 (formats by number), 18.17.4 (days as numbers).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_BY_NUMBER: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_SIGNS: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
"""Words, escaped signs, colours and conditions: they say nothing of what is shown."""
_LAST: Final = 2_958_465
"""31 December 9999."""


def shows_days(number: int, code: str = "") -> bool:
    """Whether a format, by its number or its code, shows a number as a day."""
    if number in _BY_NUMBER:
        return True
    shown = _NOT_SIGNS.sub("", code.partition(";")[0]).lower()
    return bool(re.search(r"[dy]|m(?![^m]*s)", shown)) and "general" not in shown


def as_day(text: str, since_1904: bool) -> str:
    """The number as a day, "2026-01-31", with the time where there is one; other text stays."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not 1 <= number <= _LAST:
        return text
    # The calendar of 1900 has a 29 February that never was; the one of 1904 has not.
    first = (1904, 1, 1) if since_1904 else (1899, 12, 31 - (number >= 61))
    found = datetime(*first, tzinfo=UTC) + timedelta(seconds=round(number * 86_400))
    whole = found.hour == found.minute == found.second == 0
    return found.date().isoformat() if whole else found.strftime("%Y-%m-%d %H:%M:%S")
