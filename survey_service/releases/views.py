"""What each reader is shown: named models, one for each purpose, with nothing over."""

from __future__ import annotations

from datetime import date
from typing import Literal

from schemas.release import PrintedTable
from schemas.requests import (
    Layout,
    RequestPurpose,
    RequestState,
    TableQuestion,
    Verdict,
    VoteChoice,
)
from schemas.texts import Texts
from schemas.vocabulary import Frozen
from survey_service.releases.feasibility import Feasibility


class CodeShown(Frozen):
    """One answer of a variable."""

    code: str
    text: Texts


class VariableShown(Frozen):
    """A variable of the codebook as researchers see it."""

    name: str
    title: Texts
    question: Texts
    section: str
    role: Literal["breakdown", "answer"]
    special_category: bool
    codes: tuple[CodeShown, ...]
    states: tuple[str, ...]


class WaveShown(Frozen):
    """A wave whose answers tables are made of."""

    id: str
    survey: str
    survey_title: Texts
    number: int
    state: str
    planned_sample: int


class CatalogueShown(Frozen):
    """What a wave offers: its variables, and what is released already."""

    wave: WaveShown
    variables: tuple[VariableShown, ...]
    releases: tuple[ReleaseSummary, ...]


class ReleaseSummary(Frozen):
    """A release in a list; `title` says what it counts, in every language."""

    id: str
    title: Texts
    filters: tuple[Texts, ...]
    survey: str
    survey_title: Texts
    wave_number: int
    released_on: date
    frozen_on: date
    question: TableQuestion


class RequestShown(Frozen):
    """An own request. The verdict holds all that a researcher is ever told."""

    id: str
    survey: str
    wave: str
    wave_number: int
    asked_at: str
    title: Texts
    filters: tuple[Texts, ...]
    question: TableQuestion
    layout: Layout
    purpose_code: RequestPurpose
    purpose_text: str
    verdict: Verdict
    nearest_title: Texts | None
    may_ask_again: bool


class BudgetShown(Frozen):
    """How many requests a researcher has made today, of how many."""

    used: int
    limit: int


class PreviewShown(Frozen):
    """What a table may look like, from public facts, and whether it is released already."""

    question: TableQuestion
    feasibility: Feasibility
    release_id: str | None


class WaitingCheck(Frozen):
    """A request that waits for checkers, with this checker's own vote."""

    id: str
    survey: str
    wave: str
    wave_number: int
    asked_at: str
    round: int
    title: Texts
    filters: tuple[Texts, ...]
    question: TableQuestion
    my_vote: VoteChoice | None


class CheckCell(Frozen):
    """A cell as a checker sees it: the true count and why it is withheld."""

    value: int
    primary: bool
    reasons: tuple[str, ...]


class VoteShown(Frozen):
    """A vote that this checker may see."""

    mine: bool
    choice: VoteChoice
    reason: str


class CheckShown(Frozen):
    """A table to check: protected, and cell by cell what stands behind it."""

    id: str
    wave: str
    wave_number: int
    asked_at: str
    round: int
    purpose_code: RequestPurpose
    purpose_text: str
    asked_again: str | None
    protected: PrintedTable
    unprotected: tuple[CheckCell, ...]
    votes: tuple[VoteShown, ...]
    released_before: tuple[ReleaseSummary, ...]


class PlannedShown(Frozen):
    """A planned table and where it stands; `state` None: it cannot go in this wave."""

    title: Texts
    state: RequestState | None
    release_id: str | None = None


class PlanShown(Frozen):
    """The release plan of a wave; empty while the wave was never frozen."""

    survey_title: Texts
    wave_number: int
    tables: tuple[PlannedShown, ...]


class ReleasePage(Frozen):
    """One page of the public catalogue."""

    page: int
    pages: int
    releases: tuple[ReleaseSummary, ...]


CatalogueShown.model_rebuild()
