"""Notices in all their versions; none ever changes once it is stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from schemas.audit import Act, ObjectType, Purpose
from schemas.canonical import canonical_json
from schemas.notice import Notice
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.problems import N_, Conflict, NotFound
from survey_service.stores.store import Store
from survey_service.surveys.models import NoticeRow

_NOTICE: Any = NoticeRow.__table__  # type: ignore[attr-defined]
_NOTICES = select(_NOTICE.c.survey, _NOTICE.c.digest).order_by(_NOTICE.c.survey, _NOTICE.c.version)
_ONE = select(_NOTICE.c.document).where(_NOTICE.c.digest == bindparam("digest"))


class StoredNotices:
    """What people were told, by its hash; each is read once."""

    def __init__(self, office: Store, audit: AuditLog) -> None:
        self._office = office
        self._audit = audit
        self._read: dict[str, Notice] = {}

    def store_now(self, slug: str, notice: Notice, person: Person | None = None) -> None:
        """Store a notice as a version of a survey; again is the same.

        Raises:
            Conflict: the survey has another notice of this number.
        """
        self._refuse_taken(slug, notice)
        self._audit.append_now(
            AuditEntry(
                act=Act.NOTICE_STORED,
                object_type=ObjectType.NOTICE,
                object_ref=slug,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": notice.hash},
            )
        )
        row = NoticeRow.model_validate(
            {
                "digest": notice.hash,
                "survey": slug,
                "version": notice.version,
                "document": canonical_json(notice).decode(),
            }
        )
        self._office.write_now(lambda tx: tx.add(row, ignore=True))
        self._refuse_taken(slug, notice)

    def _refuse_taken(self, slug: str, notice: Notice) -> None:
        """Refuse another content under a number that the survey's own notices have."""
        for survey, stored in self.all_now():
            same = survey == slug and stored.version == notice.version
            if same and stored.hash != notice.hash:
                raise Conflict(
                    N_(
                        "Another notice is stored as this version. "
                        "Give the changed one the next number."
                    )
                )

    def all_now(self) -> list[tuple[str, Notice]]:
        """Return every notice with the survey it was stored for, by survey and version."""
        rows = self._office.read_now(lambda tx: tx.all(_NOTICES))
        return [(survey, self.one_now(sha)) for survey, sha in rows]

    def one_now(self, sha: str) -> Notice:
        """Return the notice with this hash.

        Raises:
            NotFound: there is none.
        """
        if sha not in self._read:
            row = self._office.read_now(lambda tx: tx.one(_ONE, digest=sha))
            if row is None:
                raise NotFound
            self._read[sha] = Notice.model_validate_json(row[0])
        return self._read[sha]
