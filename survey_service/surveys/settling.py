"""What is stored of a submission, and how it looks as a row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from schemas.questionnaire import Question, QuestionKind, Variable
from schemas.response import AnswerDict, Answers
from survey_service.problems import Conflict
from survey_service.surveys.derivations import NO, YES, item_names, storing
from survey_service.surveys.reading import answered, without_value
from survey_service.surveys.routing import Purposes, Routing

INTERVIEW_LANGUAGES = {"lv": "lav", "rom": "rom", "ru": "rus", "en": "eng"}
"""ISO 639-3 codes that answers keep, by the tag the interface uses."""

_DERIVED_KINDS = frozenset({QuestionKind.INTEGER, QuestionKind.GROUP})
_MISSING = without_value("missing")
_NOT_ASKED = without_value("not_asked")
Offered = Callable[[str, Answers], tuple[str, ...]]
"""The codes on offer for a question, given the answers."""


class Settling:
    """Turns raw answers into stored items, and stored items into coded columns."""

    def __init__(
        self,
        questions: tuple[Question, ...],
        variables: tuple[Variable, ...],
        routing: Routing,
        offered: Offered,
        threshold_eur: int,
    ) -> None:
        """Work out once what of each question is stored, and under which names."""
        self._routing = routing
        self._offered = offered
        self._by_id = {question.id: question for question in questions}
        self._unasked = {
            name: _NOT_ASKED for question in questions for name in item_names(question)
        }
        self._filled = tuple(
            (q.id, q.filled_by, q.purpose.value) for q in questions if q.filled_by is not None
        )
        self._derived = {
            q.id: (q, names, storing(q, names, threshold_eur))
            for q in questions
            if not _is_kept_raw(q)
            for names in [item_names(q)]
        }
        self._columns = tuple(self._column(variable) for variable in variables)
        self._exclusive = {
            q.id: frozenset(o.code for o in q.options if o.exclusive) for q in questions
        }

    def _column(self, variable: Variable) -> tuple[str, str, str | None, Question]:
        """Name, the stored item it comes from, the option it stands for, the question."""
        question = self._by_id[variable.question]
        if question.kind is QuestionKind.MULTI:
            return (
                variable.name,
                question.id,
                variable.name.removeprefix(f"{question.id}."),
                question,
            )
        return variable.name, variable.name, None, question

    def record(
        self, answers: Answers, purposes: Purposes, interview_language: str, assisted: bool | None
    ) -> dict[str, AnswerDict]:
        """Every stored item with its state; derivations applied, raw values gone.

        Raises:
            Conflict: an answer has ended the survey, so that nothing may be stored.
        """
        route, live = self._routing.walk(answers, purposes)
        if self._routing.ends(live):
            raise Conflict
        known = {"language": INTERVIEW_LANGUAGES.get(interview_language)}
        if assisted is not None:
            known["assistance"] = YES if assisted else NO
        record = self._unasked.copy()
        for qid in route:
            if qid in self._derived:
                record.update(self.items(qid, live))
            else:
                record[qid] = live.get(qid, _MISSING)
        for qid, filled_by, purpose in self._filled:
            filled = known.get(filled_by)
            if filled is not None and purpose in purposes:
                record[qid] = answered(filled)
        return record

    def items(self, qid: str, live: dict[str, AnswerDict]) -> Mapping[str, AnswerDict]:
        """What is stored of one question that is asked, from all answers on the route."""
        derived = self._derived.get(qid)
        if derived is None:
            return {qid: live.get(qid, _MISSING)}
        question, names, store = derived
        if not names:
            return {}
        return store(self._still_offered(question, live) if question.options_from else live)

    def _still_offered(self, question: Question, live: dict[str, AnswerDict]) -> Answers:
        """The answers, without choices that a changed earlier answer no longer offers."""
        answer = live.get(question.id)
        if not question.options_from or answer is None or not isinstance(answer["value"], list):
            return live
        offered = self._offered(question.id, live)
        kept = [code for code in answer["value"] if code in offered]
        return {**live, question.id: answered(kept) if kept else _MISSING}

    def coded(self, record: Answers) -> dict[str, str]:
        """One string per variable: a code, or a state where there is none.

        A choice that was not on offer (its situation was not chosen earlier) is "not_asked".
        """
        row: dict[str, str] = {}
        for name, item, option, question in self._columns:
            answer = record[item]
            value = answer["value"]
            if value is None:
                row[name] = answer["state"]
            elif isinstance(value, list):
                row[name] = self._chosen(question, option or "", value, record)
            else:
                row[name] = "answered" if _is_never_shown(question) else str(value)
        return row

    def _chosen(self, question: Question, code: str, chosen: list[str], record: Answers) -> str:
        if code in chosen:
            return YES
        if question.options_from and code not in self._exclusive[question.id]:
            earlier = record[question.options_from]["value"]
            if isinstance(earlier, list) and code not in earlier:
                return "not_asked"
        return NO


def _is_never_shown(question: Question) -> bool:
    """Own words, and days and decimals as they were said, have no codes that a table could show."""
    if question.kind in (QuestionKind.DECIMAL, QuestionKind.DATE):
        return question.derive is None
    return question.kind is QuestionKind.TEXT


def _is_kept_raw(question: Question) -> bool:
    return (
        question.derive is None
        and question.options_from is None
        and question.kind not in _DERIVED_KINDS
    )
