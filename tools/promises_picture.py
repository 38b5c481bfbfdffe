"""The worked example of docs/explanation/what-a-release-promises.md, and its picture.

`python -m tools.promises_picture` draws docs/images/promises.svg anew. A test compares both with
what the engine says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from anonymisation import CellSystem, Policy, TableSpec, attack, protect, tabulate
from anonymisation.tables.protection import withhold

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "promises.svg"
THRESHOLD = 10
COUNTS = {
    "Kurzeme": (46, 31, 6),
    "Latgale": (58, 40, 14),
    "Rīga": (96, 85, 23),
    "Vidzeme": (24, 17, 1),
    "Zemgale": (39, 27, 11),
}
ANSWERS = ("yes", "no", "no answer")
SMALL = (("Kurzeme", "no answer"), ("Vidzeme", "no answer"))
INK, PALE, BLUE, RED = "#1f2328", "#8a8f98", "#1f5fae", "#b3261e"


@dataclass(frozen=True)
class Step:
    """One way of withholding: the cells, and what an attacker proves of each."""

    name: str
    withheld: frozenset[tuple[str, ...]]
    intervals: dict[tuple[str, ...], tuple[int, int]]


def example() -> CellSystem:
    """The invented table: five regions by three answers, with margins."""
    rows = [
        (region, answer, count)
        for region, counts in COUNTS.items()
        for answer, count in zip(ANSWERS, counts, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["region", "answer", "n"])
    domain = {"region": tuple(COUNTS), "answer": ANSWERS}
    return tabulate(frame, [TableSpec(["region", "answer"])], domain=domain, count="n")


def policy(promise: str) -> Policy:
    """Threshold 10, zeros published."""
    return Policy(threshold=THRESHOLD, zeros="published", promise=promise)


def steps() -> tuple[Step, ...]:
    """Small counts alone; then cells chosen for P1; then for P3."""
    system = example()
    alone = (system.values > 0) & (system.values < THRESHOLD)
    return (
        _step("Only counts below 10 withheld", system, withhold(system, policy("P3"), alone)),
        _step("P1: no count is known exactly", system, protect(system, policy("P1"))),
        _step("P2 and P3: none is known to be small", system, protect(system, policy("P3"))),
    )


def _step(name: str, system: CellSystem, protection: Any) -> Step:
    labels = system.labels or ()
    found = attack(protection.facts, policy("P3"))
    intervals = {
        labels[cell].codes: (int(low), int(high))
        for cell, low, high in zip(found.cells, found.low, found.high, strict=True)
    }
    return Step(name, frozenset(intervals), intervals)


def drawing() -> str:
    """The picture as SVG: per step, what can be proved of the two small counts."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 330" role="img" '
        'font-family="system-ui, sans-serif" font-size="14">',
        "<title>What an attacker can prove of two small counts, under three ways of "
        "withholding</title>",
        '<rect width="720" height="330" fill="#fdfcf9"/>',
    ]
    for place, step in enumerate(steps()):
        parts += _panel(step, 34 + 92 * place)
    parts += _axis(306)
    return "\n".join([*parts, "</svg>", ""])


def _x(count: int) -> int:
    return 250 + 24 * count


def _panel(step: Step, top: int) -> list[str]:
    parts = [f'<text x="16" y="{top}" fill="{INK}" font-weight="600">{step.name}</text>']
    for row, cell in enumerate(SMALL):
        low, high = step.intervals[cell]
        y = top + 24 + 26 * row
        colour = RED if high < THRESHOLD else BLUE
        said = f"{low}" if low == high else f"{low} to {high}"
        parts += [
            f'<text x="32" y="{y + 5}" fill="{INK}">{cell[0]}, {cell[1]}</text>',
            f'<rect x="{_x(low) - 6}" y="{y - 7}" width="{_x(high) - _x(low) + 12}" height="14" '
            f'rx="7" fill="{colour}"/>',
            f'<text x="{_x(high) + 14}" y="{y + 5}" fill="{colour}">{said}</text>',
        ]
    return parts


def _axis(bottom: int) -> list[str]:
    line = _x(THRESHOLD)
    parts = [
        f'<line x1="{line}" y1="44" x2="{line}" y2="{bottom - 16}" stroke="{PALE}" '
        'stroke-dasharray="4 4"/>',
        f'<text x="{line}" y="{bottom + 16}" fill="{INK}" text-anchor="middle">'
        "the threshold</text>",
    ]
    marks = (
        f'<text x="{_x(count)}" y="{bottom}" fill="{PALE}" text-anchor="middle">{count}</text>'
        for count in range(0, 17, 5)
    )
    return [*parts, *marks]


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
