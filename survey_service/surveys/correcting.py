"""Correcting a stored answer: which questions must be asked again, and what the record becomes.

Stored is what derivations left: a band, a top code, a ratio. The raw values are gone, so a value
that another one is derived from, or limited by, can only be corrected together with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from schemas.derivation import Banded, BelowThreshold, Dropped, RatioBanded, TopCoded, Truncated
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict, Answers
from survey_service.problems import Conflict
from survey_service.surveys.derivations import NO, YES, item_names
from survey_service.surveys.reading import answered, most_possible, without_value
from survey_service.surveys.repeats import asks_for_more
from survey_service.surveys.routing import Purposes, Routing
from survey_service.surveys.settling import Settling

_MISSING = without_value("missing")
_NOT_ASKED = without_value("not_asked")
_RAW_LOST = (Banded, RatioBanded, BelowThreshold, Dropped, Truncated)
_NUMBERS = (QuestionKind.INTEGER, QuestionKind.GROUP)
Offered = Callable[[str, Answers], tuple[str, ...]]


@dataclass(frozen=True)
class Corrected:
    """A record as it becomes, and the questions that are now to be asked."""

    record: dict[str, AnswerDict]
    opened: tuple[str, ...]


class Correcting:
    """Works on stored records of one questionnaire version; keeps no state."""

    def __init__(
        self,
        questions: tuple[Question, ...],
        routing: Routing,
        settling: Settling,
        offered: Offered,
    ) -> None:
        """Take every question, laid out, in the form's order."""
        self._questions = questions
        self._by_id = {question.id: question for question in questions}
        self._routing = routing
        self._settling = settling
        self._offered = offered
        self._names = {question.id: item_names(question) for question in questions}
        self._needs = {question.id: _needs(question) for question in questions}

    def group(self, qid: str, record: Answers, purposes: Purposes) -> tuple[str, ...]:
        """The questions to ask again with this one, in the form's order.

        Those whose raw answers its derivation takes, those that are derived from it, and those
        that decide about what depends on it, where they are not known exactly any more.

        Raises:
            UnknownQuestion: the id is forged.
        """
        self._routing.order(qid)
        group = {qid}
        while True:
            more = self._derived_together(group) | self._undecided(group, record)
            if more <= group:
                break
            group |= more
        return tuple(
            question.id
            for question in self._questions
            if question.id in group and question.asked and question.purpose.value in purposes
        )

    def _derived_together(self, group: set[str]) -> set[str]:
        return {
            other
            for qid, needed in self._needs.items()
            if needed and (qid in group or needed & group)
            for other in {qid, *needed}
        }

    def _undecided(self, group: set[str], record: Answers) -> set[str]:
        """What decides about the group or what depends on it, and is not known exactly."""
        concerned = group | self._depending(group)
        looked_at = {x for qid in concerned for x in self._by_id[qid].looks_at}
        return {x for x in looked_at if self._is_lost(x, record)}

    def _depending(self, changed: Iterable[str]) -> set[str]:
        """The questions that look at these, or at others that do."""
        found = set(changed)
        for question in self._questions:
            # Questions look backwards only, so once through is enough.
            if question.looks_at & found:
                found.add(question.id)
        return found - set(changed)

    def _is_lost(self, qid: str, record: Answers) -> bool:
        if asks_for_more(self._by_id[qid]) is not None:
            # The record itself tells how many entries there are.
            return False
        return self.raw(qid, record) is None and (
            not self._names[qid] or record[self._names[qid][0]]["state"] == "answered"
        )

    def raw(self, qid: str, record: Answers) -> AnswerDict | None:
        """The answer as it was given, or None where only something derived from it is kept."""
        question = self._by_id[qid]
        kept = [record[name] for name in self._names[qid]]
        if isinstance(question.derive, TopCoded):
            if any(str(answer["value"]) == f"{question.derive.at}+" for answer in kept):
                return None
        elif isinstance(question.derive, _RAW_LOST):
            said = bool(kept) and kept[0]["state"] in ("refused", "dont_know", "missing")
            return kept[0] if said else None
        return self._standing_for(question, record)

    def _standing_for(self, question: Question, record: Answers) -> AnswerDict | None:
        """An answer with which the form can be walked: exact, or the least it can have been."""
        more = asks_for_more(question)
        if more is not None:
            return answered(YES if self._has_entry(question, more + 1, record) else NO)
        names = self._names[question.id]
        if not names or record[names[0]]["state"] == "not_asked":
            return None
        first = record[names[0]]
        if first["value"] is None:
            return first
        if isinstance(question.derive, (RatioBanded, BelowThreshold, Truncated)):
            return None
        if question.kind is QuestionKind.GROUP:
            numbers = {name.rpartition(".")[2]: _least(record[name]) for name in names}
            return answered({part: n for part, n in numbers.items() if n is not None})
        if question.kind in _NUMBERS:
            number = _least(first)
            return None if number is None else answered(number)
        if isinstance(question.derive, Banded):
            least = _least(first)
            return None if least is None else answered(str(least))
        return first

    def _has_entry(self, more: Question, entry: int, record: Answers) -> bool:
        """Whether anything was asked about this entry of a repeat."""
        return any(
            record[name]["state"] != "not_asked"
            for question in self._questions
            if question.repeat == more.repeat and question.id.endswith(f".{entry}")
            for name in self._names[question.id]
        )

    def standing(self, record: Answers) -> dict[str, AnswerDict]:
        """Answers by question with which the form can be walked as it was."""
        found = {q.id: self._standing_for(q, record) for q in self._questions}
        return {qid: answer for qid, answer in found.items() if answer is not None}

    def is_asked(self, qid: str, record: Answers, purposes: Purposes) -> bool:
        """Whether this person was asked the question, as the record shows it or the form says."""
        question = self._by_id.get(qid)
        if question is None or not question.asked or question.purpose.value not in purposes:
            return False
        if any(record[name]["state"] != "not_asked" for name in self._names[qid]):
            return True
        return qid in self._routing.walk(self.standing(record), purposes)[0]

    def corrected(
        self, record: Answers, given: Mapping[str, AnswerDict], purposes: Purposes
    ) -> Corrected:
        """The record with these answers in place of the stored ones; routing follows.

        What is no longer asked becomes "not asked"; what is asked for the first time, or can no
        longer have been the answer, is "missing" and named, so that it can be asked. What looks
        at nothing that changed stays as it is.

        Raises:
            Conflict: an answer ends the survey, so that nothing of it may be kept.
        """
        before = self.standing(record)
        route, live = self._routing.walk({**before, **given}, purposes)
        if self._routing.ends(live):
            raise Conflict
        refused = {q.id for q in self._questions if q.purpose.value not in purposes}
        depending = self._depending({*given, *refused})
        on_route = frozenset(route)
        new: dict[str, AnswerDict] = {}
        opened = []
        for question in self._questions:
            qid, names = question.id, self._names[question.id]
            if qid in refused or (qid not in on_route and (qid in given or qid in depending)):
                new.update(dict.fromkeys(names, _NOT_ASKED))
            elif qid in given:
                new.update(self._settling.items(qid, live))
            elif qid not in depending:
                new.update({name: record[name] for name in names})
            else:
                kept, whole = self._kept(qid, record, before, live)
                new.update(kept)
                if not whole:
                    opened.append(qid)
        return Corrected(new, tuple(opened))

    def _kept(
        self, qid: str, record: Answers, before: Answers, live: dict[str, AnswerDict]
    ) -> tuple[dict[str, AnswerDict], bool]:
        """What stays of a stored answer beside the new ones; and whether it need not be asked."""
        names, question = self._names[qid], self._by_id[qid]
        if not names:
            return {}, qid in live
        stored = {name: record[name] for name in names}
        if not self._still_fits(qid, record, before, live):
            return dict.fromkeys(names, _MISSING), False
        value = record[names[0]]["value"]
        if not question.options_from or not isinstance(value, list):
            return stored, True
        offered = self._offered(qid, live)
        left = [code for code in value if code in offered]
        grown = not set(offered) <= set(self._offered(qid, before))
        kept = answered(left) if left else _MISSING
        return {names[0]: kept}, bool(left) and not grown

    def _still_fits(
        self, qid: str, record: Answers, before: Answers, live: dict[str, AnswerDict]
    ) -> bool:
        """Whether a stored answer was asked and can stay beside the new ones."""
        if record[self._names[qid][0]]["state"] == "not_asked":
            return False
        if qid in before and qid not in live:
            # A choice that is not on offer any more.
            return False
        answer = live.get(qid)
        value = None if answer is None else answer["value"]
        most = most_possible(self._by_id[qid], live)
        if most is None or value is None:
            return True
        highest = max(value.values(), default=0) if isinstance(value, dict) else value
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
