"""Words of the sheet that quote an answer: what can be quoted where, and what that shows."""

from __future__ import annotations

from schemas.formula import Each, Earlier, Reference
from schemas.questionnaire import GdprCategory, PrivacyRole, Question, QuestionKind
from schemas.texts import Texts, quoted_in
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.expressions import Reading
from survey_service.surveys.xlsform.scope import Scope
from survey_service.surveys.xlsform.syntax import ExpressionRefused
from survey_service.surveys.xlsform.wording import Quotable


def quotable_in(scope: Scope) -> Quotable:
    """What keeps a name from being quoted at the row that is being read."""

    def why_not(name: str) -> tuple[str, str] | None:
        try:
            found = scope.resolve(name)
        except ExpressionRefused as error:
            return error.message, error.remedy
        if isinstance(found, Earlier) and name in _names(found.item):
            return None
        if isinstance(found, Each):
            return (
                f"'{name}' is asked once for each of several.",
                "Quote it inside its repeat only.",
            )
        return (
            f"'{name}' is worked out; only an answer can be quoted.",
            "Quote the answers that it is made of.",
        )

    return why_not


def _names(item: Reference) -> tuple[str, ...]:
    return (f"{item.question}_{item.part}",) if item.part else (item.question,)


def warn_of_quotes(
    row: Row, words: tuple[Texts | None, ...], reading: Reading, asked: Question | None
) -> None:
    """Warn of what a quote shows to whoever looks at the page; `asked` is the question, if any."""
    for name in sorted(quoted_in(*words)):
        source = _source(name, reading)
        if source is not None:
            _warn(row, name, source, reading, asked)


def _source(name: str, reading: Reading) -> Question | None:
    try:
        found = reading.scope.resolve(name)
    except ExpressionRefused:
        return None
    return reading.questions.get(found.item.question) if isinstance(found, Earlier) else None


def _warn(row: Row, name: str, source: Question, reading: Reading, asked: Question | None) -> None:
    warn, place = reading.findings.warn, row.at("label")
    if source.kind is QuestionKind.TEXT or source.privacy_role is PrivacyRole.IDENTIFIER:
        warn(
            place,
            f"What was written at '{name}' is shown here again, to whoever looks at the screen.",
            "Quote it only where the question cannot be understood without it.",
        )
    if not source.helper and (asked is None or asked.helper):
        warn(
            place,
            f"Whoever helps reads a neutral word in the place of '{name}'.",
            "See that the sentence can be understood with it.",
        )
    special = source.gdpr_category is not GdprCategory.NONE
    if special and (asked is None or asked.gdpr_category is GdprCategory.NONE):
        warn(
            place,
            f"'{name}' is special-category data, and is quoted where nothing else is.",
            "Quote it only in questions of the same purpose.",
        )
