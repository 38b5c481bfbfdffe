"""What a reading found: every row's fate at once, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a row, or of a cell of it."""

    ACCEPTED = "accepted"
    DROPPED = "dropped"
    WARNING = "warning"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file: sheet, row (a line number in Markdown) and the column's heading."""

    sheet: str = ""
    row: int | None = None
    column: str | None = None

    def at(self, column: str) -> Place:
        """The same row, in that column."""
        return Place(self.sheet, self.row, column)

    def __str__(self) -> str:
        parts = (self.sheet, f"row {self.row}" if self.row else "", self.column or "")
        return ", ".join(part for part in parts if part) or "file"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where, what, and what to do about it."""

    outcome: Outcome
    place: Place
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.outcome.value:8}  {self.place}: {self.message} {self.remedy}".rstrip()


class Findings:
    """Collects what is found; nothing is thrown away and nothing stops at the first."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def accept(self, place: Place, message: str) -> None:
        """Note a row that was taken over."""
        self._found.append(Finding(Outcome.ACCEPTED, place, message))

    def drop(self, place: Place, message: str, remedy: str = "") -> None:
        """Note a row that is left out on purpose."""
        self._found.append(Finding(Outcome.DROPPED, place, message, remedy))

    def warn(self, place: Place, message: str, remedy: str = "") -> None:
        """Note something to look at that does not keep the file out."""
        self._found.append(Finding(Outcome.WARNING, place, message, remedy))

    def refuse(self, place: Place, message: str, remedy: str = "") -> None:
        """Note something that keeps the whole file out."""
        self._found.append(Finding(Outcome.REFUSED, place, message, remedy))

    def add(self, found: Iterable[Finding]) -> None:
        """Take over what another reading found."""
        self._found.extend(found)

    @property
    def refused(self) -> bool:
        """Whether anything keeps the file out."""
        return any(finding.outcome is Outcome.REFUSED for finding in self._found)

    def in_order(self) -> tuple[Finding, ...]:
        """Everything by sheet and row, the file as a whole first."""
        order = {"": 0, "survey": 1, "choices": 2, "settings": 3}
        return tuple(
            sorted(
                self._found,
                key=lambda f: (order.get(f.place.sheet, 4), f.place.sheet, f.place.row or 0),
            )
        )


def as_plain(found: Iterable[Finding]) -> list[dict[str, object]]:
    """The findings as JSON can say them: outcome, sheet, row, column, message, remedy."""
    return [
        {
            "outcome": finding.outcome.value,
            **asdict(finding.place),
            "message": finding.message,
            "remedy": finding.remedy,
        }
        for finding in found
    ]


class Unreadable(ValueError):
    """The file cannot be read at all, or must not be; it says where, why and what to do."""

    def __init__(self, message: str, remedy: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.finding = Finding(Outcome.REFUSED, place or Place(), message, remedy)
