"""What a code can do: say what is kept, hand out a copy, erase everything.

None of this needs a key of the office: what a code does not open stays closed.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from schemas.texts import Texts
from survey_service import problems
from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.clock import Clock
from survey_service.collection.code import Code, CodeKeys, CodeMistyped
from survey_service.collection.drafts import Draft, Drafts
from survey_service.collection.inbox import Inbox
from survey_service.consent.service import Consents
from survey_service.stores.ballast import Ballast
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys


@dataclass(frozen=True)
class Status:
    """Where a code stands: draft, waiting, settled, or nothing (unknown and erased are one)."""

    kind: str
    slug: str | None = None
    names: Texts | None = None
    purposes: frozenset[str] = frozenset()
    wave_number: int | None = None

    def title(self, language: str) -> str:
        """The survey's title in a language; empty where nothing is kept."""
        return self.names.text(language) if self.names else ""


NOTHING = Status("nothing")


class Rights:
    """The use cases behind `/my-answers`."""

    def __init__(
        self,
        stores: Stores,
        surveys: Surveys,
        drafts: Drafts,
        inbox: Inbox,
        consents: Consents,
        answers: Answers,
        freezes: Freezes,
        tombstones: Tombstones,
        ballast: Ballast,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._surveys = surveys
        self._drafts = drafts
        self._inbox = inbox
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._tombstones = tombstones
        self._ballast = ballast
        self._clock = clock

    async def read_code(self, text: str) -> Code:
        """Return the code a person typed.

        Raises:
            problems.CodeMistyped: names the mistyped group where it can be told.
        """
        try:
            return Code.read(text)
        except CodeMistyped as error:
            raise problems.CodeMistyped(error.group) from None

    async def status(self, code: Code) -> Status:
        """Return where the code stands. Every survey is asked, whatever the first one says."""
        found = [await self._status_in(*survey, code) for survey in self._all()]
        return next((status for status in found if status.kind != "nothing"), NOTHING)

    def _all(self) -> list[tuple[str, bytes, Texts]]:
        return self._surveys.surveys_now()

    async def _status_in(self, slug: str, salt: bytes, title: Texts, code: Code) -> Status:
        keys = code.under(salt)
        kept = await self._kept(keys)
        draft: Draft | None = kept["draft"]
        if kept["waiting"] is not None:
            consent, kind = kept["waiting"]["consent"], "waiting"
            wave = self._number(kept["waiting"]["wave"])
        elif kept["answers"] is not None or kept["consent"] is not None:
            consent, kind = (kept["consent"] or {}).get("record", {}), "settled"
            wave = self._number(kept["answers"]["wave"]) if kept["answers"] else None
        elif draft is not None:
            consent, kind, wave = (
                {"decisions": draft.decisions},
                "draft",
                self._number(draft.wave_id),
            )
        else:
            return NOTHING
        granted = frozenset(p for p, yes in consent.get("decisions", {}).items() if yes)
        return Status(kind, slug, title, granted, wave)

    def _number(self, wave_id: str) -> int | None:
        return next((w.number for w in self._surveys.waves_now() if w.id == wave_id), None)

    async def _kept(self, keys: CodeKeys) -> dict[str, Any]:
        draft = await self._drafts.read(keys, self._clock().date())

        def settled() -> dict[str, Any]:
            copy = self._inbox.own_copy_now(keys)
            consent_tag = self._consents.stored_tag(keys.consent_tag)
            response_tag = self._answers.stored_tag(keys.response_tag)
            return {
                "waiting": json.loads(copy) if copy else None,
                "consent": self._consents.of_code(consent_tag, keys.consent_key),
                "answers": self._answers.of_code(response_tag, keys.response_key),
            }

        return {"draft": draft, **await asyncio.to_thread(settled)}

    async def copy(self, code: Code, language: str = "en") -> dict[str, Any]:
        """Return all that is kept of the code's holder, ready to be written as JSON.

        Raises:
            NotFound: nothing is kept under this code.
        """
        copies = []
        for slug, salt, title in self._all():
            kept = await self._kept(code.under(salt))
            draft: Draft | None = kept["draft"]
            if any(part is not None for part in kept.values()):
                copies.append(self._copy(slug, title.text(language), language, kept, draft))
        if not copies:
            raise problems.NotFound
        return {"made_on": self._clock().date().isoformat(), "surveys": copies}

    def _copy(
        self, slug: str, title: str, language: str, kept: dict[str, Any], draft: Draft | None
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"survey": slug, "title": title}
        if draft is not None:
            found["unfinished_form"] = {
                "decisions": draft.decisions,
                "language": draft.language,
                "answers": self._worded(draft.wave_id, draft.answers, language),
                "contact": draft.contact,
            }
        if kept["waiting"] is not None:
            waiting = kept["waiting"]
            body = waiting["answers"]
            found["submitted_and_waiting"] = {
                "consent": waiting["consent"],
                "contact": waiting["contact"],
                "answers": {
                    **body,
                    "record": self._worded(waiting["wave"], body["record"], language),
                },
            }
        if kept["consent"] is not None:
            found["consent"] = kept["consent"]["record"]
            found["contact"] = kept["consent"]["contact"]
        if kept["answers"] is not None:
            body = kept["answers"]
            found["answers"] = {
                **body,
                "record": self._worded(body["wave"], body["record"], language),
            }
        return found

    def _worded(self, wave_id: str, answers: dict[str, Any], language: str) -> dict[str, Any]:
        wave = next((w for w in self._surveys.waves_now() if w.id == wave_id), None)
        worded = {}
        for name, answer in answers.items():
            question = wave.form.question_of(name) if wave else None
            worded[name] = {
                "question": question.text.text(language) if question else name,
                **answer,
            }
        return worded

    async def erase(self, code: Code) -> None:
        """Leave nothing of the code's holder in any store; again is the same.

        The tombstones come first: from then on a settle that has the rows in hand, a replayed
        submission and a restored backup all drop them.
        """
        for _slug, salt, _title in self._all():
            keys = code.under(salt)
            await asyncio.to_thread(self._ballast.behind, lambda keys=keys: self._erase(keys))

    def _erase(self, keys: CodeKeys) -> None:
        consent_tag = self._consents.stored_tag(keys.consent_tag)
        response_tag = self._answers.stored_tag(keys.response_tag)
        wave = self._answers.wave_of(response_tag)
        waiting = self._inbox.own_copy_now(keys) is not None
        submitted = wave is not None or waiting or self._consents.holds(consent_tag)
        if submitted:
            self._tombstones.bury([("answers", response_tag), ("vault", consent_tag)])
        self._drafts.remove_now(keys)
        if not submitted:
            self._stores.drafts.truncate_log()
            return
        self._inbox.remove_now(keys)
        self._answers.forget([response_tag])
        self._consents.forget([consent_tag])
        if wave is not None:
            self._freezes.destroy(wave)
        for store in self._stores:
            if store.name not in ("office", "audit"):
                store.truncate_log()
