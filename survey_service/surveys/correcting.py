"""Correcting a stored answer: which questions must be asked again, and what the record becomes.

Stored is what derivations left: a band, a top code, a ratio. The raw values are gone, so a value
that another one is derived from, or limited by, can only be corrected together with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemas.derivation import Banded, BelowThreshold, Dropped, RatioBanded, TopCoded
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict, Answers
from survey_service.problems import Conflict
from survey_service.surveys.derivations import item_names, store
from survey_service.surveys.reading import answered, most_possible, without_value
from survey_service.surveys.routing import Purposes, Routing

_MISSING = without_value("missing")
_NOT_ASKED = without_value("not_asked")
_RAW_LOST = (Banded, RatioBanded, BelowThreshold, Dropped)
Offered = Callable[[str, Answers], tuple[str, ...]]


@dataclass(frozen=True)
class Corrected:
    """A record as it becomes, and the questions that are now asked for the first time."""

    record: dict[str, AnswerDict]
    opened: tuple[str, ...]


class Correcting:
    """Works on stored records of one questionnaire version; keeps no state."""

    def __init__(
        self,
        questions: tuple[Question, ...],
        routing: Routing,
        offered: Offered,
        threshold_eur: int,
    ) -> None:
        """Work out once which questions belong together."""
        self._questions = questions
        self._by_id = {question.id: question for question in questions}
        self._routing = routing
        self._offered = offered
        self._threshold = threshold_eur
        self._names = {question.id: item_names(question) for question in questions}
        self._together = {question.id: self._closed({question.id}) for question in questions}

    def _closed(self, group: set[str]) -> set[str]:
        """The group with everything that its derivations take, and all that is derived from it."""
        while True:
            more = {
                qid
                for question in self._questions
                if (needed := _needs(question)) and (question.id in group or needed & group)
                for qid in {question.id, *needed}
            }
            if more <= group:
                return group
            group = group | more

    def group(self, qid: str, record: Answers, purposes: Purposes) -> tuple[str, ...]:
        """The questions to ask again with this one, in the form's order.

        Raises:
            UnknownQuestion: the id is forged.
        """
        self._routing.order(qid)
        group = set(self._together[qid])
        ceiling = self._by_id[qid].ceiling
        if ceiling is not None and self.raw(ceiling.question, record) is None:
            # The limit itself is not known exactly any more, so it is asked, too.
            group |= self._together[ceiling.question]
        return tuple(
            question.id
            for question in self._questions
            if question.id in group and question.asked and question.purpose.value in purposes
        )

    def raw(self, qid: str, record: Answers) -> AnswerDict | None:
        """The answer as it was given, or None where only something derived from it is kept."""
        question = self._by_id[qid]
        kept = [record[name] for name in self._names[qid]]
        if isinstance(question.derive, TopCoded):
            if any(str(answer["value"]) == f"{question.derive.at}+" for answer in kept):
                return None
        elif isinstance(question.derive, _RAW_LOST):
            said = bool(kept) and kept[0]["state"] in ("refused", "dont_know")
            return kept[0] if said else None
        return self._standing_for(question, record)

    def _standing_for(self, question: Question, record: Answers) -> AnswerDict | None:
        """An answer with which the form can be walked: exact, or the least it can have been."""
        names = self._names[question.id]
        if not names:
            return None
        first = record[names[0]]
        if first["state"] == "not_asked":
            return None
        if first["value"] is None or question.kind not in (
            QuestionKind.INTEGER,
            QuestionKind.GROUP,
        ):
            derived = isinstance(question.derive, BelowThreshold)
            return None if derived and first["value"] is not None else first
        if isinstance(question.derive, RatioBanded):
            return None
        if question.kind is QuestionKind.GROUP:
            numbers = {name.partition(".")[2]: _least(record[name]) for name in names}
            known = {part: number for part, number in numbers.items() if number is not None}
            return answered(known)
        number = _least(first)
        return None if number is None else answered(number)

    def standing(self, record: Answers) -> dict[str, AnswerDict]:
        """Answers by question with which the form can be walked as it was."""
        found = {q.id: self._standing_for(q, record) for q in self._questions}
        return {qid: answer for qid, answer in found.items() if answer is not None}

    def corrected(
        self, record: Answers, given: Mapping[str, AnswerDict], purposes: Purposes
    ) -> Corrected:
        """The record with these answers in place of the stored ones; routing follows.

        What is no longer asked becomes "not asked"; what is asked for the first time, or can no
        longer have been the answer, is "missing" and named, so that it can be asked.

        Raises:
            Conflict: an answer ends the survey, so that nothing of it may be kept.
        """
        before = self.standing(record)
        route, live = self._routing.walk({**before, **given}, purposes)
        if self._routing.ends(live):
            raise Conflict
        new = {name: _NOT_ASKED for names in self._names.values() for name in names}
        opened = []
        for qid in route:
            if qid in given:
                new.update(self._stored(qid, live))
                continue
            kept, whole = self._kept(qid, record, before, live)
            new.update(kept)
            if not whole:
                opened.append(qid)
        for question in self._questions:
            if not question.asked and question.filled_by and question.purpose.value in purposes:
                new.update({name: record[name] for name in self._names[question.id]})
        return Corrected(new, tuple(opened))

    def _kept(
        self, qid: str, record: Answers, before: Answers, live: dict[str, AnswerDict]
    ) -> tuple[dict[str, AnswerDict], bool]:
        """What stays of a stored answer beside the new ones; and whether it need not be asked."""
        names, question = self._names[qid], self._by_id[qid]
        if not names:
            return {}, True
        stored = {name: record[name] for name in names}
        if not self._still_fits(qid, record, live):
            return dict.fromkeys(names, _MISSING), False
        value = record[names[0]]["value"]
        if not question.options_from or not isinstance(value, list):
            return stored, True
        offered = self._offered(qid, live)
        left = [code for code in value if code in offered]
        grown = not set(offered) <= set(self._offered(qid, before))
        kept = answered(left) if left else _MISSING
        return {names[0]: kept}, bool(left) and not grown

    def _stored(self, qid: str, live: dict[str, AnswerDict]) -> dict[str, AnswerDict]:
        question, names = self._by_id[qid], self._names[qid]
        kept_raw = question.derive is None and question.kind not in (
            QuestionKind.INTEGER,
            QuestionKind.GROUP,
        )
        if kept_raw or not names:
            return {name: live.get(qid, _MISSING) for name in names}
        return store(question, names, live, self._threshold)

    def _still_fits(self, qid: str, record: Answers, live: dict[str, AnswerDict]) -> bool:
        """Whether a stored answer was asked and can stay beside the new ones."""
        names = self._names[qid]
        if not names or record[names[0]]["state"] == "not_asked":
            return False
        question, answer = self._by_id[qid], live.get(qid)
        if answer is None:
            return True
        value = answer["value"]
        most = most_possible(question, live)
        if most is None or value is None:
            return True
        highest = max(value.values()) if isinstance(value, dict) else value
        return not isinstance(highest, int) or highest <= most


def _needs(question: Question) -> set[str]:
    """The questions whose raw answers this one's derivation takes besides its own."""
    match question.derive:
        case RatioBanded(numerator=numerator):
            return {numerator}
        case BelowThreshold(household=household, children_under_14=children):
            return {household, children}
    return set()


def _least(answer: AnswerDict) -> int | None:
    """The least number that a stored code stands for."""
    value = answer["value"]
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        return None
    digits = value.rstrip("+").partition("-")[0]
    return int(digits) if digits.isdigit() else None
