"""A spreadsheet becomes a questionnaire, whole or not at all, with one report of everything.

One module: the order of the steps, and the settings that all of them need.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from schemas.codelist import CodeList
from schemas.questionnaire import Question, Questionnaire
from schemas.texts import Texts
from survey_service.surveys.condition_check import ConditionError
from survey_service.surveys.content_rule import shares_with_the_vault
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.parameters import Parameters
from survey_service.surveys.xlsform.choices import ChoiceList, read_choices
from survey_service.surveys.xlsform.columns import UNKNOWN_LANGUAGE, Columns, Row, language_tag
from survey_service.surveys.xlsform.expressions import Reading
from survey_service.surveys.xlsform.findings import Finding, Findings, Place, Unreadable
from survey_service.surveys.xlsform.media import say_wanted
from survey_service.surveys.xlsform.questions import Maker
from survey_service.surveys.xlsform.reading import READ, read_workbook
from survey_service.surveys.xlsform.scope import Scope, find_circles
from survey_service.surveys.xlsform.second_judge import ask_second_judge
from survey_service.surveys.xlsform.sheets import Sheet, Workbook, column_name
from survey_service.surveys.xlsform.walk import Walk, settled
from survey_service.surveys.xlsform.wording import NamedFile, Wording


@dataclass(frozen=True, slots=True)
class Imported:
    """The questionnaire, unless something was refused; and everything that was found."""

    questionnaire: Questionnaire | None
    findings: tuple[Finding, ...]
    named: tuple[NamedFile, ...] = ()
    """Every picture and recording that a cell names."""


def import_workbook(
    data: bytes,
    *,
    code_lists: Mapping[str, CodeList],
    parameters: Parameters,
    reference_day: date,
    language: str = UNKNOWN_LANGUAGE,
    files: Collection[str] = (),
) -> Imported:
    """The questionnaire that a file holds. `language` is that of columns which name none.

    `files` are names of pictures and recordings that are there already.

    Cost grows with the cells of the sheets and with the size of the expressions.
    """
    findings = Findings()
    named: list[NamedFile] = []
    try:
        workbook = read_workbook(data)
        reading = _Import(workbook, code_lists, parameters, reference_day, language, findings)
        made, named = reading.run(), reading.named
        say_wanted(named, frozenset(files), findings)
        if not findings.refused:
            ask_second_judge(workbook, findings)
    except Unreadable as error:
        findings.add([error.finding])
        made = None
    return Imported(None if findings.refused else made, findings.in_order(), tuple(named))


class _Import:
    """One reading of one workbook."""

    def __init__(
        self,
        workbook: Workbook,
        code_lists: Mapping[str, CodeList],
        parameters: Parameters,
        reference_day: date,
        language: str,
        findings: Findings,
    ) -> None:
        self.workbook = workbook
        self.code_lists = code_lists
        self.parameters = parameters
        self.day = reference_day
        self.findings = findings
        self._look_at_sheets()
        self.settings = self._settings(language)
        self.language = self._default_language(language)
        self.named: list[NamedFile] = []

    def run(self) -> Questionnaire | None:
        """The questionnaire, or None where no sheet or no question could be read."""
        findings = self.findings
        survey = Columns(self.workbook["survey"], self.language, findings)
        for needed in ("type", "name"):
            if not survey.has(needed):
                place = Place("survey", survey.row)
                raise Unreadable(f"There is no column '{needed}'.", "Add it.", place)
        languages = survey.languages or (self.language,)
        if UNKNOWN_LANGUAGE in languages:
            findings.warn(
                Place("settings", column="default_language"),
                "Nobody says which language the labels are in.",
                "Write label::Latviešu (lv), or a default_language.",
            )
        wording = Wording(languages, findings, self.named)
        lists: dict[str, ChoiceList] = {}
        if "choices" in self.workbook:
            columns = Columns(self.workbook["choices"], self.language, findings)
            lists = read_choices(columns, wording, findings)
        rows = [row for row in survey.rows(findings) if not self._switched_off(row)]
        walk = self._walk(rows, wording, lists)
        return self._questionnaire(walk, languages)

    def _switched_off(self, row: Row) -> bool:
        """Whether the author has switched the row off; the report says so."""
        off = row.text("disabled").lower() in ("yes", "true", "1", "true()")
        if off:
            self.findings.drop(row.place, "The row is disabled in the sheet, and is left out.")
        return off

    def _walk(self, rows: list[Row], wording: Wording, lists: dict[str, ChoiceList]) -> Walk:
        names = {row.text("name"): row.place.row or 0 for row in rows if row.text("name")}
        questions: dict[str, Question] = {}
        reading = Reading(Scope(names), questions, {}, self.findings)
        maker = Maker(wording, lists, self.code_lists, reading)
        title = self._title(wording)
        walk = Walk(maker, title, find_circles(rows, self.findings), questions)
        walk.down(rows)
        return walk

    def _questionnaire(self, walk: Walk, languages: tuple[str, ...]) -> Questionnaire | None:
        used = {q.section for q in walk.questions.values()} | {r.section for r in walk.remarks}
        used |= {repeat.section for repeat in walk.repeats}
        fields: dict[str, Any] = {
            "id": self._id(),
            "version": self._version(),
            "reference_day": self._reference_day(),
            "languages": languages,
            "title": walk.title,
            "sections": tuple(s for s in walk.sections.values() if s.id in used),
            "questions": tuple(walk.questions.values()),
            "repeats": tuple(walk.repeats),
        }
        if self.findings.refused:
            return None
        if not walk.questions:
            self.findings.refuse(
                Place("survey"), "The sheet asks nothing.", "Add a row with a question."
            )
            return None
        try:
            made = Questionnaire.model_validate(fields | {"remarks": settled(walk.remarks)})
            CompiledForm.compile(made, self.code_lists, self.parameters)
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False)[:20]:
                place = ".".join(map(str, problem["loc"]))
                reason = f"{place} {problem['msg']}".strip()
                self.findings.refuse(
                    Place("survey"),
                    f"The form cannot be built of this: {reason}.",
                    "Look at the reference of columns.",
                )
            return None
        except ConditionError as error:
            self.findings.refuse(
                Place("survey"),
                f"The form cannot be built of this: {error}.",
                "Look at the conditions.",
            )
            return None
        self._warn_of_the_vault(made, walk)
        return made

    def _warn_of_the_vault(self, made: Questionnaire, walk: Walk) -> None:
        """Say at its row what keeps every wave from opening; stored it can be, to be mended."""
        for question in filter(shares_with_the_vault, made.questions):
            row = walk.row_of(question.id)
            if row is not None:
                self.findings.warn(
                    row.at("label" if row.said("label") else "name"),
                    "It asks for what the vault knows: no wave with this question opens.",
                    "Remove it, as the notice asks it; "
                    "the file can be stored and looked at with it.",
                )

    def _look_at_sheets(self) -> None:
        if "survey" not in self.workbook:
            raise Unreadable("There is no sheet named 'survey'.", "Name the sheet of rows so.")
        if not self.workbook["survey"].rows:
            raise Unreadable("The sheet is empty.", "Write rows into it.", Place("survey"))
        for sheet in self.workbook.values():
            if sheet.name in READ:
                self._refuse_formulas(sheet)
            else:
                self.findings.warn(
                    Place(sheet.name), "The sheet is not known here and is left out."
                )

    def _refuse_formulas(self, sheet: Sheet) -> None:
        for row, column in sheet.formulas[:100]:
            self.findings.refuse(
                Place(sheet.name, row, f"column {column_name(column)}"),
                "The cell holds a formula of the spreadsheet.",
                "Paste its value instead.",
            )

    def _settings(self, language: str) -> Row | None:
        if "settings" not in self.workbook:
            return None
        rows = self._rows_of_settings(language)
        return next(rows, None)

    def _rows_of_settings(self, language: str) -> Iterator[Row]:
        return Columns(self.workbook["settings"], language, Findings()).rows(self.findings)

    def _default_language(self, language: str) -> str:
        said = self.settings.text("default_language") if self.settings else ""
        tag = language_tag(said)
        if said and tag is None and self.settings is not None:
            self.findings.warn(
                self.settings.at("default_language"),
                f"Nobody knows which language '{said}' is.",
                "Write its tag, as in Latviešu (lv).",
            )
        survey = Columns(self.workbook["survey"], UNKNOWN_LANGUAGE, Findings())
        first = next((found for found in survey.languages if found != UNKNOWN_LANGUAGE), None)
        if survey.twice("label"):
            # Plain labels beside those of a language are in another one, and nobody says in which.
            first = None
        self.settings = next(self._rows_of_settings(tag or first or language), None) if (
            self.settings
        ) else None  # fmt: skip
        return tag or first or language

    def _title(self, wording: Wording) -> Texts:
        said = self.settings.said("translated_title") if self.settings else {}
        if self.settings:
            said = self.settings.said("form_title") | said
        known = {tag: text for tag, text in said.items() if tag in wording.languages}
        if not known:
            return Texts(dict.fromkeys(wording.languages, self._id()))
        first = next(iter(known.values()))
        return Texts({tag: known.get(tag, first) for tag in wording.languages})

    def _id(self) -> str:
        said = self.settings.text("form_id") if self.settings else ""
        return re.sub(r"[^A-Za-z0-9_.-]+", "-", said).strip("-")[:64] or "questionnaire"

    def _version(self) -> int:
        text = self.settings.text("version") if self.settings else ""
        if re.fullmatch(r"[0-9]{1,10}", text) and int(text) >= 1:
            return int(text)
        if text and self.settings:
            self.findings.warn(
                self.settings.at("version"), f"'{text}' is no whole number; 1 is taken.",
                "Count versions 1, 2, 3.",
            )  # fmt: skip
        return 1

    def _reference_day(self) -> date:
        text = self.settings.text("reference_day") if self.settings else ""
        try:
            return date.fromisoformat(text) if text else self.day
        except ValueError:
            if self.settings:
                self.findings.refuse(
                    self.settings.at("reference_day"), f"'{text}' is no day.", "Write 2026-01-31."
                )
            return self.day
