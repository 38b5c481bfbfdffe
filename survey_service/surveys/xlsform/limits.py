"""What a constraint says of an answer: limits that the form knows, and the rest as a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from schemas.expression import Holds
from schemas.formula import Call, Earlier, Formula, Itself, Number, Operation, Words
from schemas.questionnaire import Ceiling, Question, QuestionKind
from survey_service.surveys.xlsform.lowering import comparison, conjuncts
from survey_service.surveys.xlsform.meaning import TODAY
from survey_service.surveys.xlsform.syntax import balanced


@dataclass(slots=True)
class Limits:
    """The limits of an answer; `rest` is whatever they cannot say."""

    minimum: int | None = None
    maximum: int | None = None
    ceiling: Ceiling | None = None
    max_choices: int | None = None
    max_length: int | None = None
    earliest: date | None = None
    latest: date | Literal["today"] | None = None
    rest: list[Formula] = field(default_factory=list)

    @property
    def test(self) -> Holds | None:
        """The rest as one test."""
        return Holds(formula=balanced("and", self.rest)) if self.rest else None


def limits_of(
    constraint: Formula | None, kind: QuestionKind, questions: Mapping[str, Question]
) -> Limits:
    """The limits that a constraint on a question of this kind sets."""
    found = Limits()
    for term in conjuncts(constraint) if constraint is not None else []:
        if not _taken(term, kind, questions, found):
            found.rest.append(term)
    return found


def _taken(
    term: Formula, kind: QuestionKind, questions: Mapping[str, Question], found: Limits
) -> bool:
    sides = comparison(term)
    if sides is None:
        return False
    left, sign, right = sides
    if isinstance(left, Itself) and kind is QuestionKind.DATE:
        return _day_bounded(sign, right, found)
    number = right.value if isinstance(right, Number) and isinstance(right.value, int) else None
    counts = kind in (QuestionKind.INTEGER, QuestionKind.GROUP)
    if isinstance(left, Itself) and counts and number is not None:
        return _bounded(sign, number, found)
    if isinstance(left, Itself) and kind is QuestionKind.DECIMAL and number is not None:
        # More than 0 is not at least 1 here: only closed limits are limits.
        return sign in (">=", "<=") and _bounded(sign, number, found)
    if isinstance(left, Itself) and counts and sign in ("<=", "<") and found.ceiling is None:
        found.ceiling = _ceiling(right, 1 if sign == "<" else 0, questions)
        return found.ceiling is not None
    if number is None or sign not in ("<=", "<") or not isinstance(left, Call):
        return False
    most = number - (sign == "<")
    if left == Call(function="string-length", terms=(Itself(),)) and kind is QuestionKind.TEXT:
        found.max_length = most
        return True
    if left == Call(function="count-selected", terms=(Itself(),)) and kind is QuestionKind.MULTI:
        found.max_choices = most
        return True
    return False


def _day_bounded(sign: str, right: Formula, found: Limits) -> bool:
    today = right == TODAY
    if today and sign in ("<=", "<"):
        found.latest = "today"
        return True
    match right:
        case Words(value=text) | Call(function="date", terms=(Words(value=text),)):
            pass
        case _:
            return False
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    if sign in (">=", ">"):
        found.earliest = day + timedelta(days=sign == ">")
    elif sign in ("<=", "<") and found.latest is None:
        found.latest = day - timedelta(days=sign == "<")
    else:
        return False
    return True


def _bounded(sign: str, number: int, found: Limits) -> bool:
    if sign in (">=", ">"):
        least = number + (sign == ">")
        found.minimum = least if found.minimum is None else max(least, found.minimum)
    elif sign in ("<=", "<"):
        most = number - (sign == "<")
        found.maximum = most if found.maximum is None else min(most, found.maximum)
    else:
        return False
    return True


def _ceiling(right: Formula, less: int, questions: Mapping[str, Question]) -> Ceiling | None:
    match right:
        case Earlier(item=item):
            pass
        case Operation(operator="-", left=Earlier(item=item), right=Number(value=int(value))):
            less += value
        case _:
            return None
    earlier = questions.get(item.question)
    if item.part is not None or earlier is None or earlier.kind is not QuestionKind.INTEGER:
        return None
    return Ceiling(question=item.question, less=less)
