"""One person, one spelling: what somebody writes of himself, brought into one canonical form.

Capitals, accents, spaces, dashes, the order of names and the ways to write a country code make no
difference. Cyrillic and Latin spellings of one name do: they cannot be told apart reliably.

Source: Unicode Standard Annex 15 (NFKC and NFD) and section 3.13 (case folding); ITU-T E.164.
"""

from __future__ import annotations

import re
import unicodedata

from survey_service.problems import N_, FieldError, InvalidInput

FIELD = "identifier"
LONGEST = 200
COUNTRY = "371"
LOCAL = 8
PERSONAL_CODE = 11
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})

WRONG = {
    "phone": N_("Write a telephone number, for example +371 20000000."),
    "number": N_("Write your personal code: eleven digits."),
    "name": N_("Write your name and surname."),
}


def canonical(kind: str, text: str) -> str:
    """Return the one form of a telephone number, a personal code or a name.

    Raises:
        InvalidInput: it is none.
    """
    plain = unicodedata.normalize("NFKC", text[: LONGEST + 1]).strip()
    found = _OF[kind](plain) if len(text) <= LONGEST else None
    if found is None:
        raise InvalidInput([FieldError(FIELD, WRONG[kind])])
    return f"{kind}:{found}"


def _phone(text: str) -> str | None:
    if re.search(r"[^\W\d_]", text):
        return None
    digits = _digits(text)
    abroad = text.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    if digits.startswith(COUNTRY) and len(digits) == len(COUNTRY) + LOCAL:
        return digits
    if not abroad and len(digits) == LOCAL:
        return COUNTRY + digits
    return digits if abroad and 7 <= len(digits) <= 15 else None


def _number(text: str) -> str | None:
    digits = _digits(text)
    sound = len(digits) == PERSONAL_CODE and not re.search(r"[^\W\d_]", text)
    return digits if sound else None


def _name(text: str) -> str | None:
    apart = unicodedata.normalize("NFD", text.casefold().translate(_PLAIN))
    bare = "".join(symbol for symbol in apart if not unicodedata.combining(symbol))
    # An apostrophe within a name joins; a hyphen, like anything else, parts.
    joined = re.sub(r"(?<=\w)['\u2018\u2019\u02bc`´](?=\w)", "", bare)
    words = re.findall(r"[^\W\d_]+", joined)
    return " ".join(sorted(words)) if len(words) >= 2 and len("".join(words)) >= 4 else None


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(s)) for s in text if s.isdecimal())


_OF = {"phone": _phone, "number": _number, "name": _name}
