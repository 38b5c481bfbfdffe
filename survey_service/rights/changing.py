"""Correct, withdraw, restrict: applied at once, wherever the row is, with nothing but the code.

What waits is revised where it waits. A settled row is sealed anew under a new key, which only the
code and settle can open; then it is handed over. Nothing of what was before is kept, and nobody
is told that it was other. No key of the office is needed: what must be done with one is left as a
mark for settle (`collection/hand_over.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.response import AnswerDict
from survey_service.answers.by_code import FreezesElsewhere
from survey_service.answers.freezes import Freezes, in_universe
from survey_service.answers.service import Answers, Recipient, was
from survey_service.collection.changes import Changes, lane
from survey_service.collection.letterbox import GenerationClosed, Letterbox
from survey_service.collection.marks import CHANGED, DESTROYED, Marks
from survey_service.consent.opened import ESCROW, withdraw_from
from survey_service.consent.service import TAKEN_BACK, Consents, taken_back
from survey_service.problems import N_, NotReady, Problem
from survey_service.rights.kept import Kept, Reader
from survey_service.stores.stores import FrontStores, Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.form import CompiledForm

Body = dict[str, Any]
REVISIONS = 5


class ChangedMeanwhile(Problem):
    """What is to be changed is not what the page showed: another window, or a page sent twice.

    Source: RFC 9110, 15.5.13.
    """

    slug = "changed-meanwhile"
    status = 412
    title = N_("Your answers have changed meanwhile")
    explanation = N_(
        "They were changed in another window, or this page was sent twice. Nothing was overwritten."
    )


@dataclass(frozen=True)
class Change:
    """What becomes of a body, and which purposes are withdrawn with it."""

    body: Body
    withdrawn: frozenset[str] = frozenset()


def corrected(form: CompiledForm, body: Body, given: Mapping[str, AnswerDict]) -> Body:
    """Return the body with these answers in place of the stored ones.

    Raises:
        Conflict: an answer ends the survey.
    """
    purposes = frozenset(body["purposes"])
    return {**body, "record": form.correcting.corrected(body["record"], given, purposes).record}


def without_purpose(form: CompiledForm, body: Body, purpose: str) -> Body:
    """Return the body without a purpose, and without the answers that it covered."""
    if purpose not in body["purposes"]:
        return body
    left = [name for name in body["purposes"] if name != purpose]
    record = form.correcting.corrected(body["record"], {}, frozenset(left)).record
    return {**body, "purposes": left, "record": record}


def restricted(body: Body, *, on: bool) -> Body:
    """Return the body as restricted, or no longer."""
    free = {name: value for name, value in body.items() if name != "restricted"}
    return {**free, "restricted": True} if on else free


class Changing:
    """Puts changes into effect. `serve` works marks off at once, where settle is in reach."""

    def __init__(
        self,
        stores: Stores | FrontStores,
        reader: Reader,
        inbox: Letterbox,
        changes: Changes,
        marks: Marks,
        consents: Consents,
        answers: Answers,
        freezes: Freezes | FreezesElsewhere,
        tombstones: Tombstones,
        serve: Callable[[str], None],
    ) -> None:
        self._stores = stores
        self._reader = reader
        self._inbox = inbox
        self._changes = changes
        self._marks = marks
        self._consents = consents
        self._answers = answers
        self._freezes = freezes
        self._tombstones = tombstones
        self._serve = serve

    def apply(
        self, kept: Kept, act: str, make: Callable[[Kept], Change], etag: str | None = None
    ) -> bool:
        """Put a change of what is kept into effect; False where nothing was left to do.

        A row that a restore set aside is counted again with whatever its person says of it now.

        `make` is asked again where something came in between. With `etag` the change is made only
        of what its page showed; the same change sent twice is made once.

        Raises:
            ChangedMeanwhile: what is kept is not what the page showed.
            NotReady: others with this code change it all the time.
        """
        for _ in range(REVISIONS):
            if kept.body is None:
                return False
            change = make(kept)
            new = change.withdrawn & kept.to_take_back
            if change.body == kept.body and not new and not kept.outdated:
                return False
            if etag is not None and etag != kept.etag:
                raise ChangedMeanwhile
            try:
                if self._put(kept, Change(change.body, new), act):
                    return True
            except GenerationClosed:
                # Settle has it in hand; in a moment it is settled and can be changed there.
                raise NotReady from None
            kept = self._reader.sent_now(kept.slug, kept.title, kept.keys)
        raise NotReady

    def _put(self, kept: Kept, change: Change, act: str) -> bool:
        if kept.waiting is not None:
            return self._revise(kept, change, act)
        return self._settled(kept, change, act)

    def _revise(self, kept: Kept, change: Change, act: str) -> bool:
        """Replace what waits by a revision, in one commit."""
        if kept.waiting_sealed is None or kept.wave is None:
            return False
        contact = kept.contact if "contact" not in change.withdrawn else None
        cell = kept.cell
        if cell is not None and ESCROW in change.withdrawn:
            cell = cell.declined()
        revision = self._reader.submission(kept).changed(
            answers=change.body,
            consent=withdraw_from(kept.record, change.withdrawn - {ESCROW}),
            contact=contact,
            escrow=None if cell is None else cell.octets,
        )
        keys = kept.keys
        consent, answers, copy = revision.parts(
            keys,
            self._consents.stored_tag(keys.consent_tag),
            self._answers.stored_tag(keys.response_tag),
        )
        self._marks.add_now(act)
        done = self._inbox.revise_now(kept.wave, keys, kept.waiting_sealed, consent, answers, copy)
        self._stores.inbox.truncate_log()
        return done

    def _settled(self, kept: Kept, change: Change, act: str) -> bool:
        """Answers first; what the vault has to know waits for its shuffle."""
        row, body, keys = kept.row, kept.body, kept.keys
        if row is None or body is None:
            return False
        if change.body != body or row.outdated:
            if in_universe(body):
                # Before the row: a freeze must not outlive what it held, whoever dies when.
                self._freezes.destroy(row.wave)
            # Before, too: a restored backup must not count what is taken back or corrected now.
            self._tombstones.bury([was(row.body)])
            lane_now = self._inbox.generation_now(lane(row.wave))
            recipient = Recipient(lane_now.id, lane_now.answers_key)
            if not self._answers.revise(row, change.body, keys.response_key, recipient):
                return False
            if in_universe(body):
                # Once more, for a freeze that was made in between.
                self._freezes.destroy(row.wave)
            destroyed = [DESTROYED + row.wave] if in_universe(body) else []
            self._marks.add_now(act, CHANGED + row.wave, *destroyed)
            self._serve(row.wave)
            self._stores.answers.truncate_log()
        else:
            self._marks.add_now(act)
        if change.withdrawn:
            tag = self._consents.stored_tag(keys.consent_tag)
            # Before the change: a restored vault must hold nothing of it again.
            gone = [what for what in TAKEN_BACK if what in change.withdrawn]
            self._tombstones.bury(taken_back(what, tag) for what in gone)
            self._changes.put_now(row.wave, keys, tag, change.withdrawn)
        self._stores.inbox.truncate_log()
        return True
