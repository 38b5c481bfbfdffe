"""What the names of a spreadsheet stand for, at the row that is being read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from schemas.formula import Call, Each, Earlier, Formula, Reference
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings
from survey_service.surveys.xlsform.syntax import ENTRY, ExpressionRefused

_NAMED = re.compile(r"\$\{\s*([^${}\s]+)\s*\}")
_LOOKING = ("relevant", "calculation", "choice_filter", "repeat_count")


class Scope:
    """Names that stand before a row, and what became of all the others."""

    def __init__(self, every: Mapping[str, int]) -> None:
        """Know the row of every name of the sheet; nothing stands before the first."""
        self._every = every
        self._known: dict[str, Formula] = {}
        self._gone: dict[str, tuple[str, bool]] = {}
        self.in_repeat = False
        """Whether the row stands in a repeat, whose entries can be counted."""

    def add(self, name: str, item: Reference) -> None:
        """From here on the name stands for that answer."""
        self._known[name] = Earlier(item=item)

    def compute(self, name: str, formula: Formula) -> None:
        """From here on the name stands for that formula."""
        self._known[name] = formula

    def gather(self, name: str, question: str) -> None:
        """From here on the name stands for all answers to a question of a repeat."""
        self._known[name] = Each(item=Reference(question=question))

    def lose(self, name: str, why: str, *, reported: bool = True) -> None:
        """The name stands for nothing, for this reason, which the report has already or not."""
        self._gone[name] = (why, reported)

    def resolve(self, name: str) -> Formula:
        """What the name stands for.

        Raises:
            ExpressionRefused: nothing, or something that stands later in the sheet.
        """
        if name == ENTRY:
            if not self.in_repeat:
                raise ExpressionRefused(
                    "position(..) counts the entries of a repeat, and this stands in none",
                    "Use it between begin_repeat and end_repeat.",
                )
            return Call(function="position", terms=())
        if name in self._known and name not in self._gone:
            return self._known[name]
        if name in self._gone:
            why, reported = self._gone[name]
            refusal = ExpressionRefused(f"'{name}' {why}", "Do not look at it.")
            refusal.consequence = reported
            raise refusal
        if name in self._every:
            raise ExpressionRefused(
                f"'{name}' stands at row {self._every[name]} and is not answered yet here",
                "Look only at questions that stand before this row.",
            )
        near = difflib.get_close_matches(name, self._every, n=1)
        raise ExpressionRefused(
            f"There is no question named '{name}'",
            f"Did you mean '{near[0]}'?" if near else "Look at its spelling.",
        )


def find_circles(rows: Iterable[Row], findings: Findings) -> frozenset[str]:
    """Names that look at each other in a circle; each circle is found once, at its first row."""
    by_name = {row.text("name"): row for row in rows if row.text("name")}
    looks = {
        name: [n for column in _LOOKING for n in _NAMED.findall(row.text(column)) if n in by_name]
        for name, row in by_name.items()
    }
    done: set[str] = set()
    circles: set[str] = set()
    for first in by_name:
        path: list[str] = []
        waiting: list[tuple[str, int]] = [(first, 0)]
        while waiting:
            name, level = waiting.pop()
            del path[level:]
            if name in path:
                circle = path[path.index(name) :]
                if not circles.intersection(circle):
                    findings.refuse(
                        by_name[name].place,
                        f"This looks at itself in a circle: {' → '.join([*circle, name])}.",
                        "Let one of them look at something else.",
                    )
                circles.update(circle)
                continue
            if name in done:
                continue
            path.append(name)
            done.add(name)
            waiting.extend((other, level + 1) for other in looks[name])
    return frozenset(circles)
