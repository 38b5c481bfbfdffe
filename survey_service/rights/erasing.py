"""Erasing: what a code opens is gone from every store, in an order that no crash can undo."""

from __future__ import annotations

from survey_service.answers.by_code import FreezesElsewhere
from survey_service.answers.freezes import Freezes, in_universe
from survey_service.answers.service import Answers, SealedRow
from survey_service.collection.changes import Changes
from survey_service.collection.code import CodeKeys
from survey_service.collection.drafts import Drafts
from survey_service.collection.letterbox import Letterbox
from survey_service.collection.marks import DESTROYED, Marks
from survey_service.consent.service import Consents
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.stores import FrontStores, Stores
from survey_service.stores.tombstones import Tombstones


class Erasing:
    """Takes one survey's rows of a code out of every store. Again is the same."""

    def __init__(
        self,
        stores: Stores | FrontStores,
        drafts: Drafts,
        inbox: Letterbox,
        changes: Changes,
        marks: Marks,
        consents: Consents,
        answers: Answers,
        freezes: Freezes | FreezesElsewhere,
        tombstones: Tombstones,
    ) -> None:
        self._stores = stores
        self._drafts = drafts
        self._inbox = inbox
        self._changes = changes
        self._marks = marks
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._tombstones = tombstones

    def erase_now(self, keys: CodeKeys) -> None:
        """Leave nothing that these keys open.

        The tombstones come first: from then on a settle that has the rows in hand, a replayed
        submission and a restored backup all drop them.
        """
        consent_tag = self._consents.stored_tag(keys.consent_tag)
        response_tag = self._answers.stored_tag(keys.response_tag)
        row = self._answers.sealed(response_tag)
        waiting = self._inbox.sealed_copy_now(keys) is not None
        submitted = row is not None or waiting or self._consents.holds(consent_tag)
        if submitted:
            self._tombstones.bury([("answers", response_tag), ("vault", consent_tag)])
            held = row.wave if row is not None and _held(row, keys.response_key) else None
            self._marks.add_now("erased", *([DESTROYED + held] if held else []))
            if held:
                # Before the row: a freeze must not outlive what it held, whoever dies when.
                self._freezes.destroy(held)
        self._drafts.remove_now(keys)
        if not submitted:
            self._stores.drafts.truncate_log()
            return
        self._inbox.remove_now(keys)
        self._changes.remove_now(keys)
        self._answers.forget([response_tag])
        self._consents.forget([consent_tag])
        if row is not None and _held(row, keys.response_key):
            # Once more, for a freeze that was made in between.
            self._freezes.destroy(row.wave)
        for store in self._stores:
            if store.name not in ("office", "audit"):
                store.truncate_log()


def _held(row: SealedRow, code_key: bytes) -> bool:
    """Whether a freeze may hold the row; one that does not open is taken to be held."""
    try:
        return in_universe(row.opened(code_key))
    except EnvelopeBroken:
        return True
