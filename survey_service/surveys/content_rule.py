"""The content rule: no question asks for what the vault knows, or content would join the stores.

The vault knows how to reach somebody, what he decided, under which notice and on which day. A
question that asks the same would stand in the answers beside everything else he said.
"""

from __future__ import annotations

import re
from typing import Final

from schemas.consent import ConsentRecord, Contact
from schemas.notice import PurposeId
from schemas.questionnaire import Question, QuestionKind, Questionnaire
from survey_service.problems import N_, FieldError

_OTHER_NAMES: Final = (
    "consent", "decision", "notice", "signature", "interview_day", "consent_day", "full_name",
    "first_name", "last_name", "surname", "telephone", "phone_number", "mobile", "mobile_number",
    "email_address", "contact", "channel", "receipt", "respondent_name",
)  # fmt: skip
_PERSONAL: Final = (
    r"(?:(?:first|last|full|family)[ -]?name|name|surname|(?:tele|mobile[ -])?phone(?: number)?|"
    r"e-?mail(?: address)?|vārd[su]?|uzvārd\w*|tālru\w*(?: numur\w*)?|e-?past\w*(?: adres\w*)?|"
    r"имя|фамили\w*|(?:номер\w* )?телефон\w*|электронн\w* почт\w*)"
)
# Either the whole question is such a word, or it asks for "your" one.
_WHOLE: Final = re.compile(rf"\W*{_PERSONAL}(?:\s+(?:and|un|и)\s+{_PERSONAL})?\W*", re.IGNORECASE)
_YOURS: Final = re.compile(
    rf"\b(?:your|jūsu|ваш\w*)\s+(?:\w+\s+){{0,2}}{_PERSONAL}\b", re.IGNORECASE
)
_WRITTEN: Final = frozenset({QuestionKind.TEXT, QuestionKind.INTEGER})

SHARED: Final = N_(
    "Question %(question)s asks for what the vault knows too: by it the stores could be joined."
)
REMEDY: Final = N_("Remove the question: the notice asks it, apart from the answers.")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


VAULT_NAMES: Final = frozenset(
    map(
        _plain,
        (
            *(name for name in ConsentRecord.model_fields if name != "survey"),
            *Contact.model_fields,
            *(purpose.value for purpose in PurposeId),
            *_OTHER_NAMES,
        ),
    )
)
"""What the vault knows, however a question's name writes it."""


def breaches(questionnaire: Questionnaire) -> list[FieldError]:
    """Return the questions that ask for what the vault knows; a wave with one is not opened."""
    wrong = filter(shares_with_the_vault, questionnaire.questions)
    return [
        FieldError(question.id, SHARED, REMEDY, {"question": question.id}) for question in wrong
    ]


def shares_with_the_vault(question: Question) -> bool:
    """Return whether a question asks, by its name or in its words, for what the vault knows."""
    names = [question.id, *(part.name for part in question.parts)]
    return any(_plain(name) in VAULT_NAMES for name in names) or _asks_who(question)


def _asks_who(question: Question) -> bool:
    if question.kind not in _WRITTEN:
        return False
    said = question.text.root.values()
    return any(_WHOLE.fullmatch(text) or _YOURS.search(text) for text in said)
