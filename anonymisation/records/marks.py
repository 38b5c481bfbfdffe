"""What a published cell may hold besides a code: nothing, a range, or one of several values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final


@final
class Suppressed:
    """The mark of a cell that says nothing. There is one, and it is no string and no NaN."""

    _only: Suppressed | None = None

    def __new__(cls) -> Suppressed:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __str__(self) -> str:
        return "(suppressed)"

    def __repr__(self) -> str:
        return "SUPPRESSED"

    def __reduce__(self) -> tuple[type[Suppressed], tuple[()]]:
        return Suppressed, ()

    def __lt__(self, other: object) -> bool:
        """Sort before everything, so that frames with marks can be grouped."""
        return not isinstance(other, Suppressed)

    def __gt__(self, other: object) -> bool:
        return False


SUPPRESSED: Final = Suppressed()


@dataclass(frozen=True, order=True)
class Range:
    """A value between two others, both ends included."""

    low: Any
    high: Any

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


@dataclass(frozen=True, order=True)
class OneOf:
    """A value that is one of several, in the order of their column."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return " | ".join(str(value) for value in self.values)
