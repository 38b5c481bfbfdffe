"""Files beside a questionnaire: put there, replaced until a wave opens, read by their hash."""

from __future__ import annotations

import hashlib
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, select, update

from schemas.audit import Act, ObjectType, Purpose
from schemas.canonical import digest
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.problems import N_, Conflict, NotFound
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.media.files import ENDINGS, Files, StoredFile
from survey_service.surveys.media.limits import MOST_TOGETHER, CleanFile
from survey_service.surveys.media.models import MediaFileRow, QuestionnaireFileRow
from survey_service.surveys.models import WaveRow

_FILE: Any = MediaFileRow.__table__  # type: ignore[attr-defined]
_NAME: Any = QuestionnaireFileRow.__table__  # type: ignore[attr-defined]
_WAVE: Any = WaveRow.__table__  # type: ignore[attr-defined]
_OF = (
    select(
        _NAME.c.name, _FILE.c.sha, _FILE.c.media_type, _FILE.c.size, _FILE.c.width, _FILE.c.height
    )
    .join(_FILE, _FILE.c.sha == _NAME.c.sha)
    .where(_NAME.c.questionnaire == bindparam("questionnaire"))
    .order_by(_NAME.c.name)
)
_OPENED = select(_WAVE.c.id).where(
    _WAVE.c.questionnaire == bindparam("questionnaire"), _WAVE.c.state != "draft"
)
_REPLACE = (
    update(_NAME)
    .where(
        _NAME.c.questionnaire == bindparam("of_questionnaire"), _NAME.c.name == bindparam("of_name")
    )
    .values(sha=bindparam("new_sha"))
)
_DROP_UNNAMED = delete(_FILE).where(~exists().where(_NAME.c.sha == _FILE.c.sha))
_DATA = select(_FILE.c.media_type, _FILE.c.data).where(_FILE.c.sha == bindparam("sha"))
_KEPT_IN_MEMORY: Final = 16_000_000

LOCKED = N_(
    "A wave of this questionnaire was opened: its pictures and recordings are locked. "
    "Store the next version of the questionnaire to change them."
)
TOO_MUCH = N_("Together the files of this questionnaire would have more than %(most)s MB.")


class MediaFiles:
    """The files of all questionnaires; those asked for last stay in memory, up to a limit."""

    def __init__(self, office: Store, audit: AuditLog) -> None:
        self._office = office
        self._audit = audit
        self._of: dict[str, Files] = {}
        self._held: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._weight = 0
        self._one_at_a_time = threading.Lock()

    def of_now(self, questionnaire: str) -> Files:
        """The files of a questionnaire; the same object as before where nothing has changed."""
        rows = self._office.read_now(lambda tx: tx.all(_OF, questionnaire=questionnaire))
        found = {name: StoredFile(*rest) for name, *rest in rows}
        before = self._of.get(questionnaire)
        if before is None or before.by_name != found:
            before = self._of[questionnaire] = Files(found)
        return before

    def locked_now(self, questionnaire: str) -> bool:
        """Whether a wave of it was opened, so that nothing can be changed."""
        opened = self._office.read_now(lambda tx: tx.one(_OPENED, questionnaire=questionnaire))
        return opened is not None

    def store_now(
        self,
        questionnaire: str,
        survey: str,
        files: Mapping[str, CleanFile],
        person: Person | None = None,
    ) -> None:
        """Put files beside a questionnaire under the names it uses; again is the same.

        Raises:
            Conflict: a wave of it was opened, or its files would be too much together.
        """
        named = {_name(name): (_sha(file.data), file) for name, file in files.items()}
        self._refuse_too_much(questionnaire, {n: len(f.data) for n, (_, f) in named.items()})
        if self.locked_now(questionnaire):
            raise Conflict(LOCKED)
        self._audit.append_now(
            AuditEntry(
                act=Act.MEDIA_STORED,
                object_type=ObjectType.QUESTIONNAIRE,
                object_ref=survey,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                counts={"files": len(named)},
                hashes={
                    "document": questionnaire,
                    "files": digest({name: sha for name, (sha, _) in named.items()}),
                },
            )
        )
        if not self._office.write_now(lambda tx: _put(tx, questionnaire, named)):
            raise Conflict(LOCKED)

    def _refuse_too_much(self, questionnaire: str, sizes: Mapping[str, int]) -> None:
        there = {name: file.size for name, file in self.of_now(questionnaire).by_name.items()}
        if sum({**there, **sizes}.values()) > MOST_TOGETHER:
            raise Conflict(TOO_MUCH, values={"most": MOST_TOGETHER // 1_000_000})

    def read_now(self, sha: str) -> tuple[str, bytes]:
        """Media type and content of a file.

        Raises:
            NotFound: there is none with this hash.
        """
        with self._one_at_a_time:
            if (held := self._held.get(sha)) is not None:
                self._held.move_to_end(sha)
                return held
        row = self._office.read_now(lambda tx: tx.one(_DATA, sha=sha))
        if row is None or row[0] not in ENDINGS:
            raise NotFound
        found = (str(row[0]), bytes(row[1]))
        self._keep(sha, found)
        return found

    def _keep(self, sha: str, found: tuple[str, bytes]) -> None:
        with self._one_at_a_time:
            if self._held.setdefault(sha, found) is found:
                self._weight += len(found[1])
            while self._weight > _KEPT_IN_MEMORY and len(self._held) > 1:
                _, (_, gone) = self._held.popitem(last=False)
                self._weight -= len(gone)


def _put(tx: Tx, questionnaire: str, named: Mapping[str, tuple[str, CleanFile]]) -> bool:
    # Asked in the transaction itself: nothing changes under a wave that opens at this moment.
    if tx.one(_OPENED, questionnaire=questionnaire) is not None:
        return False
    for name, (sha, file) in named.items():
        row = {"sha": sha, "media_type": file.media_type, "size": len(file.data),
               "width": file.width, "height": file.height, "data": file.data}  # fmt: skip
        tx.add(MediaFileRow.model_validate(row), ignore=True)
        if not tx.run(_REPLACE, of_questionnaire=questionnaire, of_name=name, new_sha=sha):
            one = {"questionnaire": questionnaire, "name": name, "sha": sha}
            tx.add(QuestionnaireFileRow.model_validate(one))
    tx.run(_DROP_UNNAMED)
    return True


def _name(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
