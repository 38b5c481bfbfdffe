"""The receipt in sentences of at most twelve words, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.consent import Circumstances
from schemas.notice import PurposeId
from survey_service.problems import N_
from survey_service.rights.receipts import Held
from survey_service.web.translation import say_day, texts, translator

MOST_WORDS = 12

IN_LANGUAGE = {
    "lv": N_("The notice was in Latvian."),
    "ru": N_("The notice was in Russian."),
    "en": N_("The notice was in English."),
    "rom": N_("The notice was in Romani."),
}
READ_BY = {
    "self": N_("You read it yourself."),
    "mediator": N_("A mediator read it out to you."),
    "interpreter": N_("An interpreter read it out to you."),
    "companion": N_("Somebody you brought along read it out to you."),
    "other": N_("Somebody read it out to you."),
}
CHANNEL = {
    "web": N_("You answered on the web."),
    "assisted": N_("You answered in an interview."),
    "paper": N_("You answered on paper."),
}
HELPED = {"yes": N_("Somebody helped you."), "no": N_("Nobody helped you.")}
RIGHTS = (
    N_("With your code you can see everything."),
    N_("With your code you can erase everything."),
    N_("You can do so at any time, without a reason."),
    N_("Tables that are already published stay."),
    N_("Nobody else has this code."),
    N_("Without it, nobody can find your answers."),
)
FOUND_BY_TWO = N_("If you lose it, two officers together can find it.")
ALONE = N_("Each of them alone can find nothing.")
RIGHTS_WITH_ESCROW = (*RIGHTS[:-2], FOUND_BY_TWO, ALONE)


class Decided(NamedTuple):
    """One purpose: its title, yes or no, and for how long that holds."""

    title: str
    granted: bool
    said: str


class Worded(NamedTuple):
    """The receipt's sentences, in the order of the page."""

    decided: list[Decided]
    how: list[str]
    rights: list[str]


def worded(held: Held, language: str) -> Worded:
    """Return the receipt's sentences in a language."""
    _ = translator(language)
    day = say_day(held.receipt.day, language)
    version = held.receipt.notice_version
    how = [
        _(N_("You decided on %(day)s."), day=day),
        _(N_("You decided by version %(number)s of the notice."), number=version),
        *(_(sentence) for sentence in _circumstances(held.receipt.circumstances)),
    ]
    rights = RIGHTS_WITH_ESCROW if held.can_be_found else RIGHTS
    return Worded(_decided(held, language), how, [_(sentence) for sentence in rights])


def _decided(held: Held, language: str) -> list[Decided]:
    known = {purpose.id: purpose for purpose in held.notice.purposes}
    granted: Mapping[PurposeId, bool] = {d.purpose: d.granted for d in held.receipt.decisions}
    found = []
    for purpose_id, purpose in known.items():
        if purpose_id in granted:
            said = _kept(purpose.retention_months, language) if granted[purpose_id] else ""
            if purpose_id in held.receipt.withdrawn:
                said = translator(language)(N_("You have taken this back since."))
            found.append(Decided(purpose.title.text(language), granted[purpose_id], said))
    return found


def _kept(months: int, language: str) -> str:
    said = texts(language).ngettext(
        "It is kept for %(num)s month after the survey closes, at most.",
        "It is kept for %(num)s months after the survey closes, at most.",
        months,
    )
    return said % {"num": months}


def _circumstances(said: Circumstances | None) -> list[str]:
    if said is None:
        return []
    found = [
        IN_LANGUAGE[said.language],
        READ_BY[said.read_by],
        CHANNEL[said.channel],
        HELPED[said.helped],
    ]
    if said.interpreter == "yes":
        found.append(N_("An interpreter was there."))
    if said.parental == "yes":
        found.append(N_("A parent agreed too."))
    return found
