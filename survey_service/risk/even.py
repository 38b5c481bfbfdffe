"""How often each answer is given if all answers are equally frequent: the routing's own weight.

Nothing is known of the answers before field work. What is known is the questionnaire: who is
sent past which questions, and how many codes share those who are asked. Imaginary respondents
answer evenly, and what is stored of each is counted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from datetime import date

from schemas.notice import PurposeId
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.releases.codebook import Codebook
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.reading import answered, days_allowed, without_value
from survey_service.surveys.settling import INTERVIEW_LANGUAGES

DRAWS = 400
SEED = 1
EVEN = 0.5
Shares = Mapping[str, Mapping[str, float]]
_EVERY_PURPOSE = frozenset(purpose.value for purpose in PurposeId)


def even_shares(form: CompiledForm, book: Codebook) -> Shares:
    """Return the share of every code and state of every released variable.

    Cost: DRAWS walks through the questionnaire, each step of which finds the route anew.
    """
    chance = random.Random(SEED)  # noqa: S311 - imaginary people need no secrecy
    counted = {variable.name: Counter[str]() for variable in book.variables}
    for _ in range(DRAWS):
        row = form.coded(_record(form, chance))
        for variable in book.variables:
            code = row[variable.name]
            counted[variable.name][(variable.groups or {}).get(code, code)] += 1
    return {
        name: {code: count / DRAWS for code, count in sorted(found.items())}
        for name, found in counted.items()
    }


def _record(form: CompiledForm, chance: random.Random) -> dict[str, AnswerDict]:
    answers: dict[str, AnswerDict] = {}
    asked = form.first_open(answers, _EVERY_PURPOSE)
    while asked is not None:
        answers[asked] = _answer(form, form.by_id[asked], answers, chance)
        asked = form.first_open(answers, _EVERY_PURPOSE)
    return form.settle_record(
        answers,
        _EVERY_PURPOSE,
        interview_language=chance.choice(tuple(INTERVIEW_LANGUAGES)),
        assisted=chance.random() < EVEN,
    )


def _answer(
    form: CompiledForm, question: Question, answers: dict[str, AnswerDict], chance: random.Random
) -> AnswerDict:
    match question.kind:
        case QuestionKind.TEXT:
            return without_value("missing")
        case QuestionKind.INTEGER:
            return answered(_number(question, answers, chance))
        case QuestionKind.DECIMAL:
            return answered(str(chance.randint(question.minimum or 0, question.maximum or 0)))
        case QuestionKind.DATE:
            first, last = (day.toordinal() for day in days_allowed(question, None))
            return answered(date.fromordinal(chance.randint(first, last)).isoformat())
        case QuestionKind.GROUP:
            return answered(_group(question, chance))
        case QuestionKind.MULTI:
            return _several(form, question, answers, chance)
    codes = [option.code for option in form.options_for(question.id, answers)]
    return answered(chance.choice(codes)) if codes else without_value("missing")


def _number(question: Question, answers: dict[str, AnswerDict], chance: random.Random) -> int:
    """A number that does not end the survey and keeps below the one that bounds it."""
    low = max(question.minimum or 0, question.ends_below or 0)
    high = question.maximum or low
    if question.ceiling is not None:
        bound = answers.get(question.ceiling.question)
        if bound is not None and isinstance(bound["value"], int):
            high = min(high, bound["value"] - question.ceiling.less)
    return chance.randint(low, max(low, high))


def _group(question: Question, chance: random.Random) -> dict[str, int]:
    numbers: dict[str, int] = {}
    high: int | None = None
    for part in question.parts:
        top = part.maximum if high is None else min(part.maximum, high)
        high = numbers[part.name] = chance.randint(part.minimum, max(part.minimum, top))
    return numbers


def _several(
    form: CompiledForm, question: Question, answers: dict[str, AnswerDict], chance: random.Random
) -> AnswerDict:
    """Each choice as likely as not; an exclusive one, such as "none", as often as any other."""
    options = form.options_for(question.id, answers)
    open_ones = [option.code for option in options if not option.exclusive]
    alone = [option.code for option in options if option.exclusive]
    if alone and chance.random() < 1 / (len(options) or 1):
        return answered([chance.choice(alone)])
    chosen = [code for code in open_ones if chance.random() < EVEN][: question.max_choices]
    return answered(chosen) if chosen else without_value("missing")
