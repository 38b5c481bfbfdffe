"""Settled answers in a part that holds no key: what a code opens, and what a code erases."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete

from survey_service.answers.models import AnswerRow, ErasedAnswer, OutdatedFreeze
from survey_service.answers.service import Answers
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_TABLE = AnswerRow.__table__  # type: ignore[attr-defined]
_REMOVE = delete(_TABLE).where(_TABLE.c.tag == bindparam("tag"))


class AnswersByCode(Answers):
    """The answers without the office's wraps: nothing here opens but with a code.

    What would need them (settling in, reading a wave) fails, because there is no key to use.
    """

    def __init__(self, answers: Store, keyring: Keyring) -> None:
        self._answers = answers
        self._pepper = keyring.secret("pepper-answers")

    def forget(self, tags: Iterable[bytes]) -> int:
        """Delete the rows, mark them for settle, and return how many there were.

        The wraps of their keys are beyond this part's reach; settle destroys them as soon as it
        finds the marks.
        """
        gone = list(tags)

        def work(tx: Tx) -> int:
            count = 0
            for tag in gone:
                if tx.run(_REMOVE, tag=tag):
                    tx.add(ErasedAnswer.model_validate({"tag": tag}), ignore=True)
                    count += 1
            return count

        return self._answers.write_now(work)


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
