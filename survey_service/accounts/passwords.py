"""Passwords: what is accepted, how it is hashed, and how many at a time.

Source: NIST SP 800-63B, 5.1.1.2 (length, lists, no composition rules); OWASP ASVS 5.0, 6.2 and
11.4.2 (argon2id with 19 MiB, two passes, one lane).
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from survey_service.problems import N_, FieldError, InvalidInput, TooMany

T = TypeVar("T")

SHORTEST = 15
LONGEST = 1000


def at_a_time(cores: int) -> int:
    """Return how many hashes are made at a time: one core is left to the respondents."""
    return max(1, cores - 1)


AT_A_TIME = at_a_time(len(os.sched_getaffinity(0)))
MOST_WAITING = 40
# A third of what others get of a core that two want; at 19 nobody could sign in while others work.
NICENESS = 5
_ONE_TIME_SYMBOLS = "abcdefghjkmnpqrstuvwxyz23456789"
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)


def new_one_time_password() -> str:
    """Return a password for one use: 24 symbols nobody confuses, about 118 bits."""
    groups = ["".join(secrets.choice(_ONE_TIME_SYMBOLS) for _ in range(6)) for _ in range(4)]
    return "-".join(groups)


@cache
def _listed() -> tuple[str, ...]:
    text = (files("survey_service.accounts") / "common_passwords.txt").read_text(encoding="utf-8")
    words = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(sorted(words, key=len, reverse=True))


def _left_over(password: str, username: str) -> str:
    """Return what remains of a password without listed words and the person's own name."""
    rest = unicodedata.normalize("NFKC", password).casefold()
    for word in (username, *re.split(r"[._-]", username), *_listed()):
        if len(word) >= 3:
            rest = rest.replace(word, " ")
    return re.sub(r"[\s!-/:-@\[-`{-~]+", "", rest)


def refuse_weak(field: str, password: str, username: str) -> None:
    """Nothing, if the password may be chosen.

    Any characters do; none are demanded. What counts is what listed words leave over.

    Raises:
        InvalidInput: it is too short, too long, or made of words that are guessed first.
    """
    if len(password) < SHORTEST:
        message = N_("The password is too short.")
        remedy = N_("It needs at least %(shortest)s characters; a sentence is good.")
        raise InvalidInput([FieldError(field, message, remedy, {"shortest": SHORTEST})])
    if len(password) > LONGEST:
        message = N_("The password is too long.")
        remedy = N_("It may have at most %(longest)s characters.")
        raise InvalidInput([FieldError(field, message, remedy, {"longest": LONGEST})])
    left = _left_over(password, username)
    if len(left) < 6 or len(set(left)) < 5:
        message = N_("This password would be guessed soon.")
        remedy = N_("Please use words that have nothing to do with your name or your work.")
        raise InvalidInput([FieldError(field, message, remedy)])


class Passwords:
    """Hashes at most `AT_A_TIME` passwords at a time, in threads of their own.

    Each hash takes 19 MiB and a core for some 25 ms: without a limit, a flood of sign-ins would
    take the machine from the respondents. The threads stand behind all others of the machine, and
    whoever comes when `MOST_WAITING` wait already is asked to come again.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(
            AT_A_TIME, thread_name_prefix="password", initializer=_stand_behind
        )
        self._waiting = 0
        # Checked where no account is: the same work, whatever the name.
        self._nobody = _HASHER.hash(secrets.token_hex(16))

    def hash_now(self, password: str) -> str:
        """Return the hash of a password, in this thread."""
        return _HASHER.hash(password)

    async def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return await self._in_thread(_HASHER.hash, password)

    async def fits(self, stored: str | None, password: str) -> bool:
        """True if the password is the one of the stored hash; None takes as long and is False."""
        fitting = await self._in_thread(_fits, stored or self._nobody, password[: LONGEST + 1])
        return fitting and stored is not None

    def outdated(self, stored: str) -> bool:
        """True if the hash was made with other parameters than today's."""
        return _HASHER.check_needs_rehash(stored)

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._waiting >= MOST_WAITING:
            raise TooMany(headers={"Retry-After": "10"})
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work, *arguments)
        finally:
            self._waiting -= 1


def _stand_behind() -> None:
    """Let others go first: on Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _fits(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
