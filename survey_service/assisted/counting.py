"""How often people were helped: per day without who, per mediator without days.

Neither count can be laid beside an answer: one says nothing of the helper, the other nothing of
time. What the audit log gets is one entry for each day that is over.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from schemas.audit import Act, ObjectType, Purpose
from survey_service.assisted.models import AssistedCount, AssistedDay
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

SHOWN_FROM = 20

_DAY: Any = AssistedDay.__table__  # type: ignore[attr-defined]
_COUNT: Any = AssistedCount.__table__  # type: ignore[attr-defined]
_THIS_DAY = (_DAY.c.day == bindparam("of_day"), _DAY.c.survey == bindparam("of_survey"))
_MORE_STARTS = update(_DAY).where(*_THIS_DAY).values(starts=_DAY.c.starts + 1)
_MORE_HAND_OVERS = update(_DAY).where(*_THIS_DAY).values(hand_overs=_DAY.c.hand_overs + 1)
_OVER = select(_DAY).where(_DAY.c.day < bindparam("today")).order_by(_DAY.c.day, _DAY.c.survey)
_LOGGED = delete(_DAY).where(*_THIS_DAY)
_MORE_OWN = (
    update(_COUNT)
    .where(
        _COUNT.c.account_id == bindparam("of_account"), _COUNT.c.survey == bindparam("of_survey")
    )
    .values(starts=_COUNT.c.starts + 1)
)
_OWN = (
    select(_COUNT.c.survey, _COUNT.c.starts)
    .where(_COUNT.c.account_id == bindparam("of_account"))
    .order_by(_COUNT.c.survey)
)


class Counting:
    """The counts in the `office` store, and their way into the audit log."""

    def __init__(self, store: Store, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit

    async def started(self, account_id: str, survey: str, today: date) -> None:
        """Count an interview that somebody begins."""

        def work(tx: Tx) -> None:
            day = {"day": today.isoformat(), "survey": survey}
            tx.add(AssistedDay.model_validate(day), ignore=True)
            tx.run(_MORE_STARTS, of_day=day["day"], of_survey=survey)
            own = {"account_id": account_id, "survey": survey}
            tx.add(AssistedCount.model_validate(own), ignore=True)
            tx.run(_MORE_OWN, of_account=account_id, of_survey=survey)

        await self._store.write(work)

    async def handed_over(self, survey: str, today: date) -> None:
        """Count a device that went to the respondent."""

        def work(tx: Tx) -> None:
            day = {"day": today.isoformat(), "survey": survey}
            tx.add(AssistedDay.model_validate(day), ignore=True)
            tx.run(_MORE_HAND_OVERS, of_day=day["day"], of_survey=survey)

        await self._store.write(work)

    async def own(self, account_id: str) -> dict[str, int | None]:
        """Return a mediator's counts by survey, floored to ten; None below the threshold."""
        rows = await self._store.read(lambda tx: tx.all(_OWN, of_account=account_id))
        return {
            survey: starts // 10 * 10 if starts >= SHOWN_FROM else None for survey, starts in rows
        }

    def log_days_now(self, today: date) -> int:
        """Write one entry for each day that is over, and return how many.

        Rounded down to ten: the one interview with help of a day would be the one consent of that
        day. A crash between entry and deletion leaves a second entry for that day, with its day.
        """
        days = self._store.read_now(lambda tx: tx.dicts(_OVER, today=today.isoformat()))
        for day in days:
            self._audit.append_now(
                AuditEntry(
                    act=Act.INTERVIEWS_ASSISTED,
                    object_type=ObjectType.SURVEY,
                    object_ref=f"{day['survey']}/{day['day']}",
                    purpose=Purpose.FIELD_WORK,
                    counts={
                        "begun_floored_to_ten": day["starts"] // 10 * 10,
                        "handed_over_floored_to_ten": day["hand_overs"] // 10 * 10,
                    },
                )
            )
            self._forget_day_now(day["day"], day["survey"])
        return len(days)

    def _forget_day_now(self, day: str, survey: str) -> None:
        self._store.write_now(lambda tx: tx.run(_LOGGED, of_day=day, of_survey=survey))
