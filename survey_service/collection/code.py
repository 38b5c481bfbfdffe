"""The respondent's code: the only thing that reaches both a consent and an answer.

23 random symbols of Crockford's base32 (115 bits) and two check symbols of a Reed-Solomon code
over GF(32) with x^5 + x^2 + 1. The two syndromes locate one wrong symbol and catch every swap, so
a form can say which group is mistyped without any look-up. 115 random bits need no stretching.

Source: D. Crockford, Base 32; I. S. Reed and G. Solomon (1960); OWASP ASVS 5.0, 6.5.2;
RFC 5869 (HKDF).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from survey_service.stores.envelopes import expander, extract

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM, CHECKS, GROUP = 23, 2, 5
LENGTH = RANDOM + CHECKS

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SKIP = str.maketrans("", "", " -\t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014.")


def _field() -> tuple[list[int], list[int]]:
    powers, logs, value = [], [0] * 32, 1
    for exponent in range(31):
        powers.append(value)
        logs[value] = exponent
        value <<= 1
        if value & 32:
            value ^= 0b100101
    return powers, logs


_POWER, _LOG = _field()


def _times(a: int, b: int) -> int:
    return _POWER[(_LOG[a] + _LOG[b]) % 31] if a and b else 0


def _syndromes(values: list[int]) -> tuple[int, int]:
    s0 = s1 = 0
    for position, value in enumerate(values):
        s0 ^= value
        s1 ^= _times(_POWER[position], value)
    return s0, s1


def _checks(values: list[int]) -> list[int]:
    # Solve c23 + c24 = s0 and a^23 c23 + a^24 c24 = s1.
    s0, s1 = _syndromes(values)
    a, b = _POWER[RANDOM], _POWER[RANDOM + 1]
    last = _times(s1 ^ _times(a, s0), _POWER[-_LOG[a ^ b] % 31])
    return [s0 ^ last, last]


class CodeMistyped(Exception):
    """The check symbols fail; `group` is the mistyped group (1 to 5) where it can be told."""

    def __init__(self, group: int | None) -> None:
        super().__init__("the code is mistyped")
        self.group = group


@dataclass(frozen=True)
class Code:
    """A checked code. Its text must never reach a log, a URL or a store."""

    symbols: str

    def __repr__(self) -> str:
        return "Code(…)"

    @classmethod
    def new(cls) -> Code:
        """Return a code of 115 fresh random bits."""
        values = [secrets.randbelow(32) for _ in range(RANDOM)]
        return cls("".join(ALPHABET[v] for v in values + _checks(values)))

    @classmethod
    def read(cls, text: str) -> Code:
        """Return the code a person typed: case, spaces, dashes, O/0 and I/L/1 are one.

        Raises:
            CodeMistyped: wrong length, a foreign symbol, or the check symbols fail.
        """
        symbols = text.translate(_SKIP).upper().translate(_READ_AS)
        values = [_VALUE.get(symbol, -1) for symbol in symbols[:LENGTH]]
        if -1 in values:
            raise CodeMistyped(values.index(-1) // GROUP + 1)
        if len(symbols) != LENGTH:
            raise CodeMistyped(None)
        s0, s1 = _syndromes(values)
        if s0 == 0 and s1 == 0:
            return cls(symbols)
        if s0 and s1 and (position := (_LOG[s1] - _LOG[s0]) % 31) < LENGTH:
            raise CodeMistyped(position // GROUP + 1)
        raise CodeMistyped(None)

    @property
    def text(self) -> str:
        """Return the code in five groups of five."""
        return "-".join(self.symbols[i : i + GROUP] for i in range(0, LENGTH, GROUP))

    def under(self, salt: bytes) -> CodeKeys:
        """Return what the code opens in the survey with this salt."""
        return CodeKeys(extract(salt, self.symbols[:RANDOM].encode("ascii")))


class CodeKeys:
    """Independent tags and keys of one code in one survey, each derived when first needed."""

    draft_tag: bytes
    draft_key: bytes
    inbox_tag: bytes
    inbox_key: bytes
    consent_tag: bytes
    consent_key: bytes
    response_tag: bytes
    response_key: bytes
    receipt_salt: bytes
    admission_tag: bytes
    order_seed: bytes
    """Puts choices in an order of this person's own; it is kept nowhere."""

    def __init__(self, root: bytes) -> None:
        self._expand = expander(root)

    def __getattr__(self, name: str) -> bytes:
        """Derive what is asked for the first time; from then on it is found before this is."""
        label = _LABELS.get(name)
        if label is None:
            raise AttributeError(name)
        derived = self.__dict__[name] = self._expand(label)
        return derived


_LABELS = {
    name: b"equality-survey/v1/" + name.replace("_", "-").encode("ascii")
    for name in CodeKeys.__annotations__
}
