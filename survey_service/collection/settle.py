"""Settle: waiting submissions become a consent here and a response there, in unrelated orders.

A generation is closed, its parts opened with its two keys, and each store written in one
transaction of its own in an order drawn for it alone; then the generation is dropped with its
keys. Every step can be repeated: rows are found by their tags and row keys follow from the
generation's secret, so a crash anywhere is healed by running it again.

Cost grows linearly with the submissions of the generation.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import struct
import threading
from typing import Any, Protocol

from schemas.audit import Act, ObjectType, Purpose
from survey_service.answers.models import AnswerRow
from survey_service.answers.service import Answers, SettledAnswers
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.merkle import StreamingRoot, leaf_hash
from survey_service.audit_log.service import AuditLog
from survey_service.collection.inbox import Inbox
from survey_service.collection.letterbox import GenerationClosed
from survey_service.collection.submission import Part
from survey_service.consent.models import ConsentRow
from survey_service.consent.service import Consents, SettledConsent
from survey_service.stores.envelopes import expand, part_opener, unpad
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.shuffle import rewrite_shuffled
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.waves import Wave

THRESHOLD = 20
SMALLEST_REWRITE = 40
LARGEST_PART = 1 << 20
"""Bytes; the longest form that can be filled in stays far below."""
FORGED = (EnvelopeBroken, KeyError, TypeError, ValueError, struct.error)
"""How a part fails that nobody's form has made, or that was changed where it waits."""


def floored(count: int) -> int:
    """Return a count of people as it may be told: floored to ten."""
    return count // 10 * 10


class Counting(Protocol):
    """Whoever counts what was settled, for those who may be told in tens."""

    def due(self, wave: Wave) -> None:
        """Remember that something is about to be settled."""

    def settled(self, wave: Wave) -> None:
        """Count anew, where something was settled since."""


class Settle:
    """Runs one settle at a time."""

    def __init__(
        self,
        stores: Stores,
        inbox: Inbox,
        consents: Consents,
        answers: Answers,
        tombstones: Tombstones,
        audit: AuditLog,
        shuffler: random.Random | None = None,
        counting: Counting | None = None,
    ) -> None:
        """Wire the stores; `counting` is told before and after anything is settled."""
        self._counting = counting
        self._stores = stores
        self._inbox = inbox
        self._consents = consents
        self._answers = answers
        self._tombstones = tombstones
        self._audit = audit
        self._shuffler = shuffler or secrets.SystemRandom()
        self.running = threading.Lock()

    def run(self, wave: Wave, *, closing: bool = False, threshold: int = THRESHOLD) -> int:
        """Settle what waits, if enough does or the wave closes; return how many were settled."""
        with self.running:
            settled = sum(self._finish(wave, g) for g in self._inbox.closing_now(wave.id))
            if closing or self._waiting(wave) >= threshold:
                generation = self._inbox.close_now(wave.id, reopen=not closing)
                if generation is not None:
                    settled += self._finish(wave, generation)
            self._rewrite(wave, closing=closing)
            if self._counting is not None:
                self._counting.settled(wave)
            return settled

    def cut_short(self, wave: Wave) -> bool:
        """Return whether a settle of this wave ended halfway and waits to be done again."""
        return bool(self._inbox.closing_now(wave.id))

    def _waiting(self, wave: Wave) -> int:
        return self._inbox.count_now(self._inbox.generation_now(wave.id).id)

    def _finish(self, wave: Wave, generation: str) -> int:
        try:
            private = self._inbox.private_now(generation)
        except GenerationClosed:
            # The keys went with the last run, so its rows are settled: only the drop is left.
            self._inbox.drop_now(generation)
            return 0
        pairs, refused = self._open(generation, private)
        if not pairs and not refused:
            self._inbox.drop_now(generation)
            return 0
        consents = [consent for consent, _ in pairs]
        responses = [response for _, response in pairs]
        self._log(wave, generation, consents, refused)
        if self._counting is not None:
            self._counting.due(wave)
        rows, whole = self._answers.rewritten(wave.id)
        if whole:
            self._answers.note_rewrite(wave.id, rows, whole=False)
        self._shuffler.shuffle(responses)
        self._answers.settle(wave.id, responses, expand(private[1], b"row-keys"))
        self._shuffler.shuffle(consents)
        self._consents.settle(wave.survey, consents, expand(private[0], b"row-keys"))
        self._bury(consents, responses)
        self._inbox.drop_now(generation)
        for store in (self._stores.vault, self._stores.answers, self._stores.drafts):
            store.truncate_log()
        return len(pairs)

    def _open(
        self, generation: str, private: tuple[bytes, bytes]
    ) -> tuple[list[tuple[SettledConsent, SettledAnswers]], int]:
        """Return what waits and opens, and how many rows open to nothing our form makes."""
        self._tombstones.refresh()
        open_vault, open_answers = part_opener(private[0]), part_opener(private[1])
        pairs, refused = [], 0
        for tag, vault_part, answers_part in self._inbox.parts_now(generation):
            try:
                pairs.append(
                    (
                        _consent(open_vault(_of_size(vault_part), tag)),
                        _response(open_answers(_of_size(answers_part), tag)),
                    )
                )
            except FORGED:
                # Whoever can write to the inbox must not keep others' answers from being settled.
                refused += 1
        gone = self._tombstones.held("answers", (response.tag for _, response in pairs))
        return [pair for pair in pairs if pair[1].tag not in gone], refused

    def _log(
        self, wave: Wave, generation: str, consents: list[SettledConsent], refused: int
    ) -> None:
        salted = sorted(
            hashlib.sha256(consent.code_key + consent.record).digest() for consent in consents
        )
        self._audit.append_now(
            AuditEntry(
                act=Act.WAVE_SETTLED,
                object_type=ObjectType.WAVE,
                object_ref=f"{wave.id}/{generation}",
                purpose=Purpose.OPERATION,
                counts={
                    "settled_floored_to_ten": floored(len(consents)),
                    "unmixed": int(len(consents) < THRESHOLD),
                    **({"refused": refused} if refused else {}),
                },
                hashes={
                    "consent_records": _root(salted).hex(),
                    "settled_count": self._answers.told(generation, len(consents)).hex(),
                    "tombstones": self._tombstones.digest(),
                },
            )
        )

    def _bury(self, consents: list[SettledConsent], responses: list[SettledAnswers]) -> None:
        """Remove again whoever erased while the rows were on their way."""
        self._tombstones.refresh()
        gone = self._tombstones.held("answers", (r.tag for r in responses))
        if gone:
            self._answers.forget(gone)
        left = self._tombstones.held("vault", (c.tag for c in consents))
        if left:
            self._consents.forget(left)

    def _rewrite(self, wave: Wave, *, closing: bool) -> None:
        rows = self._answers.count(wave.id)
        before, whole = self._answers.rewritten(wave.id)
        grown = rows >= SMALLEST_REWRITE and rows >= 2 * before
        if whole or not rows or not (grown or closing):
            return
        self._audit.append_now(
            AuditEntry(
                act=Act.WAVE_REWRITTEN,
                object_type=ObjectType.WAVE,
                object_ref=wave.id,
                purpose=Purpose.OPERATION,
                counts={"rows_floored_to_ten": floored(rows)},
            )
        )
        shuffler: Any = self._shuffler
        rewrite_shuffled(self._stores.answers, AnswerRow, shuffler)
        rewrite_shuffled(self._stores.vault, ConsentRow, shuffler)
        self._stores.keys.compact()
        self._answers.note_rewrite(wave.id, rows, whole=True)
        self._stores.answers.truncate_log()


def _root(leaves: list[bytes]) -> bytes:
    streaming = StreamingRoot()
    for leaf in leaves:
        streaming.add(leaf_hash(leaf))
    return streaming.root()


def _of_size(sealed: bytes) -> bytes:
    """Return a sealed part that is no larger than a submission can be.

    Raises:
        EnvelopeBroken: it is.
    """
    if len(sealed) > LARGEST_PART:
        raise EnvelopeBroken("a part of a submission is too large")
    return sealed


def _looks_whole(part: Part, *objects: bytes) -> None:
    """Nothing, where lengths and the ends of the JSON objects are those of a submission.

    Raises:
        EnvelopeBroken: they are not. Whoever sealed it has not sealed what our form makes.
    """
    lengths = len(part.tag), len(part.code_key)
    if lengths != (32, 32) or any(one[:1] + one[-1:] != b"{}" for one in objects):
        raise EnvelopeBroken("a part of a submission is not whole")


def _consent(sealed: bytes) -> SettledConsent:
    part = Part.read(unpad(sealed))
    consent = SettledConsent(part.tag, part.code_key, *part.members)
    _looks_whole(part, consent.record, consent.contact.replace(b"null", b"{}"))
    return consent


def _response(sealed: bytes) -> SettledAnswers:
    part = Part.read(unpad(sealed))
    (body,) = part.members
    _looks_whole(part, body)
    return SettledAnswers(part.tag, part.code_key, body)
