"""From a question and a freeze to what may be printed; pure, slow, for a worker thread.

The universe of every table of a wave is one and the same: all records of the freeze, which
holds those who granted research re-use. Were tables drawn from different universes, two of
them could be subtracted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anonymisation import TableSpec, protect_next
from anonymisation.errors import Refused
from schemas.certificate import InsideCertificate, PublicCertificate
from schemas.methods import Suppression
from schemas.policy import Policy
from schemas.release_rules import PLATFORM_RULES, ReleaseRules
from schemas.requests import TableQuestion
from schemas.tables import (
    TOTAL,
    CellMark,
    Ledger,
    ProtectedTable,
    ReleasedTable,
    ReviewTable,
)
from schemas.vocabulary import Frozen
from survey_service.releases.altering import altered
from survey_service.releases.codebook import Codebook, ReleaseVariable
from survey_service.stores.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

SECONDS = 600.0
"""How long protection may think; running out is a refusal, never a weaker protection, and never
an answer that the clock had a part in: asked again, it would be another one."""
EFFORT = 0.05
"""How much of the usual work is spent on withholding less: seconds, not a minute, per table."""
SPECIAL_THRESHOLD = 10
THRESHOLD = 5


class UnfitFrameError(StoreError):
    """The freeze holds a value that the codebook says cannot be; nothing is counted."""


@dataclass(frozen=True)
class Protected:
    """What protection made: `table` may be printed, `review` and `inside` stay in.

    A planned table as it was stored has neither.
    """

    table: ProtectedTable
    review: ReviewTable | None
    public: PublicCertificate
    inside: InsideCertificate | None


class ReviewFile(Frozen):
    """What is sealed for the checkers: the table protected and unprotected, and its proof.

    `review` None: the freeze is gone, and with it every count that is not printed.
    """

    table: ProtectedTable
    review: ReviewTable | None
    public: PublicCertificate
    inside: InsideCertificate | None = None


@dataclass(frozen=True)
class Ground:
    """What a question is answered from: records, codebook, and all that was published before.

    `freeze`: whose records they are; `ledger` holds the releases of earlier freezes too.
    `rules` are the wave's; `secret` is where rounding and noise come from.
    """

    frame: pd.DataFrame
    book: Codebook
    ledger: Ledger
    freeze: str = ""
    rules: ReleaseRules = PLATFORM_RULES
    secret: bytes = b""

    @property
    def policy(self) -> Policy:
        """The rules of all tables of the wave."""
        return policy_of(self.book, self.rules)


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


def ground(
    frame: pd.DataFrame,
    book: Codebook,
    question: TableQuestion,
    ledger: Ledger,
    freeze: str = "",
    rules: ReleaseRules = PLATFORM_RULES,
    secret: bytes = b"",
) -> Ground:
    """Return the records in released codes, with the columns that are needed and no others.

    Raises:
        UnfitFrameError: a record has a value that the codebook does not know.
    """
    columns = released_frame(frame, names_in(question, ledger), book)
    return Ground(columns, book, ledger, freeze, rules, secret)


def released_frame(frame: pd.DataFrame, names: Iterable[str], book: Codebook) -> pd.DataFrame:
    """Return the columns named in released codes.

    Raises:
        UnfitFrameError: a record has a value that the codebook does not know.
    """
    import pandas as pd

    ordered = sorted(names, key=book.place.__getitem__)
    return pd.DataFrame({name: _released(frame[name], book.by_name[name]) for name in ordered})


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


def policy_of(book: Codebook, rules: ReleaseRules = PLATFORM_RULES) -> Policy:
    """Return the rules of all tables of a wave, as two people settled them for it.

    One policy for the whole wave: its tables are audited together, and a number published
    under a weaker rule would forbid every later table under a stronger one. The threshold is
    therefore the higher one wherever the questionnaire has special-category items. Groups are
    formed by breakdown variables; everything else is an answer. Rounding and noise withhold
    nothing, so with them no group is withheld or flagged for its size.
    """
    least = SPECIAL_THRESHOLD if any(v.special for v in book.variables) else THRESHOLD
    withholds = isinstance(rules.method, Suppression)
    sizes = {} if withholds else {"group_minimum": 0, "flag_below": 0}
    return Policy(
        threshold=max(least, rules.threshold or least),
        method=rules.method,
        **sizes,
        breakdowns=tuple(v.name for v in book.variables if v.breakdown),
        sensitive=tuple(v.name for v in book.variables if v.special and not v.breakdown),
    )


def protected(on: Ground, question: TableQuestion, seconds: float = SECONDS) -> Protected | None:
    """Return the table as it can be printed, or None where the promise cannot be kept."""
    policy = on.policy
    if not isinstance(policy.method, Suppression):
        return _altered(on, question, policy, seconds)
    try:
        protection = protect_next(
            on.frame,
            [spec_of(question)],
            policy,
            ledger=on.ledger,
            freeze=on.freeze,
            seconds=seconds,
            effort=EFFORT,
        )
    except Refused:
        return None
    certificate = protection.certificate
    if certificate is None or not protection.complete:
        return None
    return Protected(
        table=protection.tables[0],
        review=protection.review(0),
        public=certificate.public,
        inside=certificate.inside,
    )


def _altered(
    on: Ground, question: TableQuestion, policy: Policy, seconds: float
) -> Protected | None:
    made = altered(on.frame, spec_of(question), policy, on.ledger, on.freeze, on.secret, seconds)
    if made is None:
        return None
    return Protected(made.tables[0], made.review(0), made.public, None)


def tells_something(table: ProtectedTable) -> bool:
    """Whether any cell that is no total is printed."""
    return any(
        cell.mark is not CellMark.WITHHELD and TOTAL not in cell.codes for cell in table.cells
    )
