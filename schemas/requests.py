"""What a researcher asks for: a table, in codes, with the purpose it is for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.tables import Merge
from schemas.vocabulary import Frozen

VariableName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}(\.-?\w[\w-]{0,63})?$")
]
"""A question, or a part or choice of one: whatever a questionnaire can name."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=65)]
MOST_VARIABLES = 3
SHORTEST_PURPOSE = 40
LONGEST_PURPOSE = 2000


class RequestPurpose(StrEnum):
    """What the table is for; one is always named."""

    POLICY = "policy"
    MONITORING = "monitoring"
    RESEARCH = "research"
    REPORTING = "reporting"


class Filter(Frozen):
    """Only records whose `variable` has one of `codes` count."""

    variable: VariableName
    codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]


class TableRequest(Frozen):
    """A table as asked: rows and columns by variable, filters by code, and why.

    `states` merged counts refused, don't know, not asked and missing as one, named "no valid
    answer"; `merge` counts several codes of a variable as one. `survey` is the survey's slug
    and `wave` the wave's id. Whether variables and codes exist is checked against the wave's
    codebook, not here.
    """

    survey: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    wave: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    rows: Annotated[tuple[VariableName, ...], Field(min_length=1, max_length=MOST_VARIABLES)]
    columns: Annotated[tuple[VariableName, ...], Field(max_length=MOST_VARIABLES)] = ()
    filters: Annotated[tuple[Filter, ...], Field(max_length=10)] = ()
    states: Literal["apart", "merged"] = "apart"
    merge: Annotated[tuple[Merge, ...], Field(max_length=20)] = ()
    purpose_code: RequestPurpose
    purpose_text: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=SHORTEST_PURPOSE, max_length=LONGEST_PURPOSE
        ),
    ]


class TableQuestion(Frozen):
    """What is asked, normalised: equal for every way of asking for the same numbers.

    `variables` stand in the codebook's order; a filter names its codes in the code list's
    order and is absent when it excludes nobody. Layout and purpose are no part of it.
    """

    survey: str
    wave: str
    variables: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    states: Literal["apart", "merged"] = "apart"
    merge: tuple[Merge, ...] = ()


class Layout(Frozen):
    """How the variables of a question lie on the page."""

    rows: tuple[str, ...]
    columns: tuple[str, ...] = ()


class RequestState(StrEnum):
    """Where a request stands; the only words a researcher is ever told."""

    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    RELEASED = "released"
    NOT_RELEASED = "not_released"


class Verdict(Frozen):
    """The answer to a request. It has one shape for every refusal: no cell, rule or number."""

    state: RequestState
    nearest: TableQuestion | None = None
    release_id: str | None = None


class Chance(StrEnum):
    """How likely a cell can be published, judged from what is public already."""

    LIKELY = "likely"
    DOUBTFUL = "doubtful"
    UNLIKELY = "unlikely"


class VoteChoice(StrEnum):
    """What an output checker says about a protected table."""

    RELEASE = "release"
    DO_NOT_RELEASE = "do_not_release"
