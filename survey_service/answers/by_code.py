"""Settled answers in a part that holds no key: what a code opens, and what a code erases."""

from __future__ import annotations

from collections.abc import Iterable

from survey_service.answers.models import AnswerRow, ErasedAnswer, OutdatedFreeze
from survey_service.answers.service import Answers
from survey_service.stores.erasing_without_keys import erase_and_mark
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store


class AnswersByCode(Answers):
    """The answers without the office's wraps: nothing here opens but with a code.

    What would need them (settling in, reading a wave) fails, because there is no key to use.
    """

    def __init__(self, answers: Store, keyring: Keyring) -> None:
        self._answers = answers
        self._pepper = keyring.secret("pepper-answers")

    def forget(self, tags: Iterable[bytes]) -> int:
        """Delete the rows, mark them for settle, and return how many there were."""
        return erase_and_mark(self._answers, AnswerRow, ErasedAnswer, tags)


class FreezesElsewhere:
    """The freezes as a part sees them that can open none: it says which must go."""

    def __init__(self, answers: Store) -> None:
        self._answers = answers

    def destroy(self, wave: str) -> int:
        """Mark a wave's freezes for settle; from then on nobody opens one."""
        mark = OutdatedFreeze.model_validate({"wave": wave})
        return int(self._answers.write_now(lambda tx: tx.add(mark, ignore=True)))


class AnswerCounts(Answers):
    """How many responses a wave has, for a part that can open none."""

    def __init__(self, answers: Store) -> None:
        self._answers = answers
