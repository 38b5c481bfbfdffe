"""What settle makes of the vault for the office: sealed lists of contacts, rounded statistics.

The office never reads the vault. It leaves a granted request with the public key of whoever asked;
the list is sealed to that key here, made anew at least once an hour so that who has withdrawn is
not in it, and destroyed when its week is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

from schemas.audit import Act, ObjectType, Purpose
from schemas.notice import PurposeId
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.collection.lost_codes import LostCodeSearch
from survey_service.collection.settle import floored
from survey_service.consent.service import Consents
from survey_service.contact_lists.kept import LISTS, Granted, granted, statistics
from survey_service.contact_lists.models import ConsentStatisticRow
from survey_service.contact_lists.sealing import sealed_list
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave

FRESH = timedelta(hours=1)
SMALLEST_TOLD = 20


class VaultReports:
    """Makes, renews and destroys what the office may have of the vault."""

    def __init__(
        self,
        office: Store,
        surveys: Surveys,
        consents: Consents,
        withdrawn: Callable[[list[Wave]], Mapping[bytes, frozenset[str]]],
        audit: AuditLog,
        clock: Clock,
        lost_codes: LostCodeSearch | None = None,
    ) -> None:
        """Wire; `withdrawn` gives what was taken back and the vault has not noted yet."""
        self._lost_codes = lost_codes
        self._office = office
        self._surveys = surveys
        self._consents = consents
        self._withdrawn = withdrawn
        self._audit = audit
        self._clock = clock
        self._running = threading.Lock()

    def look(self, *, anew: bool = False) -> None:
        """Do what is due; with `anew` every list that was granted is made again."""
        with self._running:
            now = self._clock()
            for list_id in self._office.read_now(lambda tx: LISTS.due(tx, instant(now))):
                self._end(list_id)
            old = instant(now - FRESH)
            for one in self._office.read_now(lambda tx: granted(tx, instant(now))):
                if anew or one.made_at is None or one.made_at <= old:
                    self._make(one)
            self._count()
            if self._lost_codes is not None:
                self._lost_codes.look()

    def _make(self, one: Granted) -> None:
        waves = [wave for wave in self._surveys.waves_now() if wave.survey == one.survey]
        contacts = self._consents.contacts(one.survey, self._withdrawn(waves))
        if one.made_at is None:
            self._log(Act.CONTACT_LIST_SEALED, one.id, {"people_floored_to_ten": len(contacts)})
        sealed, at = sealed_list(contacts, one.public_key, one.id), instant(self._clock())
        self._office.write_now(lambda tx: LISTS.keep(tx, one.id, sealed, at))
        self._office.truncate_log()

    def _end(self, list_id: str) -> None:
        self._log(Act.CONTACT_LIST_ENDED, list_id, {})
        self._office.write_now(lambda tx: LISTS.end(tx, list_id))
        self._office.truncate_log()

    def _count(self) -> None:
        """Once a day: a number that moves with each person would tell who came when."""
        today = self._clock().date().isoformat()
        known = {(s.survey, s.made_on) for s in self._office.read_now(statistics)}
        for slug, _, _ in self._surveys.surveys_now():
            if (slug, today) not in known:
                self._store(slug, today)

    def _store(self, survey: str, today: str) -> None:
        found = self._consents.purposes_in_force(survey)
        rows = [
            {
                "survey": survey,
                "purpose": purpose.value,
                "yes": told(found[purpose.value]),
                "made_on": today,
            }
            for purpose in PurposeId
        ]

        def work(tx: Tx) -> None:
            for row in rows:
                tx.run(replacement(ConsentStatisticRow, tx.dialect), **row)

        self._office.write_now(work)

    def _log(self, act: Act, list_id: str, counts: dict[str, int]) -> None:
        self._audit.append_now(
            AuditEntry(
                act=act,
                object_type=ObjectType.CONTACT_LIST,
                object_ref=list_id,
                purpose=Purpose.FIELD_WORK,
                counts={name: floored(count) for name, count in counts.items()},
            )
        )


def told(count: int) -> int | None:
    """Return a count of people as it may be told: floored to ten, and nothing below twenty."""
    return floored(count) if count >= SMALLEST_TOLD else None
