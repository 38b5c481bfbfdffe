"""What decisions have to be before a draft keeps them: a person's own, and a parent's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from survey_service.problems import N_, AssentAwaited, FieldError, InvalidInput, NotFound
from survey_service.surveys.waves import Wave

PARENT_SAID_NO = N_("A parent said no to this.")


class ParentFirst(AssentAwaited):
    """A parent decided under another notice, and has to decide again first."""


def judge(wave: Wave, decisions: Mapping[str, bool]) -> None:
    """Let pass decisions that name every purpose of the notice and grant what it cannot do without.

    Raises:
        InvalidInput: names each purpose that is forged, undecided, or refused though needed.
    """
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
