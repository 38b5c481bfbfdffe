"""Expressions of a spreadsheet, read into the typed tree. Nothing is ever run as a program.

Source: XPath 1.0, 3 (operators and their order); XLSForm's `${name}` for an answer, `.` for the
answer being checked. `../name` is read as `${name}`. One module: signs, grammar and refusals
belong together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from schemas.formula import (
    MAX_FORMULA_DEPTH,
    Call,
    Column,
    Formula,
    Itself,
    Number,
    Operation,
    Operator,
    Words,
)

MAX_LENGTH: Final = 10_000
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>[0-9]{1,15}(?:\.[0-9]{0,15})?)(?![\w.])
    |(?P<words>"[^"]*"|'[^']*')
    |\$\{\s*(?P<answer>[^${}\s]+)\s*\}
    |(?P<path>(?:\.\./)+[A-Za-z_][\w.-]*)
    |(?P<above>\.\.(?:/\.\.)*)
    |(?P<name>[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)
    |(?P<sign><=|>=|!=|[-+*=<>(),.]))""",
    re.VERBOSE,
)
_QUOTES: Final = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\xa0": " "})
_LEVELS: Final[tuple[tuple[str, ...], ...]] = (
    ("or",),
    ("and",),
    ("=", "!="),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "div", "mod"),
)
ENTRY: Final = ".."
"""What position() counts in a repeat: the entry that the row belongs to."""
_WORD_OPERATORS: Final = frozenset({"or", "and", "div", "mod"})


class ExpressionRefused(ValueError):
    """The text is no expression we take; it says why, where in it, and what to do."""

    def __init__(self, message: str, remedy: str, position: int | None = None) -> None:
        where = "" if position is None else f" at character {position + 1}"
        super().__init__(message + where)
        self.consequence = False
        """Whether the cause is another row's refusal, which the report already has."""
        self.message = f"{message}{where}."
        self.remedy = remedy


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


Resolve = Callable[[str], Formula]
"""What a question's name stands for; raises ExpressionRefused where it stands for nothing."""


def parse_formula(text: str, resolve: Resolve, columns: Collection[str] | None = None) -> Formula:
    """The tree of an expression. `columns` are those of choices, named without `${}`.

    Raises:
        ExpressionRefused: the text is no expression, is too long, or nests too deep.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused("The expression is too long", "Split it with calculate rows.")
    parser = _Parser(_tokens(text.translate(_QUOTES)), resolve, columns)
    found = parser.level(0)
    if parser.here.kind != "end":
        raise parser.unexpected()
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise ExpressionRefused(
                f"'{text[start : start + 10]}' is no part of an expression",
                "Use ${name}, numbers, 'texts', functions and operators only.",
                start,
            )
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind)))
        position = match.end()
    found.append(_Token("end", "", end))
    return found


class _Parser:
    """Recursive descent over operators in order; every bracket is counted against the depth."""

    def __init__(
        self, tokens: list[_Token], resolve: Resolve, columns: Collection[str] | None
    ) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.resolve = resolve
        self.columns = columns

    @property
    def here(self) -> _Token:
        return self.tokens[self.at]

    def unexpected(self) -> ExpressionRefused:
        what = f"'{self.here.text}' is not expected" if self.here.text else "The expression stops"
        return ExpressionRefused(
            what, "Look at brackets, quotes and operators.", self.here.position
        )

    def accept(self, *signs: str) -> str | None:
        token = self.here
        if token.text in signs and (token.kind == "sign" or token.text in _WORD_OPERATORS):
            self.at += 1
            return token.text
        return None

    def level(self, level: int) -> Formula:
        """A chain of operators of one rank; "and" and "or" are balanced, the others lean left."""
        if level == len(_LEVELS):
            return self.signed()
        terms, signs = [self.level(level + 1)], []
        while sign := self.accept(*_LEVELS[level]):
            signs.append(sign)
            terms.append(self.level(level + 1))
        if level < 2:
            return balanced("or" if level == 0 else "and", terms)
        if len(signs) > MAX_FORMULA_DEPTH:
            raise ExpressionRefused("The chain of operators is too long", "Split it.")
        found = terms[0]
        for sign, term in zip(signs, terms[1:], strict=True):
            found = Operation.model_validate({"operator": sign, "left": found, "right": term})
        return found

    def signed(self) -> Formula:
        negative = False
        while self.accept("-"):
            negative = not negative
        term = self.primary()
        if not negative:
            return term
        if isinstance(term, Number):
            return Number(value=-term.value)
        return Operation(operator="-", left=Number(value=0), right=term)

    def primary(self) -> Formula:
        token = self.here
        self.at += 1
        match token.kind:
            case "number":
                return Number(value=float(token.text) if "." in token.text else int(token.text))
            case "words":
                return Words(value=token.text[1:-1])
            case "answer":
                return self.resolve(token.text)
            case "path":
                return self.resolve(token.text.rpartition("/")[2])
            case "name":
                return self.named(token)
            case "sign" if token.text == ".":
                return Itself()
            case "sign" if token.text == "(":
                return self.bracketed()
        self.at -= 1
        raise self.unexpected()

    def bracketed(self) -> Formula:
        self.enter()
        found = self.level(0)
        self.close()
        return found

    def named(self, token: _Token) -> Formula:
        if not self.accept("("):
            if self.columns is not None:
                # Authors write pastel=yes and mean pastel='yes'.
                named = token.text in self.columns
                return Column(name=token.text) if named else Words(value=token.text)
            raise ExpressionRefused(
                f"'{token.text}' is neither an answer nor a text",
                f"Write ${{{token.text}}} for an answer, '{token.text}' for a text.",
                token.position,
            )
        self.enter()
        if token.text == "position":
            # Of nothing else than of the entry; without what it is of, the same is meant.
            self.at += self.here.kind == "above"
            self.close()
            return self.resolve(ENTRY)
        terms: list[Formula] = []
        if not (self.here.kind == "sign" and self.here.text == ")"):
            terms.append(self.level(0))
            while self.accept(","):
                terms.append(self.level(0))
        self.close()
        if len(terms) > 50 or not re.fullmatch(r"[a-z][A-Za-z0-9:-]{0,31}", token.text):
            raise unknown_function(token.text)
        return Call(function=token.text, terms=tuple(terms))

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_FORMULA_DEPTH // 2:
            raise ExpressionRefused(
                f"The expression nests more than {MAX_FORMULA_DEPTH // 2} levels deep",
                "Split it with calculate rows.",
                self.here.position,
            )

    def close(self) -> None:
        if not self.accept(")"):
            raise self.unexpected()
        self.depth -= 1


_OUTSIDE: Final = "Put what it looks up into the choices sheet, and use a choice_filter."
_CHANGES: Final = "Remove it: what is asked of people must not change by chance or by the hour."
_AS_DAYS: Final = "Compare days as they are: ${a} < '2020-05-01', or . - ${a} > 30."
_INSTEAD: Final = {
    "pulldata": _OUTSIDE, "instance": _OUTSIDE, "search": _OUTSIDE,
    "random": _CHANGES, "uuid": _CHANGES, "once": _CHANGES, "now": _CHANGES,
    "format-date": _AS_DAYS, "format-date-time": _AS_DAYS, "decimal-date-time": _AS_DAYS,
    "date-time": _AS_DAYS, "decimal-time": _AS_DAYS,
    "jr:choice-name": "Compare the name of the choice: ${question} = 'name'.",
    "jr:itext": "Write the words into the label.",
    "indexed-repeat": "Ask it before the repeat, or use sum(), min(), max() or count() after it.",
}  # fmt: skip


def unknown_function(name: str) -> ExpressionRefused:
    """The refusal of a function that does not exist here, with what does its work."""
    return ExpressionRefused(
        f"There is no function {name}() here",
        _INSTEAD.get(name, "The reference of columns lists those there are."),
    )


def balanced(operator: Operator, terms: Sequence[Formula]) -> Formula:
    """The terms joined in a tree as flat as can be: 64 terms nest 6 deep."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return Operation(
        operator=operator,
        left=balanced(operator, terms[:middle]),
        right=balanced(operator, terms[middle:]),
    )
