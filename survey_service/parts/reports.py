"""Reports that settle leaves for the office: what only it can see, as it may be told.

The office asks nothing and settle answers nothing: a row is replaced, and read when a page needs
it. So the office learns no more than these words say, and a page tells of when they are.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import bindparam, select

from schemas.vocabulary import Frozen
from survey_service.audit_log.entries import instant
from survey_service.clock import Clock
from survey_service.collection.stocktaking import SurveyStock
from survey_service.health.service import Looked
from survey_service.parts.models import PartReport
from survey_service.stores.store import Store
from survey_service.stores.transactions import replacement

_TABLE: Any = PartReport.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.made_at, _TABLE.c.body).where(_TABLE.c.name == bindparam("of_name"))

Told = TypeVar("Told", bound=Frozen)


class Subject(Frozen):
    """Something that two people may have destroyed, and what stands against it."""

    subject: str
    hindrance: str | None
    secret: str | None


class Installation(Looked):
    """Stores, keys, and what ceremonies can be about; `kept`: answers or consents are."""

    destroyables: tuple[Subject, ...]
    kept: bool


class FewAlike(Frozen):
    """A wave and its smallest class, floored to ten; None below twenty people."""

    wave: str
    people: int | None
    smallest: int | None


class ContentReport(Frozen):
    """What content could join, wave by wave."""

    waves: tuple[FewAlike, ...]


class StockReport(Frozen):
    """Whether stores hold what the log says: words, and no number that the log has not."""

    surveys: tuple[SurveyStock, ...]


class Reports:
    """The table of reports, from both sides."""

    def __init__(self, office: Store, clock: Clock) -> None:
        self._office = office
        self._clock = clock

    def leave_now(self, report: Frozen) -> None:
        """Replace the last report of this kind."""
        row = {
            "name": type(report).__name__,
            "made_at": instant(self._clock()),
            "body": report.model_dump_json(),
        }
        self._office.write_now(lambda tx: tx.run(replacement(PartReport, tx.dialect), **row))

    def last_now(self, kind: type[Told]) -> tuple[Told, str] | None:
        """Return the last report of a kind and when it was left, or None."""
        row = self._office.read_now(lambda tx: tx.one(_ONE, of_name=kind.__name__))
        return None if row is None else (kind.model_validate_json(row[1]), str(row[0]))
