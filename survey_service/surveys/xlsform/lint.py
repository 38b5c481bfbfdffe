"""What to look at before a wave opens: words and columns that cost trust, time or protection."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from schemas.derivation import Dropped
from schemas.questionnaire import GdprCategory, PrivacyRole, Question, QuestionKind, Questionnaire
from schemas.texts import Texts
from survey_service.surveys.xlsform.findings import Finding, Outcome, Place

MOST_WORDS: Final = 20
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
VAULT: Final = frozenset(
    {"consent", "contact", "decision", "notice", "receipt", "signature", "interview_day", "channel"}
)
"""What the vault knows of a person; a question about it would let the two stores be joined."""


def lint(questionnaire: Questionnaire, hierarchies: Collection[str]) -> tuple[Finding, ...]:
    """Every warning about a questionnaire, in its order; `column` names the question."""
    found = _Lint(questionnaire, hierarchies)
    return tuple(found.all())


class _Lint:
    def __init__(self, questionnaire: Questionnaire, hierarchies: Collection[str]) -> None:
        self._all = questionnaire
        self._hierarchies = hierarchies
        self._any_indicator = any(q.indicators for q in questionnaire.questions)

    def all(self) -> Iterator[Finding]:
        for question in self._all.questions:
            yield from self._identifying(question)
            yield from self._special(question)
            yield from self._coarser(question)
            yield from self._of_the_vault(question)
            yield from self._wording(question.id, _texts(question))
            # Others' quasi-identifiers break tables down; they need no indicator of their own.
            used = question.indicators or question.privacy_role is PrivacyRole.QUASI_IDENTIFIER
            if self._any_indicator and question.asked and not used:
                yield _warning(
                    question.id, "No indicator uses this question.", "Ask only what will be used."
                )
        for remark in self._all.remarks:
            yield from self._wording(remark.id, {"text": remark.text})
        if not self._any_indicator:
            yield _warning(
                "indicators", "No question names an indicator.", "Say what each question is for."
            )

    def _identifying(self, question: Question) -> Iterator[Finding]:
        if question.kind is not QuestionKind.TEXT:
            return
        said = " ".join([*question.text.root.values(), *_of(question.hint)])
        if _IDENTIFYING.search(said) or _NAMED.search(question.id):
            yield _warning(
                question.id,
                "It asks in own words for what tells who somebody is.",
                "Contact belongs to the notice, apart from the answers; remove the question.",
            )

    def _special(self, question: Question) -> Iterator[Finding]:
        if question.gdpr_category is not GdprCategory.NONE:
            return
        if _SPECIAL.search(" ".join(question.text.root.values())):
            yield _warning(
                question.id,
                "It looks like special-category data (Art. 9), and says it is none.",
                "If it is, write gdpr_category article_9 and purpose ethnic_health.",
            )

    def _coarser(self, question: Question) -> Iterator[Finding]:
        if question.generalise is not None and question.generalise not in self._hierarchies:
            yield _warning(
                question.id,
                f"There is no hierarchy '{question.generalise}'.",
                "Tables can show the answer as it is or not at all.",
            )
        elif (
            question.privacy_role is PrivacyRole.QUASI_IDENTIFIER
            and not question.generalise
            and not isinstance(question.derive, Dropped)
        ):
            yield _warning(
                question.id,
                "Others may know this of a person, and no hierarchy makes it coarser.",
                "Name one in generalise.",
            )

    def _of_the_vault(self, question: Question) -> Iterator[Finding]:
        if question.id.lower() in VAULT:
            yield _warning(
                question.id,
                "The vault knows this too, so that the two stores could be compared.",
                "Remove the question; the notice asks it.",
            )

    def _wording(self, name: str, texts: Mapping[str, Texts]) -> Iterator[Finding]:
        for text in texts.values():
            for tag, words in text.root.items():
                longest = max(map(_length, _SENTENCE.split(_LINK.sub(" ", words))))
                if longest > MOST_WORDS:
                    yield _warning(
                        f"{name} ({tag})",
                        f"A sentence has {longest} words.",
                        f"Make it two: {MOST_WORDS} words are enough.",
                    )


def _texts(question: Question) -> dict[str, Texts]:
    found = {"text": question.text}
    if question.hint is not None:
        found["hint"] = question.hint
    return found


def _of(texts: Texts | None) -> Collection[str]:
    return texts.root.values() if texts else ()


def _length(sentence: str) -> int:
    return len(re.findall(r"\w[\w'’-]*", sentence))


def _warning(name: str, message: str, remedy: str) -> Finding:
    return Finding(Outcome.WARNING, Place("lint", None, name), message, remedy)
