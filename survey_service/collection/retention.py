"""The end of life that the notice promised: each purpose ends in its own time, and is certified.

Taking part ends for the whole row. The answers on ethnic origin and health leave each row when
their own time is over, and research re-use leaves its purposes, so that no later freeze holds it.
A survey's vault follows its last wave; its contacts may go before. Every run can be repeated:
what is there decides what is left to do.

Cost grows linearly with the rows of a wave; a purpose that is over is looked for once per start.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from datetime import date
from typing import Any

from schemas.notice import PurposeId
from survey_service.answers.freezes import Freezes
from survey_service.answers.models import AnswerRow
from survey_service.answers.service import Answers
from survey_service.collection.settle import floored
from survey_service.consent.service import Consents
from survey_service.retention.certificates import Certificates, Erasure
from survey_service.retention.terms import terms
from survey_service.stores.shuffle import rewrite_shuffled
from survey_service.stores.store import Store
from survey_service.surveys.waves import Wave


class Retention:
    """Destroys what has been kept for as long as the notice said."""

    def __init__(
        self,
        store: Store,
        consents: Consents,
        answers: Answers,
        freezes: Freezes,
        certificates: Certificates,
        shuffler: random.Random | None = None,
    ) -> None:
        self._store = store
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._certificates = certificates
        self._shuffler: Any = shuffler or secrets.SystemRandom()
        self._looked: set[Erasure] = set()

    def run(self, waves: list[Wave], today: date) -> None:
        """Destroy what is due."""
        by_id = {wave.id: wave for wave in waves}
        for term in terms(waves):
            if not term.over(today):
                continue
            erasure = term.erasure
            if erasure.store == "vault":
                self._vault(erasure)
            elif erasure.purpose == PurposeId.PARTICIPATION:
                self._whole_rows(erasure)
            else:
                self._within_rows(erasure, by_id[erasure.scope])
        for begun in self._certificates.begun_now():
            # Everything of it was erased in the run that was cut short, or just now.
            self._certificates.complete_now(begun.id)

    def _certified(self, erasure: Erasure, rows: int, erase: Callable[[], object]) -> None:
        begun = self._certificates.begin_now(erasure, floored(rows))
        erase()
        self._certificates.complete_now(begun)

    def _whole_rows(self, erasure: Erasure) -> None:
        tags = self._answers.tags_of(erasure.scope)

        def erase() -> None:
            self._freezes.destroy(erasure.scope)
            self._answers.end(tags)
            self._store.truncate_log()

        if tags:
            self._certified(erasure, len(tags), erase)

    def _within_rows(self, erasure: Erasure, wave: Wave) -> None:
        if erasure in self._looked:
            return

        def change(body: dict[str, Any]) -> dict[str, Any]:
            return without_purpose(wave, body, erasure.purpose)

        rows = sum(erasure.purpose in body["purposes"] for body in self._answers.bodies(wave.id))

        def erase() -> None:
            self._freezes.destroy(wave.id)
            self._answers.change_all(wave.id, change, self._shuffler)
            rewrite_shuffled(self._store, AnswerRow, self._shuffler)
            self._freezes.destroy(wave.id)

        if rows:
            self._certified(erasure, rows, erase)
        self._looked.add(erasure)

    def _vault(self, erasure: Erasure) -> None:
        survey = erasure.scope
        tags = self._consents.tags_of(survey)
        if erasure.purpose == PurposeId.PARTICIPATION:
            if tags:
                self._certified(erasure, len(tags), lambda: self._consents.end(tags))
        elif erasure not in self._looked:
            left = self._consents.contacts_left(survey)
            if left:
                self._certified(erasure, left, lambda: self._consents.forget_contacts(survey))
            self._looked.add(erasure)


def without_purpose(wave: Wave, body: dict[str, Any], purpose: str) -> dict[str, Any]:
    """Return the body without a purpose, and without the answers that it covered."""
    if purpose not in body["purposes"]:
        return body
    left = [name for name in body["purposes"] if name != purpose]
    record = wave.form.correcting.corrected(body["record"], {}, frozenset(left)).record
    return {**body, "purposes": left, "record": record}
