"""What stands on a slip: 24 symbols that a key of its batch finds sound, and that no list holds.

72 random bits and 48 bits of a keyed hash over them. Nobody can make one up, and the office keeps
no list of those it printed: a batch can be made useless as a whole, by its number.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from survey_service.stores.envelopes import mac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM, CHECK = 9, 6
LENGTH = 24
GROUP = 6
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SKIP = str.maketrans("", "", " -\t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014.")


def new_slip(batch_key: bytes, draw: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Return a fresh slip of a batch."""
    random = draw(RANDOM)
    number = int.from_bytes(random + _check(batch_key, random))
    return "".join(ALPHABET[number >> shift & 31] for shift in range(115, -1, -5))


def read_slip(text: str) -> str | None:
    """Return a slip as people write it in its one form, or None where it can be none."""
    symbols = text.translate(_SKIP).upper().translate(_READ_AS)
    return symbols if len(symbols) == LENGTH and set(symbols) <= set(ALPHABET) else None


def is_of(batch_key: bytes, slip: str) -> bool:
    """Return whether a slip is one of this batch, in the same time whatever it is."""
    number = 0
    for symbol in slip:
        number = number << 5 | ALPHABET.index(symbol)
    octets = number.to_bytes(RANDOM + CHECK)
    return hmac.compare_digest(_check(batch_key, octets[:RANDOM]), octets[RANDOM:])


def shown(slip: str) -> str:
    """Return a slip in groups of six."""
    return "-".join(slip[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def _check(batch_key: bytes, random: bytes) -> bytes:
    return mac(batch_key, b"slip/v1\0" + random)[:CHECK]
