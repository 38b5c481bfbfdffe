"""Several whole numbers that are one answer: a group of integers marked `one_answer`."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.formula import Earlier, Formula, Itself, Operation, Reference
from schemas.questionnaire import Ceiling, Part, Question, QuestionKind
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.limits import limits_of
from survey_service.surveys.xlsform.media import refuse_media
from survey_service.surveys.xlsform.questions import Maker
from survey_service.surveys.xlsform.types import Fate, RowType

MOST = 20
"""Of a part with no limit of its own."""


@dataclass(slots=True)
class Pair:
    """A group whose integers become the parts of one question."""

    row: Row
    section: str
    conditions: list[Formula]
    parts: list[Part] = field(default_factory=list)
    ceiling: Ceiling | None = None

    def add(self, row: Row, kind: RowType, maker: Maker) -> None:
        """Take the row's number in as a part; its name goes on from the group's."""
        findings, name = maker.reading.findings, self.row.text("name")
        refuse_media(row, findings)
        part = row.text("name").removeprefix(f"{name}_")
        text = maker.wording.needed(row, "label", "The number")
        if kind.fate is not Fate.INTEGER or part == row.text("name") or row.text("relevant"):
            findings.refuse(
                row.place,
                "A group that is one answer holds whole numbers, asked together.",
                f"Use integer, a name that begins with {name}_, and no relevant.",
            )
            return
        constraint = maker.reading.formula(row, "constraint")
        limits = limits_of(constraint, QuestionKind.GROUP, maker.reading.questions)
        if any(rest != self._at_most_the_one_before() for rest in limits.rest):
            findings.refuse(
                row.at("constraint"),
                "A number of several has a least and a greatest one only.",
                "Each is also never greater than the one before it.",
            )
        if not self.parts:
            self.ceiling = limits.ceiling
        if text is not None:
            most = MOST if limits.maximum is None else limits.maximum
            self.parts.append(Part(name=part, text=text, minimum=limits.minimum or 0, maximum=most))
            maker.reading.scope.add(row.text("name"), Reference(question=name, part=part))

    def _at_most_the_one_before(self) -> Formula | None:
        if not self.parts:
            return None
        before = Reference(question=self.row.text("name"), part=self.parts[-1].name)
        return Operation(operator="<=", left=Itself(), right=Earlier(item=before))

    def question(self, maker: Maker) -> Question | None:
        """The question that all the numbers answer."""
        if len(self.parts) < 2:
            maker.reading.findings.refuse(
                self.row.place, "A group that is one answer needs two numbers.", "Add one."
            )
            return None
        fields = {
            "kind": QuestionKind.GROUP,
            "parts": tuple(self.parts),
            "ceiling": self.ceiling,
            "relevant": maker.relevant(self.conditions),
        }
        return maker.made(self.row, self.section, fields, maker.reading.findings)
