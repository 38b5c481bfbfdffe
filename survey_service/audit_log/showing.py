"""Entries as people read them: names from the directory, words from the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from schemas.audit import SYSTEM, Act, LoggedEntry, ObjectType, Outcome
from schemas.vocabulary import Frozen, Role
from survey_service.accounts.words import ROLE_WORDS
from survey_service.audit_log.oversight import Checked
from survey_service.audit_log.reading import EntryFilter
from survey_service.audit_log.service import AuditLog
from survey_service.audit_log.words import (
    ACT_WORDS,
    FINDING_WORDS,
    OBJECT_WORDS,
    OUTCOME_WORDS,
    PURPOSE_WORDS,
)
from survey_service.problems import N_, FieldError, InvalidInput

THE_PLATFORM = N_("the platform itself")
NOBODY = N_("somebody not signed in")
UNKNOWN = N_("somebody no longer known")


class Line(Frozen):
    """One entry in words; what is a source text is translated by the template."""

    seq: int
    day: str
    time: str
    who: str
    who_is_name: bool
    role: str | None
    what: str
    about: str
    ref: str
    purpose: str
    outcome: str
    ended: Outcome
    clock_behind: bool


class Names:
    """User names by the references that stand in the log."""

    def __init__(self, audit: AuditLog, directory: Mapping[str, str]) -> None:
        self._names = {audit.person_ref(key): name for key, name in directory.items()}
        self.options = sorted((name, name) for name in self._names.values())

    def ref(self, name: str) -> str | None:
        """Return the reference of a user name, or None."""
        return next((ref for ref, known in self._names.items() if known == name), None)

    def line(self, entry: LoggedEntry) -> Line:
        """Return the entry in words."""
        known = self._names.get(entry.actor)
        nobody = THE_PLATFORM if entry.actor == SYSTEM else UNKNOWN
        if entry.act is Act.SIGN_IN_FAILED:
            nobody = NOBODY
        ref = entry.object.ref
        if entry.object.type is ObjectType.ACCOUNT:
            ref = self._names.get(ref, "")
        elif entry.object.type in (ObjectType.SESSION, ObjectType.TOKEN):
            ref = ref[:8]
        return Line(
            seq=entry.seq,
            day=entry.time[:10],
            time=entry.time[11:19],
            who=known or nobody,
            who_is_name=known is not None,
            role=ROLE_WORDS[entry.role] if entry.role else None,
            what=ACT_WORDS[entry.act],
            about=OBJECT_WORDS[entry.object.type],
            ref=_short(entry, ref),
            purpose=PURPOSE_WORDS[entry.purpose],
            outcome=OUTCOME_WORDS[entry.outcome],
            ended=entry.outcome,
            clock_behind=entry.clock == "behind",
        )


def _short(entry: LoggedEntry, ref: str) -> str:
    """Return the reference, except where it is a finding's word, which results pages explain."""
    return "" if entry.object.type is ObjectType.LOG else ref


class Result(Frozen):
    """How a check ended, read back from its entry."""

    sound: bool
    compared: bool
    size: int
    saved_size: int | None
    words: str
    first: int
    last: int


def result_now(checked: Checked) -> Result:
    """Return what a check found that could not be logged, because the log is damaged."""
    found, compared = checked.verification, checked.comparison
    first = found.first_bad or 0
    return Result(
        sound=found.sound,
        compared=compared is not None,
        size=found.size,
        saved_size=compared.saved.size if compared and compared.saved else None,
        words=FINDING_WORDS[found.finding] if found.finding else "",
        first=first,
        last=first if found.last_bad is None else found.last_bad,
    )


def result_of(entry: LoggedEntry) -> Result | None:
    """Return what the entry says of a check, or None if it is about none that ended."""
    if entry.act not in (Act.LOG_VERIFIED, Act.LOG_COMPARED) or entry.outcome is Outcome.INTENT:
        return None
    found = {finding.value: words for finding, words in FINDING_WORDS.items()}
    first = entry.counts.get("first_bad", 0)
    return Result(
        sound=entry.outcome is Outcome.OK,
        compared=entry.act is Act.LOG_COMPARED,
        size=entry.counts.get("entries", 0),
        saved_size=entry.counts.get("saved_size"),
        words=found.get(entry.object.ref, ""),
        first=first,
        last=entry.counts.get("last_bad", first),
    )


def _day(field: str, text: str, errors: list[FieldError]) -> str | None:
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            raise ValueError(field)
        return date.fromisoformat(text).isoformat()
    except ValueError:
        message = N_("This is not a day.")
        errors.append(FieldError(field, message, N_("Please write it like 2026-11-21.")))
        return None


def filter_from(asked: Mapping[str, str], names: Names) -> EntryFilter:
    """Return the filter a page's fields ask for; an empty field does not matter.

    Raises:
        InvalidInput: a field holds none of its words.
    """
    errors: list[FieldError] = []
    since = _day("since", asked.get("since", ""), errors)
    until = _day("until", asked.get("until", ""), errors)
    chosen: dict[str, str | None] = {}
    vocabularies = {"act": Act, "role": Role, "outcome": Outcome, "object_type": ObjectType}
    for field, vocabulary in vocabularies.items():
        chosen[field] = asked.get(field) or None
        if chosen[field] is not None and chosen[field] not in {str(word) for word in vocabulary}:
            errors.append(FieldError(field, N_("Please choose from the list.")))
    who = asked.get("who", "")
    actor = names.ref(who) if who else None
    if who and actor is None:
        errors.append(FieldError("who", N_("Nobody of this name has an account.")))
    ref = asked.get("object_ref", "").strip()
    if not re.fullmatch(r"[A-Za-z0-9._:/-]{0,120}", ref):
        errors.append(FieldError("object_ref", N_("No entry is about anything of this name.")))
    if errors:
        raise InvalidInput(errors)
    return EntryFilter.model_validate(
        {
            "since": since and f"{since}T00:00:00Z",
            "until": until and f"{until}T23:59:59Z",
            "actor": actor,
            "object_ref": ref or None,
            **chosen,
        }
    )
