"""Words of a row in every language of the questionnaire; what is missing is an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.texts import Texts
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings, Place

_PIPED = re.compile(r"\$\{([^}]*)\}")
Quotable = Callable[[str], tuple[str, str] | None]
"""What keeps an answer from being quoted, and what to do about it; None where nothing does."""
AWAITED = frozenset({"rom"})
"""Languages that may be incomplete: their texts wait for a native reader, never invented."""


class NamedFile(NamedTuple):
    """A file and the cell that names it."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Wording:
    """The languages of a questionnaire, and where lacks are noted."""

    languages: tuple[str, ...]
    findings: Findings
    named: list[NamedFile] = field(default_factory=list)
    """Every file that a cell names, in the order of the sheets."""

    def needed(
        self, row: Row, column: str, whose: str, quotable: Quotable | None = None
    ) -> Texts | None:
        """The words, which have to be there."""
        found = self.optional(row, column, quotable)
        if found is None:
            self.findings.refuse(
                row.at(column), f"{whose} has no {column}.", "Write what people shall read."
            )
        return found

    def optional(self, row: Row, column: str, quotable: Quotable | None = None) -> Texts | None:
        """The words, complete in every language or wholly absent.

        `quotable` says why a name cannot be quoted there; without it, nothing can be.
        """
        said = row.said(column)
        if not said:
            return None
        for tag in self.languages:
            if tag in said:
                self._look_at_quotes(row.at(f"{column} ({tag})"), said[tag], quotable)
            elif tag in AWAITED:
                self.findings.warn(
                    row.at(f"{column} ({tag})"), "Not translated yet; another language is shown."
                )
            else:
                self.findings.refuse(
                    row.at(f"{column} ({tag})"), "The translation is missing.", "Translate it."
                )
        return Texts({tag: text for tag, text in said.items() if tag in self.languages} or said)

    def _look_at_quotes(self, place: Place, text: str, quotable: Quotable | None) -> None:
        """Find each quote of what cannot be quoted."""
        names = dict.fromkeys(name.strip() for name in _PIPED.findall(text))
        if names and quotable is None:
            self.findings.refuse(
                place,
                "Only questions, hints, notes and messages can quote an answer (${…}).",
                "Write the words so that they stand without the answer.",
            )
            return
        for name in names:
            wrong = quotable(name) if quotable else None
            if wrong is not None:
                self.findings.refuse(place, *wrong)
