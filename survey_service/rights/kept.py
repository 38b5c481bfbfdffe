"""What is kept under a code in one survey, read with nothing but the code.

Every code costs the same reads, whether it is known, unknown or erased: the draft, what waits,
what was withdrawn since, the consent and the answers are asked for, whatever the first one says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pydantic_core import from_json

from schemas.texts import Texts
from survey_service.answers.service import Answers, SealedRow
from survey_service.collection.changes import Changes
from survey_service.collection.code import CodeKeys
from survey_service.collection.drafts import Draft, Drafts
from survey_service.collection.letterbox import Letterbox
from survey_service.collection.submission import Submission
from survey_service.consent.lost_codes import Cell
from survey_service.consent.opened import ESCROW
from survey_service.consent.service import Consents, in_force
from survey_service.stores.envelopes import expand, mac

ETAG_LENGTH = 32


@dataclass(frozen=True)
class Kept:
    """Everything under one code in one survey, opened."""

    slug: str
    title: Texts
    keys: CodeKeys
    draft: Draft | None
    waiting_sealed: bytes | None
    waiting: dict[str, Any] | None
    withdrawn: frozenset[str]
    consent: dict[str, Any] | None
    row: SealedRow | None

    @property
    def kind(self) -> str:
        """Where it stands: waiting, settled, draft, or nothing."""
        if self.waiting is not None:
            return "waiting"
        if self.row is not None or self.consent is not None:
            return "settled"
        return "nothing" if self.draft is None else "draft"

    @property
    def wave(self) -> str | None:
        """The wave's id, where anything says it."""
        if self.waiting is not None:
            return str(self.waiting["wave"])
        if self.row is not None:
            return self.row.wave
        return None if self.draft is None else self.draft.wave_id

    @cached_property
    def body(self) -> dict[str, Any] | None:
        """What was sent: questionnaire, purposes, answers; None before it was."""
        if self.waiting is not None:
            return dict(self.waiting["answers"])
        return None if self.row is None else self.row.opened(self.keys.response_key)

    @property
    def record(self) -> dict[str, Any]:
        """The consent record as the vault has it, or will have it."""
        if self.waiting is not None:
            return dict(self.waiting["consent"])
        return dict(self.consent["record"]) if self.consent is not None else {}

    @property
    def contact(self) -> dict[str, str] | None:
        """The contact that may still be used."""
        if "contact" not in self.in_force:
            return None
        if self.waiting is not None:
            return dict(self.waiting["contact"]) if self.waiting["contact"] else None
        return dict(self.consent["contact"]) if self.consent and self.consent["contact"] else None

    @property
    def in_force(self) -> frozenset[str]:
        """The purposes granted and not withdrawn, whether the vault has noted it or not."""
        if self.kind == "draft" and self.draft is not None:
            return self.draft.purposes
        return in_force(self.record) - self.withdrawn

    @property
    def taken_back(self) -> frozenset[str]:
        """The purposes that were granted once and withdrawn since."""
        return frozenset(self.record.get("withdrawn", ())) | (self.withdrawn - {ESCROW})

    @property
    def cell(self) -> Cell | None:
        """What is kept so that a lost code can be found; None where the wave has no escrow."""
        if self.waiting is not None:
            kept = self.waiting.get("escrow")
            return None if kept is None else Cell.read(bytes.fromhex(kept))
        if self.consent is None or "escrow" not in self.consent:
            return None
        return Cell.read(self.consent["escrow"])

    @property
    def can_be_found(self) -> bool | None:
        """Whether two officers together can find the code; None where the wave has no escrow."""
        cell = self.cell
        if cell is None:
            return None
        return cell.is_agreed(self.keys.receipt_salt) and ESCROW not in self.withdrawn

    @property
    def to_take_back(self) -> frozenset[str]:
        """The purposes in force, and with them that the code can be found."""
        return self.in_force | ({ESCROW} if self.can_be_found else frozenset())

    @property
    def restricted(self) -> bool:
        """Whether the answers are left out of every later freeze for now."""
        return self.body is not None and bool(self.body.get("restricted"))

    @property
    def outdated(self) -> bool:
        """Whether a restore put the answers back as they were before a change."""
        return self.waiting is None and self.row is not None and self.row.outdated

    @cached_property
    def etag(self) -> str:
        """A keyed fingerprint of all that can be changed; only this code's holder can make it."""
        content = [self.wave, self.body, sorted(self.in_force), self.contact]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
        return mac(expand(self.keys.response_key, b"etag"), text).hex()[:ETAG_LENGTH]


class Reader:
    """Reads what a code opens."""

    def __init__(
        self,
        drafts: Drafts,
        inbox: Letterbox,
        changes: Changes,
        consents: Consents,
        answers: Answers,
        *,
        in_threads: bool,
    ) -> None:
        """Read where the request is, or in threads where a store answers over a socket."""
        self._drafts = drafts
        self._inbox = inbox
        self._changes = changes
        self._consents = consents
        self._answers = answers
        self._in_threads = in_threads

    async def read(self, slug: str, title: Texts, keys: CodeKeys, today: date) -> Kept:
        """Return what is kept under these keys."""
        draft = await self._drafts.read(keys, today)
        if self._in_threads:
            return await asyncio.to_thread(self.sent_now, slug, title, keys, draft)
        return self.sent_now(slug, title, keys, draft)

    def sent_now(self, slug: str, title: Texts, keys: CodeKeys, draft: Draft | None = None) -> Kept:
        """Return what was sent, with the draft that is given.

        The inbox is asked before the answers: settle writes there before it empties here.
        """
        sealed = self._inbox.sealed_copy_now(keys)
        waiting: Mapping[str, Any] | None = None
        if sealed is not None:
            waiting = from_json(self._inbox.opened_copy(keys, sealed))
        withdrawn = self._changes.own_now(keys)
        consent_tag = self._consents.stored_tag(keys.consent_tag)
        response_tag = self._answers.stored_tag(keys.response_tag)
        return Kept(
            slug=slug,
            title=title,
            keys=keys,
            draft=draft,
            waiting_sealed=sealed,
            waiting=None if waiting is None else dict(waiting),
            withdrawn=withdrawn,
            consent=self._consents.of_code(consent_tag, keys.consent_key),
            row=self._answers.sealed(response_tag),
        )

    def submission(self, kept: Kept) -> Submission:
        """Return what waits, ready to be revised."""
        if kept.waiting_sealed is None:
            raise ValueError("nothing waits")
        return Submission.read(self._inbox.opened_copy(kept.keys, kept.waiting_sealed))
