"""From a question and a freeze to what may be printed; pure, slow, for a worker thread.

The universe of every table of a wave is one and the same: all records of the freeze, which
holds those who granted research re-use. Were tables drawn from different universes, two of
them could be subtracted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anonymisation import TableSpec, protect, redesign, tabulate
from anonymisation.errors import Refused
from schemas.certificate import InsideCertificate, PublicCertificate
from schemas.policy import Policy
from schemas.requests import Filter, TableQuestion
from schemas.tables import (
    TOTAL,
    CellMark,
    Ledger,
    Merge,
    ProtectedTable,
    ReleasedTable,
    ReviewTable,
)
from survey_service.releases.codebook import Codebook, ReleaseVariable
from survey_service.stores.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

SECONDS = 30.0
"""How long protection may think; running out is a refusal, never a weaker protection."""
SPECIAL_THRESHOLD = 10
THRESHOLD = 5


class UnfitFrameError(StoreError):
    """The freeze holds a value that the codebook says cannot be; nothing is counted."""


@dataclass(frozen=True)
class Protected:
    """What protection made: `table` may be printed, `review` and `inside` stay in."""

    table: ProtectedTable
    review: ReviewTable
    public: PublicCertificate
    inside: InsideCertificate


@dataclass(frozen=True)
class Answer:
    """The table as it can go, or none, with the nearest coarser question that can."""

    protected: Protected | None
    nearest: TableQuestion | None = None


@dataclass(frozen=True)
class Ground:
    """What a question is answered from: records, codebook, and all that was published before."""

    frame: pd.DataFrame
    book: Codebook
    ledger: Ledger


def spec_of(question: TableQuestion) -> TableSpec:
    """Return the engine's spec of a question."""
    return TableSpec(
        question.variables,
        states=question.states,
        merge=question.merge,
        where={f.variable: f.codes for f in question.filters},
    )


def ledger_of(facts: Iterable[str]) -> Ledger:
    """Return the published tables in order of publication, as the engine reads them."""
    return Ledger(releases=tuple(ReleasedTable.model_validate_json(text) for text in facts))


def names_in(question: TableQuestion, ledger: Ledger) -> set[str]:
    """Return every variable that the question or an earlier release uses."""
    names = {*question.variables, *(f.variable for f in question.filters)}
    for released in ledger.releases:
        names |= {*released.table.spec.variables, *released.table.spec.where}
    return names


def ground(frame: pd.DataFrame, book: Codebook, question: TableQuestion, ledger: Ledger) -> Ground:
    """Return the records in released codes, with the columns that are needed and no others.

    Raises:
        UnfitFrameError: a record has a value that the codebook does not know.
    """
    import pandas as pd

    names = sorted(names_in(question, ledger), key=book.place.__getitem__)
    columns = {name: _released(frame[name], book.by_name[name]) for name in names}
    return Ground(pd.DataFrame(columns), book, ledger)


def _released(column: pd.Series[Any], variable: ReleaseVariable) -> pd.Series[Any]:
    import pandas as pd

    coarse = column.astype(str)
    if variable.groups is not None:
        groups = variable.groups
        coarse = coarse.map(lambda code: groups.get(code, code))
    kind = pd.CategoricalDtype(list(variable.codes))
    released = coarse.astype(kind)
    if released.isna().any():
        raise UnfitFrameError(f"variable {variable.name} holds a value that its code list lacks")
    return released


def policy_of(book: Codebook) -> Policy:
    """Return the rules of all tables of a wave.

    One policy for the whole wave: its tables are audited together, and a number published
    under a weaker rule would forbid every later table under a stronger one. The threshold is
    therefore the higher one wherever the questionnaire has special-category items. Groups are
    formed by breakdown variables; everything else is an answer.
    """
    return Policy(
        threshold=SPECIAL_THRESHOLD if any(v.special for v in book.variables) else THRESHOLD,
        breakdowns=tuple(v.name for v in book.variables if v.breakdown),
        sensitive=tuple(v.name for v in book.variables if v.special and not v.breakdown),
    )


def answer(on: Ground, question: TableQuestion, seconds: float = SECONDS) -> Answer:
    """Return the protected table, or the nearest coarser question that can be released.

    A table of which nothing but totals would be left is no answer and counts as refused.
    """
    made = protected(on, question, seconds)
    if made is not None and tells_something(made.table):
        return Answer(made)
    return Answer(None, nearest(on, question, seconds))


def protected(on: Ground, question: TableQuestion, seconds: float = SECONDS) -> Protected | None:
    """Return the table as it can be printed, or None where the promise cannot be kept."""
    policy = policy_of(on.book)
    system = tabulate(on.frame, [spec_of(question)], ledger=on.ledger)
    try:
        protection = protect(system, policy, ledger=on.ledger, seconds=seconds)
    except Refused:
        return None
    certificate = protection.certificate
    if certificate is None:
        return None
    return Protected(
        table=protection.tables[0],
        review=protection.review(0),
        public=certificate.public,
        inside=certificate.inside,
    )


def tells_something(table: ProtectedTable) -> bool:
    """Whether any cell that is no total is printed."""
    return any(
        cell.mark is not CellMark.WITHHELD and TOTAL not in cell.codes for cell in table.cells
    )


def nearest(on: Ground, question: TableQuestion, seconds: float = SECONDS) -> TableQuestion | None:
    """Return the coarser question that loses least and can be released, or None.

    First the ways of not answering are taken together, then a filter is dropped, then what the
    engine finds by leaving variables out.
    """
    for coarser in _coarser(question):
        made = protected(on, coarser, seconds)
        if made is not None and tells_something(made.table):
            return coarser
    better = redesign(
        on.frame,
        spec_of(question.model_copy(update={"states": "merged"})),
        policy=policy_of(on.book),
        ledger=on.ledger,
        seconds=seconds,
    )
    return None if better is None else question_of(better.spec, question)


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
