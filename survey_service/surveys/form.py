"""A questionnaire compiled once: what pages, settle and freezes ask of it.

Built per questionnaire version and kept; it has no state of its own, so any number of requests
may use it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from schemas.codelist import CodeList
from schemas.questionnaire import (
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Repeat,
    Section,
    Variable,
)
from schemas.response import AnswerDict, Answers
from schemas.texts import Texts
from survey_service.surveys.choice_filters import Filter
from survey_service.surveys.condition_check import check
from survey_service.surveys.conditions import compile_check
from survey_service.surveys.correcting import Correcting
from survey_service.surveys.parameters import Parameters
from survey_service.surveys.quotes import Quotes
from survey_service.surveys.reading import NOT_FITTING, Posted, first_field, read_answer, wrong
from survey_service.surveys.remarks import Remarks
from survey_service.surveys.repeats import laid_out
from survey_service.surveys.routing import Purposes, Routing, is_below
from survey_service.surveys.settling import Settling
from survey_service.surveys.variables import variables_of


class CompiledForm:
    """Everything there is to know of one questionnaire version."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        code_lists: Mapping[str, CodeList],
        parameters: Parameters,
        lowered: tuple[int, int] | None = None,
    ) -> None:
        """Compile; `code_lists` are read as they stand on the questionnaire's reference day.

        `lowered` (from, to): a question that ends the survey below the one ends it below the
        other, because whoever is between may take part with a parent.

        Raises:
            KeyError: a code list is lacking.
            ConditionError: a condition does not fit the question it looks at.
        """
        self.questionnaire = questionnaire
        self.parameters = parameters
        every = laid_out(questionnaire)
        if lowered is not None:
            every = tuple(_ends_later(question, *lowered) for question in every)
        self.by_id: Mapping[str, Question] = {q.id: q for q in every}
        self.questions = tuple(q for q in every if q.asked)
        self.repeats: Mapping[str, Repeat] = {r.id: r for r in questionnaire.repeats}
        self.sections: Mapping[str, Section] = {s.id: s for s in questionnaire.sections}
        self._options = {q.id: _options_of(q, questionnaire, code_lists) for q in every}
        self._codes = {qid: tuple(o.code for o in found) for qid, found in self._options.items()}
        code_sets = {qid: frozenset(codes) for qid, codes in self._codes.items()}
        for question in self.questions:
            for test in (question.relevant, question.constraint, question.choice_filter):
                if test is not None:
                    check(test, code_sets, self.by_id)
        self._constraints = {
            q.id: compile_check(q.constraint) for q in self.questions if q.constraint is not None
        }
        self.variables: tuple[Variable, ...] = tuple(
            variable
            for question in questionnaire.questions
            # What is said of each person of a household stays out of every table.
            if question.repeat is None
            for variable in variables_of(
                question, self._options[question.id], questionnaire.languages
            )
        )
        self.variable: Mapping[str, Variable] = {v.name: v for v in self.variables}
        self._filters = {
            q.id: Filter(q.choice_filter, self._options[q.id])
            for q in self.questions
            if q.choice_filter is not None
        }
        offers = {qid: found.codes for qid, found in self._filters.items()}
        self._routing = Routing(self.questions, offers)
        self.remarks = Remarks(questionnaire.remarks, self.questions)
        self.quotes = Quotes(self.by_id, self.display)
        self._settling = Settling(
            every,
            self.variables,
            self._routing,
            self._offered,
            parameters.income_threshold.monthly_eur,
        )
        self.correcting = Correcting(every, self._routing, self._settling, self._offered)

    @classmethod
    def compile(
        cls,
        questionnaire: Questionnaire,
        code_lists: Mapping[str, CodeList],
        parameters: Parameters,
    ) -> CompiledForm:
        """The compiled form; see the constructor."""
        return cls(questionnaire, code_lists, parameters)

    def question_of(self, item: str) -> Question | None:
        """The question that a stored item or a draft's answer belongs to: `A4`, `C4.attending`."""
        while item and item not in self.by_id:
            item = item.rpartition(".")[0]
        return self.by_id.get(item)

    def options_for(self, qid: str, answers: Answers | None = None) -> tuple[Option, ...]:
        """What is on offer, in order: some only after an earlier choice (and the exclusive).

        Raises:
            UnknownQuestion: the id is forged.
        """
        self._routing.order(qid)
        if qid in self._filters and answers is not None:
            offered = self._filters[qid].codes(answers)
            return tuple(o for o in self._options[qid] if o.code in offered)
        source = self.by_id[qid].options_from
        earlier = (answers or {}).get(source) if source else None
        if earlier is None or not isinstance(earlier["value"], list):
            return self._options[qid]
        chosen = earlier["value"]
        return tuple(o for o in self._options[qid] if o.exclusive or o.code in chosen)

    def _offered(self, qid: str, answers: Answers) -> tuple[str, ...]:
        return tuple(option.code for option in self.options_for(qid, answers))

    def read(
        self,
        qid: str,
        posted: Posted,
        answers: Answers | None = None,
        today: date | None = None,
    ) -> AnswerDict:
        """The answer that the posted fields give; `today` is for dates that must not lie ahead.

        Raises:
            UnknownQuestion: the id is forged.
            InvalidAnswer: the fields are no answer to it.
        """
        self._routing.order(qid)
        question = self.by_id[qid]
        codes = self._codes[qid]
        if question.options_from or question.choice_filter:
            codes = self._offered(qid, answers or {})
        answer = read_answer(question, codes, posted, answers or {}, today)
        fits = self._constraints.get(qid)
        if fits and answer["value"] is not None and fits(answers or {}, answer["value"]) is False:
            raise wrong(first_field(question), NOT_FITTING)
        return answer

    def route(self, answers: Answers, purposes: Purposes) -> list[str]:
        """The questions asked, in order, given the answers so far.

        An answer that is no longer on the route (because an earlier one was changed) counts as
        not given, for what comes after it too.
        """
        return self._routing.walk(answers, purposes)[0]

    def following(self, qid: str | None, answers: Answers, purposes: Purposes) -> str | None:
        """The question after this one (the first, for None); None when the check page comes."""
        return self._routing.following(qid, answers, purposes)

    def preceding(self, qid: str, answers: Answers, purposes: Purposes) -> str | None:
        """The question before this one on the route; None before the first."""
        return self._routing.preceding(qid, answers, purposes)

    def first_open(self, answers: Answers, purposes: Purposes) -> str | None:
        """Where a resumed form goes on: the first question asked that has no answer yet."""
        asked, live = self._routing.walk(answers, purposes)
        return next((q for q in asked if q not in live), None)

    def walk_to(
        self, qid: str, answers: Answers, purposes: Purposes, *, section: bool = False
    ) -> tuple[list[str], Mapping[str, AnswerDict]]:
        """The same of one question (and what follows in its section), which costs less."""
        return self._routing.walk_to(qid, answers, purposes, section=section)

    def walk(
        self, answers: Answers, purposes: Purposes
    ) -> tuple[list[str], Mapping[str, AnswerDict]]:
        """The questions asked, and the answers that count: on the route, and still on offer."""
        return self._routing.walk(answers, purposes)

    def place(self, qid: str, answers: Answers, purposes: Purposes) -> tuple[int, int]:
        """Which question this is, from 1, and how many there are on the route as it stands."""
        return self._routing.place(qid, answers, purposes)

    def ends(self, answers: Answers) -> bool:
        """Whether an answer ends the survey (too young): nothing may be stored then."""
        return self._routing.ends(answers)

    def below(self, age: int, answers: Answers) -> str | None:
        """The question that asks for the age, where its answer says less than `age`.

        It is the one at which the questionnaire ends the survey for whoever is younger.
        """
        return next(
            (
                question.id
                for question in self.questionnaire.questions
                if question.ends_below == age
                and question.id in answers
                and is_below(answers[question.id], age)
            ),
            None,
        )

    def display(self, qid: str, answer: AnswerDict, language: str) -> list[str]:
        """The answer in words, one entry per value; empty where its state is not "answered"."""
        question = self.by_id[qid]
        value = answer["value"]
        if value is None:
            return []
        if isinstance(value, dict):
            parts = {part.name: part.text for part in question.parts}
            return [f"{parts[name].text(language)}: {number}" for name, number in value.items()]
        if question.kind is QuestionKind.DATE:
            year, month, day = str(value).split("-")
            return [f"{int(day)}.{int(month)}.{year}"]
        if question.kind is QuestionKind.DECIMAL:
            return [in_digits(str(value), language)]
        words = {option.code: option.text.text(language) for option in self._options[qid]}
        values = value if isinstance(value, list) else [str(value)]
        return [words.get(code, code) for code in values]

    def settle_record(
        self,
        answers: Answers,
        purposes: Purposes,
        *,
        interview_language: str,
        assisted: bool | None = None,
    ) -> dict[str, AnswerDict]:
        """Every stored item with its state; derivations applied, raw values gone.

        Raises:
            Conflict: an answer has ended the survey, so that nothing may be stored.
        """
        return self._settling.record(answers, purposes, interview_language, assisted)

    def coded(self, record: Answers) -> dict[str, str]:
        """One string per variable of a settled record: a code, or a state where there is none."""
        return self._settling.coded(record)


def _ends_later(question: Question, before: int, now: int) -> Question:
    if question.ends_below != before:
        return question
    return question.model_copy(update={"ends_below": now})


def in_digits(number: str, language: str) -> str:
    """A decimal number as the language writes it."""
    return number if language == "en" else number.replace(".", ",")


def _options_of(
    question: Question, questionnaire: Questionnaire, code_lists: Mapping[str, CodeList]
) -> tuple[Option, ...]:
    if question.code_list is not None:
        codes = code_lists[question.code_list].on(questionnaire.reference_day)
        return tuple(Option(code=code.code, text=code.text) for code in codes)
    if question.kind is QuestionKind.SCALE:
        numbers = map(str, range(question.minimum or 0, (question.maximum or 0) + 1))
        languages = questionnaire.languages
        return tuple(Option(code=n, text=Texts(dict.fromkeys(languages, n))) for n in numbers)
    return question.options
