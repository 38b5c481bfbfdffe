"""Which questions are asked, in which order, given the answers so far.

A whole route costs what its questions cost together; whether one question is asked, only what the
questions cost that it depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from schemas.questionnaire import Question
from schemas.response import AnswerDict, Answers
from survey_service.problems import NotFound
from survey_service.surveys.conditions import Condition, compile_condition
from survey_service.surveys.formulas import entries_of

Purposes = frozenset[str]

Offers = Callable[[Answers], tuple[str, ...]]
"""The codes on offer, given the answers so far."""
_Step = tuple[str, Condition | None, int | None, Offers | None]


_NEAR = 4
"""So many questions ahead are looked at one by one for the next that is asked."""


class UnknownQuestion(NotFound):
    """No question of this questionnaire has that id, or it is never asked."""

    slug = "unknown-question"


class Routing:
    """The way through a questionnaire. A route is walked anew each time: nothing can go stale."""

    def __init__(self, asked: tuple[Question, ...], offers: Mapping[str, Offers]) -> None:
        """Compile the conditions; `asked` are the questions in order, already checked.

        `offers` says of those whose choices depend on earlier answers what is left of them.
        """
        self._offers = offers
        self._asked = asked
        self._order = {question.id: place for place, question in enumerate(asked)}
        self._endings = tuple((q.id, q.ends_below) for q in asked if q.ends_below is not None)
        self._conditions: dict[str, Condition] = {
            q.id: compile_condition(q.relevant) for q in asked if q.relevant is not None
        }
        self._steps = lru_cache(maxsize=32)(self._steps_under)
        self._steps_to = lru_cache(maxsize=8192)(self._steps_leading_to)
        self._steps_across = lru_cache(maxsize=8192)(self._steps_between)

    def _steps_under(self, purposes: Purposes) -> tuple[_Step, ...]:
        if "participation" not in purposes:
            return ()
        return tuple(
            (q.id, self._conditions.get(q.id), q.ends_below, self._offers.get(q.id))
            for q in self._asked
            if q.purpose.value in purposes
        )

    def order(self, qid: str) -> int:
        """The question's place in the questionnaire.

        Raises:
            UnknownQuestion: the id is forged, or the question is never asked.
        """
        if qid not in self._order:
            raise UnknownQuestion
        return self._order[qid]

    def walk(self, answers: Answers, purposes: Purposes) -> tuple[list[str], dict[str, AnswerDict]]:
        """The questions asked, and the answers that count: those on the route.

        A question of which no choice is left is not asked. A choice that an earlier answer,
        changed afterwards, no longer offers counts as not given.
        """
        return _walked(self._steps(purposes), answers)

    def walk_to(
        self, qid: str, answers: Answers, purposes: Purposes, *, section: bool = False
    ) -> tuple[list[str], dict[str, AnswerDict]]:
        """The same of one question and what it depends on: its cost grows with these alone.

        With `section` also of what follows in its section.
        """
        self.order(qid)
        return _walked(self._steps_to(qid, purposes, section), answers)

    def _steps_leading_to(self, qid: str, purposes: Purposes, section: bool) -> tuple[_Step, ...]:
        first = self._order[qid]
        return self._steps_of(
            tuple(
                q.id
                for q in self._asked[first : None if section else first + 1]
                if q.section == self._asked[first].section
            ),
            purposes,
        )

    def _steps_of(self, wanted: tuple[str, ...], purposes: Purposes) -> tuple[_Step, ...]:
        """The steps of some questions, in order, and of all that decides whether they are asked."""
        needed, waiting = set[str](), [*wanted, *(ending for ending, _ in self._endings)]
        while waiting:
            name = waiting.pop()
            if name in needed:
                continue
            needed.add(name)
            place = self._order.get(name)
            if place is not None:
                waiting.extend(self._asked[place].looks_at)
            else:
                # It stands for all of several, of which a sum or so is made.
                waiting.extend(entry for entry in entries_of(name) if entry in self._order)
        last = self._order[wanted[-1]]
        return tuple(
            step
            for step in self._steps(purposes)
            if step[0] in needed and self._order[step[0]] <= last
        )

    def _steps_between(self, first: int, end: int, purposes: Purposes) -> tuple[_Step, ...]:
        return self._steps_of(tuple(q.id for q in self._asked[first:end]), purposes)

    def _asked_between(
        self, first: int, end: int, answers: Answers, purposes: Purposes
    ) -> list[str]:
        """Those of the questions with these places that are asked."""
        route, _ = _walked(self._steps_across(first, end, purposes), answers)
        return [qid for qid in route if first <= self._order[qid] < end]

    def following(self, qid: str | None, answers: Answers, purposes: Purposes) -> str | None:
        """The question after this one, or the first; None when none is left.

        Costs what the questions cost that are passed over, and those they depend on.
        """
        first = 0 if qid is None else self.order(qid) + 1
        for question in self._asked[first : first + _NEAR]:
            if question.id in self.walk_to(question.id, answers, purposes)[0]:
                return question.id
        # A long way off: more and more at a time, so that what they share is looked at seldom.
        first, wide = first + _NEAR, 2 * _NEAR
        while first < len(self._asked):
            found = self._asked_between(first, first + wide, answers, purposes)
            if found:
                return found[0]
            first, wide = first + wide, 2 * wide
        return None

    def preceding(self, qid: str, answers: Answers, purposes: Purposes) -> str | None:
        """The question before this one on the route; None before the first. Costs the same."""
        end, wide = self.order(qid), _NEAR
        while end > 0:
            found = self._asked_between(max(0, end - wide), end, answers, purposes)
            if found:
                return found[-1]
            end, wide = end - wide, 2 * wide
        return None

    def place(self, qid: str, answers: Answers, purposes: Purposes) -> tuple[int, int]:
        """Which question this is, from 1, and how many the route has as it stands."""
        place = self.order(qid)
        route = self.walk(answers, purposes)[0]
        return sum(self._order[other] < place for other in route) + 1, len(route)

    def ends(self, answers: Answers) -> bool:
        """Whether an answer ends the survey."""
        return any(qid in answers and is_below(answers[qid], low) for qid, low in self._endings)


def _walked(steps: tuple[_Step, ...], answers: Answers) -> tuple[list[str], dict[str, AnswerDict]]:
    asked: list[str] = []
    live: dict[str, AnswerDict] = {}
    said = answers.get
    for qid, condition, ends_below, offers in steps:
        if condition is not None and condition(live) is not True:
            continue
        answer = said(qid)
        if offers is not None:
            codes = offers(live)
            if not codes:
                continue
            if answer is not None:
                answer = still_offered(answer, codes)
        asked.append(qid)
        if answer is not None:
            live[qid] = answer
            if ends_below is not None and is_below(answer, ends_below):
                break
    return asked, live


def still_offered(answer: AnswerDict, codes: tuple[str, ...]) -> AnswerDict | None:
    """The answer, if all that was chosen is on offer; None where it has to be given again."""
    value = answer["value"]
    if value is None:
        return answer
    chosen = value if isinstance(value, list) else [str(value)]
    return answer if all(code in codes for code in chosen) else None


def is_below(answer: AnswerDict, low: int) -> bool:
    """Whether the answer is a number below that one."""
    value = answer["value"]
    return isinstance(value, int) and value < low
