"""What to look at before a wave opens: words and columns that cost trust, time or protection.

One module: the concerns, their words, and the tests that find them belong together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel

from schemas.derivation import Dropped
from schemas.media import Media
from schemas.questionnaire import GdprCategory, PrivacyRole, Question, QuestionKind, Questionnaire
from schemas.texts import Texts
from survey_service.problems import N_, Values
from survey_service.surveys.content_rule import shares_with_the_vault
from survey_service.surveys.xlsform.findings import Finding, Outcome, Place
from survey_service.surveys.xlsform.wording import AWAITED

MOST_WORDS: Final = 20
LINT: Final = "lint"
"""What stands for the sheet where a remark is about the whole."""
_IDENTIFYING: Final = re.compile(
    r"\b(?:(?:first|last|full|sur|family|your)[ -]?name|name[ds]?\s+(?:and|of)|phone|telephone|"
    r"mobile|e-?mail|address|personal code|date of birth|"
    r"vārd[suaā]?\b|uzvārd\w*|tālru\w*|telefon\w*|e-?past\w*|adres\w*|personas kod\w*|"
    r"имя|фамили\w*|отчеств\w*|телефон\w*|почт\w*|адрес\w*|персональн\w* код\w*|"
    r"heißen sie|vorname|nachname|handynummer|anschrift|"
    r"nom\b|prénom|téléphone|courriel|adresse)",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"e-?mail|phone|telefon|mobile|address|adresse|surname|firstname|lastname|full_?name",
    re.IGNORECASE,
)
_SPECIAL: Final = re.compile(
    r"\b(?:ethnic|roma\b|race|racial|religio\w*|disabilit\w*|health|illness|sexual|"
    r"trade union|political opinion|etnisk\w*|relig\w*|veselīb\w*|invalidit\w*|slimīb\w*|"
    r"этнич\w*|религи\w*|здоровь\w*|инвалидност\w*|ethnisch\w*|gesundheit\w*|behinderung\w*)",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.!?…]+(?:\s|$)")
_LINK: Final = re.compile(r"<[^>]*>|https?://\S+")


_FILES: Final = frozenset({"audio", "image", "media", "video"})
"""Fields that are supplied for some languages only, and need not be complete."""


class Concern(StrEnum):
    """What there is to look at, one kind each."""

    UNTRANSLATED = "untranslated"
    IN_VAULT = "in_vault"
    NOT_IN_NOTICE = "not_in_notice"
    NOTICE_UNTRANSLATED = "notice_untranslated"
    OUTSIDE_HIERARCHY = "outside_hierarchy"
    NO_BAND = "no_band"
    AGES_DIFFER = "ages_differ"
    FILE_MISSING = "file_missing"
    IDENTIFYING = "identifying"
    SPECIAL = "special"
    UNKNOWN_HIERARCHY = "unknown_hierarchy"
    NO_HIERARCHY = "no_hierarchy"
    LANGUAGE_LACKING = "language_lacking"
    LONG_SENTENCE = "long_sentence"
    UNDESCRIBED = "undescribed"
    HALF_RECORDED = "half_recorded"
    HEAVY = "heavy"
    NO_INDICATOR = "no_indicator"
    NO_INDICATORS = "no_indicators"


BLOCKING: Final = frozenset(
    {
        Concern.UNTRANSLATED,
        Concern.IN_VAULT,
        Concern.NOT_IN_NOTICE,
        Concern.NOTICE_UNTRANSLATED,
        Concern.OUTSIDE_HIERARCHY,
        Concern.NO_BAND,
        Concern.FILE_MISSING,
    }
)
"""With one of these no wave can open; anything else is for a person to decide."""

WORDS: Final[Mapping[Concern, tuple[str, str]]] = {
    Concern.UNTRANSLATED: (N_("A text is not there in: %(language)s."), N_("Translate it.")),
    Concern.IN_VAULT: (
        N_("The vault knows this too, so that the two stores could be compared."),
        N_("Remove the question; the notice asks it."),
    ),
    Concern.NOT_IN_NOTICE: (
        N_("Special-category data (Art. 9) without a purpose: the notice does not ask for it."),
        N_("Take a notice with the purpose ethnic_health, or remove the question."),
    ),
    Concern.NOTICE_UNTRANSLATED: (
        N_("The notice is not complete in: %(language)s."),
        N_("Store a notice in every language of the questionnaire."),
    ),
    Concern.OUTSIDE_HIERARCHY: (
        N_("The hierarchy %(hierarchy)s has no place for: %(codes)s."),
        N_("Name a hierarchy that has all codes, or none and release level 0."),
    ),
    Concern.NO_BAND: (
        N_("The notice lets people of %(age)s take part with a parent; no band holds them."),
        N_("Begin the first band of derive at %(age)s."),
    ),
    Concern.AGES_DIFFER: (
        N_("It ends the survey below %(ends)s; by the notice people decide from %(age)s on."),
        N_("If it asks for the age, write the same number in ends_below and in the notice."),
    ),
    Concern.FILE_MISSING: (
        N_("The file '%(file)s' is not there (%(place)s)."),
        N_("Upload it beside the questionnaire."),
    ),
    Concern.UNDESCRIBED: (
        N_("Nobody has described the picture for those who do not see it."),
        N_("Write image_alt for this language; until then they hear the question itself."),
    ),
    Concern.HALF_RECORDED: (
        N_("There is a recording in other languages, and none in this one."),
        N_("Record it, or say why reading is enough."),
    ),
    Concern.HEAVY: (
        N_("The file '%(file)s' takes %(seconds)s seconds on a slow link."),
        N_("Make it smaller: people wait, and pay, for every second."),
    ),
    Concern.IDENTIFYING: (
        N_("It asks in own words for what tells who somebody is."),
        N_("Contact belongs to the notice, apart from the answers; remove the question."),
    ),
    Concern.SPECIAL: (
        N_("It looks like special-category data (Art. 9), and says it is none."),
        N_("If it is, write gdpr_category article_9 and purpose ethnic_health."),
    ),
    Concern.UNKNOWN_HIERARCHY: (
        N_("There is no hierarchy '%(hierarchy)s'."),
        N_("Tables can show the answer as it is or not at all."),
    ),
    Concern.NO_HIERARCHY: (
        N_("Others may know this of a person, and no hierarchy makes it coarser."),
        N_("Name one in generalise."),
    ),
    Concern.LANGUAGE_LACKING: (
        N_("The form is offered in this language, and the questionnaire has no words in it."),
        N_("Translate it, or say why another language is enough."),
    ),
    Concern.LONG_SENTENCE: (
        N_("A sentence has %(words)s words."),
        N_("Make it two: %(most)s words are enough."),
    ),
    Concern.NO_INDICATOR: (
        N_("No indicator uses this question."),
        N_("Ask only what will be used."),
    ),
    Concern.NO_INDICATORS: (
        N_("No question names an indicator."),
        N_("Say what each question is for."),
    ),
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at: of which kind, at which question, in which language."""

    concern: Concern
    question: str
    language: str = ""
    values: Values = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Whether no wave can open with it."""
        return self.concern in BLOCKING

    @property
    def message(self) -> str:
        """What is so, as a source text."""
        return WORDS[self.concern][0]

    @property
    def remedy(self) -> str:
        """What to do about it, as a source text."""
        return WORDS[self.concern][1]


def lint(questionnaire: Questionnaire, hierarchies: Collection[str]) -> tuple[Finding, ...]:
    """Every remark as a warning in English; `column` names the question."""
    return tuple(_finding(remark) for remark in remarks(questionnaire, hierarchies))


def remarks(questionnaire: Questionnaire, hierarchies: Collection[str]) -> tuple[Remark, ...]:
    """Everything to look at in a questionnaire, in its order.

    Cost grows with its words.
    """
    return tuple(_Lint(questionnaire, hierarchies).all())


def untranslated(value: Any, languages: Iterable[str]) -> Iterator[str]:
    """The languages in which a text within the value is lacking; those that are awaited are not.

    Whatever the model holds is walked through, so that a field added later is not forgotten.
    """
    if isinstance(value, Texts):
        yield from (tag for tag in languages if tag not in value.root and tag not in AWAITED)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name not in _FILES:
                yield from untranslated(getattr(value, name), languages)
    elif isinstance(value, tuple):
        for one in value:
            yield from untranslated(one, languages)


def _finding(remark: Remark) -> Finding:
    remedy = remark.remedy % dict(remark.values)
    if remark.blocks:
        remedy += " No wave opens until then."
    name = f"{remark.question} ({remark.language})" if remark.language else remark.question
    place = Place(LINT, None, name)
    return Finding(Outcome.WARNING, place, remark.message % dict(remark.values), remedy)


class _Lint:
    def __init__(self, questionnaire: Questionnaire, hierarchies: Collection[str]) -> None:
        self._all = questionnaire
        self._hierarchies = hierarchies
        self._any_indicator = any(q.indicators for q in questionnaire.questions)

    def all(self) -> Iterator[Remark]:
        yield from self._languages()
        for question in self._all.questions:
            yield from self._translation(question.id, question)
            if shares_with_the_vault(question):
                yield Remark(Concern.IN_VAULT, question.id)
            else:
                yield from self._identifying(question)
            yield from self._special(question)
            yield from self._coarser(question)
            yield from self._wording(question.id, _texts(question))
            yield from self._media(question)
            # Others' quasi-identifiers break tables down; they need no indicator of their own.
            used = question.indicators or question.privacy_role is PrivacyRole.QUASI_IDENTIFIER
            if self._any_indicator and question.asked and not used:
                yield Remark(Concern.NO_INDICATOR, question.id)
        for remark in self._all.remarks:
            yield from self._translation(remark.id, remark)
            yield from self._wording(remark.id, {"text": remark.text})
            yield from self._files(remark.id, remark.media)
        if not self._any_indicator:
            yield Remark(Concern.NO_INDICATORS, "")

    def _languages(self) -> Iterator[Remark]:
        yield from self._translation("title", self._all.title)
        for section in self._all.sections:
            yield from self._translation(section.id, section)
        for repeat in self._all.repeats:
            yield from self._translation(repeat.id, repeat)

    def _translation(self, name: str, value: Any) -> Iterator[Remark]:
        for tag in dict.fromkeys(untranslated(value, self._all.languages)):
            yield Remark(Concern.UNTRANSLATED, name, tag, {"language": tag})

    def _identifying(self, question: Question) -> Iterator[Remark]:
        if question.kind is not QuestionKind.TEXT:
            return
        said = " ".join([*question.text.root.values(), *_of(question.hint)])
        if _IDENTIFYING.search(said) or _NAMED.search(question.id):
            yield Remark(Concern.IDENTIFYING, question.id)

    def _special(self, question: Question) -> Iterator[Remark]:
        if question.gdpr_category is not GdprCategory.NONE:
            return
        if _SPECIAL.search(" ".join(question.text.root.values())):
            yield Remark(Concern.SPECIAL, question.id)

    def _coarser(self, question: Question) -> Iterator[Remark]:
        if question.generalise is not None and question.generalise not in self._hierarchies:
            values = {"hierarchy": question.generalise}
            yield Remark(Concern.UNKNOWN_HIERARCHY, question.id, values=values)
        elif (
            question.privacy_role is PrivacyRole.QUASI_IDENTIFIER
            and not question.generalise
            and not isinstance(question.derive, Dropped)
        ):
            yield Remark(Concern.NO_HIERARCHY, question.id)

    def _media(self, question: Question) -> Iterator[Remark]:
        # A choice's picture stands beside its words, and needs no others.
        yield from self._files(question.id, question.media)
        for option in question.options:
            yield from self._half_recorded(question.id, option.media)

    def _files(self, name: str, own: Media | None) -> Iterator[Remark]:
        for tag in own.image if own is not None else ():
            if own and (own.alt is None or tag not in own.alt.root) and tag not in AWAITED:
                yield Remark(Concern.UNDESCRIBED, name, tag)
        yield from self._half_recorded(name, own)

    def _half_recorded(self, name: str, media: Media | None) -> Iterator[Remark]:
        for tag in self._all.languages if media is not None and media.audio else ():
            if media and tag not in media.audio and tag not in AWAITED:
                yield Remark(Concern.HALF_RECORDED, name, tag)

    def _wording(self, name: str, texts: Mapping[str, Texts]) -> Iterator[Remark]:
        for text in texts.values():
            for tag, words in text.root.items():
                longest = max(map(_length, _SENTENCE.split(_LINK.sub(" ", words))))
                if longest > MOST_WORDS:
                    values = {"words": longest, "most": MOST_WORDS}
                    yield Remark(Concern.LONG_SENTENCE, name, tag, values)


def _texts(question: Question) -> dict[str, Texts]:
    found = {"text": question.text}
    if question.hint is not None:
        found["hint"] = question.hint
    return found


def _of(texts: Texts | None) -> Collection[str]:
    return texts.root.values() if texts else ()


def _length(sentence: str) -> int:
    return len(re.findall(r"\w[\w'’-]*", sentence))
