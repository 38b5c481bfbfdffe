"""Words of a row in every language of the questionnaire; what is missing is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.texts import Texts
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings, Place

_PIPED = re.compile(r"\$\{[^}]*\}")
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

    def needed(self, row: Row, column: str, whose: str) -> Texts | None:
        """The words, which have to be there."""
        found = self.optional(row, column)
        if found is None:
            self.findings.refuse(
                row.at(column), f"{whose} has no {column}.", "Write what people shall read."
            )
        return found

    def optional(self, row: Row, column: str) -> Texts | None:
        """The words, complete in every language or wholly absent."""
        said = row.said(column)
        if not said:
            return None
        for tag in self.languages:
            if tag in said:
                if _PIPED.search(said[tag]):
                    self.findings.refuse(
                        row.at(f"{column} ({tag})"),
                        "Words that quote an answer (${…}) are not supported yet.",
                        "Write the sentence so that it stands without the answer.",
                    )
                    break
            elif tag in AWAITED:
                self.findings.warn(
                    row.at(f"{column} ({tag})"), "Not translated yet; another language is shown."
                )
            else:
                self.findings.refuse(
                    row.at(f"{column} ({tag})"), "The translation is missing.", "Translate it."
                )
        return Texts({tag: text for tag, text in said.items() if tag in self.languages} or said)
