"""What the office shows of what settle told: stores, keys, ceremonies, what content could join."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from survey_service.accounts.people import Person
from survey_service.audit_log.entries import instant
from survey_service.audit_log.service import AuditLog
from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.ceremonies.destroying import Destroyable
from survey_service.clock import Clock
from survey_service.collection.content_classes import Alike, log_reading
from survey_service.collection.stocktaking import Counts, log_counting
from survey_service.health.service import Looked
from survey_service.parts.reports import ContentReport, Installation, Reports, StockReport
from survey_service.stores.epochs import KeyAge
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import NAMES, ROTATED
from survey_service.surveys.service import Surveys

STALE = timedelta(hours=1)


class ToldByParts:
    """The last report on the installation, with what the office adds of its own keys."""

    def __init__(self, reports: Reports, own: Callable[[], list[KeyAge]], clock: Clock) -> None:
        """Wire; `own` gives the ages of the office's own keys."""
        self._reports = reports
        self._own = own
        self._clock = clock

    def last(self) -> tuple[Installation, str] | None:
        """Return the last report and its time; None where there was none within the hour."""
        found = self._reports.last_now(Installation)
        fresh = found is not None and found[1] >= instant(self._clock() - STALE)
        return found if fresh else None

    def look(self) -> tuple[Looked, str | None]:
        """Return stores and keys as they are known here, and when settle told them."""
        told = self.last()
        stores = told[0].stores if told else ()
        return Looked(stores=stores, keys=tuple(self.ages())), told[1] if told else None

    def ages(self) -> list[KeyAge]:
        """Return the keys of settle and of the office; those of the front alone are not seen."""
        told = self.last()
        known = {age.name: age for age in (*(told[0].keys if told else ()), *self._own())}
        return [known[name] for name in NAMES if name in known]

    def kept(self) -> bool:
        """Return whether answers or consents are kept, as far as is known."""
        told = self.last()
        return told is None or told[0].kept


class HeldByParts:
    """What ceremonies are about where the keys lie with two parts."""

    def __init__(self, own: CarryingOut, told: ToldByParts) -> None:
        self._own = own
        self._told = told
        self.ages, self.epoch_of = told.ages, own.epoch_of
        self.carry_out_now, self.heal_now = own.carry_out_now, own.heal_now

    def rotated(self) -> list[str]:
        """Return every secret that can be replaced, by whichever part."""
        return list(ROTATED)

    def destroyables(self) -> list[Destroyable]:
        """Return what the office destroys itself, and what settle says that it can."""
        told = self._told.last()
        theirs = [
            Destroyable(one.subject, one.hindrance, partial(_not_here, one.subject), one.secret)
            for one in (told[0].destroyables if told else ())
        ]
        return [*theirs, *self._own.destroyables()]


def _not_here(subject: str) -> int:
    raise StoreRefused(f"{subject} is destroyed by the part settle.")


class ContentTold:
    """The data protection officer's page of what content could join, as settle counted it."""

    def __init__(self, reports: Reports, surveys: Surveys, audit: AuditLog) -> None:
        self._reports = reports
        self._surveys = surveys
        self._audit = audit

    def read_now(self, person: Person | None = None) -> list[Alike] | None:
        """Return every wave that was counted; None where nothing was. Reading is an entry first."""
        log_reading(self._audit, person)
        found = self._reports.last_now(ContentReport)
        if found is None:
            return None
        waves = {wave.id: wave for wave in self._surveys.waves_now()}
        return [
            Alike(waves[one.wave], one.people, one.smallest, found[1][:10])
            for one in found[0].waves
            if one.wave in waves
        ]


class StockTold:
    """The data protection officer's page of counts, as settle found them."""

    def __init__(self, reports: Reports, audit: AuditLog) -> None:
        self._reports = reports
        self._audit = audit

    def read_now(self, person: Person | None = None) -> Counts | None:
        """Return the last look; None where there was none. Reading is an entry first."""
        log_counting(self._audit, person)
        found = self._reports.last_now(StockReport)
        return None if found is None else Counts(found[0].surveys, found[1])
