"""What settle does for respondents' acts: take keys over, let the vault note, shuffle, log.

Whoever acts for a respondent (`rights`) holds no key of the office. It leaves marks, sealed parts
and handed-over row keys; here they are worked off with settle's keys. In one process that happens
at once; where settle is a process of its own, whenever it looks.
"""

from __future__ import annotations

import random
import secrets
import threading
from datetime import date
from typing import Any

from schemas.audit import Act, ObjectType, Purpose
from survey_service.answers.freezes import Freezes
from survey_service.answers.models import AnswerRow
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.collection.changes import Changes, lane
from survey_service.collection.inbox import Inbox
from survey_service.collection.letterbox import GenerationClosed
from survey_service.collection.marks import ACTS, CHANGED, DESTROYED, REWRITTEN, Marks
from survey_service.collection.settle import Settle, floored
from survey_service.consent.models import ConsentRow
from survey_service.consent.service import Consents
from survey_service.stores.envelopes import open_part
from survey_service.stores.errors import StoreFull
from survey_service.stores.shuffle import rewrite_shuffled
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave


class HandOver:
    """Works off what respondents' acts have left. Every step can be repeated."""

    def __init__(
        self,
        stores: Stores,
        inbox: Inbox,
        changes: Changes,
        marks: Marks,
        consents: Consents,
        answers: Answers,
        freezes: Freezes,
        settle: Settle,
        audit: AuditLog,
        clock: Clock,
        shuffler: random.Random | None = None,
    ) -> None:
        self._stores = stores
        self._inbox = inbox
        self._changes = changes
        self._marks = marks
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._settle = settle
        self._audit = audit
        self._clock = clock
        self._shuffler = shuffler or secrets.SystemRandom()
        self._serving = threading.Lock()
        self._worked_off: date | None = None

    def serve(self, wave: str) -> None:
        """Take changed rows' keys over: from then on the office reads them as they are now."""
        # The next key to seal to lies ready: whoever acts for a respondent cannot make one.
        self._inbox.generation_now(lane(wave))
        with self._serving:
            self._take_over(wave)

    def _take_over(self, wave: str) -> None:
        private: dict[str, bytes] = {}
        keys = []
        for tag, generation, sealed in self._answers.handed_over(wave):
            if generation not in private:
                try:
                    private[generation] = self._inbox.private_now(generation)[1]
                except GenerationClosed:
                    # Its person still reads it, and the next correction hands it over anew.
                    continue
            key = open_part(private[generation], sealed, tag)
            keys.append((tag, generation, sealed, key))
        if keys:
            self._answers.take_over(wave, keys)
            for store in (self._stores.answers, self._stores.keys):
                store.truncate_log()

    def work_off(self, waves: list[Wave]) -> None:
        """Once a day: let the vault note what was withdrawn, rewrite what changed, log."""
        today = self._clock().date()
        if self._worked_off == today:
            return
        for wave in waves:
            self.serve(wave.id)
            self.note(wave)
        self._log()
        self._worked_off = today

    def note(self, wave: Wave) -> int:
        """Let the vault note what was withdrawn since, and return how many people's it was.

        Answers first, each store in a transaction of its own and in an order of its own: nothing
        that changed singly stays apart, and no two single changes ever stand beside each other.
        """
        name = lane(wave.id)
        with self._settle.running:
            changed = self._marks.counts_now().get(CHANGED + wave.id, 0)
            before = self._inbox.closing_now(name)
            waits = changed or self._changes.any_now()
            closed = [self._inbox.close_now(name, reopen=True)] if waits else []
            closing = [*before, *(generation for generation in closed if generation)]
            withdrawn: dict[bytes, frozenset[str]] = {}
            for generation in closing:
                private = self._inbox.private_now(generation)[0]
                withdrawn |= self._changes.of_now(generation, private)
            if changed or withdrawn:
                self._rewrite(wave, withdrawn)
                self._marks.take_now(CHANGED + wave.id, changed)
            for generation in closing:
                self._changes.drop_now(generation)
            for generation in before:
                # A day later nobody can still be about to seal a row's key to it.
                self._inbox.drop_now(generation)
            return len(withdrawn)

    def withdrawn_now(self, waves: list[Wave]) -> dict[bytes, frozenset[str]]:
        """Return what was taken back and the vault has not noted yet, by stored consent tag.

        Whoever reads the vault meanwhile takes this off: it counts from the moment it was said.
        """
        found: dict[bytes, frozenset[str]] = {}
        for wave in waves:
            name = lane(wave.id)
            generations = [*self._inbox.closing_now(name), self._inbox.generation_now(name).id]
            for generation in generations:
                private = self._inbox.private_now(generation)[0]
                found |= self._changes.of_now(generation, private)
        return found

    def _rewrite(self, wave: Wave, withdrawn: dict[bytes, frozenset[str]]) -> None:
        rows = {"rows_floored_to_ten": floored(self._answers.count(wave.id))}
        try:
            self._append(Act.WAVE_REWRITTEN, ObjectType.WAVE, wave.id, rows)
        except StoreFull:
            # What somebody took back is never blocked, not by a full log either.
            self._marks.add_now(REWRITTEN + wave.id)
        shuffler: Any = self._shuffler
        rewrite_shuffled(self._stores.answers, AnswerRow, shuffler)
        if withdrawn:
            self._consents.withdraw(wave.survey, withdrawn, shuffler)
            rewrite_shuffled(self._stores.vault, ConsentRow, shuffler)

    def _log(self) -> None:
        """Tell the log what was done since, in tens; what does not fill ten waits."""
        counts = self._marks.counts_now()
        told = {f"{act}_floored_to_ten": floored(counts.get(act, 0)) for act in ACTS}
        if any(told.values()):
            self._append(Act.RIGHTS_BATCHED, ObjectType.LOG, "", told)
            for act in ACTS:
                self._marks.take_now(act, floored(counts.get(act, 0)))
        for what, count in counts.items():
            if what.startswith(REWRITTEN):
                self._append(Act.WAVE_REWRITTEN, ObjectType.WAVE, what.removeprefix(REWRITTEN))
                self._marks.take_now(what, count)
            if what.startswith(DESTROYED):
                wave = what.removeprefix(DESTROYED)
                if self._freezes.ever(wave) is not None:
                    self._append(Act.FREEZE_DESTROYED, ObjectType.WAVE, wave)
                self._marks.take_now(what, count)

    def _append(
        self, act: Act, kind: ObjectType, ref: str, counts: dict[str, int] | None = None
    ) -> None:
        self._audit.append_now(
            AuditEntry(
                act=act,
                object_type=kind,
                object_ref=ref,
                purpose=Purpose.RESPONDENT_RIGHTS,
                counts=counts or {},
            )
        )
