"""Guessing gets slower and slower, and nobody can be locked out by somebody else.

Attempts are counted per name, known here or not, before anything is checked: attempts made at
the same moment count like attempts one after the other. A browser in which somebody once signed
in has a count of its own, so that an attacker who knows a name cannot keep its owner out.

Source: OWASP ASVS 5.0, 6.3.1; OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, delete, select

from survey_service.accounts.models import SignInDelay
from survey_service.audit_log.entries import instant
from survey_service.stores.envelopes import expand
from survey_service.stores.transactions import Tx, replacement

FREE_ATTEMPTS = 6
LONGEST_WAIT = 900
FORGOTTEN_AFTER = timedelta(days=1)

DELAY: Any = SignInDelay.__table__  # type: ignore[attr-defined]
_BY_NAME = select(DELAY.c.attempts, DELAY.c.not_before, DELAY.c.last_at).where(
    DELAY.c.name_hash == bindparam("name_hash")
)
_OLD = delete(DELAY).where(DELAY.c.last_at < bindparam("before"))
_FORGET = delete(DELAY).where(DELAY.c.name_hash == bindparam("of_name"))


def wait_after(attempts: int) -> int:
    """Return the seconds to wait after that many attempts without success."""
    over = attempts - FREE_ATTEMPTS
    return 0 if over < 0 else min(1 << min(over, 20), LONGEST_WAIT)


class Delays:
    """Counts attempts in the office store."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._root = key

    def track(self, username: str, account_id: str | None, browser: str | None) -> str:
        """Return what attempts are counted under: the name, or the browser if it is known."""
        if account_id is not None and self._knows(account_id, browser):
            return self._mac(b"browser", str(browser))
        return self._mac(b"name", username)

    def new_browser(self, account_id: str) -> str:
        """Return the mark of a browser in which this person has just signed in."""
        nonce = secrets.token_hex(16)
        return f"{nonce}.{self._mac(b'mark', f'{account_id}.{nonce}')}"

    def _knows(self, account_id: str, browser: str | None) -> bool:
        nonce, _dot, mac = (browser or "").partition(".")
        wanted = self._mac(b"mark", f"{account_id}.{nonce}")
        return hmac.compare_digest(wanted.encode(), mac.encode())

    def _mac(self, kind: bytes, value: str) -> str:
        key = expand(self._root(), b"sign-in-delay/v1")
        return hmac.new(key, kind + b"\x00" + value.encode(), sha256).hexdigest()

    @staticmethod
    def count(tx: Tx, track: str, now: datetime) -> int:
        """Count an attempt and return 0, or return the seconds still to wait and count nothing."""
        tx.run(_OLD, before=instant(now - FORGOTTEN_AFTER))
        row = tx.one(_BY_NAME, name_hash=track)
        if row is not None and str(row[1]) > instant(now):
            until = datetime.strptime(str(row[1]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            return max(1, int((until - now).total_seconds()) + 1)
        attempts = 1 if row is None else int(row[0]) + 1
        new = SignInDelay.model_validate(
            {
                "name_hash": track,
                "attempts": attempts,
                "not_before": instant(now + timedelta(seconds=wait_after(attempts))),
                "last_at": instant(now),
            }
        )
        tx.run(replacement(SignInDelay, tx.dialect), **new.model_dump())
        return 0

    @staticmethod
    def forget(tx: Tx, track: str) -> None:
        """Start over after a full sign-in."""
        tx.run(_FORGET, of_name=track)
