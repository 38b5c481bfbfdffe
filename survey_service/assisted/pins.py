"""The PIN with which a respondent gives a device back."""

from __future__ import annotations

from itertools import pairwise

from survey_service.problems import N_, FieldError, InvalidInput

SHORTEST, LONGEST = 4, 8
DIGITS = N_("Choose a PIN of 4 to 8 digits.")
GUESSED = N_("This PIN would be guessed soon. Please choose another one.")
NOT_THE_SAME = N_("The two PINs are not the same.")


def read_pin(text: str) -> str:
    """Return the digits of a PIN; spaces do not matter.

    Raises:
        InvalidInput: it is not 4 to 8 digits.
    """
    pin = "".join(text.split())
    if not (SHORTEST <= len(pin) <= LONGEST and pin.isascii() and pin.isdigit()):
        raise InvalidInput([FieldError("pin", DIGITS)])
    return pin


def choose_pin(text: str, again: str) -> str:
    """Return a PIN that may be chosen.

    Raises:
        InvalidInput: it is not 4 to 8 digits, is guessed first, or was typed differently again.
    """
    pin = read_pin(text)
    steps = {ord(right) - ord(left) for left, right in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise InvalidInput([FieldError("pin", GUESSED)])
    if "".join(again.split()) != pin:
        raise InvalidInput([FieldError("again", NOT_THE_SAME)])
    return pin
