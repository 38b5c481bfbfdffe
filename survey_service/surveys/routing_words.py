"""When a question is asked, in a sentence that a person can check against the questionnaire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schemas.expression import (
    All,
    AnyOf,
    Comparison,
    Expression,
    HasAny,
    Holds,
    Includes,
    Not,
    OneOf,
    Reference,
)
from survey_service.problems import N_
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.xlsform.writing import write_formula
from survey_service.web.translation import translator

_COMPARED: Final = {
    "==": N_("the answer to “%(question)s” is %(value)s"),
    "!=": N_("the answer to “%(question)s” is not %(value)s"),
    "<": N_("the answer to “%(question)s” is less than %(value)s"),
    "<=": N_("the answer to “%(question)s” is at most %(value)s"),
    ">": N_("the answer to “%(question)s” is more than %(value)s"),
    ">=": N_("the answer to “%(question)s” is at least %(value)s"),
}
_ONE_OF: Final = N_("the answer to “%(question)s” is one of: %(value)s")
_INCLUDES: Final = N_("“%(value)s” was chosen at “%(question)s”")
_HAS_ANY: Final = N_("something was chosen at “%(question)s”")
_HOLDS: Final = N_("this is true: %(formula)s")
_NOT: Final = N_("it is not so that %(term)s")
_AND: Final = N_("%(first)s, and %(second)s")
_OR: Final = N_("%(first)s, or %(second)s")


def in_words(expression: Expression, form: CompiledForm, language: str) -> str:
    """The condition as a half-sentence in a language; whatever it cannot say, as it is written."""
    return _Words(form, language).say(expression)


class _Words:
    def __init__(self, form: CompiledForm, language: str) -> None:
        self._form = form
        self._language = language
        self._translate: Callable[..., str] = translator(language)

    def say(self, node: Expression) -> str:
        """One node and all below it."""
        _ = self._translate
        match node:
            case Comparison(item=item, operator=operator, value=value):
                return self._about(_COMPARED[operator], item, self._value(item, value))
            case OneOf(item=item, values=values):
                return self._about(_ONE_OF, item, ", ".join(self._value(item, v) for v in values))
            case Includes(item=item, code=code):
                return self._about(_INCLUDES, item, self._value(item, code))
            case HasAny(item=item):
                return self._about(_HAS_ANY, item, "")
            case Holds(formula=formula):
                return _(_HOLDS, formula=write_formula(formula, _named))
            case Not(term=term):
                return _(_NOT, term=self._apart(term))
            case All(terms=terms):
                return self._joined(_AND, terms)
            case AnyOf(terms=terms):
                return self._joined(_OR, terms)

    def _about(self, sentence: str, item: Reference, value: str) -> str:
        return self._translate(sentence, question=self._title(item), value=value)

    def _joined(self, how: str, terms: tuple[Expression, ...]) -> str:
        said = self._apart(terms[0])
        for term in terms[1:]:
            said = self._translate(how, first=said, second=self._apart(term))
        return said

    def _apart(self, term: Expression) -> str:
        """A term in brackets, where it would run into its neighbours."""
        words = self.say(term)
        return f"({words})" if isinstance(term, (All, AnyOf, Not)) else words

    def _title(self, item: Reference) -> str:
        question = self._form.by_id[item.question]
        title = question.title.text(self._language)
        parts = {part.name: part.text.text(self._language) for part in question.parts}
        return f"{title}: {parts[item.part]}" if item.part in parts else title

    def _value(self, item: Reference, value: int | str) -> str:
        if item.part is None and self._form.by_id[item.question].asked:
            for option in self._form.options_for(item.question):
                if option.code == str(value):
                    return option.text.text(self._language)
        return str(value)


def _named(item: Reference) -> str:
    return str(item)
