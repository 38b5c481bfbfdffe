"""A repeat of the sheet: what is asked once for each of several, and how many there can be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.formula import Formula, Number
from schemas.questionnaire import MAX_ENTRIES, Question, QuestionKind, Repeat
from schemas.texts import Texts
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings
from survey_service.surveys.xlsform.questions import Maker


@dataclass(slots=True)
class Roster:
    """An open repeat."""

    row: Row
    section: str
    title: Texts
    conditions: list[Formula]
    maker: Maker
    count: Formula | None = None
    at_most: int = MAX_ENTRIES
    names: list[str] = field(default_factory=list)
    computed: set[str] = field(default_factory=set)
    kept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read how many entries there are: a formula, a number, or as many as people add."""
        reading = self.maker.reading
        self.count = reading.formula(self.row, "repeat_count")
        if isinstance(self.count, Number):
            self.at_most = min(max(1, int(self.count.value)), MAX_ENTRIES)
        limit = re.fullmatch(r".*\bmost\s*=\s*([0-9]{1,3}).*", self.row.text("parameters"))
        if limit:
            self.at_most = min(max(1, int(limit[1])), MAX_ENTRIES)
        reading.findings.warn(
            self.row.at("repeat_count" if self.row.text("repeat_count") else "type"),
            f"Up to {self.at_most} entries are asked for. What is said of each person is kept, "
            "and no table ever shows it.",
            f"Write parameters most=8 for fewer, up to {MAX_ENTRIES}.",
        )

    def takes(self, row: Row, question: Question, findings: Findings) -> Question:
        """The question as one of each entry; it can never be released."""
        if row.text("releasable").lower() in ("yes", "true", "1"):
            findings.refuse(
                row.at("releasable"),
                "What is said of each of several people can be in no table.",
                "Ask for a number in a question of its own: how many are children, say.",
            )
        if question.derive is not None:
            findings.refuse(
                row.at("derive"), "Nothing is derived from answers in a repeat.", "Clear the cell."
            )
        if question.kind is QuestionKind.GROUP or question.ends_below is not None:
            findings.refuse(
                row.place,
                "A group that is one answer, or a number that ends the survey, is in a repeat.",
                "Ask it outside.",
            )
        self.kept.append(question.id)
        return question.model_copy(update={"repeat": self.row.text("name"), "releasable": False})

    def closed(self, questions: Mapping[str, Question]) -> Repeat | None:
        """The repeat; from here on its names stand for all answers to them."""
        scope, findings = self.maker.reading.scope, self.maker.reading.findings
        for name in self.names:
            if name in self.computed:
                scope.lose(name, "is worked out anew for each entry", reported=False)
            elif name in questions:
                scope.gather(name, name)
        if not self.kept:
            findings.refuse(self.row.place, "The repeat asks nothing.", "Put a question into it.")
            return None
        scope.gather(self.row.text("name"), self.kept[0])
        return Repeat.model_construct(
            id=self.row.text("name"),
            section=self.section,
            title=self.title,
            at_most=self.at_most,
            count=self.count,
            relevant=self.maker.relevant(self.conditions),
        )
