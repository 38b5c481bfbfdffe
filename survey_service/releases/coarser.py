"""The answer to a question: its table, or the nearest coarser question that can be released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anonymisation import TableSpec
from anonymisation import nearest as nearest_table
from schemas.methods import Suppression
from schemas.requests import Filter, TableQuestion
from schemas.tables import Merge
from survey_service.releases.protecting import (
    SECONDS,
    Ground,
    Protected,
    protected,
    spec_of,
    tells_something,
)

COARSER_SECONDS = 20.0
"""How long each coarser question may take."""


@dataclass(frozen=True)
class Answer:
    """The table as it can go, or none, with the nearest coarser question that can."""

    protected: Protected | None
    nearest: TableQuestion | None = None


def answer(on: Ground, question: TableQuestion, seconds: float = SECONDS) -> Answer:
    """Return the protected table, or the nearest coarser question that can be released.

    A table of which nothing but totals would be left is no answer and counts as refused.
    """
    made = protected(on, question, seconds)
    if made is not None and tells_something(made.table):
        return Answer(made)
    return Answer(None, nearest(on, question))


def nearest(on: Ground, question: TableQuestion) -> TableQuestion | None:
    """Return the coarser question that loses least and can be released, or None.

    First the ways of not answering are taken together, then a filter is dropped, then what the
    engine finds by leaving variables out.
    """
    for coarser in _coarser(question):
        made = protected(on, coarser, COARSER_SECONDS)
        if made is not None and tells_something(made.table):
            return coarser
    if not isinstance(on.policy.method, Suppression):
        return None
    better = nearest_table(
        on.frame,
        spec_of(question.model_copy(update={"states": "merged"})),
        policy=on.policy,
        ledger=on.ledger.of_freeze(on.freeze),
        seconds=3 * COARSER_SECONDS,
    )
    if better is None:
        return None
    coarser = question_of(better.spec, question)
    # What the freeze alone allows may still tell of those who left since an earlier one.
    if len(on.ledger.freezes) > 1 and protected(on, coarser, COARSER_SECONDS) is None:
        return None
    return coarser


def question_of(spec: TableSpec, asked: TableQuestion) -> TableQuestion:
    """Return the question behind an engine's spec, in the terms of the one that was asked."""
    filters = [Filter(variable=f.variable, codes=f.codes) for f in asked.filters]
    return TableQuestion(
        survey=asked.survey,
        wave=asked.wave,
        variables=tuple(v for v in asked.variables if v in spec.variables),
        filters=tuple(f for f in filters if f.variable in spec.where),
        states=spec.states,
        merge=tuple(Merge.model_validate(m.model_dump()) for m in spec.merge),
    )


def _coarser(question: TableQuestion) -> Sequence[TableQuestion]:
    """The question with its states merged, and the same with one filter less, the last first."""
    merged = question.model_copy(update={"states": "merged"})
    fewer = [
        merged.model_copy(
            update={"filters": tuple(f for i, f in enumerate(question.filters) if i != leave_out)}
        )
        for leave_out in reversed(range(len(question.filters)))
    ]
    return [*([merged] if question.states == "apart" else []), *fewer]
