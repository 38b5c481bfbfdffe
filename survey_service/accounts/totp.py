"""The second factor: time-based one-time codes, good once.

Source: RFC 6238 (30-second steps, SHA-1, six digits, as every authenticator app knows them) and
its section 5.2: a code that was used is not accepted again.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

import pyotp

from survey_service.stores.envelopes import seal, unseal

STEP = 30
DRIFT = 1
ISSUER = "Equality data"


def new_secret() -> str:
    """Return a new secret as base32 text: 160 bits, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def otpauth(secret: str, username: str) -> str:
    """Return the address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def fitting_step(secret: str, code: str, moment: datetime) -> int | None:
    """Return the time step whose code this is (the present, one before or after), or None.

    Every step is compared, so that the time taken tells nothing.
    """
    present = int(moment.timestamp()) // STEP
    given = "".join(code.split()).encode()
    hotp = pyotp.HOTP(secret)
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(hotp.at(step).encode(), given):
            found = step
    return found


class SecondFactors:
    """Seals secrets to their account, so that a copy of the store opens none."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def close(self, account_id: str, secret: str) -> bytes:
        """Return the sealed secret."""
        return seal(self._key(), secret.encode(), _bound_to(account_id))

    def open(self, account_id: str, sealed: bytes) -> str:
        """Return the secret.

        Raises:
            EnvelopeBroken: it was sealed for another account, or with another key.
        """
        return unseal(self._key(), sealed, _bound_to(account_id)).decode()


def _bound_to(account_id: str) -> bytes:
    return b"second-factor/" + account_id.encode()
