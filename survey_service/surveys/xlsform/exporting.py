"""A questionnaire written as a spreadsheet; reading it back gives an equal one.

One module: a column for each field of the model, in the order of its sheets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from babel import Locale, UnknownLocaleError

from schemas.codelist import CodeList
from schemas.derivation import Banded, Derive, Dropped, TopCoded, Truncated
from schemas.formula import Reference
from schemas.media import Media
from schemas.questionnaire import Question, QuestionKind, Questionnaire, Remark, Repeat
from schemas.texts import Texts
from survey_service.surveys.xlsform.writing import write_condition, write_formula

Cells = dict[str, str]
Sheets = dict[str, list[list[str]]]
_TYPES = {
    QuestionKind.SINGLE: "select_one",
    QuestionKind.CODE: "select_one",
    QuestionKind.MULTI: "select_multiple",
    QuestionKind.INTEGER: "integer",
    QuestionKind.DECIMAL: "decimal",
    QuestionKind.DATE: "date",
    QuestionKind.TEXT: "text",
    QuestionKind.SCALE: "range",
    QuestionKind.GROUP: "begin_group",
}
_FIRST = ("list_name", "type", "name", "short_label", "label", "hint")
_NAMES = {"rom": "Romani"}


def as_sheets(questionnaire: Questionnaire, code_lists: Mapping[str, CodeList]) -> Sheets:
    """The sheets survey, choices and settings, headings first.

    Code lists are written out as they stand on the reference day, so that other programmes can
    open the form; the column `code_list` says which list counts.
    """
    writer = _Writer(questionnaire, code_lists)
    rows = list(writer.survey())
    settings: Cells = {
        "form_title": questionnaire.title.text(questionnaire.languages[0]),
        **writer.said("translated_title", questionnaire.title),
        "form_id": questionnaire.id,
        "version": str(questionnaire.version),
        "default_language": writer.heading(questionnaire.languages[0]),
        "reference_day": questionnaire.reference_day.isoformat(),
    }
    return {
        "survey": _table(rows),
        "choices": _table(list(writer.choices())),
        "settings": _table([settings]),
    }


def _table(rows: Sequence[Cells]) -> list[list[str]]:
    named = dict.fromkeys(name for row in rows for name in row)
    order = [name for name in named if row_base(name) in _FIRST]
    order.sort(key=lambda name: _FIRST.index(row_base(name)))
    order += [name for name in named if row_base(name) not in _FIRST]
    return [order, *([row.get(name, "") for name in order] for row in rows)]


def row_base(heading: str) -> str:
    """A heading without its language."""
    return heading.partition("::")[0]


class _Writer:
    def __init__(self, questionnaire: Questionnaire, code_lists: Mapping[str, CodeList]) -> None:
        self._all = questionnaire
        self._code_lists = code_lists
        self._lists: dict[str, list[Cells]] = {}
        self._section: str | None = None

    def heading(self, tag: str) -> str:
        """A language as headings name it: "latviešu (lv)"."""
        try:
            name = _NAMES.get(tag) or Locale.parse(tag).get_display_name(tag)
        except UnknownLocaleError:
            name = None
        return f"{(name or tag).capitalize()} ({tag})"

    def said(self, column: str, texts: Texts | None) -> Cells:
        """The words under the headings of their languages."""
        if texts is None:
            return {}
        return {
            f"{column}::{self.heading(tag)}": texts.root[tag]
            for tag in self._all.languages
            if tag in texts.root
        }

    def files(self, media: Media | None) -> Cells:
        """The names of pictures and recordings under the headings of their languages."""
        if media is None:
            return {}
        named = (("image", media.image), ("audio", media.audio))
        cells = {
            f"media::{kind}::{self.heading(tag)}": names[tag]
            for kind, names in named
            for tag in self._all.languages
            if tag in names
        }
        return cells | self.said("image_alt", media.alt)

    def survey(self) -> Iterator[Cells]:
        """Every row, sections as groups."""
        repeats = {repeat.id: repeat for repeat in self._all.repeats}
        within: str | None = None
        for question in self._all.questions:
            if within is not None and question.repeat != within:
                yield {"type": "end_repeat"}
            if question.repeat is not None and question.repeat != within:
                yield from self._remarks(question.repeat)
                yield from self._into(question.section)
                yield self._repeat(repeats[question.repeat])
            within = question.repeat
            yield from self._remarks(question.id)
            yield from self._into(question.section)
            yield from self._question(question)
        if within is not None:
            yield {"type": "end_repeat"}
        yield from self._remarks(None)
        if self._section is not None:
            yield {"type": "end_group"}

    def _remarks(self, before: str | None) -> Iterator[Cells]:
        for remark in self._all.remarks:
            if remark.before == before:
                yield from self._into(remark.section)
                yield self._remark(remark)

    def _into(self, name: str) -> Iterator[Cells]:
        """The rows that end one section and begin another, where it is another."""
        if self._section == name:
            return
        if self._section is not None:
            yield {"type": "end_group"}
        self._section = name
        title = next(section.title for section in self._all.sections if section.id == name)
        yield {"type": "begin_group", "name": name, **self.said("label", title)}

    def _repeat(self, repeat: Repeat) -> Cells:
        row = {
            "type": "begin_repeat",
            "name": repeat.id,
            **self.said("label", repeat.title),
            "parameters": f"most={repeat.at_most}",
        }
        if repeat.count is not None:
            row["repeat_count"] = write_formula(repeat.count, _named)
        if repeat.relevant is not None:
            row["relevant"] = write_condition(repeat.relevant, _named)
        return row

    def _remark(self, remark: Remark) -> Cells:
        row = {
            "type": "note",
            "name": remark.id,
            **self.said("label", remark.text),
            **self.files(remark.media),
        }
        if remark.relevant is not None:
            row["relevant"] = write_condition(remark.relevant, _named)
        return row

    def _question(self, question: Question) -> Iterator[Cells]:
        row: Cells = {
            "type": _TYPES[question.kind],
            "name": question.id,
            **self.said("short_label", question.title),
            **self.said("label", question.text),
            **self.said("hint", question.hint),
            **self.files(question.media),
            **_privacy(question),
        }
        if question.relevant is not None:
            row["relevant"] = write_condition(question.relevant, _named)
        row |= self.said("constraint_message", question.constraint_message)
        row |= self.said("required_message", question.required_message)
        row |= {"required": "yes"} if question.required else {}
        row |= {"default": question.default} if question.default is not None else {}
        if question.decimals is not None:
            row["parameters"] = f"decimals={question.decimals}"
        if question.randomize:
            row["parameters"] = "randomize=true"
        if question.kind is QuestionKind.GROUP:
            yield row | {"appearance": "field-list", "one_answer": "yes"}
            yield from self._parts(question)
            yield {"type": "end_group"}
            return
        if question.kind is QuestionKind.SCALE and question.scale_ends is not None:
            row["parameters"] = f"start={question.minimum} end={question.maximum} step=1"
            row |= self.said("scale_low", question.scale_ends.low)
            row |= self.said("scale_high", question.scale_ends.high)
        if question.kind in (QuestionKind.SINGLE, QuestionKind.CODE, QuestionKind.MULTI):
            self._choose(question, row)
        constraint = " and ".join(_constraints(question))
        if constraint:
            row["constraint"] = constraint
        yield row

    def _choose(self, question: Question, row: Cells) -> None:
        name = question.code_list or question.id
        if question.code_list is not None:
            row["code_list"] = name
            codes = self._code_lists[name].on(self._all.reference_day)
            options = [
                {"list_name": name, "name": code.code, **self.said("label", code.text)}
                for code in codes
            ]
        else:
            options = [
                {
                    "list_name": name,
                    "name": option.code,
                    **self.said("label", option.text),
                    "exclusive": "yes" if option.exclusive else "",
                    **({"icon": option.icon} if option.icon else {}),
                    **self.files(option.media),
                    **option.cells,
                }
                for option in question.options
            ]
        self._lists[name] = options
        row["type"] += f" {name}"
        if question.kind is QuestionKind.CODE:
            row["appearance"] = "autocomplete"
        if question.choice_filter is not None:
            row["choice_filter"] = write_formula(question.choice_filter.formula, _named)
        if question.options_from is not None:
            row["choice_filter"] = (
                f"selected(${{{question.options_from}}}, name) or exclusive = 'yes'"
            )

    def _parts(self, question: Question) -> Iterator[Cells]:
        before: str | None = None
        for part in question.parts:
            limits = [f". >= {part.minimum}", f". <= {part.maximum}"]
            if before is not None:
                limits.append(f". <= ${{{question.id}_{before}}}")
            elif question.ceiling is not None:
                limits.append(_ceiling(question))
            yield {
                "type": "integer",
                "name": f"{question.id}_{part.name}",
                **self.said("label", part.text),
                "constraint": " and ".join(limits),
            }
            before = part.name

    def choices(self) -> Iterator[Cells]:
        """Every choice of every list, in order."""
        for options in self._lists.values():
            yield from options


def _named(item: Reference) -> str:
    return f"{item.question}_{item.part}" if item.part else item.question


def _ceiling(question: Question) -> str:
    found = question.ceiling
    if found is None:
        return ""
    return f". <= ${{{found.question}}}" + (f" - {found.less}" if found.less else "")


def _constraints(question: Question) -> Iterator[str]:
    if question.earliest is not None:
        yield f". >= '{question.earliest}'"
    if question.latest is not None:
        yield ". <= today()" if question.latest == "today" else f". <= '{question.latest}'"
    if question.kind in (QuestionKind.INTEGER, QuestionKind.DECIMAL):
        yield f". >= {question.minimum}"
        yield f". <= {question.maximum}"
    if question.ceiling is not None:
        yield _ceiling(question)
    if question.max_choices is not None:
        yield f"count-selected(.) <= {question.max_choices}"
    if question.max_length is not None:
        yield f"string-length(.) <= {question.max_length}"
    if question.constraint is not None:
        text = write_formula(question.constraint.formula, _named)
        yield f"({text})" if " or " in text else text


def _privacy(question: Question) -> Cells:
    """Our own columns; what is as it would be taken anyway stays empty."""
    never = question.kind in (QuestionKind.DECIMAL, QuestionKind.DATE) and question.derive is None
    usual = (
        question.kind is not QuestionKind.TEXT
        and question.privacy_role != "identifier"
        and not never
    )
    return {
        "privacy_role": question.privacy_role.value,
        "gdpr_category": question.gdpr_category.value,
        "purpose": question.purpose.value,
        "helper": "yes" if question.helper else "no",
        "derive": _derive(question.derive),
        "generalise": question.generalise or "",
        "release_level": str(question.release_level) if question.release_level else "",
        "releasable": "" if question.releasable == usual else ("no" if usual else "yes"),
        "indicators": " ".join(question.indicators),
        "ends_below": "" if question.ends_below is None else str(question.ends_below),
        "asked": "" if question.asked else "no",
        "filled_by": question.filled_by or "",
    }


def _derive(derive: Derive | None) -> str:
    match derive:
        case None:
            return ""
        case Banded(cuts=cuts):
            return f"banded({', '.join(map(str, cuts))})"
        case TopCoded(at=at):
            return f"top_coded({at})"
        case Truncated(to=to):
            return f"truncated({to})"
        case Dropped():
            return "dropped"
    return json.dumps(derive.model_dump(mode="json"), ensure_ascii=False)
