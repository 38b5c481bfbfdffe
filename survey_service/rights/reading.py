"""What was answered, in words: for the page, the copy and the print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict, Answers
from schemas.texts import Texts
from survey_service.surveys.derivations import item_names
from survey_service.surveys.form import CompiledForm


class Item(NamedTuple):
    """One stored value or state, in words; `name` is what the store calls it."""

    name: str
    label: Texts | None
    state: str
    words: list[str]


class Line(NamedTuple):
    """One question with all that is stored of its answer; `exact` where nothing was derived."""

    id: str
    title: Texts
    text: Texts
    items: list[Item]
    asked: bool
    exact: bool


class Part(NamedTuple):
    """The questions under one heading."""

    title: Texts
    lines: list[Line]


def parts_of(form: CompiledForm, record: Answers, language: str) -> list[Part]:
    """Everything that is stored, by section; what was not asked is left out.

    A question of which nothing is stored, because others were derived from it, is left out too.
    """
    parts: dict[str, Part] = {}
    for question in form.by_id.values():
        line = _line(form, question, record, language)
        if line is None:
            continue
        section = form.sections[question.section]
        parts.setdefault(section.id, Part(section.title, [])).lines.append(line)
    return list(parts.values())


def _line(form: CompiledForm, question: Question, record: Answers, language: str) -> Line | None:
    names = item_names(question)
    states = {record[name]["state"] for name in names if name in record}
    if not states or states == {"not_asked"}:
        return None
    items = list(_items(form, question, {name: record[name] for name in names}, language))
    exact = form.correcting.raw(question.id, record) is not None
    told = form.quotes.asked(question, record, language)
    return Line(question.id, told.title, told.text, items, question.asked, exact)


def _items(
    form: CompiledForm, question: Question, stored: Mapping[str, AnswerDict], language: str
) -> Iterator[Item]:
    for name, answer in stored.items():
        variable = form.variable.get(name)
        several = len(stored) > 1 or name != question.id
        label = variable.title if several and variable is not None else None
        if question.kind in (QuestionKind.MULTI, QuestionKind.TEXT) or variable is None:
            words = form.display(question.id, answer, language)
        else:
            words = [
                code.text.text(language)
                for code in variable.codes
                if code.code == str(answer["value"])
            ]
        yield Item(name, label, answer["state"], words)
