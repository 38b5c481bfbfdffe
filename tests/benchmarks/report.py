"""What a run says: rates with ranges, and ratios within each round against the goals."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from tests.benchmarks.scenarios import HELLO, INTERVIEWS, KEEP, PAGE, SUBMITS, Window


class Range(NamedTuple):
    """A median with the least and the most of all rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Range:
        """Return the range of the values."""
        return cls(median(values), min(values), max(values))


class Goal(NamedTuple):
    """A ratio between two configurations, and how high it is meant to be."""

    name: str
    what: str
    over: str
    least: float


GOALS = (
    Goal("a", SUBMITS, KEEP, 0.5),
    Goal("b", INTERVIEWS, KEEP, 0.4),
    Goal("c", PAGE, HELLO, 0.25),
)


@dataclass(frozen=True)
class Report:
    """Everything that was measured, by configuration and round."""

    windows: Mapping[str, Sequence[Window]]
    settle_all: float
    settle_batches: Sequence[float]
    settled: int
    load: tuple[float, float]
    questions: int
    fields: int
    row_bytes: int

    def rates(self, name: str) -> list[float]:
        """Return the rate of a configuration in each round."""
        return [window.rate for window in self.windows[name]]

    def ratio(self, goal: Goal) -> Range:
        """Return the ratio, formed within each round because the machine changes between them."""
        pairs = zip(self.rates(goal.what), self.rates(goal.over), strict=True)
        return Range.of([what / over for what, over in pairs])

    def lines(self) -> list[str]:
        """Return the table that people read."""
        rounds = len(self.windows[HELLO])
        said = [
            f"{rounds} interleaved rounds; load average {self.load[0]:.1f} to {self.load[1]:.1f}.",
            f"An interview has {self.questions} questions; the bare handler validates"
            f" {self.fields} fields and writes a row of {self.row_bytes} bytes, as large as a"
            " sealed submission.",
            "",
            f"{'':26}{'requests per server CPU-second':>34}{'microseconds':>14}{'rows':>8}",
            f"{'':26}{'median':>12}{'(range)':>22}{'each':>14}",
        ]
        for name in self.windows:
            middle, least, most = Range.of(self.rates(name))
            rows = sum(window.rows for window in self.windows[name])
            said.append(
                f"{name:26}{middle:12.0f}{f'({least:.0f} to {most:.0f})':>22}"
                f"{1e6 / middle:14.0f}{rows or '-':>8}"
            )
        said += ["", f"{'ratio':52}{'median':>8}{'(range)':>18}{'goal':>7}"]
        for goal in GOALS:
            middle, least, most = self.ratio(goal)
            name = f"({goal.name}) {goal.what} / {goal.over}"
            word = "met" if middle >= goal.least else "missed"
            span = f"({least:.2f} to {most:.2f})"
            said.append(f"{name:52}{middle:8.2f}{span:>18}{goal.least:7.2f} {word}")
        batches = Range.of(self.settle_batches)
        said += [
            "",
            "Settle runs apart from the front and is in none of these. Each submission costs it"
            f" {self.settle_all:.2f} ms of CPU time when {self.settled} are settled at once, and"
            f" {batches.median:.2f} ({batches.least:.2f} to {batches.most:.2f}) ms when 20 are.",
        ]
        return said

    def document(self) -> dict[str, Any]:
        """Return the same, and every single window, for programs."""
        return {
            "python": platform.python_version(),
            "load_average": self.load,
            "questions": self.questions,
            "fields": self.fields,
            "row_bytes": self.row_bytes,
            "windows": {
                name: [window.__dict__ for window in windows]
                for name, windows in self.windows.items()
            },
            "rates": {name: Range.of(self.rates(name))._asdict() for name in self.windows},
            "ratios": {
                goal.name: self.ratio(goal)._asdict() | {"goal": goal.least} for goal in GOALS
            },
            "settle_ms_each": {
                "all_at_once": self.settle_all,
                "settled_at_once": self.settled,
                "batches_of_20": list(self.settle_batches),
            },
        }
