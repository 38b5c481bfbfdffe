"""The form's use cases: begin, save, decide. Each is one transaction in one store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from schemas.questionnaire import Repeat
from survey_service.answers.service import Answers
from survey_service.clock import Clock
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.deciding import judge, parent_said, within_parents
from survey_service.collection.drafts import Draft, Drafts
from survey_service.collection.letterbox import Letterbox
from survey_service.collection.sending import Sending
from survey_service.collection.settle import Settle
from survey_service.consent.service import Consents
from survey_service.invitations.service import Invitations
from survey_service.problems import (
    AlreadySubmitted,
    NotAdmitted,
    NotFound,
    NoticeChanged,
)
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.derivations import YES
from survey_service.surveys.reading import answered
from survey_service.surveys.repeats import entries_said, without_entry
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave


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
        self._consents = consents
        self._invitations = invitations
        self._clock = clock
        self._sending = Sending(
            surveys,
            drafts,
            inbox,
            consents,
            answers,
            tombstones,
            settle if settles_itself else None,
            invitations,
            clock,
        )

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
        judge(wave, decisions)
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
        judge(wave, decisions)
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
        judge(wave, decisions)
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
        """Return where a code stands: draft, waiting, settled or nothing."""
        keys = self.keys(slug, code)
        if await self._drafts.read(keys, self.today()) is not None:
            return "draft"
        return await asyncio.to_thread(self._sending.sent_now, keys)

    async def submit(self, slug: str, code: Code) -> None:
        """Make the submission durable in one commit; `Sending.submit` says what it refuses."""
        await self._sending.submit(slug, code)
