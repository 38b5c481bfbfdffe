"""A reason that somebody gives for an act of his: long enough to say something, not a story."""

from __future__ import annotations

from typing import Final

from survey_service.problems import N_, FieldError

SHORTEST: Final = 20
LONGEST: Final = 2000


def says_too_little(reason: str, longest: int = LONGEST) -> list[FieldError]:
    """Return what is wrong with a reason, under the field `reason`; nothing where it will do."""
    if SHORTEST <= len(reason.strip()) <= longest:
        return []
    message = N_("Please write at least %(least)s characters, at most %(most)s.")
    return [FieldError("reason", message, "", {"least": SHORTEST, "most": longest})]
