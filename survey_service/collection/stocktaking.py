"""What the log says was settled against what vault, answers and keys hold, row by row.

Inside, everything is exact: each row has its key and each key its row, as many keys as were counted
when rows were settled and erased, as many settled as the log tells. What leaves is a word for each
kind of difference and whether it is of ten rows or more; where all agrees, one word. A number
that moved with each person would tell who came or erased when.

Cost grows linearly with the settled rows: each is opened once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from schemas.audit import Act, ObjectType
from schemas.audit import Purpose as Why
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.answers.service import Answers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.collection.settle import Settle, floored
from survey_service.collection.settled_counts import Batches, Log, read_log
from survey_service.consent.service import Consents
from survey_service.stores.keyring import Keyring
from survey_service.stores.row_counts import Counted
from survey_service.stores.row_keys import Compared
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave

LOOKS, PAUSE = 3, 0.2
"""An erasure takes several commits; what differs only meanwhile is gone at the next look."""


class Difference(StrEnum):
    """In what stores and log can differ."""

    ROWS_GONE = "rows_gone"
    ROWS_FOREIGN = "rows_foreign"
    ROWS_BROKEN = "rows_broken"
    KEYS_GONE = "keys_gone"
    KEYS_FOREIGN = "keys_foreign"
    NOT_COUNTED = "not_counted"
    LOG_SAYS_MORE = "log_says_more"
    LOG_SAYS_LESS = "log_says_less"
    ENTRY_CHANGED = "entry_changed"
    ERASED_STILL_THERE = "erased_still_there"
    ERASED_UNNAMED = "erased_unnamed"
    STORES_APART = "stores_apart"


class Found(Frozen):
    """One kind of difference, and of how many rows at the least: floored to ten, 0 below ten."""

    kind: Difference
    at_least: int


class Stock(Frozen):
    """A store's rows of one scope. `state` says `agrees`, `differs`, `unfinished` or `ended`."""

    state: str
    differences: tuple[Found, ...] = ()


class WaveStock(Frozen):
    """A wave: the log's own figures, and how its answers stand to them."""

    wave: str
    batches: int
    settled_floored_to_ten: int
    answers: Stock


class SurveyStock(Frozen):
    """A survey: how its consents stand, and its waves. `since`: the day of the last restore."""

    survey: str
    consents: Stock
    waves: tuple[WaveStock, ...]
    since: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return all(one.state != "differs" for one in self.stocks)

    @property
    def stocks(self) -> tuple[Stock, ...]:
        """Consents and the answers of each wave."""
        return (self.consents, *(wave.answers for wave in self.waves))


class Counts(NamedTuple):
    """A look at every survey; `told_at` is when the part settle took it, None for just now."""

    surveys: tuple[SurveyStock, ...]
    told_at: str | None = None

    @property
    def agree(self) -> bool:
        """Whether nothing differs."""
        return all(survey.agrees for survey in self.surveys)


class Stocktaking:
    """The use case: one look at everything that was settled."""

    def __init__(
        self,
        surveys: Surveys,
        consents: Consents,
        answers: Answers,
        tombstones: Tombstones,
        settle: Settle,
        audit: AuditLog,
        log: Store,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Wire; `log` is the store of the audit log."""
        self._surveys = surveys
        self._consents = consents
        self._answers = answers
        self._tombstones = tombstones
        self._settle = settle
        self._audit = audit
        self._log = log
        self._pause = pause

    def read_now(self, person: Person | None = None) -> Counts:
        """Return every survey that was in the field; reading is an entry made first."""
        log_counting(self._audit, person)
        return Counts(tuple(self.count_now()))

    def count_now(self) -> list[SurveyStock]:
        """Return every survey that was in the field."""
        for _ in range(LOOKS - 1):
            found = self._look()
            if all(one.agrees for one in found):
                return found
            self._pause(PAUSE)
        return self._look()

    def _look(self) -> list[SurveyStock]:
        # Whatever the front has erased loses its key now, as it would within a second.
        self._answers.finish_erasures()
        self._consents.finish_erasures()
        waves = [wave for wave in self._surveys.waves_now() if wave.opened_on]
        with self._settle.running:
            self._tombstones.refresh()
            log = read_log(self._log, self._answers.told)
            surveys = sorted({wave.survey for wave in waves})
            return [self._survey(s, [w for w in waves if w.survey == s], log) for s in surveys]

    def _survey(self, survey: str, waves: list[Wave], log: Log) -> SurveyStock:
        unfinished = any(self._settle.cut_short(wave) for wave in waves)
        ended = f"row-keys/{survey}" in log.destroyed
        compared = {wave.id: self._answers.compare(wave.id) for wave in waves}
        held = {wave.id: _live(compared[wave.id][0].counted) for wave in waves}
        consents, broken = self._consents.compare(survey)
        batches = [log.of(wave.id) for wave in waves]
        found = differences(consents, broken, batches)
        found[Difference.ERASED_STILL_THERE] = len(
            self._tombstones.held("vault", self._consents.tags_of(survey))
        )
        erased = consents.counted.erased if consents.counted else 0
        erased += sum(c.counted.erased for c, _ in compared.values() if c.counted)
        found[Difference.ERASED_UNNAMED] = max(0, erased - len(self._tombstones))
        found[Difference.STORES_APART] = abs(_live(consents.counted) - sum(held.values()))
        return SurveyStock(
            survey=survey,
            since=log.restored_on,
            consents=_stock(found, unfinished=unfinished, ended=ended),
            waves=tuple(
                WaveStock(
                    wave=wave.id,
                    batches=len(log.of(wave.id).floors),
                    settled_floored_to_ten=log.of(wave.id).settled_floored,
                    answers=_stock(
                        differences(*compared[wave.id], [log.of(wave.id)])
                        | {
                            Difference.ERASED_STILL_THERE: len(
                                self._tombstones.held("answers", self._answers.tags_of(wave.id))
                            )
                        },
                        unfinished=unfinished,
                        ended=ended,
                    ),
                )
                for wave in waves
            ),
        )


def differences(found: Compared, broken: int, batches: Iterable[Batches]) -> dict[Difference, int]:
    """Return of how many rows each kind of difference is; noughts where it does not exist."""
    told = list(batches)
    counted = found.counted or Counted()
    least, most = sum(b.least for b in told), sum(b.most for b in told)
    uncounted = found.counted is None and (found.keys > 0 or most > 0)
    by_count = 0 if found.counted is None else found.keys - counted.live
    by_log = 0 if found.counted is None else counted.settled
    return {
        Difference.ROWS_GONE: max(0, found.unowned - counted.lost),
        Difference.ROWS_FOREIGN: max(0, found.unkeyed - counted.bare),
        Difference.ROWS_BROKEN: broken,
        Difference.KEYS_GONE: max(0, -by_count),
        Difference.KEYS_FOREIGN: max(0, by_count),
        Difference.NOT_COUNTED: max(found.keys, most) if uncounted else 0,
        Difference.LOG_SAYS_MORE: max(0, least - by_log) if not uncounted else 0,
        Difference.LOG_SAYS_LESS: max(0, by_log - most),
        Difference.ENTRY_CHANGED: sum(b.unopened for b in told),
    }


def _live(counted: Counted | None) -> int:
    """Keys that are there or whose time was over: of these both stores have as many."""
    return 0 if counted is None else counted.live + counted.ended - counted.again


def _stock(found: Mapping[Difference, int], *, unfinished: bool, ended: bool) -> Stock:
    if ended:
        return Stock(state="ended")
    differ = tuple(Found(kind=kind, at_least=floored(n)) for kind, n in found.items() if n)
    if not differ:
        return Stock(state="agrees")
    return Stock(state="unfinished" if unfinished else "differs", differences=differ)


def count_anew(stores: Stores, keyring: Keyring) -> None:
    """Let the counts of rows begin with what a restore has left; its entry says since when."""
    Answers(stores.answers, stores.keys, keyring).recount()
    Consents(stores.vault, stores.keys, keyring).recount()


def log_counting(audit: AuditLog, person: Person | None) -> None:
    """Leave an entry that somebody reads whether counts agree."""
    audit.append_now(
        AuditEntry(
            act=Act.COUNTS_COMPARED,
            object_type=ObjectType.STORE,
            actor=person,
            purpose=Why.OVERSIGHT,
        )
    )
