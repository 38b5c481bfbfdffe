"""Remarks between the questions, and which of them somebody comes past on his way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from schemas.expression import Expression
from schemas.questionnaire import Question, Remark
from schemas.response import AnswerDict
from survey_service.surveys.conditions import Condition, compile_condition
from survey_service.surveys.quotes import with_said
from survey_service.surveys.repeats import for_entry

_AT_THE_END = ""
_Placed = tuple[Remark, Condition | None]


class Remarks:
    """The remarks of one questionnaire, by the question that each leads to."""

    def __init__(self, remarks: Sequence[Remark], asked: Sequence[Question]) -> None:
        """Compile the conditions; those within a repeat are read once for each entry."""
        self._places = [question.id for question in asked]
        self._placed: dict[str, list[_Placed]] = {}
        inside = frozenset(q.id.partition(".")[0] for q in asked if q.repeat and q.repeat != q.id)
        begun: set[str | None] = {None}
        for question in asked:
            name, _, entry = question.id.partition(".")
            leads = {name} if question.repeat != name else set()
            if question.repeat not in begun:
                # What stands before a repeat is read once, before its first entry.
                begun.add(question.repeat)
                leads.add(str(question.repeat))
            for remark in remarks:
                if remark.before in leads:
                    relevant = remark.relevant
                    if relevant is not None and entry and remark.before == name:
                        relevant = for_entry(relevant, inside, int(entry))
                    own = bool(entry) and remark.before == name
                    self._place(
                        question.id, _of_entry(remark, inside, entry) if own else remark, relevant
                    )
        for remark in remarks:
            if remark.before is None:
                self._place(_AT_THE_END, remark, remark.relevant)

    def _place(self, where: str, remark: Remark, relevant: Expression | None) -> None:
        condition = None if relevant is None else compile_condition(relevant)
        self._placed.setdefault(where, []).append((remark, condition))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._placed)

    def before(
        self, qid: str | None, route: Sequence[str], live: Mapping[str, AnswerDict]
    ) -> list[Remark]:
        """What stands between the question asked before this one and this one.

        None is the end: what stands after the last question asked.
        """
        places = {name: place for place, name in enumerate(self._places)}
        end = len(self._places) if qid is None else places[qid]
        earlier = [places[name] for name in route if places[name] < end]
        passed = self._places[max(earlier) + 1 if earlier else 0 : end + 1]
        if qid is None:
            passed.append(_AT_THE_END)
        return [
            remark
            for name in passed
            for remark, condition in self._placed.get(name, ())
            if condition is None or condition(live) is True
        ]


def _of_entry(remark: Remark, inside: Collection[str], entry: str) -> Remark:
    """The remark as it quotes what was said of that entry."""

    def own(name: str) -> str:
        return f"${{{name}.{entry}}}" if name in inside else f"${{{name}}}"

    return remark.model_copy(update={"text": with_said(remark.text, own)})
