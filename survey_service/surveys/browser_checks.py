"""What a question page can check before it is sent: the same trees, with words for what is wrong.

The browser is told no more than it needs: the earlier answers that a check looks at, and of those
none that a helper must not see where this question may be seen by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas.expression import Comparison, Expression, Holds, references
from schemas.formula import (
    Call,
    Earlier,
    Formula,
    Itself,
    Number,
    Operation,
    Operator,
    Reference,
    Words,
    nodes,
)
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.surveys.reading import (
    NOT_FITTING,
    NOT_MORE,
    OUT_OF_RANGE,
    TOO_MANY,
    first_field,
)

Translate = Callable[..., str]
_NUMBERS = frozenset({QuestionKind.INTEGER, QuestionKind.DECIMAL})
_SIGN = re.compile(r"\\(.)|(\[\^?)|(\])|(\{[0-9]+(?:,[0-9]*)?\})|(.)", re.DOTALL)
_SPACES = r"\t-\r \x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_POSSESSIVE = re.compile(r"[*+?}]\+")
MOST_OF_EARLIER = "{most}"
"""Stands in a message where the browser writes the number that an earlier answer leaves."""
_ESCAPED = frozenset("^$\\.*+?()[]{}|/")


def checks_of(question: Question, language: str, say: Translate) -> dict[str, Any] | None:
    """The page's checks as JSON can say them; None where there is nothing to check."""
    checks = [
        {"field": field, "test": plain, "message": message}
        for field, test, message in _tests(question, language, say)
        if (plain := for_browsers(test)) is not None
    ]
    checks[:0] = _below_an_earlier_answer(question, say)
    fields = [
        {"field": part.name, "relevant": for_browsers(_some(question, before.name))}
        for before, part in zip(question.parts, question.parts[1:], strict=False)
    ]
    if not checks and not fields:
        return None
    page: dict[str, Any] = {"question": question.id, "kind": question.kind, "checks": checks}
    if question.parts:
        page |= {"parts": [part.name for part in question.parts], "fields": fields}
    return page


def earlier_of(
    question: Question, by_id: Mapping[str, Question], live: Mapping[str, AnswerDict]
) -> dict[str, AnswerDict]:
    """The earlier answers that the page's checks look at, as far as it may know them."""
    named = {question.ceiling.question} if question.ceiling is not None else set()
    if question.constraint is not None:
        named |= {found.question for found in references(question.constraint)}
    return {
        name: live[name]
        for name in sorted(named)
        if name in live and (by_id[name].helper or not question.helper)
    }


def _below_an_earlier_answer(question: Question, say: Translate) -> list[dict[str, Any]]:
    """The limit that an earlier answer sets; the browser works out the number in its words.

    Source: `most_possible` in reading.py says the same on the server.
    """
    if question.ceiling is None:
        return []
    earlier: Formula = Earlier(item=Reference(question=question.ceiling.question))
    left = Operation(operator="-", left=earlier, right=Number(value=question.ceiling.less))
    possible = Call(function="max", terms=(Number(value=0), left))
    found = []
    for field, least, most in _bounded_fields(question):
        bound = Call(function="min", terms=(Number(value=most), possible))
        found.append(
            {
                "field": field,
                "test": for_browsers(_limit("<=", bound)),
                "message": say(OUT_OF_RANGE, least=least, most=MOST_OF_EARLIER),
                "most": _translated(bound.model_dump(mode="json")),
            }
        )
    return found


def _bounded_fields(question: Question) -> list[tuple[str, int, int]]:
    """The fields for whole numbers, each with its least and most."""
    if question.parts:
        return [(part.name, part.minimum, part.maximum) for part in question.parts]
    return [("value", question.minimum or 0, question.maximum or 0)]


def _tests(
    question: Question, language: str, say: Translate
) -> Iterator[tuple[str, Expression, str]]:
    if question.kind in _NUMBERS or question.parts:
        for field, least, most in _bounded_fields(question):
            message = say(OUT_OF_RANGE, least=least, most=most)
            yield field, _limit(">=", Number(value=least)), message
            yield field, _limit("<=", Number(value=most)), message
    if question.max_choices is not None:
        counted = Call(function="count-selected", terms=(Itself(),))
        few = Operation(operator="<=", left=counted, right=Number(value=question.max_choices))
        yield "value", Holds(formula=few), say(TOO_MANY, most=question.max_choices)
    for before, part in zip(question.parts, question.parts[1:], strict=False):
        above = Earlier(item=Reference(question=question.id, part=before.name))
        yield part.name, _limit("<=", above), say(NOT_MORE)
    if question.constraint is not None:
        own = question.constraint_message
        message = own.text(language) if own else say(NOT_FITTING)
        yield first_field(question), question.constraint, message


def _limit(sign: Operator, bound: Formula) -> Holds:
    return Holds(formula=Operation(operator=sign, left=Itself(), right=bound))


def _some(question: Question, part: str) -> Comparison:
    return Comparison(item=Reference(question=question.id, part=part), operator="!=", value=0)


def for_browsers(test: Expression) -> Any | None:
    """The tree as JSON, patterns as browsers write them; None where one means something else."""
    if isinstance(test, Holds):
        for node, _ in nodes(test.formula):
            if isinstance(node, Call) and node.function == "regex":
                pattern = node.terms[1]
                if not isinstance(pattern, Words) or portable(pattern.value) is None:
                    return None
    return _translated(test.model_dump(mode="json", exclude_none=True))


def _translated(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_translated(value) for value in plain]
    if not isinstance(plain, dict):
        return plain
    made = {key: _translated(value) for key, value in plain.items()}
    if made.get("function") == "regex":
        text, pattern = made["terms"]
        made["terms"] = [text, pattern | {"value": portable(pattern["value"])}]
    return made


def portable(pattern: str) -> str | None:
    """The pattern in the words of ECMAScript's `u` mode; None where it has none for it.

    Source: ECMA-262, 22.2 (patterns); Python's re for what digits, words and spaces are.
    """
    found: list[str] = []
    within = False
    if _POSSESSIVE.search(pattern):
        return None
    for escaped, opens, closes, times, plain in _SIGN.findall(pattern):
        # An empty class, or one within another, is written alike and means something else.
        if (opens and within) or (closes and (not within or found[-1] in ("[", "[^"))):
            return None
        if plain in ("{", "}") and not within:
            return None
        if opens or closes:
            within = bool(opens)
        said = _escaped(escaped, within) if escaped else opens or closes or times or plain
        if said is None:
            return None
        found.append(r"[^\n]" if said == "." and not within else said)
    return None if within else "".join(found)


def _escaped(sign: str, within: bool) -> str | None:
    if sign == "d":
        return r"\p{Nd}"
    if sign == "w":
        return r"\p{L}\p{N}_" if within else r"[\p{L}\p{N}_]"
    if sign == "s":
        return _SPACES if within else f"[{_SPACES}]"
    if sign.isalnum():
        return None
    return f"\\{sign}" if sign in _ESCAPED or (sign == "-" and within) else sign
