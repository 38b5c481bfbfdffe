"""The form's use cases: begin, save, submit. Each is one transaction in one store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import structlog
from pydantic_core import to_json

from schemas.consent import Circumstances
from schemas.questionnaire import Repeat
from survey_service.answers.service import Answers
from survey_service.clock import Clock
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.drafts import Draft, Drafts
from survey_service.collection.inbox import GenerationClosed, Letterbox
from survey_service.collection.settle import THRESHOLD, Settle
from survey_service.collection.submission import Submission
from survey_service.consent.lost_codes import agreed_cell, declined_cell
from survey_service.consent.service import Consents, receipt_commitment
from survey_service.escrow.sealing import sealed_code
from survey_service.invitations.service import Invitations
from survey_service.problems import (
    N_,
    AlreadySubmitted,
    AssentAwaited,
    FieldError,
    InvalidInput,
    NotAdmitted,
    NotFound,
    NoticeChanged,
    NotTaken,
)
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.derivations import YES
from survey_service.surveys.reading import answered
from survey_service.surveys.repeats import entries_said, without_entry
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave

# Seconds before each try to find an open generation. The next one opens with the last one's end.
PATIENCE = (0.0, 0.0, 0.5, 1.0, 1.0)
# What the answers are kept with. `contact` is no business of the answers' store.
ANSWER_PURPOSES = ("participation", "ethnic_health", "research_reuse")
TOO_YOUNG = N_("The answers say an age at which nobody can send them, or not without a parent.")
PARENT_SAID_NO = N_("A parent said no to this.")


class ParentFirst(AssentAwaited):
    """A parent decided under another notice, and has to decide again first."""


class Collection:
    """What a respondent does with the form. Holds no key that opens anything settled."""

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
        *,
        settles_itself: bool = True,
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
        self._settles_itself = settles_itself
        self._waiting: dict[str, int] = {}
        self._background: set[asyncio.Task[Any]] = set()

    async def survey(self, slug: str) -> Wave:
        """Return the survey's wave that is in the field.

        Raises:
            NotFound: there is no such survey.
            SurveyClosed: it takes no answers now.
        """
        return self._surveys.answerable_now(slug)

    async def open_surveys(self) -> list[Wave]:
        """Return the waves that are in the field."""
        return self._surveys.open_waves_now()

    def keys(self, slug: str, code: Code) -> CodeKeys:
        """Return what a code opens in a survey."""
        salt = self._surveys.salt_now(slug)
        if salt is None:
            raise NotFound
        return code.under(salt)

    def today(self) -> date:
        """The day it is here."""
        return self._clock().date()

    async def begin(
        self,
        slug: str,
        decisions: Mapping[str, bool],
        language: str,
        assisted: dict[str, str] | None = None,
        slip: str = "",
        *,
        as_parent: bool = False,
    ) -> Code:
        """Make a code and an empty draft that only it opens.

        `assisted` is what the receipt of an interview with help commits to; the question whether
        somebody helps is then answered already. `as_parent`: a parent decided; nothing is asked
        before the young person has decided too.

        Raises:
            InvalidInput: a purpose is forged, undecided, or refused though the survey needs it.
            NotAdmitted: the wave invites by slips, and this is none that can be used.
        """
        wave = await self.survey(slug)
        self._judge(wave, decisions)
        if not await asyncio.to_thread(self._invitations.admits_now, wave, slip):
            raise NotAdmitted
        code = Code.new()
        draft = Draft(
            slug,
            wave.id,
            language,
            {} if as_parent else dict(decisions),
            assisted=assisted,
            notice=wave.notice.hash,
            circumstances={"language": language},
            slip=slip,
        )
        if as_parent:
            draft.parent, draft.circumstances["parental"] = parent_said(wave, decisions), "yes"
        if assisted is not None:
            for question in wave.form.questions:
                if question.filled_by == "assistance":
                    draft.answers[question.id] = answered(YES)
        expires = self.today() + timedelta(days=wave.draft_days)
        await self._drafts.put(code.under(wave.salt), draft, expires)
        return code

    def _judge(self, wave: Wave, decisions: Mapping[str, bool]) -> None:
        known = {purpose.id.value: purpose for purpose in wave.notice.purposes}
        errors = [
            FieldError(name, N_("This is no purpose of this survey."), N_("Leave it out."))
            for name in decisions
            if name not in known
        ]
        for name, purpose in known.items():
            if name not in decisions:
                errors.append(FieldError(name, N_("Please choose yes or no.")))
            elif purpose.mandatory and not decisions[name]:
                errors.append(FieldError(name, N_("Without this the survey cannot go on.")))
        if errors:
            raise InvalidInput(errors)

    async def draft(self, slug: str, code: Code) -> Draft | None:
        """Return the code's draft, or None where there is none."""
        return await self._drafts.read(self.keys(slug, code), self.today())

    async def save(
        self,
        slug: str,
        code: Code,
        question_id: str,
        answer: Any,
        language: str,
        *,
        own: bool = False,
    ) -> Draft:
        """Write one answer into the draft and return the draft.

        `own`: the respondent answers on a device that was handed to him.

        Raises:
            NotFound: the draft has expired, there never was one, or the question is none that
                this person agreed to be asked.
            NoticeChanged: the answer is kept, and the decisions have to be made again.
            AlreadySubmitted: it was submitted meanwhile (another tab).
        """
        question = (await self.survey(slug)).form.by_id.get(question_id)
        if question is None:
            raise NotFound
        change: dict[str, Any] = {"answers": {question_id: answer}, "language": language}
        if own:
            change["own"] = [question_id]
        return await self._change(slug, code, change, question.purpose.value)

    async def remove_entry(
        self, slug: str, code: Code, repeat: Repeat, entry: int, entries: int, language: str
    ) -> Draft:
        """Take one entry of a repeat out of the draft; those after it move up.

        `entries` is how many there were when it was asked: sent twice it is done once.

        Raises:
            NotFound: there is no draft any more, or the questions are none this person is asked.
        """
        form = (await self.survey(slug)).form
        inside = [q.id for q in form.questionnaire.questions if q.repeat == repeat.id]

        def work(answers: dict[str, Any]) -> Mapping[str, Any]:
            if not 1 <= entry <= entries == entries_said(repeat, answers):
                return {}
            return without_entry(repeat, inside, entry, answers)

        purpose = form.by_id[f"{repeat.id}.0"].purpose.value
        return await self._change(slug, code, {"answers": work, "language": language}, purpose)

    async def decide(
        self, slug: str, code: Code, decisions: Mapping[str, bool], language: str | None = None
    ) -> Draft:
        """Replace the decisions in the draft; they are bound to the notice that is in force.

        Raises:
            InvalidInput: see `begin`; also where a parent said no to what is granted here.
            ParentFirst: the parent decided under another notice and has to decide again.
        """
        wave = await self.survey(slug)
        self._judge(wave, decisions)
        draft = await self.draft(slug, code)
        if draft is not None and draft.parent is not None:
            within_parents(wave, draft.parent, decisions)
        change: dict[str, Any] = {"decisions": dict(decisions), "notice": wave.notice.hash}
        if language is not None:
            change["circumstances"] = {"language": language}
        return await self._change(slug, code, change)

    async def decide_as_parent(self, slug: str, code: Code, decisions: Mapping[str, bool]) -> Draft:
        """Keep what a parent decided; the young person then decides anew, answers are kept."""
        wave = await self.survey(slug)
        self._judge(wave, decisions)
        change = {
            "parent": parent_said(wave, decisions),
            "circumstances": {"parental": "yes"},
            "decisions": {},
            "notice": wave.notice.hash,
        }
        return await self._change(slug, code, change)

    async def set_once(self, slug: str, code: Code, text: str) -> Draft:
        """Keep the mark of who takes part; what he wrote is kept nowhere.

        Raises:
            InvalidInput: it is nothing of the kind that is asked for.
        """
        wave = await self.survey(slug)
        if wave.once == "off":
            raise NotFound
        tag = await asyncio.to_thread(self._invitations.once.tag_now, wave, text)
        return await self._change(slug, code, {"once": tag})

    async def set_contact(self, slug: str, code: Code, contact: dict[str, str] | None) -> Draft:
        """Replace the contact in the draft."""
        return await self._change(slug, code, {"contact": contact})

    async def set_escrow(self, slug: str, code: Code, said: tuple[str, str] | None = None) -> Draft:
        """Keep whether a lost code may be found, and of who says yes a mark to find it by.

        `said` is what `escrow.finding.told` returns; of it the mark alone is kept.

        Raises:
            NotFound: nobody can find lost codes of this wave.
        """
        wave = await self.survey(slug)
        if wave.notice.escrow is None:
            raise NotFound
        mark = "no" if said is None else self._consents.mark(wave.id, said).hex()
        return await self._change(slug, code, {"escrow": mark})

    async def _change(
        self,
        slug: str,
        code: Code,
        change: Mapping[str, Any],
        purpose: str | None = None,
    ) -> Draft:
        wave = await self.survey(slug)
        keys = code.under(wave.salt)
        draft = await self._drafts.change(keys, self.today(), wave.draft_days, change, purpose)
        if draft is None or draft.wave_id != wave.id:
            await self._missing(slug, code)
            raise NotFound
        if draft.notice != wave.notice.hash:
            raise NoticeChanged
        return draft

    async def _missing(self, slug: str, code: Code) -> None:
        if await self.standing(slug, code) in ("waiting", "settled"):
            raise AlreadySubmitted

    async def standing(self, slug: str, code: Code) -> str:
        """Return where a code stands: draft, waiting, settled or nothing.

        The inbox is asked before the answers: settle writes there before it empties here.
        """
        keys = self.keys(slug, code)
        if await self._drafts.read(keys, self.today()) is not None:
            return "draft"
        return await asyncio.to_thread(self._standing_now, keys)

    def _standing_now(self, keys: CodeKeys) -> str:
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
        wave = await self.survey(slug)
        keys = code.under(wave.salt)
        draft = await self._drafts.read(keys, self.today())
        if draft is None or draft.wave_id != wave.id:
            if await self.standing(slug, code) in ("waiting", "settled"):
                return
            raise NotFound
        if draft.notice != wave.notice.hash:
            raise NoticeChanged
        if draft.awaits_assent:
            raise AssentAwaited
        if wave.form.ends(draft.answers) or wave.needs_parent(
            draft.answers, parental=draft.parental
        ):
            raise InvalidInput([FieldError("age", TOO_YOUNG)])
        if wave.once != "off" and not draft.once:
            raise NotAdmitted
        if not await self._invitations.use(wave, keys.admission_tag, draft.slip, draft.once):
            raise NotAdmitted
        consent, answers, copy = self._parts(wave, keys, draft, self._cell(wave, code, keys, draft))
        generation = await self._put(wave, keys, consent, answers, copy)
        await self._drafts.remove(keys)
        self._count(wave, generation)

    async def _put(
        self, wave: Wave, keys: CodeKeys, consent: bytes, answers: bytes, copy: bytes
    ) -> str:
        if self._tombstones.holds("answers", self._answers.stored_tag(keys.response_tag)):
            raise NotFound
        for pause in PATIENCE:
            await asyncio.sleep(pause)
            try:
                return await self._inbox.put(wave.id, keys, consent, answers, copy)
            except GenerationClosed:
                continue
        # Where parts are separate, only settle opens generations: it may have closed the last one
        # with the wave, or not be running since the wave was opened.
        await self.survey(wave.survey)
        raise NotTaken

    def _cell(self, wave: Wave, code: Code, keys: CodeKeys, draft: Draft) -> bytes | None:
        """What finds the code again, and the same of who did not want that; None without escrow."""
        if wave.notice.escrow is None:
            return None
        yes = draft.escrow not in ("", "no")
        officers = wave.notice.escrow.keys
        sealed = sealed_code(wave.survey, wave.id, officers, code.symbols if yes else None)
        if not yes:
            return declined_cell(sealed).octets
        cell = agreed_cell(keys.receipt_salt, bytes.fromhex(draft.escrow), sealed)
        return cell.octets

    def _parts(
        self, wave: Wave, keys: CodeKeys, draft: Draft, cell: bytes | None = None
    ) -> tuple[bytes, ...]:
        purposes = draft.purposes
        record = wave.form.settle_record(
            draft.answers,
            purposes,
            interview_language=draft.language,
            assisted=None if draft.assisted is None else True,
        )
        # By name, so that this is the canonical form, at a quarter of its encoder's cost.
        body = {
            "purposes": [p for p in ANSWER_PURPOSES if p in purposes],
            "questionnaire": wave.form.questionnaire.id,
            "record": dict(sorted(record.items())),
            "version": wave.form.questionnaire.version,
        }
        helped = {} if draft.assisted is None else {**draft.assisted, "channel": "assisted"}
        said = Circumstances.model_validate(
            {"language": draft.language, **draft.circumstances, **helped}
        )
        consent = to_json(
            {
                "day": self.today().isoformat(),
                "decisions": dict(sorted(draft.decisions.items())),
                "notice": draft.notice,
                "receipt": receipt_commitment(keys.receipt_salt, said),
            }
        )
        answers = to_json(body)
        left = draft.contact if "contact" in purposes else None
        contact = to_json(dict(sorted(left.items())) if left is not None else None)
        consent_tag = self._consents.stored_tag(keys.consent_tag)
        answers_tag = self._answers.stored_tag(keys.response_tag)
        sent = Submission(wave.id, answers, consent, contact, cell)
        return sent.parts(keys, consent_tag, answers_tag)

    def _count(self, wave: Wave, generation: str) -> None:
        if not self._settles_itself or self._settle is None:
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


def parent_said(wave: Wave, decisions: Mapping[str, bool]) -> dict[str, Any]:
    """Return what a draft keeps of a parent's decisions.

    Raises:
        NotFound: the notice knows no such path.
    """
    if wave.notice.parental is None:
        raise NotFound
    return {"notice": wave.notice.hash, "decisions": dict(decisions)}


def within_parents(wave: Wave, parent: Mapping[str, Any], decisions: Mapping[str, bool]) -> None:
    """Let pass what a parent agreed to as well.

    Raises:
        ParentFirst: the parent decided under another notice.
        InvalidInput: names each purpose that is granted here and was refused there.
    """
    if parent["notice"] != wave.notice.hash:
        raise ParentFirst
    agreed = parent["decisions"]
    refused = [name for name, yes in decisions.items() if yes and not agreed.get(name)]
    if refused:
        raise InvalidInput([FieldError(name, PARENT_SAID_NO) for name in refused])
