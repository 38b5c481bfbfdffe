"""From what is kept to what is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import product

from schemas.release import FilterShown, Release
from schemas.requests import Layout, TableQuestion
from schemas.texts import Texts
from survey_service.accounts.people import Person
from survey_service.releases.asking import may_ask_again
from survey_service.releases.codebook import Codebook, ReleaseVariable
from survey_service.releases.desk import Desk
from survey_service.releases.kept import KeptRequest, KeptVote, request_by_id
from survey_service.releases.printing import filters_shown, printed
from survey_service.releases.protecting import ReviewFile
from survey_service.releases.question import layout_of
from survey_service.releases.release_plan import plan_of
from survey_service.releases.views import (
    CatalogueShown,
    CheckCell,
    CheckShown,
    CodeShown,
    PlannedShown,
    PlanShown,
    ReleaseSummary,
    RequestShown,
    VariableShown,
    VoteShown,
    WaitingCheck,
    WaveShown,
)
from survey_service.releases.wording import (
    LANGUAGES,
    filter_words,
    joined_title,
    table_title,
    words_in,
)
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave


def question_title(question: TableQuestion, layout: Layout, book: Codebook) -> Texts:
    """Return what a question counts, in every language."""
    said, kept = {}, frozenset(question.variables)
    for language in LANGUAGES:
        words = words_in(language)
        rows, columns = (
            ", ".join(book.by_name[n].title.text(language) for n in names if n in kept)
            for names in (layout.rows, layout.columns)
        )
        said[language] = joined_title(rows or columns, columns if rows else "", words)
    return Texts.model_validate(said)


def question_filters(question: TableQuestion, book: Codebook) -> tuple[Texts, ...]:
    """Return a question's filters in words, in every language."""
    return _in_every_language(filters_shown(question, book))


def _in_every_language(filters: Sequence[FilterShown]) -> tuple[Texts, ...]:
    by_language = [filter_words(filters, words_in(language)) for language in LANGUAGES]
    return tuple(
        Texts.model_validate(dict(zip(LANGUAGES, lines, strict=True)))
        for lines in zip(*by_language, strict=True)
    )


def release_summary(release: Release) -> ReleaseSummary:
    """Return a release as it stands in lists."""
    table = release.table
    return ReleaseSummary(
        id=release.id,
        title=Texts.model_validate(
            {language: table_title(table, words_in(language)) for language in LANGUAGES}
        ),
        filters=_in_every_language(table.filters),
        survey=release.survey,
        survey_title=release.survey_title,
        wave_number=release.wave_number,
        released_on=release.released_on,
        frozen_on=release.frozen_on,
        question=table.question,
    )


def wave_shown(wave: Wave) -> WaveShown:
    """Return a wave as researchers see it."""
    return WaveShown(
        id=wave.id,
        survey=wave.survey,
        survey_title=wave.names,
        number=wave.number,
        state=wave.state.value,
        planned_sample=wave.planned_sample,
    )


def variable_shown(variable: ReleaseVariable) -> VariableShown:
    """Return a variable of the codebook."""
    return VariableShown(
        name=variable.name,
        title=variable.title,
        question=variable.question,
        section=variable.section,
        role="breakdown" if variable.breakdown else "answer",
        special_category=variable.special,
        codes=tuple(
            CodeShown(code=value.code, text=value.text)
            for value in variable.values
            if value.text is not None
        ),
        states=tuple(state.code for state in variable.states),
    )


def catalogue_shown(wave: Wave, book: Codebook, released: Sequence[Release]) -> CatalogueShown:
    """Return a wave's codebook with its releases."""
    return CatalogueShown(
        wave=wave_shown(wave),
        variables=tuple(variable_shown(variable) for variable in book.variables),
        releases=tuple(release_summary(release) for release in released),
    )


def request_shown(desk: Desk, request: KeptRequest, answered_by: KeptRequest) -> RequestShown:
    """Return a request with the answer of the one that has it."""
    wave = desk.surveys.wave_now(request.wave)
    book = desk.book(wave)
    nearest = answered_by.nearest
    return RequestShown(
        id=request.id,
        survey=request.survey,
        wave=request.wave,
        wave_number=wave.number,
        asked_at=request.asked_at,
        title=question_title(request.question, request.layout, book),
        filters=question_filters(request.question, book),
        question=request.question,
        layout=request.layout,
        purpose_code=request.purpose_code,
        purpose_text=request.purpose_text,
        verdict=answered_by.verdict,
        nearest_title=nearest and question_title(nearest, request.layout, book),
        may_ask_again=may_ask_again(answered_by),
    )


async def plan_shown(desk: Desk, wave: Wave) -> PlanShown:
    """Return the plan of a wave: every planned table and where it stands."""
    book = desk.book(wave)
    made = await asyncio.to_thread(plan_of, desk, wave.id)

    def work(tx: Tx) -> list[PlannedShown]:
        found = []
        for one in made.tables if made else ():
            request = request_by_id(tx, one.request)
            title = question_title(one.question, layout_of(one.question), book)
            if request is not None:
                verdict = request.verdict
                shown = PlannedShown(
                    title=title, state=verdict.state, release_id=verdict.release_id
                )
                found.append(shown)
        return found

    tables = await desk.office.read(work)
    left_out = [
        PlannedShown(title=question_title(question, layout_of(question), book), state=None)
        for question in (made.left_out if made else ())
    ]
    return PlanShown(survey_title=wave.names, wave_number=wave.number, tables=(*tables, *left_out))


def waiting_shown(desk: Desk, request: KeptRequest, vote: KeptVote | None) -> WaitingCheck:
    """Return a request in the checkers' list."""
    wave = desk.surveys.wave_now(request.wave)
    book = desk.book(wave)
    return WaitingCheck(
        id=request.id,
        survey=request.survey,
        wave=request.wave,
        wave_number=wave.number,
        asked_at=request.asked_at,
        round=request.round,
        title=question_title(request.question, request.layout, book),
        filters=question_filters(request.question, book),
        question=request.question,
        my_vote=None if vote is None else vote.choice,
    )


def check_shown(
    desk: Desk,
    person: Person,
    request: KeptRequest,
    file: ReviewFile,
    votes: Sequence[KeptVote],
    released: Sequence[Release],
) -> CheckShown:
    """Return a table to check, both versions in the same layout."""
    wave = desk.surveys.wave_now(request.wave)
    return CheckShown(
        id=request.id,
        wave=request.wave,
        wave_number=wave.number,
        asked_at=request.asked_at,
        round=request.round,
        purpose_code=request.purpose_code,
        purpose_text=request.purpose_text,
        asked_again=request.asked_again,
        protected=printed(file.table, request.question, request.layout, desk.book(wave)),
        unprotected=_unprotected(file, request),
        votes=tuple(
            VoteShown(mine=vote.checker == person.id, choice=vote.choice, reason=vote.reason)
            for vote in votes
        ),
        released_before=tuple(release_summary(release) for release in released),
    )


def _unprotected(file: ReviewFile, request: KeptRequest) -> tuple[CheckCell, ...]:
    if file.review is None:
        return ()
    cells = {cell.codes: cell for cell in file.review.cells}
    names = request.layout.rows + request.layout.columns
    axes = {axis.variable: axis for axis in file.review.axes}
    place = [names.index(variable) for variable in file.review.spec.variables]
    keys = product(*([code.code for code in axes[name].codes] for name in names))
    laid = (cells[tuple(key[i] for i in place)] for key in keys)
    return tuple(
        CheckCell(value=cell.value, primary=cell.primary, reasons=cell.reasons) for cell in laid
    )
