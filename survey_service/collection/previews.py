"""A questionnaire tried out: a draft under a key of its own that nothing can ever be sent from.

The same form and the same sealing as a respondent's draft, under a salt that no survey has: the
code opens no survey's draft, no survey's code opens a preview, and no use case submits one. It is
staff's own, so it lies in the office's store, and nothing of a preview is among what respondents
write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from schemas.audit import Act, ObjectType, Purpose
from schemas.notice import Notice, PurposeId
from schemas.questionnaire import Repeat
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.drafts import Draft, SealedForms
from survey_service.collection.models import PreviewRow
from survey_service.problems import NotFound
from survey_service.stores.store import Store
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.library import Library
from survey_service.surveys.media.files import Files
from survey_service.surveys.media.service import MediaFiles
from survey_service.surveys.repeats import entries_said, without_entry

DAYS = 1
"""How long a preview that nobody ended is kept."""


class Previews:
    """Previews of stored questionnaires; each is its window's own."""

    def __init__(
        self,
        library: Library,
        media: MediaFiles,
        office: Store,
        audit: AuditLog,
        clock: Clock,
        notices: Callable[[], Iterable[tuple[str, Notice]]],
    ) -> None:
        """`notices` says which notices are stored, each with its survey."""
        self._library = library
        self._media = media
        self._notices = notices
        # The tag comes from 115 random bits that only the window's cookie has: a hash hides it.
        self._drafts = SealedForms(office, PreviewRow, lambda tag: hashlib.sha256(tag).digest())
        self._audit = audit
        self._clock = clock

    def form(self, sha: str) -> CompiledForm:
        """The questionnaire that is tried out.

        Raises:
            NotFound: there is none with this digest.
        """
        return self._library.form_now(sha)

    def files(self, sha: str) -> Files:
        """The pictures and recordings beside it, as they are now."""
        return self._media.of_now(sha)

    def notice(self, survey: str) -> Notice | None:
        """The newest notice that is stored for a survey; None where there is none yet."""
        of_survey = [notice for slug, notice in self._notices() if slug == survey]
        return max(of_survey, key=lambda notice: notice.version, default=None)

    async def begin(
        self, sha: str, language: str, purposes: Iterable[PurposeId], person: Person
    ) -> Code:
        """Begin a preview, as if these purposes had been agreed to.

        Raises:
            NotFound: there is no questionnaire with this digest.
        """
        survey = self._library.version_now(sha).survey
        await self._audit.append(
            AuditEntry(
                act=Act.QUESTIONNAIRE_PREVIEWED,
                object_type=ObjectType.QUESTIONNAIRE,
                object_ref=survey,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": sha},
            )
        )
        code = Code.new()
        granted = {purpose.value: True for purpose in purposes}
        draft = Draft("", _wave(sha), language, granted)
        expires = self._clock().date() + timedelta(days=DAYS)
        await self._drafts.put(_keys(sha, code), draft, expires)
        return code

    async def read(self, sha: str, code: Code) -> Draft | None:
        """What was answered so far; None where there is no such preview."""
        found = await self._drafts.read(_keys(sha, code), self._clock().date())
        return found if found is not None and found.wave_id == _wave(sha) else None

    async def save(self, sha: str, code: Code, qid: str, answer: Any, language: str) -> Draft:
        """Write one answer and return the preview.

        Raises:
            NotFound: there is no such preview.
        """
        return await self._changed(sha, code, {"answers": {qid: answer}, "language": language})

    async def _changed(self, sha: str, code: Code, change: Mapping[str, Any]) -> Draft:
        draft = await self._drafts.change(_keys(sha, code), self.today(), DAYS, change)
        if draft is None:
            raise NotFound
        return draft

    async def remove_entry(
        self, sha: str, code: Code, repeat: Repeat, entry: int, entries: int, language: str
    ) -> Draft:
        """Take one entry of a repeat out, as respondents can.

        Raises:
            NotFound: there is no such preview.
        """
        inside = [q.id for q in self.form(sha).questionnaire.questions if q.repeat == repeat.id]

        def work(answers: dict[str, Any]) -> Mapping[str, Any]:
            if not 1 <= entry <= entries == entries_said(repeat, answers):
                return {}
            return without_entry(repeat, inside, entry, answers)

        return await self._changed(sha, code, {"answers": work, "language": language})

    def keys(self, sha: str, code: Code) -> CodeKeys:
        """What the code opens in this preview."""
        return _keys(sha, code)

    def today(self) -> date:
        """The day, for questions that ask for one."""
        return self._clock().date()

    async def end(self, sha: str, code: Code) -> None:
        """Leave nothing of a preview."""
        await self._drafts.remove(_keys(sha, code))

    def purge_now(self) -> int:
        """Delete previews that nobody ended in time and return how many."""
        return self._drafts.purge_now(self.today())


def _wave(sha: str) -> str:
    """What stands where a draft names its wave; no wave has such an id."""
    return f"preview:{sha}"


def _keys(sha: str, code: Code) -> CodeKeys:
    return code.under(hashlib.sha256(f"preview of {sha}".encode()).digest()[:16])
