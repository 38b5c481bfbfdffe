"""The functions that a formula may call, each total: no argument of any kind makes it fail.

Source: ODK XForms specification, "XPath functions" (names and meaning); unknown in, unknown out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple


class Function(NamedTuple):
    """What it does, and how many terms it takes."""

    does: Callable[..., Any]
    least: int
    most: int


_NUMBER = re.compile(r"[ \t\r\n]*-?[0-9]{1,300}(\.[0-9]{0,300})?[ \t\r\n]*")
_DAY = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
_SPACE = re.compile(r"[ \t\r\n]+")
"""What XPath 1.0 calls space, and nothing else: browsers and Python differ in the rest."""
_FIRST_DAY = date(1970, 1, 1).toordinal()


def as_number(value: Any) -> float | None:
    """The value as a number; None where it is unknown or is none.

    A day counts from 1 January 1970, so that days can be compared.
    """
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, str):
        return None
    if _NUMBER.fullmatch(value):
        return float(value)
    return _days(value) if _DAY.fullmatch(value) else None


def _days(text: str) -> float | None:
    try:
        return float(date.fromisoformat(text).toordinal() - _FIRST_DAY)
    except ValueError:
        return None


def words_of(text: str) -> list[str]:
    """The words between spaces."""
    return [word for word in _SPACE.split(text) if word]


def as_text(value: Any) -> str:
    """The value as text: whole numbers without a point, several codes with spaces between."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def as_truth(value: Any) -> bool | None:
    """The value as true or false: a number is true unless 0, a text unless empty."""
    return None if value is None else bool(value)


def _codes(value: Any) -> list[str]:
    return value if isinstance(value, list) else words_of(as_text(value))


def _known(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, unknown where one of its terms is."""

    def does(*terms: Any) -> Any:
        return None if any(term is None for term in terms) else work(*terms)

    return does


def _of_number(work: Callable[[float], float]) -> Callable[[Any], float | None]:
    def does(value: Any) -> float | None:
        number = as_number(value)
        return None if number is None else work(number)

    return does


def _round(value: Any, digits: Any = 0) -> float | None:
    number, places = as_number(value), as_number(digits)
    if number is None or places is None or not -15 <= places <= 15:
        return None
    # The same doubles in every browser: whole powers of ten are exact, and so are halves.
    scale = 10.0 ** abs(int(places))
    scaled = number * scale if places >= 0 else number / scale
    if not math.isfinite(scaled):
        return number
    whole = math.floor(scaled) + (scaled - math.floor(scaled) >= 0.5)
    return whole / scale if places >= 0 else whole * scale


def _substring(text: Any, start: Any, end: Any = None) -> str | None:
    first = as_number(start)
    last = None if end is None else as_number(end)
    if text is None or first is None:
        return None
    return as_text(text)[max(0, int(first)) : None if last is None else max(0, int(last))]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _regex(text: Any, pattern: Any) -> bool | None:
    return _compiled(as_text(pattern)).fullmatch(as_text(text)) is not None


def _coalesce(*terms: Any) -> Any:
    return next((term for term in terms if term is not None and term != ""), None)


def _extreme(pick: Callable[..., float]) -> Callable[..., float | None]:
    def does(*terms: Any) -> float | None:
        numbers = [as_number(term) for term in _spread(terms)]
        known = [number for number in numbers if number is not None]
        return pick(known) if known and len(known) == len(numbers) else None

    return does


def _spread(terms: tuple[Any, ...]) -> Iterator[Any]:
    """The terms, those of each of several in place of their list."""
    for term in terms:
        yield from term if isinstance(term, list) else (term,)


def _sum(term: Any) -> float | None:
    """The sum; of none it is 0, and of one that is unknown nobody knows it."""
    numbers = [as_number(value) for value in _spread((term,))]
    known = [number for number in numbers if number is not None]
    found = 0.0
    for number in known:
        # Not sum(): from Python 3.12 on it rounds less often than a browser does.
        found += number
    return found if len(known) == len(numbers) and math.isfinite(found) else None


def _date(value: Any) -> str | None:
    text = as_text(value) if isinstance(value, str) else ""
    return text if _DAY.fullmatch(text) and _days(text) is not None else None


def _opposite(value: Any) -> bool | None:
    truth = as_truth(value)
    return None if truth is None else not truth


def _selected_at(value: Any, place: Any) -> str | None:
    """The code at a place, from 0; an empty text where there are fewer."""
    number = as_number(place)
    if value is None or number is None:
        return None
    codes, at = _codes(value), math.trunc(number)
    return str(codes[at]) if 0 <= at < len(codes) else ""


def _nowhere() -> None:
    """Outside of a repeat there is no entry to count; inside, its number stands in this place."""


FUNCTIONS: Final[dict[str, Function]] = {
    "true": Function(lambda: True, 0, 0),
    "false": Function(lambda: False, 0, 0),
    "not": Function(_opposite, 1, 1),
    "boolean": Function(as_truth, 1, 1),
    "if": Function(lambda *terms: terms, 3, 3),
    "coalesce": Function(_coalesce, 2, 50),
    "selected": Function(_known(lambda codes, code: as_text(code) in _codes(codes)), 2, 2),
    "count-selected": Function(_known(lambda codes: float(len(_codes(codes)))), 1, 1),
    "selected-at": Function(_selected_at, 2, 2),
    "position": Function(_nowhere, 0, 0),
    "boolean-from-string": Function(
        _known(lambda text: as_text(text).lower() in ("1", "true")), 1, 1
    ),
    "number": Function(as_number, 1, 1),
    "floor": Function(_of_number(lambda number: float(math.floor(number))), 1, 1),
    "ceiling": Function(_of_number(lambda number: float(math.ceil(number))), 1, 1),
    "int": Function(_of_number(lambda number: float(math.trunc(number))), 1, 1),
    "round": Function(_round, 1, 2),
    "abs": Function(_of_number(abs), 1, 1),
    "min": Function(_extreme(min), 1, 50),
    "max": Function(_extreme(max), 1, 50),
    "sum": Function(_sum, 1, 1),
    "count": Function(_known(lambda values: float(len(values))), 1, 1),
    "date": Function(_date, 1, 1),
    "string": Function(_known(as_text), 1, 1),
    "string-length": Function(_known(lambda text: float(len(as_text(text)))), 1, 1),
    "concat": Function(_known(lambda *terms: "".join(map(as_text, terms))), 1, 50),
    "contains": Function(_known(lambda text, part: as_text(part) in as_text(text)), 2, 2),
    "starts-with": Function(
        _known(lambda text, start: as_text(text).startswith(as_text(start))), 2, 2
    ),
    "ends-with": Function(_known(lambda text, end: as_text(text).endswith(as_text(end))), 2, 2),
    "substr": Function(_substring, 2, 3),
    "normalize-space": Function(_known(lambda text: " ".join(words_of(as_text(text)))), 1, 1),
    "regex": Function(_known(_regex), 2, 2),
}
