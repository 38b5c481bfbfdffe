"""Questions that are asked again and again, laid out flat: `age.1`, `age.2`, and so on.

The questionnaire holds each once. Laid out, every entry has questions of its own, so that the
route, the pages, the draft and the record know nothing of repeats. Cost grows with the questions
of a repeat times its most entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter

from schemas.derivation import Dropped
from schemas.expression import All, Comparison, Expression, Holds, Reference
from schemas.formula import Number, Operation
from schemas.notice import PurposeId
from schemas.questionnaire import (
    GdprCategory,
    Option,
    PrivacyRole,
    Question,
    QuestionKind,
    Questionnaire,
    Repeat,
)
from schemas.response import AnswerDict, Answers
from schemas.texts import Texts
from survey_service.surveys.quotes import of_entry

YES, NO = "yes", "no"
_CONDITION: TypeAdapter[Any] = TypeAdapter(Expression)
_SAYS = {
    YES: {"lv": "Jā", "ru": "Да", "en": "Yes"},
    NO: {"lv": "Nē", "ru": "Нет", "en": "No"},
}
_FIRST = {"lv": "Vai pievienot: {}?", "ru": "Добавить: {}?", "en": "Is there somebody to add: {}?"}
_MORE = {
    "lv": "Vai pievienot vēl: {}?",
    "ru": "Добавить ещё: {}?",
    "en": "Is there another one to add: {}?",
}


def laid_out(questionnaire: Questionnaire) -> tuple[Question, ...]:
    """Every question, those of a repeat once for each entry that it may have."""
    repeats = {repeat.id: repeat for repeat in questionnaire.repeats}
    found: list[Question] = []
    for name, group in groupby(questionnaire.questions, lambda question: question.repeat):
        questions = tuple(group)
        if name is None:
            found.extend(questions)
        else:
            found.extend(_entries(repeats[name], questions, questionnaire.languages))
    return tuple(found)


def asks_for_more(question: Question) -> int | None:
    """How many entries stand before this question whether there is another; else None."""
    name, _, number = question.id.partition(".")
    return int(number) if question.repeat == name and number else None


def entry_of(question: Question) -> int | None:
    """Which entry the question is about, from 1; None where it is in no repeat."""
    _, _, number = question.id.partition(".")
    return int(number) if number and asks_for_more(question) is None else None


def for_entry(relevant: Expression, inside: Collection[str], entry: int) -> Expression:
    """The condition as it stands for one entry: what it looks at inside becomes that entry's."""
    names = {name: f"{name}.{entry}" for name in inside}
    made: Expression = _CONDITION.validate_python(_renamed(relevant.model_dump(), names, entry))
    return made


def entries_said(repeat: Repeat, answers: Answers) -> int:
    """How many entries somebody has said there are, where he adds one after the other."""
    for entry in range(repeat.at_most):
        answer = answers.get(f"{repeat.id}.{entry}")
        if answer is None or answer["value"] != YES:
            return entry
    return repeat.at_most


def _entries(
    repeat: Repeat, questions: Sequence[Question], languages: tuple[str, ...]
) -> Iterator[Question]:
    inside = frozenset(question.id for question in questions)
    for entry in range(1, repeat.at_most + 1):
        if repeat.count is None:
            yield _is_there_more(repeat, entry - 1, questions, languages)
        for question in questions:
            yield _one(repeat, question, entry, inside)


def _one(repeat: Repeat, question: Question, entry: int, inside: frozenset[str]) -> Question:
    names = {name: f"{name}.{entry}" for name in inside}
    plain = of_entry(_renamed(question.model_dump(), names, entry), names)
    made = Question.model_validate(plain | {"id": f"{question.id}.{entry}"})
    relevant = _joined(_is_there(repeat, entry), made.relevant)
    # Not validated again: what the repeat adds may stand one level above the deepest allowed.
    title = _numbered(made.title, entry)
    return made.model_copy(update={"relevant": relevant, "title": title})


def _renamed(plain: Any, names: Mapping[str, str], entry: int) -> Any:
    """The same with every reference to one of these questions led to its entry."""
    if isinstance(plain, dict):
        if plain.get("function") == "position":
            return Number(value=entry).model_dump()
        renamed = {key: _renamed(value, names, entry) for key, value in plain.items()}
        for key in ("question", "options_from"):
            if isinstance(renamed.get(key), str):
                renamed[key] = names.get(renamed[key], renamed[key])
        return renamed
    if isinstance(plain, (list, tuple)):
        return [_renamed(value, names, entry) for value in plain]
    return plain


def _numbered(title: Texts, entry: int) -> Texts:
    return Texts({tag: f"{words} ({entry})" for tag, words in title.root.items()})


def _is_there(repeat: Repeat, entry: int) -> Expression:
    if repeat.count is not None:
        enough = Operation(operator=">=", left=repeat.count, right=Number(value=entry))
        return _joined(Holds(formula=enough), repeat.relevant)
    before = Reference(question=f"{repeat.id}.{entry - 1}")
    return Comparison(item=before, operator="==", value=YES)


def _joined(first: Expression, second: Expression | None) -> Expression:
    return first if second is None else All(terms=(first, second))


def _is_there_more(
    repeat: Repeat, entries: int, questions: Sequence[Question], languages: tuple[str, ...]
) -> Question:
    special = all(question.purpose is PurposeId.ETHNIC_HEALTH for question in questions)
    wording = _MORE if entries else _FIRST
    text = {
        tag: wording.get(tag, wording["en"]).format(repeat.title.text(tag)) for tag in languages
    }
    return Question(
        id=f"{repeat.id}.{entries}",
        kind=QuestionKind.SINGLE,
        section=repeat.section,
        repeat=repeat.id,
        title=Texts(text),
        text=Texts(text),
        options=tuple(
            Option(
                code=code,
                text=Texts({tag: says.get(tag, says["en"]) for tag in languages}),
                icon=code,
            )
            for code, says in _SAYS.items()
        ),
        relevant=_is_there(repeat, entries) if entries else repeat.relevant,
        privacy_role=PrivacyRole.SENSITIVE,
        gdpr_category=GdprCategory.INFERRED if special else GdprCategory.NONE,
        purpose=PurposeId.ETHNIC_HEALTH if special else PurposeId.PARTICIPATION,
        helper=all(question.helper for question in questions),
        derive=Dropped(),
        releasable=False,
    )


def without_entry(
    repeat: Repeat, inside: Sequence[str], gone: int, answers: Answers
) -> dict[str, AnswerDict | None]:
    """What of the answers changes when an entry goes: those after it move up by one.

    None says that an answer is there no more.
    """
    changed: dict[str, AnswerDict | None] = {}
    for entry in range(gone, repeat.at_most + 1):
        for name in inside:
            changed[f"{name}.{entry}"] = answers.get(f"{name}.{entry + 1}")
        asked = answers.get(f"{repeat.id}.{entry}")
        if repeat.count is None:
            changed[f"{repeat.id}.{entry - 1}"] = asked
    return {name: answer for name, answer in changed.items() if answer or name in answers}
