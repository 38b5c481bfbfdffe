"""What the settle part looks for every second, because no other part can tell it.

The stores themselves carry what is wanted: a wave's state, a count of what waits, a mark. So
nothing is lost while this part is down, and looking twice is looking once.
"""

from __future__ import annotations

from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.collection.hand_over import HandOver
from survey_service.collection.inbox import Inbox
from survey_service.collection.maintenance import Maintenance
from survey_service.collection.marks import CHANGED, Marks
from survey_service.collection.settle import THRESHOLD, Settle
from survey_service.consent.service import Consents
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState


class Watch:
    """Finishes erasures, opens generations, settles what waits. Cheap where nothing is wanted."""

    def __init__(
        self,
        surveys: Surveys,
        inbox: Inbox,
        settle: Settle,
        hand_over: HandOver,
        marks: Marks,
        consents: Consents,
        answers: Answers,
        freezes: Freezes,
        maintenance: Maintenance,
    ) -> None:
        self._surveys = surveys
        self._inbox = inbox
        self._settle = settle
        self._hand_over = hand_over
        self._marks = marks
        self._served: dict[str, int] = {}
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._maintenance = maintenance
        self._erased = 0
        self._withdrawn = 0

    def look(self) -> None:
        """Do what is wanted now."""
        self.finish_erasures()
        changes = self._marks.counts_now()
        if changes.get("purpose_withdrawn", 0) != self._withdrawn:
            # A contact may be among it, and stands in no list from now on.
            self._withdrawn = changes.get("purpose_withdrawn", 0)
            self._erased += 1
        for wave in self._surveys.waves_now():
            if wave.state is not WaveState.DRAFT:
                self._serve(wave, changes.get(CHANGED + wave.id, 0))
            if wave.state is WaveState.OPEN:
                self._tend(wave)
            elif wave.state is not WaveState.DRAFT:
                self._end(wave)

    def _end(self, wave: Wave) -> None:
        """A wave that ended has nothing waiting; an archived one has no freeze."""
        if self._inbox.has_any_now(wave.id):
            self._settle.run(wave, closing=True)
            if wave.state is WaveState.CLOSED:
                self._maintenance.freeze_if_due(wave)
        if wave.state is WaveState.ARCHIVED:
            self._maintenance.destroy_freezes(wave)

    def _serve(self, wave: Wave, changes: int) -> None:
        """Take over what people changed, once for each time that the count of it moves."""
        if self._served.get(wave.id) != changes:
            self._hand_over.serve(wave.id)
            self._served[wave.id] = changes

    def _tend(self, wave: Wave) -> None:
        """An open wave has a generation to seal to, and what waits is settled in time."""
        generation = self._inbox.generation_now(wave.id)
        waiting = self._inbox.count_now(generation.id)
        if waiting >= THRESHOLD or self._inbox.closing_now(wave.id):
            self._settle.run(wave)

    def erased(self) -> bool:
        """Return whether a consent was erased or taken back since this was last asked."""
        found, self._erased = self._erased > 0, 0
        return found

    def finish_erasures(self) -> None:
        """Destroy the keys and freezes of what the front has erased, keys first."""
        self._answers.finish_erasures()
        self._erased += self._consents.finish_erasures()
        for wave in self._freezes.outdated():
            self._freezes.destroy(wave)
