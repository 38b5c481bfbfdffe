"""One form with every question answered: as the draft holds it, and as browsers post it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from schemas.questionnaire import Question, QuestionKind
from survey_service.demo.population import synthetic_respondents
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm

PURPOSES = ("participation", "ethnic_health", "research_reuse", "contact")
CONTACT = {"email": "synthetic@example.org"}
LANGUAGE = "lv"
_ENOUGH = 5000


@dataclass(frozen=True)
class FullForm:
    """Somebody who is asked every question and grants every purpose: 43 things to say."""

    form: CompiledForm
    posted: dict[str, dict[str, list[str]]]

    @classmethod
    def found(cls) -> FullForm:
        """The first synthetic respondent whose route leaves nothing out.

        Raises:
            LookupError: there is none; the questionnaire has come to exclude it.
        """
        form = load().form
        for person in synthetic_respondents(_ENOUGH, seed=1):
            if len(person.posted) == len(form.questions):
                return cls(form, person.posted)
        raise LookupError("no synthetic respondent is asked every question")

    @property
    def decisions(self) -> dict[str, bool]:
        """Yes to every purpose."""
        return dict.fromkeys(PURPOSES, True)

    @property
    def questions(self) -> int:
        """How many questions an interview has."""
        return len(self.posted)

    @property
    def fields(self) -> int:
        """How many fields a handler validates that takes everything at once."""
        return len(self.posted) + len(PURPOSES)

    def answers(self) -> dict[str, Any]:
        """The answers as a draft holds them."""
        answers: dict[str, Any] = {}
        for qid, posted in self.posted.items():
            answers[qid] = self.form.read(qid, posted, answers)
        return answers

    def page_bodies(self) -> dict[str, bytes]:
        """What the browser posts, question by question, with the button that was pressed."""
        return {
            qid: urlencode({**posted, "go": ["next"]}, doseq=True).encode()
            for qid, posted in self.posted.items()
        }

    def whole_body(self, serial: int) -> bytes:
        """Everything at once, for the bare handler.

        Each is different: Litestar keeps the parsed fields of the bodies it saw last, and no two
        people say the same.
        """
        fields: list[tuple[str, str]] = [(purpose, "yes") for purpose in PURPOSES]
        for question in self.form.questions:
            fields += [(question.id, text) for text in self._texts(question, serial)]
        return urlencode(fields).encode()

    def _texts(self, question: Question, serial: int) -> list[str]:
        if question.kind is QuestionKind.TEXT:
            return [f"own words {serial}"]
        if question.kind is QuestionKind.INTEGER:
            return [str(question.minimum or 0)]
        if question.kind is QuestionKind.GROUP:
            return [str(part.minimum) for part in question.parts]
        codes = [option.code for option in self.form.options_for(question.id)]
        # A list of one would arrive as a text; what is lost by two values is next to nothing.
        return codes[:2] if question.kind is QuestionKind.MULTI else codes[:1]
