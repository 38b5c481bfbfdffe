"""A field campaign over any stores: the rooms that respondents touch, and people who answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schemas.notice import Notice
from schemas.questionnaire import Questionnaire
from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.audit_log.service import AuditLog
from survey_service.collection.changes import Changes
from survey_service.collection.code import Code
from survey_service.collection.drafts import Drafts
from survey_service.collection.hand_over import HandOver
from survey_service.collection.inbox import Inbox
from survey_service.collection.marks import Marks
from survey_service.collection.service import Collection
from survey_service.collection.settle import Settle
from survey_service.consent.service import Consents
from survey_service.demo.population import SyntheticRespondent, synthetic_respondents
from survey_service.invitations.service import Invitations
from survey_service.rights.receipts import Receipts
from survey_service.rights.service import Rights
from survey_service.stores.ballast import Ballast
from survey_service.stores.keyring import Keyring
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.core import load
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState

SLUG = "roma-2026"


class Field:
    """The rooms from the form to the stores, with a clock that tests may move."""

    def __init__(
        self,
        stores: Stores,
        folder: Path,
        keyring: Keyring | None = None,
        *,
        settles_itself: bool = False,
    ) -> None:
        self.stores = stores
        self.keyring = keyring or Keyring.random()
        self.now = datetime.now(UTC)
        ring = self.keyring
        self.audit = AuditLog(stores.audit, ring, self.clock)
        self.surveys = Surveys(stores.office, self.audit, self.clock)
        self.tombstones = Tombstones(folder / "tombstones", ring.secret("tombstones"))
        self.ballast = Ballast(stores)
        self.drafts = Drafts(stores.drafts, ring)
        self.inbox = Inbox(stores.inbox, stores.keys, ring)
        self.consents = Consents(stores.vault, stores.keys, ring)
        self.answers = Answers(stores.answers, stores.keys, ring)
        self.freezes = Freezes(stores.answers, stores.keys, ring, self.answers)
        self.settle = Settle(
            stores, self.inbox, self.consents, self.answers, self.tombstones, self.audit
        )
        self.hand_over = HandOver(
            stores,
            self.inbox,
            Changes(stores.inbox, self.inbox),
            Marks(stores.inbox),
            self.consents,
            self.answers,
            self.freezes,
            self.settle,
            self.audit,
            self.clock,
        )
        self.invitations = Invitations(
            stores.office, ring, self.audit, self.clock, vault=stores.vault, inbox=stores.inbox
        )
        self.collection = Collection(
            self.surveys,
            self.drafts,
            self.inbox,
            self.consents,
            self.answers,
            self.tombstones,
            self.settle,
            self.invitations,
            self.clock,
            settles_itself=settles_itself,
        )
        self.rights = Rights(
            stores,
            self.surveys,
            self.drafts,
            self.inbox,
            self.consents,
            self.answers,
            self.freezes,
            self.tombstones,
            self.ballast,
            self.clock,
            serve=self.hand_over.serve,
        )
        self.receipts = Receipts(
            self.surveys,
            self.inbox,
            Changes(stores.inbox, self.inbox),
            self.consents,
            ring,
            "https://survey.test",
        )

    def clock(self) -> datetime:
        """Return the field's own instant."""
        return self.now

    def later(self, **delta: float) -> None:
        """Move the clock on."""
        self.now += timedelta(**delta)

    def open_wave(
        self,
        number: int = 1,
        questionnaire: Questionnaire | None = None,
        retention: Mapping[str, int] | None = None,
    ) -> Wave:
        """Store a questionnaire (the core one) and put a wave of it into the field.

        `retention` gives the months of purposes that differ from the core notice's.
        """
        core = load()
        told = core.notice
        if retention is not None:
            purposes = tuple(
                p.model_copy(update={"retention_months": retention[p.id]}) for p in told.purposes
            )
            told = Notice.model_validate({**told.model_dump(), "purposes": purposes})
        asked = questionnaire or core.questionnaire
        self.surveys.add_survey_now(SLUG, asked.title)
        self.surveys.add_version_now(SLUG, asked, told)
        wave = self.surveys.add_wave_now(SLUG, number, asked, told, planned_sample=1000)
        return self.surveys.move_now(wave, WaveState.OPEN)

    def close_wave(self, wave: Wave) -> Wave:
        """Close a wave as the coordinator would."""
        closed = self.surveys.move_now(wave.id, WaveState.CLOSED)
        self.settle.run(closed, closing=True)
        return closed

    async def fill(self, wave: Wave, person: SyntheticRespondent, *, questions: int = 99) -> Code:
        """Answer the form as a browser would, up to a number of questions, without submitting."""
        code = await self.collection.begin(wave.survey, person.decisions, person.language)
        answers: dict[str, Any] = {}
        for question, posted in list(person.posted.items())[:questions]:
            answers[question] = wave.form.read(question, posted, answers)
            await self.collection.save(
                wave.survey, code, question, answers[question], person.language
            )
        if person.contact is not None:
            contact = person.contact.model_dump(exclude_none=True)
            await self.collection.set_contact(wave.survey, code, contact)
        return code

    async def answer(self, wave: Wave, person: SyntheticRespondent, *, questions: int = 99) -> Code:
        """Fill the form and submit it."""
        code = await self.fill(wave, person, questions=questions)
        await self.collection.submit(wave.survey, code)
        return code

    def answer_all(
        self, wave: Wave, people: Iterable[SyntheticRespondent], *, questions: int = 99
    ) -> list[Code]:
        """Submit one after the other and return the codes in the order of submission."""

        async def run() -> list[Code]:
            codes = []
            for person in people:
                codes.append(await self.answer(wave, person, questions=questions))
                if len(codes) % 20 == 0:
                    await asyncio.to_thread(self.settle.run, wave)
            return codes

        return asyncio.run(run())


def people(count: int, seed: int = 1) -> list[SyntheticRespondent]:
    """Return synthetic respondents, always the same for a seed."""
    return list(synthetic_respondents(count, seed))


def spearman(left: list[float], right: list[float]) -> float:
    """Return the rank correlation of two sequences; ties share their mean rank."""
    from scipy.stats import spearmanr

    if len(set(left)) < 2 or len(set(right)) < 2:
        return 0.0
    return float(spearmanr(left, right).statistic)


def shuffled(items: list[Any], seed: int) -> list[Any]:
    """Return the items in an order drawn from a seed."""
    return random.Random(seed).sample(items, len(items))
