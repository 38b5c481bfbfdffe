"""Sending: what a draft says is made durable in one commit; settle starts when it is due."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from survey_service.answers.service import Answers
from survey_service.clock import Clock
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.composing import composed, escrow_cell
from survey_service.collection.drafts import Draft, Drafts
from survey_service.collection.letterbox import GenerationClosed, Letterbox
from survey_service.collection.settle import THRESHOLD, Settle
from survey_service.consent.service import Consents
from survey_service.invitations.service import Invitations
from survey_service.problems import (
    N_,
    AssentAwaited,
    FieldError,
    InvalidInput,
    NotAdmitted,
    NotFound,
    NoticeChanged,
    NotTaken,
)
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave

# Seconds after each try to find an open generation. The next one opens with the last one's end.
PATIENCE = (0.0, 0.5, 1.0, 1.0, 0.0)
TOO_YOUNG = N_("The answers say an age at which nobody can send them, or not without a parent.")


class Sending:
    """The way from a draft into the inbox. Holds no key that opens anything settled."""

    def __init__(
        self,
        surveys: Surveys,
        drafts: Drafts,
        inbox: Letterbox,
        consents: Consents,
        answers: Answers,
        tombstones: Tombstones,
        settle: Settle | None,
        invitations: Invitations,
        clock: Clock,
    ) -> None:
        self._surveys = surveys
        self._drafts = drafts
        self._inbox = inbox
        self._consents = consents
        self._answers = answers
        self._tombstones = tombstones
        self._settle = settle
        self._invitations = invitations
        self._clock = clock
        self._waiting: dict[str, int] = {}
        self._background: set[asyncio.Task[Any]] = set()

    def sent_now(self, keys: CodeKeys) -> str:
        """Return where what was sent with a code stands: waiting, settled or nothing.

        The inbox is asked before the answers: settle writes there before it empties here.
        """
        if self._inbox.own_copy_now(keys) is not None:
            return "waiting"
        tag = self._answers.stored_tag(keys.response_tag)
        return "settled" if self._answers.wave_of(tag) is not None else "nothing"

    async def submit(self, slug: str, code: Code) -> None:
        """Make the submission durable in one commit; again is the same submission.

        Raises:
            NotFound: nothing is kept under this code, or it was erased.
            SurveyClosed: the wave closed meanwhile.
            NoticeChanged: the decisions were made under another notice; nothing was sent.
            NotAdmitted: the invitation is used, or this person took part; nothing was sent.
            InvalidInput: the person is too young, or a question of the route has no place here.
            StoreFull: nothing was stored.
        """
        wave = self._surveys.answerable_now(slug)
        keys = code.under(wave.salt)
        day = self._clock().date()
        draft = await self._drafts.read(keys, day)
        if draft is None or draft.wave_id != wave.id:
            if await asyncio.to_thread(self.sent_now, keys) == "nothing":
                raise NotFound
            return
        _refuse_unready(wave, draft)
        if not await self._invitations.use(wave, keys.admission_tag, draft.slip, draft.once):
            raise NotAdmitted
        sent = composed(wave, keys, draft, day, escrow_cell(wave, code, keys, draft))
        consent_tag = self._consents.stored_tag(keys.consent_tag)
        answers_tag = self._answers.stored_tag(keys.response_tag)
        if self._tombstones.holds("answers", answers_tag):
            raise NotFound
        generation = await self._put(wave, keys, sent.parts(keys, consent_tag, answers_tag))
        self._count(wave, generation)

    async def _put(self, wave: Wave, keys: CodeKeys, parts: tuple[bytes, ...]) -> str:
        """Leave the parts in the inbox and, once they are durable there, no draft."""
        (consent, answers, copy), removal = parts, self._drafts.removal(keys)
        for pause in PATIENCE:
            try:
                return await self._inbox.put(wave.id, keys, consent, answers, copy, removal)
            except GenerationClosed:
                await asyncio.sleep(pause)
        # Where parts are separate, only settle opens generations: it may have closed the last one
        # with the wave, or not be running since the wave was opened.
        self._surveys.answerable_now(wave.survey)
        raise NotTaken

    def _count(self, wave: Wave, generation: str) -> None:
        if self._settle is None:
            return
        if generation not in self._waiting:
            self._waiting = {generation: self._inbox.count_now(generation)}
        else:
            self._waiting[generation] += 1
        if self._waiting[generation] >= THRESHOLD and not self._background:
            task = asyncio.create_task(asyncio.to_thread(self._settle.run, wave))
            self._background.add(task)
            task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        self._waiting.clear()
        # What could not be settled stays in the inbox and is tried again with the next one.
        if not task.cancelled() and (error := task.exception()) is not None:
            structlog.get_logger().warning("settle_postponed", kind=type(error).__name__)


def _refuse_unready(wave: Wave, draft: Draft) -> None:
    """Let pass a draft that may be sent as it stands. See `Sending.submit` for what it raises."""
    if draft.notice != wave.notice.hash:
        raise NoticeChanged
    if draft.awaits_assent:
        raise AssentAwaited
    if wave.form.ends(draft.answers) or wave.needs_parent(draft.answers, parental=draft.parental):
        raise InvalidInput([FieldError("age", TOO_YOUNG)])
    if wave.once != "off" and not draft.once:
        raise NotAdmitted
