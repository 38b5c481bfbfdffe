"""Words that quote an earlier answer: `${name}` in a question, its hint, a remark or a message.

What is quoted is a reference of the same kind as in conditions. Where the answer is not there (not
asked, refused, not known, not given, or not for whoever looks at the page) one neutral word stands
for it, the same for all of these, so that it tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from schemas.formula import Reference
from schemas.questionnaire import Question
from schemas.response import Answers
from schemas.texts import QUOTE, Texts, quoted_in
from survey_service.problems import N_
from survey_service.web.translation import translator

NOT_KNOWN = N_("(not known here)")
LONGEST: Final = 80
"""Signs of an answer that a sentence quotes; the rest is left out."""
WORDED: Final = ("title", "text", "hint", "constraint_message", "required_message")
"""The fields of a question in which an answer can be quoted."""

Display = Callable[[str, Mapping[str, object], str], list[str]]


class Quotes:
    """What the names in the words of one questionnaire stand for."""

    def __init__(self, by_id: Mapping[str, Question], display: Callable[..., list[str]]) -> None:
        """Find what is quoted; `display` gives an answer in words."""
        self._items = {name: Reference(question=name) for name in by_id}
        for question in by_id.values():
            for part in question.parts:
                item = Reference(question=question.id, part=part.name)
                self._items.setdefault(f"{question.id}_{part.name}", item)
        self._display = display
        self._of = {q.id: names for q in by_id.values() if (names := q.quotes)}

    def of(self, qid: str) -> Collection[str]:
        """The names that a question quotes."""
        return self._of.get(qid, ())

    def words(self, name: str, live: Answers, language: str) -> str:
        """The answer in words, or the neutral word where it is not there."""
        item = self._items.get(name)
        answer = live.get(item.question) if item else None
        value = answer["value"] if answer is not None else None
        if item is None or answer is None or value is None:
            return translator(language)(NOT_KNOWN)
        if item.part is not None:
            found = value.get(item.part) if isinstance(value, dict) else None
            said = [] if found is None else [str(found)]
        else:
            said = self._display(item.question, answer, language)
        text = ", ".join(said)
        if not text:
            return translator(language)(NOT_KNOWN)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def filled(self, texts: Texts, live: Answers, language: str) -> Texts:
        """The words with the answers in their places."""
        return with_said(texts, lambda name: self.words(name, live, language))

    def asked(self, question: Question, live: Answers, language: str) -> Question:
        """The question with the answers in the places of its words."""
        if not self.of(question.id):
            return question
        return reworded(question, lambda name: self.words(name, live, language))


def with_said(texts: Texts, said: Callable[[str], str]) -> Texts:
    """The words with `said(name)` for each quote."""
    if not quoted_in(texts):
        return texts
    filled = {
        tag: QUOTE.sub(lambda found: said(found[1]), text) for tag, text in texts.root.items()
    }
    return Texts(filled)


def reworded(question: Question, said: Callable[[str], str]) -> Question:
    """The question with `said(name)` for each quote in its words."""
    new = {field: with_said(texts, said) for field, texts in _texts(question)}
    return question.model_copy(update=new)


def in_brackets(texts: Texts) -> Texts:
    """The words where there is nobody whose answer could be quoted: "How old is [name]?"."""
    return with_said(texts, lambda name: f"[{name}]")


def of_entry(plain: dict[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """A question of a repeat, as plain data, quoting the answers of its own entry."""
    found: dict[str, object] = dict(plain)
    for field in WORDED:
        texts = plain.get(field)
        if isinstance(texts, dict):
            found[field] = {
                tag: QUOTE.sub(lambda one: f"${{{names.get(one[1], one[1])}}}", str(text))
                for tag, text in texts.items()
            }
    return found


def _texts(question: Question) -> Iterator[tuple[str, Texts]]:
    for field in WORDED:
        texts = getattr(question, field)
        if texts is not None:
            yield field, texts
