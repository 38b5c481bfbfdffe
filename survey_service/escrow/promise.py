"""What a notice says where a lost code can be found: short sentences, and a part of the whole.

The words go into the notice, so that its hash covers them; each sentence has twelve words at most.
"""

from __future__ import annotations

from schemas.escrow import Escrow, OfficerKeys, fingerprint
from schemas.notice import Notice
from schemas.texts import Texts
from survey_service.problems import N_
from survey_service.web.translation import translator

WRITTEN = ("lv", "ru", "en")
"""The languages that the promise is written in; others fall back, visibly."""
HEADING = N_("If you lose your code")
SENTENCES = (
    N_("If you lose your code, two officers together can find it."),
    N_("One officer alone can find nothing."),
    N_("Their keys are never on our server."),
    N_("You choose: yes or no."),
    N_("Only after a yes we ask your name and telephone number."),
    N_("Of these we keep a mark, apart from your answers."),
    N_("Every search needs two people and stands in a log."),
    N_("Your page then shows on which day it was."),
    N_("Whoever steals both keys and our files can read everything."),
)
ELSE = N_("What this notice says elsewhere of a lost code holds for everybody who says no.")
KEYS = N_("Fingerprints of the two keys: %(outer)s; %(inner)s.")


def promised(notice: Notice, keys: OfficerKeys) -> Notice:
    """Return the notice with the promise in it, short and in the whole text."""
    sentences = tuple(
        Texts({tag: translator(tag)(sentence) for tag in WRITTEN}) for sentence in SENTENCES
    )
    full = {
        tag: f"{text.rstrip()}\n\n{_part(tag, keys)}\n" if tag in WRITTEN else text
        for tag, text in notice.full.items()
    }
    return notice.model_copy(
        update={"full": full, "escrow": Escrow(keys=keys, sentences=sentences)}
    )


def _part(language: str, keys: OfficerKeys) -> str:
    _ = translator(language)
    said = " ".join(_(sentence) for sentence in SENTENCES)
    prints = _(KEYS, outer=fingerprint(keys.outer), inner=fingerprint(keys.inner))
    return f"## {_(HEADING)}\n\n{said}\n\n{_(ELSE)} {prints}"


def unpromised(notice: Notice) -> Notice:
    """Return the notice without the promise, as far as it stands where it was put."""
    if notice.escrow is None:
        return notice
    full = {}
    for tag, text in notice.full.items():
        part = _part(tag, notice.escrow.keys) if tag in WRITTEN else ""
        full[tag] = text.replace(f"\n\n{part}\n", "\n") if part else text
    return notice.model_copy(update={"full": full, "escrow": None})
