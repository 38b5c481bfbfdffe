"""What a room hands to the log, and the bytes the log makes of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import Field

from schemas.audit import Act, Count, ObjectRef, ObjectType, Outcome, Purpose, Sha256Hex, Word
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person

LONGEST_REASON = 2000


class AuditEntry(Frozen):
    """Something about to be done, or seen.

    `actor` None is the system itself. Where `object_type` is account, `object_ref` is the
    account's id and is logged as the same keyed reference as when that person acts. `reason` is
    free text: it is kept beside the log and can be erased; the entry only commits to it.
    """

    act: Act
    object_type: ObjectType
    object_ref: ObjectRef = ""
    actor: Person | None = None
    purpose: Purpose
    outcome: Outcome = Outcome.OK
    counts: dict[Word, Count] = Field(default_factory=dict)
    hashes: dict[Word, Sha256Hex] = Field(default_factory=dict)
    reason: str | None = Field(default=None, max_length=LONGEST_REASON)


def canonical(value: Any) -> bytes:
    """Return the one way to write a value of text, whole numbers, null, lists and objects.

    For the values an entry holds this is RFC 8785 (JSON Canonicalization Scheme): keys are plain
    words, so sorting by code point and by UTF-16 unit agree, and no number has a fraction.
    """
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def instant(moment: datetime) -> str:
    """Return an aware moment as UTC text to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
