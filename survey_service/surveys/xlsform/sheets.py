"""A spreadsheet as rows of texts, whatever file it came in; limits that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from survey_service.surveys.xlsform.findings import Place, Unreadable

MAX_BYTES: Final = 5_000_000
MAX_ROWS: Final = 2_000
MAX_COLUMNS: Final = 256
MAX_CELL: Final = 10_000
MAX_DEPTH: Final = 6


@dataclass(slots=True)
class Sheet:
    """A sheet's rows that hold anything: (row number, texts by column from 0)."""

    name: str
    rows: list[tuple[int, dict[int, str]]] = field(default_factory=list)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    """Row and column of cells that would be computed."""

    def add(self, number: int, cells: dict[int, str]) -> None:
        """Keep a row; empty cells and rows are left out.

        Raises:
            Unreadable: the sheet is longer, wider or wordier than allowed.
        """
        filled = {column: text.strip() for column, text in cells.items() if text.strip()}
        if not filled:
            return
        if len(self.rows) > MAX_ROWS:
            raise Unreadable(
                f"The sheet has more than {MAX_ROWS:,} rows.",
                "Split the questionnaire, or remove rows that are not needed.",
                Place(self.name, number),
            )
        if max(filled) >= MAX_COLUMNS:
            raise Unreadable(
                f"The sheet has more than {MAX_COLUMNS} columns.",
                "Remove columns that are not needed.",
                Place(self.name, number),
            )
        if any(len(text) > MAX_CELL for text in filled.values()):
            raise Unreadable(
                f"A cell holds more than {MAX_CELL:,} characters.",
                "Shorten it.",
                Place(self.name, number),
            )
        self.rows.append((number, filled))

    def table(self) -> tuple[dict[int, str], Iterator[tuple[int, dict[int, str]]]]:
        """The headings by column, and the rows below them."""
        if not self.rows:
            return {}, iter(())
        return self.rows[0][1], iter(self.rows[1:])


Workbook = dict[str, Sheet]
"""Sheets by name in small letters."""


def column_name(index: int) -> str:
    """The letters of a column from 0: A, B, …, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """The column from 0 that the letters name."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
