"""Hierarchies made from the values of a column: intervals, prefixes, parts of dates, code lists.

Each becomes a `Hierarchy`, whose nesting is checked like that of a file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol, runtime_checkable

from anonymisation.errors import BadHierarchy
from anonymisation.hierarchy import TOP, Hierarchy
from schemas.codelist import CodeHierarchy, CodeList

PARTS = ("month", "quarter", "half", "year", "decade")


@runtime_checkable
class Generaliser(Protocol):
    """Anything that makes a hierarchy for the values of a column."""

    def hierarchy(self, variable: str, values: Sequence[str]) -> Hierarchy:
        """The hierarchy over these values, as text."""


class Intervals:
    """Numbers fall into intervals of the given widths, aligned at `start`; then `*`.

    Each width divides the next, so that intervals nest.
    """

    def __init__(self, *widths: float, start: float = 0.0) -> None:
        pairs = pairwise(widths)
        if not widths or min(widths) <= 0 or any(b <= a or (b / a) % 1 for a, b in pairs):
            raise BadHierarchy(
                f"Intervals of widths {widths} do not nest.",
                remedy="Give growing widths, each a multiple of the one before.",
            )
        self.widths, self.start = widths, start

    def hierarchy(self, variable: str, values: Sequence[str]) -> Hierarchy:
        """The hierarchy over numbers written as text.

        Raises:
            BadHierarchy: a value is no finite number.
        """
        rows = []
        for value in sorted(values, key=lambda text: _number(text, variable)):
            number = _number(value, variable)
            rows.append((value, *(self._interval(number, width) for width in self.widths), TOP))
        return Hierarchy(variable, rows)

    def _interval(self, number: float, width: float) -> str:
        low = self.start + math.floor((number - self.start) / width) * width
        if all(part == int(part) for part in (low, width)):
            return f"{int(low)}-{int(low + width) - 1}" if width > 1 else f"{int(low)}"
        return f"[{low:g}, {low + width:g})"


class Prefixes:
    """Codes keep their first so many characters, level by level; then `*`."""

    def __init__(self, *lengths: int) -> None:
        falling = all(a > b for a, b in pairwise(lengths))
        if not lengths or min(lengths) < 1 or not falling:
            raise BadHierarchy(
                f"Prefixes of lengths {lengths} do not nest.",
                remedy="Give falling lengths of at least one character.",
            )
        self.lengths = lengths

    def hierarchy(self, variable: str, values: Sequence[str]) -> Hierarchy:
        """The hierarchy over codes; a dot stands for each character left out."""
        rows = [
            (value, *(value[:n] + "." * max(0, len(value) - n) for n in self.lengths), TOP)
            for value in sorted(values)
        ]
        return Hierarchy(variable, rows)


class DateParts:
    """Dates written YYYY-MM-DD become the parts named, from fine to coarse; then `*`."""

    def __init__(self, *parts: str) -> None:
        ranks = [PARTS.index(part) if part in PARTS else -1 for part in parts]
        if not ranks or -1 in ranks or ranks != sorted(set(ranks)):
            raise BadHierarchy(
                f"{parts} are no parts of a date from fine to coarse.",
                remedy=f"Choose from {', '.join(PARTS)}, in this order.",
            )
        self.parts = parts

    def hierarchy(self, variable: str, values: Sequence[str]) -> Hierarchy:
        """The hierarchy over dates.

        Raises:
            BadHierarchy: a value is no date.
        """
        rows = []
        for value in sorted(values):
            try:
                day = date.fromisoformat(value)
            except ValueError as error:
                raise BadHierarchy(
                    f"{variable!r} holds {value!r}, which is no date.",
                    remedy="Write dates as YYYY-MM-DD.",
                ) from error
            rows.append((value, *(_part(day, part) for part in self.parts), TOP))
        return Hierarchy(variable, rows)


@dataclass(frozen=True)
class Listed:
    """Codes of a versioned list become those that stand for them on `day`, then coarser ones.

    Without `coarser` the levels are code, code of that day, `*`.
    """

    codes: CodeList
    day: date
    coarser: CodeHierarchy | None = None

    def hierarchy(self, variable: str, values: Sequence[str]) -> Hierarchy:  # noqa: ARG002
        """The hierarchy over every code the list ever had, used or not.

        Raises:
            BadHierarchy: a code has no successor on that day, or the successor no line in
                `coarser`.
        """
        above = {row[0]: row[1:] for row in self.coarser.rows} if self.coarser else {}
        rows = []
        for code in self.codes.codes:
            today = self.codes.today_for(code.code, self.day)
            if today is None or (self.coarser and today not in above):
                raise BadHierarchy(
                    f"{code.code!r} of the list {self.codes.id!r} leads to no code on {self.day}.",
                    remedy="Name its successor, or give the successor a line in the hierarchy.",
                )
            rows.append((code.code, today, *above.get(today, (TOP,))))
        return Hierarchy(variable, rows)


def resolve(
    given: Hierarchy | CodeHierarchy | Generaliser | None, variable: str, values: Sequence[str]
) -> Hierarchy:
    """The hierarchy meant for a column; None is value and `*`.

    Raises:
        BadHierarchy: what was given is no hierarchy, or does not fit the values.
    """
    if given is None:
        return Hierarchy(variable, [(value, TOP) for value in values])
    if isinstance(given, Hierarchy):
        return given
    if isinstance(given, CodeHierarchy):
        return Hierarchy(variable, given.rows)
    if isinstance(given, Generaliser):
        return given.hierarchy(variable, values)
    raise BadHierarchy(
        f"The hierarchy of {variable!r} is a {type(given).__name__}.",
        remedy="Give a Hierarchy, Intervals, Prefixes, DateParts, Listed or CodeHierarchy.",
    )


def _number(text: str, variable: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadHierarchy(
            f"{variable!r} holds {text!r}, which is no number.",
            remedy="Recode it, or give this column another hierarchy.",
        )
    return number


def _part(day: date, part: str) -> str:
    return {
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year} Q{(day.month + 2) // 3}",
        "half": f"{day.year} H{(day.month + 5) // 6}",
        "year": f"{day.year}",
        "decade": f"{day.year // 10 * 10}s",
    }[part]
