"""What is asked for: a project, its purpose, and the variables it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.releases.codebook import Codebook

MOST_KNOWN, MOST_OTHERS = 6, 12
SHORTEST_PURPOSE, LONGEST_PURPOSE = 100, 4000
LONGEST_PROJECT = 120


@dataclass(frozen=True)
class Asked:
    """A safe file as asked: `known` are what others may know of a person, `others` answers."""

    wave: str
    project: str
    purpose: str
    known: tuple[str, ...]
    others: tuple[str, ...]


def check(asked: Asked, book: Codebook) -> None:
    """The request is complete, and no larger than a safe file may be.

    Raises:
        InvalidInput: a field is empty, too long, or names what the wave does not offer.
    """
    errors = [*_texts(asked)]
    names = {v.name: v for v in book.variables}
    for field, chosen, breakdown, most in (
        ("known", asked.known, True, MOST_KNOWN),
        ("others", asked.others, False, MOST_OTHERS),
    ):
        if any(n not in names or names[n].breakdown is not breakdown for n in chosen):
            remedy = N_("Please choose from the lists.")
            errors.append(FieldError(field, N_("The wave does not offer this variable."), remedy))
        elif not chosen:
            errors.append(FieldError(field, N_("Please choose at least one variable.")))
        elif len(chosen) > most:
            message = N_("Please choose at most %(most)s variables.")
            remedy = N_("A file may only hold what the purpose needs.")
            errors.append(FieldError(field, message, remedy, {"most": most}))
    if errors:
        raise InvalidInput(errors)


def _texts(asked: Asked) -> Sequence[FieldError]:
    errors = []
    if not 0 < len(asked.project.strip()) <= LONGEST_PROJECT:
        message = N_("Please name the project in at most %(most)s characters.")
        errors.append(FieldError("project", message, "", {"most": LONGEST_PROJECT}))
    if not SHORTEST_PURPOSE <= len(asked.purpose.strip()) <= LONGEST_PURPOSE:
        message = N_("Please describe the purpose in %(least)s to %(most)s characters.")
        values = {"least": SHORTEST_PURPOSE, "most": LONGEST_PURPOSE}
        errors.append(FieldError("purpose", message, "", values))
    return errors
