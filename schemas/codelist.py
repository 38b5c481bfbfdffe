"""Code lists that change over the years, and hierarchies that make codes coarser."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.texts import Texts
from schemas.vocabulary import Frozen


class Code(Frozen):
    """One entry. A code that ended names the one that took its place."""

    code: str
    text: Texts
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None

    def valid_on(self, day: date) -> bool:
        """Whether the code was in use on that day, both ends included."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class CodeList(Frozen):
    """A list in one version. Codes are never removed, they end."""

    id: str
    version: Annotated[int, Field(ge=1)]
    title: Texts
    source: str
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_each_code_once(self) -> Self:
        codes = {code.code for code in self.codes}
        if len(codes) != len(self.codes):
            raise ValueError(f"code list {self.id} names a code twice")
        lost = {code.successor for code in self.codes if code.successor} - codes
        if lost:
            raise ValueError(f"code list {self.id} names successors it does not have: {lost}")
        return self

    def on(self, day: date) -> tuple[Code, ...]:
        """The codes in use on that day, in the list's order."""
        return tuple(code for code in self.codes if code.valid_on(day))

    def today_for(self, code: str, day: date) -> str | None:
        """The code that stands for this one on that day, along its successors."""
        by_code = {entry.code: entry for entry in self.codes}
        seen: set[str] = set()
        while code in by_code and code not in seen:
            if by_code[code].valid_on(day):
                return code
            seen.add(code)
            code = by_code[code].successor or ""
        return None


class Level(Frozen):
    """One step of a hierarchy and what it is called."""

    id: str
    title: Texts


class CodeHierarchy(Frozen):
    """Codes and what they become, level by level, up to "*".

    Source: the CSV form of ARX (leaf;level 1;…;*), Prasser et al. 2014.
    """

    id: str
    levels: tuple[Level, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: dict[str, Texts]
    """Words for the values above the leaves."""

    @model_validator(mode="after")
    def _is_a_hierarchy(self) -> Self:
        if any(len(row) != len(self.levels) for row in self.rows):
            raise ValueError(f"hierarchy {self.id}: a row and the levels differ in length")
        if len({row[0] for row in self.rows}) != len(self.rows):
            raise ValueError(f"hierarchy {self.id} names a leaf twice")
        for lower in range(len(self.levels) - 1):
            pairs = {(row[lower], row[lower + 1]) for row in self.rows}
            if len(pairs) != len({row[lower] for row in self.rows}):
                raise ValueError(f"hierarchy {self.id}: a value has two parents")
        if any(row[-1] != "*" for row in self.rows):
            raise ValueError(f"hierarchy {self.id} does not end in *")
        return self

    def groups(self, level: int) -> dict[str, str]:
        """What each leaf becomes at that level."""
        return {row[0]: row[level] for row in self.rows}
