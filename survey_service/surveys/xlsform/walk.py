"""Goes down the survey sheet once: brackets open and close, rows become questions.

One module, because every kind of row looks at the same open brackets and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.formula import Call, Formula, Reference, Words
from schemas.questionnaire import PrivacyRole, Question, QuestionKind, Remark, Repeat, Section
from schemas.texts import Texts
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.media import media_of, refuse_media
from survey_service.surveys.xlsform.options import OTHER, OTHER_ASKED, said_in
from survey_service.surveys.xlsform.pairs import Pair
from survey_service.surveys.xlsform.privacy import yes_or_no
from survey_service.surveys.xlsform.questions import LONGEST, Maker
from survey_service.surveys.xlsform.quoting import quotable_in, warn_of_quotes
from survey_service.surveys.xlsform.rosters import Roster
from survey_service.surveys.xlsform.sheets import MAX_DEPTH
from survey_service.surveys.xlsform.syntax import balanced
from survey_service.surveys.xlsform.types import Fate, RowType, row_type

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
RESERVED = frozenset({"meta", "value", "state", "code", "language"})
"""Names of form fields and of XForms' own; a question of that name would be mistaken for them."""
_APPEARANCES = frozenset({
    "multiline", "minimal", "likert", "horizontal", "vertical", "autocomplete", "field-list",
    "list-nolabel", "label", "list", "table-list", "columns", "pages", "quick", "compact",
})  # fmt: skip
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>|\*\*\S|__\w[^_]*__|^#{1,6} ", re.MULTILINE)
_OUTER = "main"


@dataclass(slots=True)
class _Group:
    """An open bracket: where it began, the section it gives, what it asks to be true."""

    row: Row
    section: str
    conditions: list[Formula]
    pair: Pair | None = None
    repeat: Roster | None = None


@dataclass(slots=True)
class Walk:
    """What the sheet has given so far."""

    maker: Maker
    title: Texts
    circles: frozenset[str]
    questions: dict[str, Question] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    repeats: list[Repeat] = field(default_factory=list)
    sections: dict[str, Section] = field(default_factory=dict)
    _open: list[_Group] = field(default_factory=list)
    _names: dict[str, Row] = field(default_factory=dict)

    def down(self, rows: Iterable[Row]) -> None:
        """Take every row; what is refused is found and the walk goes on."""
        for row in rows:
            if not row.text("type"):
                self._without_type(row)
                continue
            self._take(row, row_type(row.text("type")))
        for group in self._open:
            what = "repeat" if group.repeat is not None else "group"
            self._refuse(group.row, "type", f"The {what} is never closed.", f"Add end_{what}.")

    def _without_type(self, row: Row) -> None:
        """A row that names or says something was meant to be asked; another is a remark."""
        if row.text("name") or row.said("label"):
            self._refuse(row, "type", "The row has no type.", "Write one, or clear it.")
        else:
            self.maker.reading.findings.warn(
                row.place, "The row has no type, name or label, and is left out."
            )

    def _take(self, row: Row, kind: RowType) -> None:
        findings, name = self.maker.reading.findings, row.text("name")
        if kind.fate in (Fate.END, Fate.END_REPEAT):
            self._close(row, kind)
            return
        if kind.fate is Fate.DROPPED:
            findings.drop(
                row.place,
                f"'{row.text('type')}' is left out: it would tell who answered, or when.",
                "Nothing to do; remove the row if you like.",
            )
            self.maker.reading.scope.lose(name, "is not collected", reported=False)
            return
        if kind.fate is Fate.REFUSED:
            self._refuse(row, "type", f"The type '{row.text('type')}' is not taken.", kind.remedy)
            self.maker.reading.look_over(row)
            self.maker.reading.scope.lose(name, "is of a type that is not taken")
            return
        named = self._well_named(row, kind)
        if kind.fate is Fate.BEGIN:
            self._begin(row)
        elif kind.fate is Fate.BEGIN_REPEAT:
            self._begin_repeat(row)
        elif named and name not in self.circles:
            self._row(row, kind)

    def _row(self, row: Row, kind: RowType) -> None:
        reading, name = self.maker.reading, row.text("name")
        group = self._open[-1] if self._open else None
        self._look_at_habits(row)
        if group is not None and group.pair is not None:
            group.pair.add(row, kind, self.maker)
            return
        own = reading.formula(row, "relevant")
        conditions = [*(group.conditions if group else ()), *([own] if own else ())]
        if self.roster is not None:
            self.roster.names.append(name)
        if kind.fate is Fate.CALCULATE:
            self._compute(row, conditions)
        elif kind.fate is Fate.NOTE:
            self._remark(row, conditions)
        else:
            question = self.maker.question(row, kind, self._section(), conditions)
            if question is None:
                reading.scope.lose(name, "was refused")
            else:
                self._keep(row, question)
                if kind.or_other:
                    self._own_words(row, question)

    def _keep(self, row: Row, question: Question) -> None:
        reading = self.maker.reading
        if self.roster is not None:
            question = self.roster.takes(row, question, reading.findings)
        self.questions[question.id] = question
        reading.codes[question.id] = frozenset(self._codes(question))
        if question.kind is not QuestionKind.GROUP:
            reading.scope.add(question.id, Reference(question=question.id))
        self._lead_to(question.id)
        reading.findings.accept(row.place, f"question {question.id} ({question.kind.value})")

    def _lead_to(self, name: str) -> None:
        """Remarks that led nowhere yet lead to this."""
        self.remarks = [
            r if r.before != "" else r.model_copy(update={"before": name}) for r in self.remarks
        ]

    def _codes(self, question: Question) -> list[str]:
        if question.code_list in self.maker.code_lists:
            return [code.code for code in self.maker.code_lists[str(question.code_list)].codes]
        return [option.code for option in question.options]

    def _own_words(self, row: Row, question: Question) -> None:
        asked_of = self.maker.reading.scope.resolve(question.id)
        chosen = Call(function="selected", terms=(asked_of, Words(value=OTHER)))
        text = said_in(OTHER_ASKED, self.maker.wording.languages)
        asked = Question(
            id=f"{question.id}_{OTHER}"[:64],
            kind=QuestionKind.TEXT,
            section=question.section,
            title=text,
            text=text,
            max_length=LONGEST,
            relevant=self.maker.relevant([chosen]),
            privacy_role=PrivacyRole.IDENTIFIER,
            gdpr_category=question.gdpr_category,
            purpose=question.purpose,
            helper=question.helper,
            releasable=False,
        )
        if self.roster is not None:
            self.roster.names.append(asked.id)
        self._keep(row, asked)

    def _compute(self, row: Row, conditions: list[Formula]) -> None:
        reading, name = self.maker.reading, row.text("name")
        formula = reading.formula(row, "calculation")
        if formula is None:
            if not row.text("calculation"):
                self._refuse(row, "calculation", "There is nothing to calculate.", "Write it.")
            reading.scope.lose(name, "was refused")
            return
        if conditions:
            # As in XForms, what is not relevant counts as an empty text.
            terms = (balanced("and", conditions), formula, Words(value=""))
            formula = Call(function="if", terms=terms)
        if self.roster is not None:
            self.roster.computed.add(name)
        reading.scope.compute(name, formula)
        reading.findings.accept(row.place, f"calculation {name}, used in conditions, never stored")

    def _remark(self, row: Row, conditions: list[Formula]) -> None:
        reading = self.maker.reading
        media = media_of(row, self.maker.wording)
        text = self.maker.wording.needed(row, "label", "The note", quotable_in(reading.scope))
        if text is None:
            return
        warn_of_quotes(row, (text,), reading, None)
        self.remarks.append(
            Remark.model_construct(
                id=row.text("name"),
                section=self._section(),
                text=text,
                before="",
                relevant=self.maker.relevant(conditions),
                media=media,
            )
        )
        self.maker.reading.scope.lose(row.text("name"), "asks nothing", reported=False)
        self.maker.reading.findings.accept(row.place, f"remark {row.text('name')}")

    def _begin(self, row: Row) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._refuse(
                row, "type", f"Groups nest more than {MAX_DEPTH} deep.", "Make them flatter."
            )
        above = self._open[-1] if self._open else None
        own = self.maker.reading.formula(row, "relevant")
        conditions = [*(above.conditions if above else ()), *([own] if own else ())]
        if yes_or_no(row, "one_answer", False, self.maker.reading.findings):
            pair = Pair(row, self._section(), conditions)
            self._open.append(_Group(row, pair.section, conditions, pair))
            return
        refuse_media(row, self.maker.reading.findings)
        label = self.maker.wording.optional(row, "label")
        within = above and (label is None or self.roster is not None)
        section = self._section() if within else row.text("name")
        if _NAME.fullmatch(section):
            self.sections.setdefault(section, Section(id=section, title=label or self.title))
        else:
            section = self._section()
        self._open.append(_Group(row, section, conditions))
        self.maker.reading.findings.accept(row.place, f"group {row.text('name')}")

    def _begin_repeat(self, row: Row) -> None:
        refuse_media(row, self.maker.reading.findings)
        reading = self.maker.reading
        self._look_at_habits(row)
        if self.roster is not None:
            self._refuse(row, "type", "A repeat stands in a repeat.", "Close the first one before.")
        if len(self._open) >= MAX_DEPTH:
            self._refuse(
                row, "type", f"Groups nest more than {MAX_DEPTH} deep.", "Make them flatter."
            )
        above = self._open[-1] if self._open else None
        own = reading.formula(row, "relevant")
        conditions = [*(above.conditions if above else ()), *([own] if own else ())]
        label = self.maker.wording.needed(row, "label", "The repeat")
        roster = Roster(row, self._section(), label or self.title, conditions, self.maker)
        self._lead_to(row.text("name"))
        # Its condition is the repeat's own; what is inside has none of it again.
        self._open.append(_Group(row, roster.section, [], repeat=roster))
        reading.scope.in_repeat = True
        reading.findings.accept(row.place, f"repeat {row.text('name')}")

    def row_of(self, name: str) -> Row | None:
        """The row that has this name, where a row has it."""
        return self._names.get(name)

    @property
    def roster(self) -> Roster | None:
        """The repeat that is open here."""
        return next((group.repeat for group in self._open if group.repeat is not None), None)

    def _close(self, row: Row, kind: RowType) -> None:
        if not self._open or (kind.fate is Fate.END_REPEAT) != (self._open[-1].repeat is not None):
            what = "repeat" if kind.fate is Fate.END_REPEAT else "group"
            self._refuse(row, "type", f"No {what} is open here.", "Close what was opened last.")
            return
        group = self._open.pop()
        if group.repeat is not None:
            for remark in self.remarks:
                if remark.before == "" and remark.id in group.repeat.names:
                    self._refuse(
                        self._names[remark.id],
                        "type",
                        "The note stands at the end of a repeat, and leads to no question of it.",
                        "Move it before a question of the repeat, or behind end_repeat.",
                    )
            self.maker.reading.scope.in_repeat = False
            made = group.repeat.closed(self.questions)
            if made is not None:
                self.repeats.append(made)
        if group.pair is not None:
            question = group.pair.question(self.maker)
            if question is not None:
                self._keep(group.row, question)

    def _section(self) -> str:
        if self._open:
            return self._open[-1].section
        self.sections.setdefault(_OUTER, Section(id=_OUTER, title=self.title))
        return _OUTER

    def _well_named(self, row: Row, kind: RowType) -> bool:
        name = row.text("name")
        # A group's name is kept nowhere where another one cannot stand for it.
        shape = _GROUP if kind.fate is Fate.BEGIN and not row.text("one_answer") else _NAME
        if not shape.fullmatch(name) or name.lower() in RESERVED:
            self._refuse(
                row,
                "name",
                f"'{name}' cannot be a name." if name else "The row has no name.",
                "Use letters a to z, digits and _, beginning with no digit; "
                f"at most 64; not {', '.join(sorted(RESERVED))}.",
            )
            return False
        if name in self._names:
            self._refuse(
                row,
                "name",
                f"'{name}' already stands at row {self._names[name].place.row}.",
                "Give every row a name of its own.",
            )
            return False
        self._names[name] = row
        return True

    def _look_at_habits(self, row: Row) -> None:
        findings = self.maker.reading.findings
        strange = set(row.text("appearance").split()) - _APPEARANCES
        if strange:
            findings.warn(
                row.at("appearance"), f"{' '.join(sorted(strange))}: not known, left out."
            )
        if row.text("calculation") and row_type(row.text("type")).fate is not Fate.CALCULATE:
            findings.warn(
                row.at("calculation"),
                "The calculation is left out: this is asked, and people answer it themselves.",
                "Give it a row of type calculate, if a condition needs it.",
            )
        if yes_or_no(row, "read_only", False, findings):
            findings.warn(
                row.at("read_only"),
                "read_only is left out: whatever is asked can be answered.",
                "Make it a note, if people shall only read it.",
            )
        if any(_MARKUP.search(words) for words in row.said("label").values()):
            findings.warn(
                row.at("label"),
                "Signs for bold, colours and the like are shown as they are written.",
                "Write the words only.",
            )

    def _refuse(self, row: Row, column: str, message: str, remedy: str) -> None:
        self.maker.reading.findings.refuse(row.at(column), message, remedy)


def settled(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """The remarks; those after the last question stand before none."""
    return tuple(
        Remark.model_validate(r.model_copy(update={"before": r.before or None}).model_dump())
        for r in remarks
    )
