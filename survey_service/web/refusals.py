"""A refused access of somebody signed in stands in the audit log, once a day and page.

Whoever tries doors tells something about himself or about a stolen session, and the data
protection officer should see it. Nobody who is not signed in can write a line; somebody who is
writes at most one for each kind of page and `MOST` in a day, so that he cannot fill the log.
"""

import re
from datetime import date
from typing import TYPE_CHECKING

import structlog

from schemas.audit import Act, ObjectType, Outcome, Purpose
from survey_service.audit_log.entries import AuditEntry
from survey_service.stores.errors import StoreError
from survey_service.web.context import Connection, services_of

if TYPE_CHECKING:
    from survey_service.accounts.people import Person

MOST = 20
_PARAMETER = re.compile(r"\{(\w+)[^}]*\}")


class Refusals:
    """Which refusals of today are in the log already, by person."""

    def __init__(self) -> None:
        """Begin with none; after a restart each may be logged once more."""
        self._day = date.min
        self._logged: dict[str, set[str]] = {}

    def is_new(self, person: str, page: str, today: date) -> bool:
        """Whether this one belongs into the log; from then on it is in."""
        if today != self._day:
            self._day, self._logged = today, {}
        logged = self._logged.setdefault(person, set())
        if page in logged or len(logged) >= MOST:
            return False
        logged.add(page)
        return True


def page_kind(template: str) -> str:
    """The page as the log names it: never which request, account or entry was asked for."""
    return _PARAMETER.sub(r":\1", template)[:120]


async def log_refusal(connection: Connection, person: "Person") -> None:
    """Leave the refusal in the audit log, unless it is there or the log is full.

    It is refused either way: here nothing is done that would need its entry first.
    """
    services = services_of(connection)
    page = page_kind(str(connection.scope.get("path_template", "")))
    refusals: Refusals = connection.scope["litestar_app"].state["refusals"]
    if not refusals.is_new(person.id, page, services.clock().date()):
        return
    entry = AuditEntry(
        act=Act.PERMISSION_DENIED,
        object_type=ObjectType.PAGE,
        object_ref=page,
        actor=person,
        purpose=Purpose.STAFF_ACCESS,
        outcome=Outcome.DENIED,
    )
    try:
        await services.audit.append(entry)
    except StoreError as error:
        structlog.get_logger().warning("refusal_not_logged", kind=type(error).__name__)
