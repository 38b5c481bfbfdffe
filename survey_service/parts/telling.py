"""What settle does for pages it does not serve: ceremonies about its keys, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.clock import Clock
from survey_service.collection.content_classes import ContentClasses
from survey_service.collection.stocktaking import Stocktaking
from survey_service.health.service import state_of
from survey_service.parts.reports import (
    ContentReport,
    FewAlike,
    Installation,
    Reports,
    StockReport,
    Subject,
)
from survey_service.stores.epochs import Epochs
from survey_service.stores.store import Store

EVERY = timedelta(minutes=1)


class Telling:
    """Looks every second, tells of stores and keys every minute and of content once a day.

    Once a day, because a number that moves with each person would tell who came when. Counting
    opens every settled row twice, so its cost grows with their number.
    """

    def __init__(
        self,
        reports: Reports,
        stores: Iterable[Store],
        epochs: Epochs,
        ceremonies: CarryingOut,
        content: ContentClasses,
        stock: Stocktaking,
        kept: Callable[[], bool],
        clock: Clock,
    ) -> None:
        """Wire; `kept` tells whether there are answers or consents."""
        self._reports = reports
        self._stores = tuple(stores)
        self._epochs = epochs
        self._ceremonies = ceremonies
        self._content = content
        self._stock = stock
        self._kept = kept
        self._clock = clock
        self._told: datetime | None = None

    def look(self) -> None:
        """Do what is due; cheap where nothing is."""
        ended = self._ceremonies.heal_now()
        now = self._clock()
        if ended or self._told is None or now - self._told >= EVERY:
            self._reports.leave_now(self._installation())
            self._told = now
            self._count_once_a_day(now)

    def _installation(self) -> Installation:
        looked = state_of(self._stores, self._epochs)
        subjects = [
            Subject(subject=one.subject, hindrance=one.hindrance, secret=one.secret)
            for one in self._ceremonies.destroyables()
        ]
        return Installation(
            stores=looked.stores,
            keys=looked.keys,
            destroyables=tuple(subjects),
            kept=self._kept(),
        )

    def _count_once_a_day(self, now: datetime) -> None:
        last = self._reports.last_now(ContentReport)
        if last is not None and last[1][:10] == now.date().isoformat():
            return
        found = [
            FewAlike(wave=one.wave.id, people=one.people, smallest=one.smallest)
            for one in self._content.count_now()
        ]
        self._reports.leave_now(ContentReport(waves=tuple(found)))
        self._reports.leave_now(StockReport(surveys=tuple(self._stock.count_now())))
