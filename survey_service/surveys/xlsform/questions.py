"""One row becomes one question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from schemas.codelist import CodeList
from schemas.expression import Expression
from schemas.formula import Formula
from schemas.questionnaire import Option, Question, QuestionKind, ScaleEnds
from schemas.texts import Texts
from survey_service.surveys.reading import MOST_SHOWN
from survey_service.surveys.xlsform.choices import ChoiceList
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.defaults import default_of
from survey_service.surveys.xlsform.expressions import Reading
from survey_service.surveys.xlsform.limits import Limits, limits_of
from survey_service.surveys.xlsform.lowering import lower
from survey_service.surveys.xlsform.meaning import refuse_today
from survey_service.surveys.xlsform.media import media_of
from survey_service.surveys.xlsform.options import offered, with_other
from survey_service.surveys.xlsform.privacy import privacy_of
from survey_service.surveys.xlsform.quoting import quotable_in, warn_of_quotes
from survey_service.surveys.xlsform.syntax import ExpressionRefused, balanced
from survey_service.surveys.xlsform.types import Fate, RowType
from survey_service.surveys.xlsform.wording import Wording

_CHOSEN = frozenset({QuestionKind.SINGLE, QuestionKind.MULTI})
LARGEST = 999
"""Of a whole number with no limit of its own."""
LONGEST = 500
"""Characters of a text with no limit of its own."""
_KINDS = {
    Fate.ONE: QuestionKind.SINGLE,
    Fate.ACKNOWLEDGE: QuestionKind.SINGLE,
    Fate.SEVERAL: QuestionKind.MULTI,
    Fate.INTEGER: QuestionKind.INTEGER,
    Fate.RANGE: QuestionKind.INTEGER,
    Fate.DECIMAL: QuestionKind.DECIMAL,
    Fate.DATE: QuestionKind.DATE,
    Fate.TEXT: QuestionKind.TEXT,
}
_PARAMETER = re.compile(r"(\w+)\s*=\s*([^\s,;]+)")


@dataclass(slots=True)
class Maker:
    """What rows need to become questions."""

    wording: Wording
    lists: Mapping[str, ChoiceList]
    code_lists: Mapping[str, CodeList]
    reading: Reading

    def question(
        self, row: Row, kind: RowType, section: str, conditions: list[Formula]
    ) -> Question | None:
        """The row's question; None where something in it was refused."""
        findings = self.reading.findings
        fields: dict[str, Any] = {"kind": _KINDS[kind.fate]}
        match kind.fate:
            case Fate.ONE | Fate.SEVERAL:
                self._choices(row, kind, fields)
            case Fate.ACKNOWLEDGE:
                fields["options"] = (self._agreed(),)
            case Fate.RANGE:
                self._range(row, fields)
        if fields["kind"] in _CHOSEN and not fields.get("options") and not fields.get("code_list"):
            return None
        limits = limits_of(
            self.reading.formula(row, "constraint"), fields["kind"], self.reading.questions
        )
        try:
            for term in limits.rest:
                refuse_today(term)
        except ExpressionRefused as error:
            findings.refuse(row.at("constraint"), error.message, error.remedy)
            return None
        self._limit(row, fields, limits)
        fields["default"] = default_of(row, fields, findings)
        return self.made(row, section, fields | {"relevant": self.relevant(conditions)}, findings)

    def made(
        self, row: Row, section: str, fields: dict[str, Any], findings: Any
    ) -> Question | None:
        """The question of these fields and of the columns that every question has."""
        media = media_of(row, self.wording)
        quotable = quotable_in(self.reading.scope)
        text = self.wording.needed(row, "label", "The question", quotable)
        privacy = privacy_of(row, fields["kind"], findings)
        if text is None:
            return None
        try:
            asked = Question.model_validate(
                {
                    "id": row.text("name"),
                    "section": section,
                    "text": text,
                    "title": self.wording.optional(row, "short_label", quotable) or text,
                    "hint": self.wording.optional(row, "hint", quotable),
                    "media": media,
                    "constraint_message": self.wording.optional(
                        row, "constraint_message", quotable
                    ),
                    "required": self.reading.required(row),
                    "required_message": self.wording.optional(row, "required_message", quotable),
                    **privacy,
                    **fields,
                }
            )
            warn_of_quotes(row, (asked.text, asked.hint), self.reading, asked)
            return asked
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False):
                reason = f"{'.'.join(map(str, problem['loc']))} {problem['msg']}".strip()
                findings.refuse(
                    row.place,
                    f"The form cannot be built of this: {reason}.",
                    "Look at the reference of columns.",
                )
            return None

    def relevant(self, conditions: list[Formula]) -> Expression | None:
        """The condition under which something is asked: all of those of its groups and its own."""
        if not conditions:
            return None
        joined = balanced("and", conditions)
        return lower(joined, self.reading.questions, self.reading.codes)

    def _choices(self, row: Row, kind: RowType, fields: dict[str, Any]) -> None:
        findings = self.reading.findings
        code_list = row.text("code_list")
        if code_list and kind.fate is Fate.ONE:
            if code_list not in self.code_lists:
                findings.refuse(
                    row.at("code_list"),
                    f"There is no code list '{code_list}'.",
                    f"There are: {', '.join(sorted(self.code_lists))}.",
                )
            if row.text("choice_filter"):
                findings.refuse(
                    row.at("choice_filter"),
                    "A code list cannot be filtered.",
                    "Clear code_list, to ask with the choices of the sheet.",
                )
            fields["code_list"] = code_list
            if "autocomplete" in row.text("appearance"):
                fields["kind"] = QuestionKind.CODE
            return
        found = offered(row, kind.choices, self.lists, self.reading.scope, findings)
        options = found.options
        if kind.or_other:
            options = with_other(options, row, self.wording.languages, findings)
        picked = kind.fate is Fate.ONE and len(options) > MOST_SHOWN
        if picked and any(option.media is not None for option in options):
            findings.warn(
                row.at("type"),
                f"Where more than {MOST_SHOWN} choices are offered, people pick from a list "
                "without pictures and recordings.",
                f"Offer {MOST_SHOWN} at most, or narrow them with choice_filter.",
            )
        fields |= {"options": options, "options_from": found.source, "choice_filter": found.test}
        parameters = {k.lower(): v for k, v in _PARAMETER.findall(row.text("parameters"))}
        fields["randomize"] = parameters.get("randomize", "false").lower() in ("true", "true()")
        if "seed" in parameters:
            findings.warn(
                row.at("parameters"),
                "The seed is left out: each person has an order of his own, the same each time.",
            )

    def _agreed(self) -> Option:
        return Option(code="ok", text=Texts(dict.fromkeys(self.wording.languages, "OK")))

    def _range(self, row: Row, fields: dict[str, Any]) -> None:
        findings = self.reading.findings
        parameters = {k.lower(): v for k, v in _PARAMETER.findall(row.text("parameters"))}
        ends = {"start": "0", "end": "10", "step": "1"} | parameters
        if not all(re.fullmatch(r"-?[0-9]{1,6}(\.0+)?", ends[k]) for k in ("start", "end", "step")):
            findings.refuse(
                row.at("parameters"),
                "A range needs whole numbers for start, end and step.",
                "Write start=0 end=10 step=1.",
            )
            return
        least, most, step = (int(float(ends[k])) for k in ("start", "end", "step"))
        fields |= {"minimum": min(least, most), "maximum": max(least, most)}
        low, high = (self.wording.optional(row, c) for c in ("scale_low", "scale_high"))
        if low is not None and high is not None and step == 1:
            fields |= {"kind": QuestionKind.SCALE, "scale_ends": ScaleEnds(low=low, high=high)}
            return
        least, most = min(least, most), max(least, most)
        findings.warn(
            row.at("type"),
            f"The range becomes a whole number from {least} to {most}."
            if step == 1
            else f"The range becomes a whole number from {least} to {most}; "
            f"its step of {step} is not kept.",
            "Give scale_low and scale_high, and a step of 1, to have it as a scale.",
        )

    def _limit(self, row: Row, fields: dict[str, Any], limits: Limits) -> None:
        findings = self.reading.findings
        if fields["kind"] is QuestionKind.INTEGER:
            low, high = fields.get("minimum"), fields.get("maximum")
            least = max(n for n in (limits.minimum, low, -LARGEST * 1000) if n is not None)
            most = min(n for n in (limits.maximum, high, LARGEST * 1000) if n is not None)
            if limits.minimum is None and low is None:
                least = 0
            if limits.maximum is None and high is None:
                most = LARGEST
                findings.warn(
                    row.at("constraint"),
                    f"No greatest number: {LARGEST} is taken.",
                    "Write a constraint: . >= 0 and . <= 20.",
                )
            if least > most:
                findings.refuse(
                    row.at("constraint"), "No number fulfils this.", "Look at its limits."
                )
            fields |= {"minimum": least, "maximum": most, "ceiling": limits.ceiling}
        elif fields["kind"] is QuestionKind.DECIMAL:
            self._limit_decimal(row, fields, limits)
        elif fields["kind"] is QuestionKind.DATE:
            self._limit_date(row, fields, limits)
        elif fields["kind"] is QuestionKind.TEXT:
            fields["max_length"] = min(limits.max_length or LONGEST, LONGEST)
        elif fields["kind"] is QuestionKind.MULTI:
            fields["max_choices"] = limits.max_choices
        fields["constraint"] = limits.test

    def _limit_decimal(self, row: Row, fields: dict[str, Any], limits: Limits) -> None:
        findings = self.reading.findings
        least = 0 if limits.minimum is None else limits.minimum
        most = limits.maximum
        if most is None:
            most = LARGEST
            findings.warn(
                row.at("constraint"),
                f"No greatest number: {LARGEST} is taken.",
                "Write a constraint: . >= 0 and . <= 20.",
            )
        if least > most:
            findings.refuse(row.at("constraint"), "No number fulfils this.", "Look at its limits.")
        parameters = {k.lower(): v for k, v in _PARAMETER.findall(row.text("parameters"))}
        said = parameters.get("decimals", "2")
        if not re.fullmatch(r"[1-6]", said):
            findings.refuse(
                row.at("parameters"), f"'{said}' is no number of decimals.", "Write decimals=2."
            )
            said = "2"
        fields |= {"minimum": least, "maximum": most, "decimals": int(said)}

    def _limit_date(self, row: Row, fields: dict[str, Any], limits: Limits) -> None:
        fields |= {"earliest": limits.earliest, "latest": limits.latest}
        if limits.earliest is not None and isinstance(limits.latest, date):
            if limits.earliest > limits.latest:
                self.reading.findings.refuse(
                    row.at("constraint"), "No day fulfils this.", "Look at its limits."
                )
            return
        fields["releasable"] = False
        if row.text("derive"):
            self.reading.findings.warn(
                row.at("constraint"),
                "Without a first and a last day no table can show the year or the month.",
                "Write . >= '1930-01-01' and . <= '2012-12-31'.",
            )
