"""Posted fields become an answer, or a list of what is wrong with them.

Skipping never blocks: nothing posted is the state "missing". What is refused is what no page of
ours could have sent, and what the respondent would want to mend.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict, Answers, PlainValue
from survey_service.problems import N_, FieldError, InvalidInput

Posted = Mapping[str, list[str]]

STATE_PREFIX = "state:"
"""Lets "don't know" and "prefer not to say" share a radio group with the answers."""
_SAID = frozenset({"refused", "dont_know"})
_WHOLE = re.compile(r"-?[0-9]{1,9}")

CHOOSE_SHOWN = N_("Choose one of the answers shown.")
CHOOSE_ONE = N_("Choose only one answer.")
NOT_BOTH = N_("Give an answer, or say that you do not want to give one, but not both.")
ALONE = N_("This answer cannot go together with others: %(option)s")
TOO_MANY = N_("Choose up to %(most)s answers.")
NO_NUMBER = N_("Write a whole number in digits.")
OUT_OF_RANGE = N_("Write a number from %(least)s to %(most)s.")
BOTH_NUMBERS = N_("Write a number in each box.")
NOT_MORE = N_("This number cannot be greater than the one before it.")
TOO_LONG = N_("Write at most %(most)s characters.")
NOT_FITTING = N_("This answer does not fit. Please look at it again.")
NO_CONTROL = N_("Write letters, digits and spaces only.")
NO_DECIMAL = N_("Write a number in digits, for example 12.5 or 12,5.")
TOO_FINE = N_("Write at most %(most)s digits after the point.")
WHOLE_DATE = N_("Write the day, the month and the year.")
NO_DATE = N_("There is no such day. Write it in numbers, for example 27 3 1985.")
DATE_OUT_OF_RANGE = N_("Write a day from %(least)s to %(most)s.")
SAY_SOMETHING = N_("Choose an answer, or say that you do not know or prefer not to say.")

MOST_SHOWN = 15
"""More options than this are a list to pick from; fewer are all shown."""
DATE_PARTS = ("day", "month", "year")
"""The fields of a date, in the order in which they are written."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_DECIMAL = re.compile(r"(-?)0*([0-9]{1,9})(?:[.,]([0-9]{1,15}))?")


class InvalidAnswer(InvalidInput):
    """What was posted is no answer to the question."""

    slug = "invalid-answer"


class NothingSaid(InvalidAnswer):
    """Nothing was posted where something should be said, a refusal at least."""


def wrong(field: str, message: str, **values: str | int) -> InvalidAnswer:
    """The problem with that one field."""
    return InvalidAnswer([FieldError(field, message, "", values)])


def answered(value: PlainValue) -> AnswerDict:
    """An answer with a value."""
    return {"state": "answered", "value": value}


def without_value(state: str) -> AnswerDict:
    """An answer that is only a state."""
    return {"state": state, "value": None}


def read_answer(
    question: Question,
    codes: Collection[str],
    posted: Posted,
    answers: Answers,
    today: date | None = None,
) -> AnswerDict:
    """The answer that the fields give. `codes` are those on offer, in the form's order.

    `today` is what a date is held against that must not lie ahead.

    Raises:
        InvalidAnswer: a forged code or state, a number out of range, too many or contradicting
            choices, a text too long.
    """
    said, values = _states_and_values(question, posted)
    typed = [name for name in fields_of(question) if "".join(posted.get(name, [])).strip()]
    if said:
        return _state(said, bool(values or typed))
    if question.kind is QuestionKind.GROUP and typed:
        return _group(question, posted, answers)
    if question.kind is QuestionKind.DATE and typed:
        return answered(_date(question, posted, today))
    if not values:
        if question.required:
            raise NothingSaid([FieldError(first_field(question), SAY_SOMETHING)])
        return without_value("missing")
    if question.kind is QuestionKind.MULTI:
        return _multi(question, codes, values)
    if len(values) > 1:
        raise wrong("value", CHOOSE_ONE)
    return answered(_single(question, codes, values[0], answers))


def _state(said: set[str], also_answered: bool) -> AnswerDict:
    if not said <= _SAID:
        raise wrong("state", CHOOSE_SHOWN)
    if len(said) > 1:
        raise wrong("state", CHOOSE_ONE)
    if also_answered:
        raise wrong("state", NOT_BOTH)
    return without_value(next(iter(said)))


def fields_of(question: Question) -> tuple[str, ...]:
    """The fields that are typed into, where the question has more than one."""
    if question.kind is QuestionKind.DATE:
        return DATE_PARTS
    return tuple(part.name for part in question.parts)


def first_field(question: Question) -> str:
    """The field that an error leads to which concerns the whole question."""
    return (*fields_of(question), "value")[0]


def _states_and_values(question: Question, posted: Posted) -> tuple[set[str], list[str]]:
    values = [text for text in posted.get("value", []) if text.strip()]
    states = {text for text in posted.get("state", []) if text}
    if question.kind is not QuestionKind.TEXT:
        states |= {v.removeprefix(STATE_PREFIX) for v in values if v.startswith(STATE_PREFIX)}
        values = [v for v in values if not v.startswith(STATE_PREFIX)]
    return states, values


def _single(question: Question, codes: Collection[str], text: str, answers: Answers) -> str | int:
    if question.kind is QuestionKind.TEXT:
        return _text(question, text)
    if question.kind is QuestionKind.INTEGER:
        return _integer(question, text, answers)
    if question.kind is QuestionKind.DECIMAL:
        return _decimal(question, text)
    if text not in codes:
        raise wrong("value", CHOOSE_SHOWN)
    return text


def _multi(question: Question, codes: Collection[str], values: list[str]) -> AnswerDict:
    chosen = set(values)
    if not chosen <= set(codes):
        raise wrong("value", CHOOSE_SHOWN)
    for option in question.options:
        if option.exclusive and option.code in chosen and len(chosen) > 1:
            # The page translates the option itself; its code is what the message carries.
            raise wrong("value", ALONE, option=option.code)
    if question.max_choices is not None and len(chosen) > question.max_choices:
        raise wrong("value", TOO_MANY, most=question.max_choices)
    return answered([code for code in codes if code in chosen])


def _whole(field: str, text: str, least: int, most: int) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise wrong(field, NO_NUMBER)
    number = int(text)
    if not least <= number <= most:
        raise wrong(field, OUT_OF_RANGE, least=least, most=most)
    return number


def most_possible(question: Question, answers: Answers) -> int | None:
    """The highest number that an earlier answer leaves possible, or None where it says nothing."""
    if question.ceiling is None:
        return None
    earlier = answers.get(question.ceiling.question)
    if earlier is None or not isinstance(earlier["value"], int):
        return None
    return max(0, earlier["value"] - question.ceiling.less)


def _integer(question: Question, text: str, answers: Answers) -> int:
    least, most = question.minimum or 0, question.maximum or 0
    possible = most_possible(question, answers)
    return _whole("value", text, least, most if possible is None else min(most, possible))


def _decimal(question: Question, text: str) -> str:
    """The number as it is stored: digits, a point, no noughts that say nothing."""
    found = _DECIMAL.fullmatch(text.strip().replace("\N{MINUS SIGN}", "-"))
    if not found:
        raise wrong("value", NO_DECIMAL)
    sign, whole, rest = found[1], found[2], (found[3] or "").rstrip("0")
    most = question.decimals or 0
    if len(rest) > most:
        raise wrong("value", TOO_FINE, most=most)
    clean = f"{whole}.{rest}" if rest else whole
    number = Decimal(sign + clean)
    least, highest = question.minimum or 0, question.maximum or 0
    if not least <= number <= highest:
        raise wrong("value", OUT_OF_RANGE, least=least, most=highest)
    return sign + clean if number else "0"


def _date(question: Question, posted: Posted, today: date | None) -> str:
    said = {name: "".join(posted.get(name, [])[:1]).strip() for name in DATE_PARTS}
    empty = [name for name, text in said.items() if not text]
    if empty:
        raise wrong(empty[0], WHOLE_DATE)
    for name, text in said.items():
        if not re.fullmatch(r"[0-9]{4}" if name == "year" else r"[0-9]{1,2}", text):
            raise wrong(name, NO_DATE)
    try:
        found = date(int(said["year"]), int(said["month"]), int(said["day"]))
    except ValueError:
        raise wrong("day", NO_DATE) from None
    least, most = days_allowed(question, today)
    if not least <= found <= most:
        shown = (f"{day.day}.{day.month}.{day.year}" for day in (least, most))
        raise wrong("day", DATE_OUT_OF_RANGE, least=next(shown), most=next(shown))
    return found.isoformat()


def days_allowed(question: Question, today: date | None) -> tuple[date, date]:
    """The first and the last day that can be given."""
    latest = today if question.latest == "today" else question.latest
    return question.earliest or FIRST_DAY, latest if isinstance(latest, date) else LAST_DAY


def _group(question: Question, posted: Posted, answers: Answers) -> AnswerDict:
    numbers: dict[str, int] = {}
    problems: list[FieldError] = []
    before: int | None = None
    most = most_possible(question, answers)
    for part in question.parts:
        text = "".join(posted.get(part.name, [])[:1]).strip()
        highest = part.maximum if most is None else min(part.maximum, most)
        try:
            if not text and before != 0:
                raise wrong(part.name, BOTH_NUMBERS)
            # None of no children attend: the box may stay empty.
            number = _whole(part.name, text or "0", part.minimum, highest)
            if before is not None and number > before:
                raise wrong(part.name, NOT_MORE)
        except InvalidAnswer as problem:
            problems.extend(problem.fields)
            before = None
        else:
            numbers[part.name] = before = number
    if problems:
        raise InvalidAnswer(problems)
    return answered(numbers)


def _text(question: Question, text: str) -> str:
    clean = unicodedata.normalize("NFC", " ".join(text.split()))
    if question.max_length is not None and len(clean) > question.max_length:
        raise wrong("value", TOO_LONG, most=question.max_length)
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} for sign in clean):
        raise wrong("value", NO_CONTROL)
    return clean
