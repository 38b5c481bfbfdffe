"""What a code can do: say what is kept, hand out a copy, correct, withdraw, restrict, erase.

None of this needs a key of the office: what a code does not open stays closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas.response import AnswerDict
from survey_service import problems
from survey_service.answers.by_code import FreezesElsewhere
from survey_service.answers.freezes import Freezes, in_universe
from survey_service.answers.service import Answers
from survey_service.clock import Clock
from survey_service.collection.changes import Changes
from survey_service.collection.code import Code, CodeMistyped
from survey_service.collection.drafts import Drafts
from survey_service.collection.letterbox import Letterbox
from survey_service.collection.marks import Marks
from survey_service.consent.opened import ESCROW
from survey_service.consent.service import Consents, committed
from survey_service.releases.views import ReleaseSummary
from survey_service.rights.changing import Change, Changing, corrected, restricted, without_purpose
from survey_service.rights.copies import copy_of
from survey_service.rights.entry_limit import EntryLimit
from survey_service.rights.erasing import Erasing
from survey_service.rights.kept import Kept, Reader
from survey_service.rights.status import NOTHING, Status
from survey_service.rights.turns import Turns
from survey_service.stores.ballast import Ballast
from survey_service.stores.stores import FrontStores, Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave

WITHDRAWABLE = ("ethnic_health", "research_reuse", "contact", ESCROW)
"""Taking back the whole consent is erasing: nobody's answers are kept without taking part."""


class ParentNeeded(problems.Conflict):
    """A corrected answer says an age at which a parent must have agreed, and none had."""


class Rights:
    """The use cases behind `/my-answers`."""

    def __init__(
        self,
        stores: Stores | FrontStores,
        surveys: Surveys,
        drafts: Drafts,
        inbox: Letterbox,
        consents: Consents,
        answers: Answers,
        freezes: Freezes | FreezesElsewhere,
        tombstones: Tombstones,
        ballast: Ballast,
        clock: Clock,
        serve: Callable[[str], None] | None = None,
        published: Callable[[str], Sequence[ReleaseSummary]] | None = None,
    ) -> None:
        """Wire the room.

        `serve` works off at once what settle must do for a wave, where settle is in reach.
        `published` gives a wave's releases.
        """
        self._surveys = surveys
        self._ballast = ballast
        self._clock = clock
        self._changes = Changes(stores.inbox, inbox)
        marks = Marks(stores.inbox)
        far = any(store.dialect == "postgresql" for store in stores)
        self._reader = Reader(drafts, inbox, self._changes, consents, answers, in_threads=far)
        self._serve = serve or (lambda _wave: None)
        self._published = published or (lambda _wave: ())
        self.entries = EntryLimit(clock)
        self.turns = Turns()
        self._erasing = Erasing(
            stores,
            drafts,
            inbox,
            self._changes,
            marks,
            consents,
            answers,
            freezes,
            tombstones,
        )
        self._changing = Changing(
            stores,
            self._reader,
            inbox,
            self._changes,
            marks,
            consents,
            answers,
            freezes,
            tombstones,
            self._serve,
        )

    async def read_code(self, text: str) -> Code:
        """Return the code a person typed.

        Raises:
            problems.CodeMistyped: names the mistyped groups where it can be told.
        """
        try:
            return Code.read(text)
        except CodeMistyped as error:
            raise problems.CodeMistyped(*error.groups) from None

    async def kept(self, code: Code) -> list[Kept]:
        """Return what is kept in each survey; every one is asked, whatever the first says."""
        today = self._clock().date()
        return [
            await self._reader.read(slug, title, code.under(salt), today)
            for slug, salt, title in self._surveys.surveys_now()
        ]

    async def sent(self, code: Code) -> Kept:
        """Return what was sent under a code, waiting or settled.

        Raises:
            NotFound: nothing was, or it was erased.
        """
        found = next((kept for kept in await self.kept(code) if kept.body is not None), None)
        if found is None:
            raise problems.NotFound
        return found

    async def status(self, code: Code) -> Status:
        """Return where the code stands."""
        found = [kept for kept in await self.kept(code) if kept.kind != "nothing"]
        return self._status(found[0]) if found else NOTHING

    def _status(self, kept: Kept) -> Status:
        in_field = self._surveys.in_field_now(kept.slug)
        return Status(
            kind=kept.kind,
            slug=kept.slug,
            names=kept.title,
            purposes=kept.in_force,
            wave_number=self._number(kept.wave),
            wave=kept.wave,
            restricted=kept.restricted,
            open=in_field is not None and in_field.id == kept.wave,
            counted=kept.body is not None and in_universe(kept.body) and not kept.outdated,
            outdated=kept.outdated,
            taken_back=kept.taken_back,
            can_be_found=kept.can_be_found,
            handed_out_on=kept.cell.day if kept.cell is not None else None,
        )

    def _number(self, wave_id: str | None) -> int | None:
        return next((w.number for w in self._surveys.waves_now() if w.id == wave_id), None)

    async def published(self, wave_id: str | None) -> Sequence[ReleaseSummary]:
        """Return the releases of a wave: public facts, the same for everybody.

        Which answers a release was counted from is kept nowhere; its freeze held everybody of the
        wave who had research re-use in force and no restriction on the day it was made.
        """
        return await asyncio.to_thread(self._published, wave_id or "")

    def wave(self, kept: Kept) -> Wave:
        """Return the wave that what was sent belongs to, with its questionnaire.

        Raises:
            NotFound: there is no such wave.
        """
        return self._surveys.wave_now(kept.wave or "")

    async def copy(self, code: Code, language: str = "en") -> dict[str, Any]:
        """Return all that is kept of the code's holder, ready to be written as JSON.

        Raises:
            NotFound: nothing is kept under this code.
        """
        waves = {wave.id: wave for wave in self._surveys.waves_now()}
        copies = [
            copy_of(kept, waves.get(kept.wave or ""), language)
            for kept in await self.kept(code)
            if kept.kind != "nothing"
        ]
        if not copies:
            raise problems.NotFound
        return {"made_on": self._clock().date().isoformat(), "surveys": copies}

    async def correct(
        self, code: Code, etag: str, given: Mapping[str, AnswerDict]
    ) -> tuple[str, ...]:
        """Put answers in place of the stored ones; return the questions that are asked now.

        `given` holds every question of a group (`CompiledForm.correcting.group`).

        Raises:
            NotFound: nothing is kept under this code.
            ChangedMeanwhile: what is kept is not what the page showed.
            Conflict: an answer ends the survey.
            ParentNeeded: an answer says an age at which a parent must have agreed.
        """
        kept = await self.sent(code)
        wave = self.wave(kept)
        form = wave.form
        if wave.needs_parent(given, parental=False) and not agreed_by_parent(kept):
            raise ParentNeeded
        await self._apply(
            code, "corrected", lambda now: Change(corrected(form, now.body or {}, given)), etag
        )
        body = kept.body or {}
        purposes = frozenset(body.get("purposes", ()))
        return form.correcting.corrected(body["record"], given, purposes).opened

    async def withdraw(self, code: Code, purpose: str) -> None:
        """Take one purpose back, with everything that it covered; again is the same.

        Raises:
            NotFound: nothing is kept under this code, or there is no such purpose to take back.
        """
        if purpose not in WITHDRAWABLE:
            raise problems.NotFound
        kept = await self.sent(code)
        form = self.wave(kept).form
        gone = frozenset({purpose})

        def make(now: Kept) -> Change:
            return Change(without_purpose(form, now.body or {}, purpose), gone)

        await self._apply(code, "purpose_withdrawn", make)

    async def restrict(self, code: Code, *, on: bool) -> None:
        """Leave the answers out of every later freeze, or no longer; again is the same.

        Raises:
            NotFound: nothing is kept under this code.
        """
        act = "restricted" if on else "restriction_lifted"
        await self._apply(code, act, lambda now: Change(restricted(now.body or {}, on=on)))

    async def confirm(self, code: Code) -> None:
        """Let answers that a restore set aside count as they stand; again is the same.

        Raises:
            NotFound: nothing is kept under this code.
        """
        await self._apply(code, "restriction_lifted", lambda now: Change(now.body or {}))

    async def _apply(
        self, code: Code, act: str, make: Callable[[Kept], Change], etag: str | None = None
    ) -> None:
        kept = await self.sent(code)

        def work() -> None:
            # Read anew at each try: a full disk may have cut the first one short.
            now = self._reader.sent_now(kept.slug, kept.title, kept.keys)
            self._changing.apply(now, act, make, etag)

        await asyncio.to_thread(self._ballast.behind, work)

    async def erase(self, code: Code) -> None:
        """Leave nothing of the code's holder in any store; again is the same."""
        for _slug, salt, _title in self._surveys.surveys_now():
            keys = code.under(salt)
            await asyncio.to_thread(
                self._ballast.behind, lambda keys=keys: self._erasing.erase_now(keys)
            )


def agreed_by_parent(kept: Kept) -> bool:
    """Whether a parent agreed before the answers were sent; only the code's holder can tell."""
    said = committed(kept.keys.receipt_salt, str(kept.record.get("receipt", "")))
    return said is not None and said.parental == "yes"
