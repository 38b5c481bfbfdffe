"""The signs that conditions are written with."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?[0-9]{1,9})(?![\w.])|'(?P<string>[^']{1,64})'"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)?)"
    r"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,))"
)
_WORDS = frozenset({"and", "or", "not", "in", "has", "any"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class ExpressionError(ValueError):
    """The text is no condition. It says what was expected, and at which character."""

    def __init__(self, expected: str, position: int) -> None:
        super().__init__(f"{expected} expected at character {position + 1}")
        self.expected = expected
        self.position = position


class Token(NamedTuple):
    """One sign: what kind it is, its text, and the character it starts at."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """The text's signs with their places, and one that marks the end.

    Raises:
        ExpressionError: something in it is no sign of a condition.
    """
    found: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            start = end - len(text[position:end].lstrip())
            raise ExpressionError("a name, a number, a quoted code or a sign", start)
        kind = str(match.lastgroup)
        word = match[kind]
        found.append(
            Token("word" if word in _WORDS and kind == "name" else kind, word, match.start(kind))
        )
        position = match.end()
    found.append(Token("end", "", end))
    return found
