"""Kinds, states and subjects of ceremonies in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from survey_service.ceremonies.kinds import Kind
from survey_service.problems import N_

KIND_WORDS: Mapping[Kind, str] = {
    Kind.ROTATE: N_("Replace a key"),
    Kind.DESTROY: N_("Destroy keys"),
}

STATE_WORDS: Mapping[str, str] = {
    "proposed": N_("waits for the data protection officer"),
    "confirmed": N_("confirmed, being carried out"),
    "done": N_("done"),
    "declined": N_("declined"),
    "over": N_("nobody decided within a day"),
}

SUBJECT_WORDS: Mapping[str, str] = {
    "office-wrap-vault": N_("keys to consents"),
    "office-wrap-answers": N_("keys to answers"),
    "office-wrap-freezes": N_("keys to freezes of waves"),
    "settle-keys": N_("keys to submissions that wait"),
    "audit-details": N_("reasons beside the audit log"),
    "audit-references": N_("who did what in the audit log"),
    "row-keys": N_("the office's keys to everybody's rows of a survey"),
    "once-only": N_("the key that recognises who took part already"),
}

# What is true once it is done, said before anybody confirms it.
EFFECT_WORDS: Mapping[str, str] = {
    "rotate": N_(
        "Everything the key wraps is wrapped anew while the service goes on. Then the old key is "
        "destroyed: a copy of it opens nothing of what is stored from then on."
    ),
    "row-keys": N_(
        "Nobody here can read these answers and consents again, and no table can be made of them. "
        "A respondent can still read and erase with the code. This cannot be undone."
    ),
    "audit-references": N_(
        "The log stays whole and can be verified, but nobody can tell any more who is behind an "
        "entry made until now. This cannot be undone."
    ),
    "once-only": N_(
        "Nobody can find out any more who took part, and nobody is stopped from taking part "
        "twice. This cannot be undone."
    ),
}


def subject_words(subject: str) -> str:
    """Return the words of a subject, whichever survey it is of."""
    return SUBJECT_WORDS.get(subject.partition("/")[0], subject)


def effect_words(kind: str, subject: str) -> str:
    """Return what is true once a ceremony is done."""
    return EFFECT_WORDS["rotate" if kind == Kind.ROTATE else subject.partition("/")[0]]
