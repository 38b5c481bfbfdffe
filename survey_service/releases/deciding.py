"""From a submitted request to its answer: under review, or not released."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from schemas.audit import Act
from schemas.requests import RequestState
from schemas.tables import Ledger, ProtectedTable
from survey_service.accounts.people import Person
from survey_service.answers.freezes import NoFreeze
from survey_service.problems import N_, NotReady
from survey_service.releases import ledger
from survey_service.releases.altering import secret_of
from survey_service.releases.coarser import Answer, answer
from survey_service.releases.desk import Desk
from survey_service.releases.kept import KeptRequest, move, request_by_id
from survey_service.releases.protecting import Ground, Protected, ReviewFile, ground, protected
from survey_service.releases.question import question_text
from survey_service.releases.release_plan import ensure_plan, planned_file, reserved
from survey_service.releases.rules import rules_of
from survey_service.stores.transactions import Tx

T = TypeVar("T")


@dataclass(frozen=True)
class Worked(Generic[T]):
    """What a worker thread made, and the ledger entry up to which it knew everything."""

    made: T
    head: int
    releases_before: int
    digest: str


def _stand_on(desk: Desk, request: KeptRequest) -> tuple[Ground, ledger.Published]:
    known = desk.office.read_now(lambda tx: ledger.published(tx, request.wave))
    try:
        data = desk.freezes.open(request.freeze_id)
    except NoFreeze as error:
        raise NotReady(
            N_("The answers are being prepared anew. Requests wait until that is done.")
        ) from error
    book = desk.book(desk.surveys.wave_now(request.wave))
    planned = reserved(desk, request.wave)
    # Freezes in the order they were made, so that the newest one stands last.
    entries = sorted(
        (*known.ledger.releases, *planned.releases),
        key=lambda entry: desk.freezes.made_on(entry.freeze),
    )
    every = Ledger(releases=tuple(entries))
    rules = desk.office.read_now(lambda tx: rules_of(tx, request.wave))
    secret = secret_of(desk.freezes, request.wave)
    on = ground(data.frame, book, request.question, every, request.freeze_id, rules, secret)
    return on, known


def _worked(made: T, known: ledger.Published) -> Worked[T]:
    # The digest is printed, so it covers what is printed and not what is only planned.
    return Worked(made, known.head, len(known.facts), known.ledger.digest())


def work_out(desk: Desk, request: KeptRequest) -> Worked[Answer]:
    """Return the answer to a request against everything published so far (in a thread).

    Raises:
        NotReady: the freeze is gone, or the wave was published from another one.
    """
    stored = _as_stored(desk, request)
    if stored is not None:
        return Worked(Answer(stored.made), stored.head, stored.releases_before, stored.digest)
    on, known = _stand_on(desk, request)
    return _worked(answer(on, request.question), known)


def protect_again(desk: Desk, request: KeptRequest) -> Worked[Protected | None]:
    """Return the table as it can go today, or none (in a thread); a planned one as stored."""
    stored = _as_stored(desk, request)
    if stored is not None:
        return stored
    on, known = _stand_on(desk, request)
    return _worked(protected(on, request.question), known)


def _as_stored(desk: Desk, request: KeptRequest) -> Worked[Protected | None] | None:
    """A planned table, which is never worked out again; None for any other request."""
    file = planned_file(desk, request)
    if file is None:
        return None
    known = desk.office.read_now(lambda tx: ledger.published(tx, request.wave))
    return _worked(Protected(file.table, None, file.public, None), known)


def keep(desk: Desk, request: KeptRequest, made: Protected) -> None:
    """Seal what the checkers look at with the freeze's key."""
    file = ReviewFile(
        table=made.table,
        review=made.review,
        public=made.public,
        inside=made.inside,
    )
    payload = file.model_dump_json().encode()
    desk.freezes.keep_review(request.id, request.freeze_id, payload)
    # Whether a later freeze gives the same bytes can be told when this one is gone.
    fingerprint = sha256(made.table.canonical().encode()).digest()
    desk.freezes.keep_lasting(request.wave, f"bytes:{request.id}", fingerprint)


def same_bytes(desk: Desk, request: KeptRequest, table: ProtectedTable) -> bool:
    """Whether a table is byte for byte what the checkers were shown of the request."""
    kept = desk.freezes.read_lasting(request.wave, f"bytes:{request.id}")
    return kept == sha256(table.canonical().encode()).digest()


def kept_review(desk: Desk, request: KeptRequest) -> ReviewFile:
    """Return what was sealed for the checkers.

    Raises:
        NotReady: the freeze it was sealed with is gone.
    """
    try:
        return ReviewFile.model_validate_json(desk.freezes.read_review(request.id))
    except NoFreeze as error:
        file = planned_file(desk, request)
        if file is not None:
            return ReviewFile(table=file.table, review=None, public=file.public)
        raise NotReady(
            N_("The answers are being prepared anew. Requests wait until that is done.")
        ) from error


async def decide(
    desk: Desk,
    request_id: str,
    person: Person | None = None,
    *,
    pause: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Give a submitted request its answer; one that has an answer keeps it.

    `pause` is waited for between knowing the answer and giving it.

    Raises:
        NotReady: there is nothing to count at the moment; the request waits.
    """
    request = await desk.office.read(lambda tx: request_by_id(tx, request_id))
    if request is None or request.state != RequestState.SUBMITTED:
        return
    await ensure_plan(desk, desk.surveys.wave_now(request.wave))
    async with desk.counting:
        worked = await asyncio.to_thread(work_out, desk, request)
    if pause is not None:
        await pause()
    made = worked.made.protected
    if made is None:
        await _refuse(desk, request, worked.made, person)
        return
    await desk.log(Act.REQUEST_UNDER_REVIEW, request.id, person)
    if made.review is not None:
        await asyncio.to_thread(keep, desk, request, made)
    await desk.office.write(lambda tx: _answer(tx, desk, request, RequestState.UNDER_REVIEW))


async def _refuse(
    desk: Desk, request: KeptRequest, answered: Answer, person: Person | None
) -> None:
    await desk.log(Act.REQUEST_REFUSED, request.id, person)
    await desk.office.write(
        lambda tx: refuse(tx, desk, request.model_copy(update={"nearest": answered.nearest}))
    )


def refuse(tx: Tx, desk: Desk, request: KeptRequest) -> bool:
    """Answer "not released", naming the nearest coarser question the request carries, if any."""
    if not move(tx, request, RequestState.NOT_RELEASED, nearest=request.nearest):
        return False
    enter(tx, desk, request, RequestState.NOT_RELEASED)
    return True


def _answer(tx: Tx, desk: Desk, request: KeptRequest, state: RequestState) -> None:
    if move(tx, request, state, round_=request.round + 1):
        enter(tx, desk, request, state)


def enter(
    tx: Tx, desk: Desk, request: KeptRequest, state: RequestState, facts: str | None = None
) -> int:
    """Enter an answer into the ledger."""
    return ledger.append(
        tx,
        wave=request.wave,
        freeze_id=request.freeze_id,
        kind=state.value,
        request=request.id,
        question=question_text(request.question),
        facts=facts,
        made_at=desk.instant(),
    )
