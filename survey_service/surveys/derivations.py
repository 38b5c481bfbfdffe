"""What is stored instead of raw answers: bands, top codes, yes or no. The raw values end here.

A derived value that needs several answers takes the state of its own question where that has no
value; where another answer is lacking it is "missing": nobody refused it, it cannot be told.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from itertools import pairwise

from schemas.derivation import Banded, BelowThreshold, Dropped, RatioBanded, TopCoded, Truncated
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict, Answers, State
from survey_service.surveys.reading import answered, most_possible, without_value

YES, NO = "yes", "no"


def item_names(question: Question) -> tuple[str, ...]:
    """The names under which the question's answer is stored: none, one, or one per part."""
    match question.derive:
        case Dropped():
            return ()
        case RatioBanded(name=name) | BelowThreshold(name=name):
            return (f"{question.id}.{name}",)
    if question.kind is QuestionKind.GROUP:
        return tuple(f"{question.id}.{part.name}" for part in question.parts)
    return (question.id,)


@cache
def band_codes(cuts: tuple[int, ...]) -> tuple[str, ...]:
    """One code per band: "16-17", "18-19", …, "65+"; a band of one value is that value."""
    closed = [
        f"{low}-{above - 1}" if above - low > 1 else str(low) for low, above in pairwise(cuts)
    ]
    return (*closed, f"{cuts[-1]}+")


def band(cuts: tuple[int, ...], number: int | Decimal) -> str | None:
    """The code of the band that holds the number; None below the first cut."""
    place = bisect_right(cuts, number)
    return band_codes(cuts)[place - 1] if place else None


def top_code(at: int, number: int) -> str:
    """The number as a code, or "8+" from there on."""
    return f"{at}+" if number >= at else str(number)


def storing(
    question: Question, names: tuple[str, ...], threshold_eur: int
) -> Callable[[Answers], Mapping[str, AnswerDict]]:
    """What makes the stored items of one asked question, each with its state, of all answers.

    Everything that hangs on the question alone is worked out here, once. `names` are the
    question's `item_names`; `threshold_eur` is the monthly at-risk-of-poverty threshold of one
    person living alone.
    """
    without: dict[str, dict[str, AnswerDict]] = {
        state.value: dict.fromkeys(names, without_value(state.value)) for state in State
    }
    of_number, of_text = _numbers(question), _texts(question, threshold_eur)

    def store(answers: Answers) -> Mapping[str, AnswerDict]:
        answer = answers.get(question.id)
        if answer is None:
            return without["missing"]
        value = answer["value"]
        if value is None or (question.ceiling and _outgrown(question, answer, answers)):
            return without["missing" if answer["state"] == "answered" else answer["state"]]
        if isinstance(value, dict):
            return {
                f"{question.id}.{part}": of_number(number, answers)
                for part, number in value.items()
            }
        if isinstance(value, int):
            return dict.fromkeys(names, of_number(value, answers))
        if isinstance(value, str):
            return dict.fromkeys(names, of_text(value, answers))
        return dict.fromkeys(names, answered(value))

    return store


def _outgrown(question: Question, answer: AnswerDict, answers: Answers) -> bool:
    """Whether an earlier answer, changed afterwards, has made this number impossible."""
    if question.ceiling is None:
        return False
    most = most_possible(question, answers)
    value = answer["value"]
    highest = max(value.values()) if isinstance(value, dict) else value
    return most is not None and isinstance(highest, int) and highest > most


def _numbers(question: Question) -> Callable[[int, Answers], AnswerDict]:
    """What stands for a number that was said; of several in one question none is put in bands."""
    several = question.kind is QuestionKind.GROUP
    match question.derive:
        case Banded(cuts=cuts) if not several:
            return lambda number, _: _banded(cuts, number)
        case RatioBanded() as rule if not several:
            return lambda number, answers: _ratio(rule, number, answers)
        case TopCoded(at=at):
            return lambda number, _: answered(top_code(at, number))
    return lambda number, _: answered(str(number))


def _texts(question: Question, threshold_eur: int) -> Callable[[str, Answers], AnswerDict]:
    """What stands for a code, a day or a decimal that was said."""
    match question.derive:
        case BelowThreshold() as rule:
            return lambda code, answers: _below(rule, code, answers, threshold_eur)
        case Truncated(to=to):
            length = 4 if to == "year" else 7
            return lambda day, _: answered(day[:length])
        case Banded(cuts=cuts):
            return lambda decimal, _: _banded(cuts, Decimal(decimal))
    return lambda code, _: answered(code)


def _banded(cuts: tuple[int, ...], number: int | Decimal) -> AnswerDict:
    code = band(cuts, number)
    return without_value("missing") if code is None else answered(code)


def _whole(answers: Answers, question: str) -> int | None:
    answer = answers.get(question)
    value = None if answer is None else answer["value"]
    return value if isinstance(value, int) else None


def _ratio(rule: RatioBanded, number: int, answers: Answers) -> AnswerDict:
    numerator = _whole(answers, rule.numerator)
    if numerator is None or number < 1:
        return without_value("missing")
    for entry in rule.bands:
        if entry.up_to_hundredths is None or 100 * numerator <= entry.up_to_hundredths * number:
            return answered(entry.code)
    return without_value("missing")


def equivalence_scale_tenths(people: int, under_14: int) -> int:
    """Ten times the OECD-modified scale: 10 for the first adult, 5 for others, 3 for children.

    Source: Hagenaars, de Vos and Zaidi 1994; used by Eurostat for EU-SILC.
    """
    return 10 + 5 * (people - under_14 - 1) + 3 * under_14


def _below(rule: BelowThreshold, code: str, answers: Answers, threshold_eur: int) -> AnswerDict:
    people = _whole(answers, rule.household)
    under_14 = 0 if people == 1 else _whole(answers, rule.children_under_14)
    if people is None or under_14 is None or under_14 >= people:
        return without_value("missing")
    income = rule.midpoints[code]
    needed = threshold_eur * equivalence_scale_tenths(people, under_14)
    return answered(YES if 10 * income < needed else NO)
