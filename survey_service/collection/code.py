"""The respondent's code: the only thing that reaches both a consent and an answer.

23 random symbols of Crockford's base32 (115 bits) and two check symbols of a Reed-Solomon code
over GF(32) with x^5 + x^2 + 1. The two syndromes locate one wrong symbol, catch every swap and
leave few places for one of two neighbours, so a form can say which group is mistyped without any
look-up. 115 random bits need no stretching.

Source: D. Crockford, Base 32; I. S. Reed and G. Solomon (1960); OWASP ASVS 5.0, 6.5.2;
RFC 5869 (HKDF).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass

from survey_service.stores.envelopes import expander, extract

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM, CHECKS, GROUP = 23, 2, 5
LENGTH = RANDOM + CHECKS

_APART = re.compile(r"[\W_]+")
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
# Besides what Crockford forgives, the Cyrillic letters that look like ours: who types on that
# keyboard sees no difference.
_READ_AS = str.maketrans("OIL\u0406АВЕКМНОРСТХ", "0111ABEKMH0PCTX")
_SKIPPED = frozenset({"Zs", "Cc", "Cf", "Pd", "Pi", "Pf", "Pc"})
_ALSO_SKIPPED = frozenset("\"'„.,")
MOST_GROUPS = 2
"""Groups that are named at once; where more could be meant, none is."""


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


def _swaps(values: list[int], s1: int) -> tuple[int, ...]:
    """The groups in which two neighbours may have changed places; empty where too many may."""
    found: set[int] = set()
    for at in range(LENGTH - 1):
        difference = values[at] ^ values[at + 1]
        if difference and _times(difference, _POWER[at] ^ _POWER[at + 1]) == s1:
            found |= {at // GROUP + 1, (at + 1) // GROUP + 1}
    return tuple(sorted(found)) if len(found) <= MOST_GROUPS else ()


def _odd_group(text: str) -> tuple[int, ...]:
    """The one group with too few or too many symbols, where five were typed apart."""
    groups = [len(_symbols(part)) for part in _APART.split(text.strip()) if _symbols(part)]
    odd = tuple(at for at, length in enumerate(groups, 1) if length != GROUP)
    return odd if len(groups) == LENGTH // GROUP and len(odd) == 1 else ()


def _symbols(text: str) -> str:
    kept = (
        symbol
        for symbol in unicodedata.normalize("NFKC", text)
        if unicodedata.category(symbol) not in _SKIPPED and symbol not in _ALSO_SKIPPED
    )
    return "".join(kept).upper().translate(_READ_AS)


class CodeMistyped(Exception):
    """The check symbols fail; `groups` (of 1 to 5) are where, if that can be told."""

    def __init__(self, *groups: int) -> None:
        super().__init__("the code is mistyped")
        self.groups = groups


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
        """Return the code a person typed: case, spaces, dashes, O/0, I/L/1 and alphabets are one.

        Raises:
            CodeMistyped: wrong length, a foreign symbol, or the check symbols fail.
        """
        symbols = _symbols(text)
        values = [_VALUE.get(symbol, -1) for symbol in symbols[:LENGTH]]
        if -1 in values:
            raise CodeMistyped(values.index(-1) // GROUP + 1)
        if len(symbols) != LENGTH:
            raise CodeMistyped(*_odd_group(text))
        s0, s1 = _syndromes(values)
        if s0 == 0 and s1 == 0:
            return cls(symbols)
        if s0 and s1 and (position := (_LOG[s1] - _LOG[s0]) % 31) < LENGTH:
            raise CodeMistyped(position // GROUP + 1)
        raise CodeMistyped(*(() if s0 else _swaps(values, s1)))

    @property
    def text(self) -> str:
        """Return the code in five groups of five."""
        return "-".join(self.symbols[i : i + GROUP] for i in range(0, LENGTH, GROUP))

    def under(self, salt: bytes) -> CodeKeys:
        """Return what the code opens in the survey with this salt."""
        return CodeKeys(extract(salt, self.symbols[:RANDOM].encode("ascii")))


class _Derived:
    """What a code gives under one name: derived when first asked for, and kept by its holder.

    A property that keeps nothing of its own, and no `__getattr__`, for which Python makes and
    drops an error with its words at every key.
    """

    def __set_name__(self, owner: type[CodeKeys], name: str) -> None:
        self._name = name
        self._label = b"equality-survey/v1/" + name.replace("_", "-").encode("ascii")

    def __get__(self, keys: CodeKeys, owner: type[CodeKeys]) -> bytes:
        derived = keys.__dict__[self._name] = keys.expand(self._label)
        return derived


class CodeKeys:
    """Independent tags and keys of one code in one survey, each derived when first needed."""

    draft_tag = _Derived()
    draft_key = _Derived()
    inbox_tag = _Derived()
    inbox_key = _Derived()
    consent_tag = _Derived()
    consent_key = _Derived()
    response_tag = _Derived()
    response_key = _Derived()
    receipt_salt = _Derived()
    admission_tag = _Derived()
    order_seed = _Derived()
    """Puts choices in an order of this person's own; it is kept nowhere."""

    def __init__(self, root: bytes) -> None:
        self.expand = expander(root)
