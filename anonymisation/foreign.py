"""Tables another tool printed, as CSV: what each row says.

One row per cell: a column per dimension, a column with the number, and perhaps one with marks.
A dimension a file lacks is not restricted in it, so files with common dimensions are linked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from anonymisation.errors import BadTable

UNDER = re.compile(r"(<|<=|≤)\s*(\d+)")
OVER = re.compile(r"(>|>=|≥)\s*(\d+)|(\d+)\+")
OWN_MARK, OWN_ESTIMATE = "mark", "weighted"
"""Columns of the files `anonymise table` writes that are no dimensions."""
ALTERED = ("r", "n")
BETWEEN = re.compile(r"(\d+)\s*(?:-|–|\.\.|to)\s*(\d+)")


@dataclass(frozen=True)
class Layout:
    """How the files say what: columns, codes of totals, marks of withheld cells.

    `value` names the column of numbers and `mark` that of marks, None: one called `mark`, as
    `anonymise table` writes it, or there is none; all other columns are dimensions unless
    `dimensions` names them. A cell is withheld where its number
    or its mark is one of `withheld`; the empty text is one. `noughts_printed`: a withheld cell
    is known not to be nought. `absent_is_nought`: a combination without a row is.
    """

    value: str = "count"
    mark: str | None = None
    dimensions: tuple[str, ...] = ()
    totals: frozenset[str] = frozenset({"*", "Total", "total", "TOTAL"})
    withheld: frozenset[str] = frozenset({"", "c", "C", "x", "X", ":", "..", "…", "*"})
    noughts_printed: bool = False
    absent_is_nought: bool = False

    def naming(self, *, totals: Sequence[str] = (), withheld: Sequence[str] = ()) -> Layout:
        """The layout with these totals and marks instead of its own, where any are given."""
        return replace(
            self,
            totals=frozenset(totals) or self.totals,
            withheld=frozenset(withheld) or self.withheld,
        )


@dataclass(frozen=True)
class ForeignCell:
    """One row of a file: its codes by dimension, and the range it tells; high None: open."""

    file: int
    codes: tuple[tuple[str, str], ...]
    low: int
    high: int | None
    hidden: bool


def read_foreign(paths: Sequence[Path], asked: Layout) -> list[ForeignCell]:
    """Every row of every file.

    Raises:
        BadTable: a column is missing, a cell stands twice, a number is none, or is marked as
            rounded or noised, of which the file does not say how far it may be off.
    """
    cells: list[ForeignCell] = []
    for place, path in enumerate(paths):
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = list(reader.fieldnames or ())
            layout = asked if asked.mark else _own(asked, header)
            needed = [layout.value, *([layout.mark] if layout.mark else []), *layout.dimensions]
            for name in needed:
                if name not in header and name not in layout.dimensions:
                    raise BadTable(
                        f"{path.name} has no column {name!r}.",
                        remedy=f"Its columns are {', '.join(header)}; name the right one.",
                    )
            chosen = layout.dimensions or tuple(header)
            dims = [n for n in header if n in chosen and n not in (layout.value, layout.mark)]
            seen: set[tuple[str, ...]] = set()
            for number, row in enumerate(reader, start=2):
                codes = tuple((row[d] or "").strip() for d in dims)
                if codes in seen:
                    raise BadTable(
                        f"{path.name} has {' × '.join(codes)} twice, again in line {number}.",
                        remedy="Name all its dimensions, or keep one row for each cell.",
                    )
                seen.add(codes)
                low, high, hidden = _told(row, layout, f"line {number} of {path.name}")
                named = tuple(zip(dims, codes, strict=True))
                cells.append(ForeignCell(place, named, low, high, hidden))
    if not cells:
        raise BadTable("The files hold no cells.", remedy="Name files with a row per cell.")
    return cells


def _own(layout: Layout, header: Sequence[str]) -> Layout:
    """The layout for a file of `anonymise table`, if it is one and its marks are not named."""
    if OWN_MARK not in header or OWN_MARK in layout.dimensions:
        return layout
    others = (layout.value, OWN_MARK, OWN_ESTIMATE)
    dimensions = layout.dimensions or tuple(name for name in header if name not in others)
    return replace(layout, mark=OWN_MARK, dimensions=dimensions)


def _told(
    row: Mapping[str, str | None], layout: Layout, where: str
) -> tuple[int, int | None, bool]:
    """The range of a row's number, and whether it is withheld."""
    text = (row.get(layout.value) or "").strip()
    mark = (row.get(layout.mark) or "").strip() if layout.mark else ""
    least = 1 if layout.noughts_printed else 0
    if layout.mark == OWN_MARK and mark in ALTERED:
        raise BadTable(
            f"The number in {where} is rounded or noised, the file does not say how far.",
            remedy="Attack the folder it lies in.",
        )
    if found := UNDER.fullmatch(text):
        return least, int(found[2]) - (found[1] == "<"), True
    if found := BETWEEN.fullmatch(text):
        return int(found[1]), int(found[2]), True
    if found := OVER.fullmatch(text):
        low = int(found[3]) if found[3] else int(found[2]) + (found[1] == ">")
        return low, None, True
    if not text or text in layout.withheld or (mark and mark in layout.withheld):
        return least, None, True
    digits = text.replace(" ", "").replace("\u00a0", "")
    if re.fullmatch(r"\d+(\.0+)?", digits):
        return int(float(digits)), int(float(digits)), False
    raise BadTable(
        f"{text!r} in {where} is neither a whole number nor a mark.",
        remedy="Name the column of numbers, and the marks of withheld cells.",
    )
