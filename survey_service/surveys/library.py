"""Questionnaires and code lists in all their versions; none ever changes once it is stored.

A questionnaire is stored with the digests of the code lists it uses, so that a newer list never
rewrites what an older one was answered by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from schemas.audit import Act, ObjectType, Purpose
from schemas.canonical import canonical_json, digest
from schemas.codelist import CodeList
from schemas.questionnaire import Questionnaire
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.problems import N_, Conflict, NotFound
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import named_files
from survey_service.surveys.models import CodeListRow, QuestionnaireRow, SurveyVersionRow
from survey_service.surveys.xlsform.findings import Place
from survey_service.surveys.xlsform.media import wanted

_QUESTIONNAIRE: Any = QuestionnaireRow.__table__  # type: ignore[attr-defined]
_LIST: Any = CodeListRow.__table__  # type: ignore[attr-defined]
_VERSION: Any = SurveyVersionRow.__table__  # type: ignore[attr-defined]
_SAME_VERSION = select(_VERSION.c.digest).where(
    _VERSION.c.survey == bindparam("survey"), _VERSION.c.version == bindparam("version")
)
_VERSIONS = (
    select(
        _VERSION.c.survey,
        _QUESTIONNAIRE.c.digest,
        _QUESTIONNAIRE.c.document,
        _QUESTIONNAIRE.c.code_lists,
        _QUESTIONNAIRE.c.report,
    )
    .join(_QUESTIONNAIRE, _QUESTIONNAIRE.c.digest == _VERSION.c.digest)
    .order_by(_VERSION.c.survey, _VERSION.c.version)
)
_ONE = _VERSIONS.where(_VERSION.c.digest == bindparam("digest"))
_LISTS = select(_LIST).order_by(_LIST.c.id, _LIST.c.version)

VERSION_TAKEN = N_(
    "Another questionnaire is stored as this version. Give the changed one the next "
    "version number in its settings."
)


@dataclass(frozen=True)
class StoredQuestionnaire:
    """One version of a survey's questionnaire, with the code lists it was stored with.

    `report` is what the reading of its file left out or warned of, as plain findings.
    """

    digest: str
    survey: str
    questionnaire: Questionnaire
    code_lists: dict[str, str]
    report: Sequence[dict[str, Any]]

    @property
    def places(self) -> dict[str, str]:
        """Where each picture and recording was first named in the spreadsheet."""
        by_words = {str(found["message"]): _place(found) for found in self.report}
        named = {one.file for one in named_files(self.questionnaire)}
        return {name: by_words[wanted(name)] for name in named if wanted(name) in by_words}

    @property
    def version(self) -> int:
        """Its number within the survey."""
        return self.questionnaire.version


class Library:
    """The versions that waves are pinned to; compiled forms are kept."""

    def __init__(self, office: Store, audit: AuditLog) -> None:
        self._office = office
        self._audit = audit
        self._forms: dict[tuple[str, tuple[int, int] | None], CompiledForm] = {}
        self._lists: dict[str, CodeList] = {}

    def store_now(
        self,
        survey: str,
        questionnaire: Questionnaire,
        person: Person | None = None,
        report: Sequence[dict[str, Any]] = (),
    ) -> str:
        """Store a version with the newest code lists pinned, and return its digest.

        The same again is the same: the lists stay those of the first time.

        Raises:
            Conflict: another questionnaire has this number.
            NotFound: a code list that it names is not there.
        """
        sha = digest(questionnaire)
        pinned = self._lists_for(questionnaire)
        row = QuestionnaireRow.model_validate(
            {
                "digest": sha,
                "survey": survey,
                "version": questionnaire.version,
                "document": canonical_json(questionnaire).decode(),
                "code_lists": json.dumps({one.id: digest(one) for one in pinned}, sort_keys=True),
                "report": json.dumps(list(report), ensure_ascii=False),
            }
        )
        named = SurveyVersionRow.model_validate(
            {"survey": survey, "version": questionnaire.version, "digest": sha}
        )
        self._refuse_taken(survey, questionnaire.version, sha)
        self._audit.append_now(
            AuditEntry(
                act=Act.QUESTIONNAIRE_STORED,
                object_type=ObjectType.QUESTIONNAIRE,
                object_ref=survey,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": sha}
                | ({"code_lists": digest(row.code_lists)} if pinned else {}),
            )
        )

        def work(tx: Tx) -> None:
            for one in pinned:
                tx.add(_list_row(one), ignore=True)
            tx.add(row, ignore=True)
            tx.add(named, ignore=True)

        self._office.write_now(work)
        # Somebody else may have stored another one as this version in between.
        self._refuse_taken(survey, questionnaire.version, sha)
        return sha

    def _refuse_taken(self, survey: str, version: int, sha: str) -> None:
        found = self._office.read_now(
            lambda tx: tx.one(_SAME_VERSION, survey=survey, version=version)
        )
        if found is not None and found[0] != sha:
            raise Conflict(VERSION_TAKEN)

    def _lists_for(self, questionnaire: Questionnaire) -> list[CodeList]:
        names = sorted({q.code_list for q in questionnaire.questions if q.code_list is not None})
        current = self.current_lists_now()
        if not current.keys() >= set(names):
            raise NotFound
        return [current[name] for name in names]

    def versions_now(self) -> list[StoredQuestionnaire]:
        """Every version of every survey, by survey and number."""
        return [_stored(row) for row in self._office.read_now(lambda tx: tx.dicts(_VERSIONS))]

    def version_now(self, sha: str, survey: str = "") -> StoredQuestionnaire:
        """One version, as that survey's where several share it.

        Raises:
            NotFound: there is none with this digest, or it is not that survey's.
        """
        rows = self._office.read_now(lambda tx: tx.dicts(_ONE, digest=sha))
        for row in rows:
            if survey in ("", row["survey"]):
                return _stored(row)
        raise NotFound

    def form_now(self, sha: str, lowered: tuple[int, int] | None = None) -> CompiledForm:
        """The version ready for use, with the code lists it was stored with.

        `lowered`: see `CompiledForm`.

        Raises:
            NotFound: there is none with this digest.
        """
        if (sha, lowered) not in self._forms:
            found = self.version_now(sha)
            core = load()
            # What was stored before lists had versions was stored with those that are shipped.
            lists = {**core.code_lists, **self._pinned(found.code_lists)}
            self._forms[sha, lowered] = CompiledForm(
                found.questionnaire, lists, core.parameters, lowered
            )
        return self._forms[sha, lowered]

    def compiled_now(self, questionnaire: Questionnaire) -> CompiledForm:
        """A questionnaire that is not stored, ready for use with the newest code lists."""
        return CompiledForm.compile(questionnaire, self.current_lists_now(), load().parameters)

    def _pinned(self, digests: dict[str, str]) -> dict[str, CodeList]:
        return {name: self.list_now(sha) for name, sha in digests.items()}

    # Code lists

    def lists_now(self) -> list[CodeList]:
        """Every version of every code list, by name and number; the shipped ones included."""
        stored = {
            (row["id"], row["version"]): CodeList.model_validate_json(row["document"])
            for row in self._office.read_now(lambda tx: tx.dicts(_LISTS))
        }
        shipped = {(one.id, one.version): one for one in load().code_lists.values()}
        both = shipped | stored
        return [both[key] for key in sorted(both)]

    def current_lists_now(self) -> dict[str, CodeList]:
        """The newest version of each code list."""
        return {one.id: one for one in self.lists_now()}

    def list_now(self, sha: str) -> CodeList:
        """The code list with this digest.

        Raises:
            NotFound: there is none.
        """
        if sha not in self._lists:
            self._lists |= {digest(one): one for one in self.lists_now()}
        if sha not in self._lists:
            raise NotFound
        return self._lists[sha]

    def store_list_now(self, made: CodeList, person: Person | None = None) -> str:
        """Store the next version of a code list and return its digest; again is the same.

        Raises:
            Conflict: another list has this number.
        """
        sha = digest(made)
        self._audit.append_now(
            AuditEntry(
                act=Act.CODE_LIST_STORED,
                object_type=ObjectType.CODE_LIST,
                object_ref=made.id,
                actor=person,
                purpose=Purpose.FIELD_WORK,
                hashes={"document": sha},
            )
        )
        # Both versions are kept from now on, so that a later release of ours changes neither.
        shipped: Iterable[CodeList] = load().code_lists.values()
        rows = [_list_row(one) for one in shipped if one.id == made.id] + [_list_row(made)]

        def work(tx: Tx) -> None:
            for row in rows:
                tx.add(row, ignore=True)

        self._office.write_now(work)
        if all(digest(one) != sha for one in self.lists_now()):
            raise Conflict(
                N_("Another version of this list was stored meanwhile. Look at it first.")
            )
        return sha


def _place(found: dict[str, Any]) -> str:
    return str(Place(str(found["sheet"]), found["row"], found["column"]))


def _list_row(made: CodeList) -> CodeListRow:
    return CodeListRow.model_validate(
        {
            "digest": digest(made),
            "id": made.id,
            "version": made.version,
            "document": canonical_json(made).decode(),
        }
    )


def _stored(row: dict[str, Any]) -> StoredQuestionnaire:
    return StoredQuestionnaire(
        digest=row["digest"],
        survey=row["survey"],
        questionnaire=Questionnaire.model_validate_json(row["document"]),
        code_lists=json.loads(row["code_lists"]),
        report=json.loads(row["report"]),
    )
