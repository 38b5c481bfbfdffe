"""The yes or no to each purpose of a notice, read from the posted fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from schemas.consent import Decision
from schemas.notice import Notice
from survey_service.problems import N_, FieldError, InvalidInput

_ANSWERS = {"yes": True, "no": False}
DECIDE = N_("Choose yes or no.")
NOT_ASKED_FOR = N_("This purpose is not in the notice.")


class InvalidDecisions(InvalidInput):
    """A purpose is not decided, or decided in a way that no page of ours offers."""

    slug = "invalid-decisions"


def decisions_from(
    notice: Notice, posted: Mapping[str, list[str]], others: Collection[str] | None = None
) -> tuple[Decision, ...]:
    """One decision per purpose of the notice; the fields are called like the purposes.

    Nothing is taken for granted: a purpose without an answer is an error, never a yes or a no.
    `others` are the page's further fields; where they are given, any field beyond them is forged.

    Raises:
        InvalidDecisions: with one error per purpose that is not decided, or for a forged one.
    """
    decisions: list[Decision] = []
    errors: list[FieldError] = []
    known = {purpose.id.value for purpose in notice.purposes}
    if others is not None and set(posted) - known - set(others):
        errors.append(FieldError("purpose", NOT_ASKED_FOR))
    for purpose in notice.purposes:
        values = posted.get(purpose.id.value, [])
        granted = _ANSWERS.get(values[0]) if len(values) == 1 else None
        if granted is None:
            errors.append(FieldError(purpose.id.value, DECIDE))
        else:
            decisions.append(Decision(purpose=purpose.id, granted=granted))
    if errors:
        raise InvalidDecisions(errors)
    return tuple(decisions)
