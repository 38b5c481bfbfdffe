"""Value generalisation hierarchies, in the form ARX reads: leaf;level 1;…;* on each line.

Source: ARX, "Data import and export", hierarchies as CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anonymisation.errors import BadHierarchy

TOP = "*"


@dataclass(frozen=True)
class Hierarchy:
    """A nested hierarchy: every code of a level lies under exactly one code of the next.

    `rows` hold one line per leaf, from the leaf to `*`. Level 0 is the leaf, `height` the
    level of `*`.

    Raises:
        BadHierarchy: lines differ in length, a leaf stands twice, the last level is not `*`,
            or a code has two parents.
    """

    variable: str
    rows: tuple[tuple[str, ...], ...]
    _line: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __init__(self, variable: str, rows: Iterable[Sequence[str]]) -> None:
        lines = tuple(tuple(str(code) for code in row) for row in rows)
        object.__setattr__(self, "variable", variable)
        object.__setattr__(self, "rows", lines)
        object.__setattr__(self, "_line", {line[0]: line for line in lines if line})
        _check(variable, lines)

    @classmethod
    def read_csv(cls, source: str | Path, variable: str, *, separator: str = ";") -> Hierarchy:
        """The hierarchy in a file, or in the text itself.

        Raises:
            BadHierarchy: the text is no nested hierarchy, or not UTF-8.
        """
        text = source if isinstance(source, str) and "\n" in source else None
        if text is None:
            try:
                text = Path(source).read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as error:
                raise BadHierarchy(
                    f"The hierarchy of {variable!r} is not UTF-8.", remedy="Save it as UTF-8."
                ) from error
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        return cls(variable, [[cell.strip() for cell in row] for row in reader if row])

    @property
    def height(self) -> int:
        """The level of `*`; a hierarchy of leaf and `*` has height 1."""
        return len(self.rows[0]) - 1

    @property
    def leaves(self) -> tuple[str, ...]:
        """The leaf codes in the order of the lines."""
        return tuple(line[0] for line in self.rows)

    def at(self, leaf: str, level: int) -> str:
        """The code a leaf lies under at a level.

        Raises:
            BadHierarchy: the leaf is unknown or there is no such level.
        """
        line = self._line.get(leaf)
        if line is None:
            raise BadHierarchy(
                f"The hierarchy of {self.variable!r} misses the code {leaf!r}.",
                remedy="Add a line for it.",
            )
        if not 0 <= level < len(line):
            raise BadHierarchy(
                f"The hierarchy of {self.variable!r} has no level {level}.",
                remedy=f"Use a level from 0 to {self.height}.",
            )
        return line[level]

    def check_covers(self, codes: Iterable[str]) -> None:
        """Every code given has a line.

        Raises:
            BadHierarchy: one is missing.
        """
        for code in codes:
            self.at(code, 0)


def _check(variable: str, lines: tuple[tuple[str, ...], ...]) -> None:
    if not lines:
        raise BadHierarchy(f"The hierarchy of {variable!r} is empty.", remedy="Add its lines.")
    if len(lines[0]) < 2:
        raise BadHierarchy(
            f"The line of {lines[0][0]!r} in the hierarchy of {variable!r} has no level above it.",
            remedy="Write leaf;level 1;…;* on every line, with semicolons between.",
        )
    other = next((line for line in lines if len(line) != len(lines[0])), None)
    if other is not None:
        raise BadHierarchy(
            f"The line of {other[0]!r} in the hierarchy of {variable!r} has {len(other)} columns,"
            f" that of {lines[0][0]!r} has {len(lines[0])}.",
            remedy="Write leaf;level 1;…;* on every line, with all levels.",
        )
    seen: set[str] = set()
    for line in lines:
        if line[0] in seen:
            raise BadHierarchy(
                f"The hierarchy of {variable!r} has the leaf {line[0]!r} twice.",
                remedy="Keep one line for each leaf.",
            )
        seen.add(line[0])
        if line[-1] != TOP:
            raise BadHierarchy(
                f"The line of {line[0]!r} in the hierarchy of {variable!r} does not end in *.",
                remedy="End every line in *.",
            )
    for level in range(len(lines[0]) - 1):
        parents: dict[str, str] = {}
        for line in lines:
            if parents.setdefault(line[level], line[level + 1]) != line[level + 1]:
                raise BadHierarchy(
                    f"{line[level]!r} at level {level} of the hierarchy of {variable!r} has two"
                    f" parents: {parents[line[level]]!r} and {line[level + 1]!r}.",
                    remedy="Give it one.",
                )
