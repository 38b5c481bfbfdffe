"""When a backup may be made: no settle half done, and the office's after those it speaks of.

A moment is a block in which copies are made; entering it raises where it has not come.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from schemas.audit import Act, Outcome
from survey_service.audit_log.entries import instant
from survey_service.audit_log.service import AuditLog, EntryFilter
from survey_service.clock import Clock
from survey_service.collection.hand_over import HandOver
from survey_service.collection.inbox import Inbox
from survey_service.collection.maintenance import Maintenance
from survey_service.collection.settle import Settle
from survey_service.stores.errors import StoreRefused
from survey_service.surveys.service import Surveys

RECENT = timedelta(days=1)
_READ = 50


class BetweenSettles:
    """Right after a settle, and none runs until the copies are made."""

    def __init__(
        self,
        surveys: Surveys,
        settle: Settle,
        hand_over: HandOver,
        inbox: Inbox,
        maintenance: Maintenance,
    ) -> None:
        self._surveys = surveys
        self._settle = settle
        self._hand_over = hand_over
        self._inbox = inbox
        self._maintenance = maintenance

    @contextmanager
    def __call__(self, _names: tuple[str, ...]) -> Iterator[None]:
        """Settle what waits, if enough does; submissions of the block go on to wait.

        Raises:
            StoreRefused: a settle was cut short.
        """
        self._maintenance.run()
        for wave in self._surveys.waves_now():
            # What was withdrawn waits in the inbox, which is never copied.
            self._hand_over.note(wave)
        with self._settle.running:
            for wave in self._surveys.waves_now():
                if self._inbox.closing_now(wave.id):
                    raise StoreRefused(
                        "A settle was cut short, and a backup now would keep the order of those "
                        "people. Give the command `equality-survey settle` and try again."
                    )
            yield


class AfterAnothers:
    """For a part that settles nothing: soon after the backup of the part that does.

    What is copied then knows every wave and every released table that those rows belong to.
    """

    def __init__(self, audit: AuditLog, clock: Clock, together: tuple[str, ...]) -> None:
        """Wire; `together`: what needs the other's backup before it, if all of it is copied."""
        self._audit = audit
        self._clock = clock
        self._together = together

    @contextmanager
    def __call__(self, names: tuple[str, ...]) -> Iterator[None]:
        """Go on if there is one of the last day, or if single stores were named.

        Raises:
            StoreRefused: the log tells of none.
        """
        if names == self._together and not self._was_made():
            raise StoreRefused(
                "Settle's backup comes first, and the audit log tells of none in the last day: "
                "`equality-survey backup --part settle FOLDER`. A store of this part alone is "
                "copied at any time: name it with --store."
            )
        yield

    def _was_made(self) -> bool:
        lately = EntryFilter(
            act=Act.BACKUP_MADE, outcome=Outcome.OK, since=instant(self._clock() - RECENT)
        )
        found = self._audit.entries_now(lately, limit=_READ).entries
        return any(entry.object.ref and "answers" in entry.object.ref for entry in found)
