"""Which questions somebody who helps may see: nothing he sees may tell what he may not."""

from __future__ import annotations

from collections.abc import Iterable

from survey_service.collection.drafts import Draft
from survey_service.surveys.form import CompiledForm


def shown_to_helper(form: CompiledForm, own: Iterable[str]) -> frozenset[str]:
    """Return the questions that a helper may see and answer; cost grows with their number.

    Not those marked as the respondent's own, not those he answered himself (`own`), and none
    whose being asked, options or limits depend on one of these: that it is asked would tell.
    What is asked of each of several people is shown as a whole or not at all.
    """
    private, closed = frozenset(own), set[str]()
    while True:
        shown = set[str]()
        before = len(closed)
        for question in form.by_id.values():
            sees = question.helper and question.id not in private and question.repeat not in closed
            if sees and question.looks_at <= shown:
                shown.add(question.id)
            elif question.repeat is not None:
                closed.add(question.repeat)
        if len(closed) == before:
            return frozenset(shown)


def open_for_helper(form: CompiledForm, draft: Draft) -> str | None:
    """Return the first question on the route that a helper may see and that nobody answered."""
    shown = shown_to_helper(form, draft.own)
    route, live = form.walk(draft.answers, draft.purposes)
    return next((qid for qid in route if qid in shown and qid not in live), None)
