"""By what a person is found again: name and telephone number, of which only a keyed mark is kept.

Both together, because a telephone is shared by a family and a name by a village. The mark is made
under a key of the pages and of settle (`Consents.mark`); the office holds none, and sends what it
is told sealed to settle.
"""

from __future__ import annotations

from survey_service.invitations.identifiers import canonical
from survey_service.problems import FieldError, InvalidInput

KINDS = ("name", "phone")


def told(name: str, phone: str) -> tuple[str, str]:
    """Return both in their one spelling.

    Raises:
        InvalidInput: names the field that is no name, or no telephone number.
    """
    found, errors = [], []
    for kind, text in zip(KINDS, (name, phone), strict=True):
        try:
            found.append(canonical(kind, text))
        except InvalidInput as wrong:
            errors += [FieldError(kind, one.message, one.remedy) for one in wrong.fields]
    if errors:
        raise InvalidInput(errors)
    return found[0], found[1]
