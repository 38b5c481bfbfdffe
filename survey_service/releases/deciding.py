"""From a submitted request to its answer: under review, or not released."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Generic, TypeVar

from schemas.audit import Act
from schemas.certificate import InsideCertificate, PublicCertificate
from schemas.requests import RequestState
from schemas.tables import ProtectedTable, ReviewTable
from schemas.vocabulary import Frozen
from survey_service.accounts.people import Person
from survey_service.answers.freezes import NoFreeze
from survey_service.problems import N_, NotReady
from survey_service.releases import ledger
from survey_service.releases.coarser import Answer, answer
from survey_service.releases.desk import Desk
from survey_service.releases.kept import KeptRequest, move, request_by_id
from survey_service.releases.protecting import Ground, Protected, ground, ledger_of, protected
from survey_service.releases.question import question_text
from survey_service.stores.transactions import Tx

T = TypeVar("T")


class ReviewFile(Frozen):
    """What is sealed for the checkers: the table protected and unprotected, and its proof."""

    table: ProtectedTable
    review: ReviewTable
    public: PublicCertificate
    inside: InsideCertificate


@dataclass(frozen=True)
class Worked(Generic[T]):
    """What a worker thread made, and the ledger entry up to which it knew everything."""

    made: T
    head: int
    releases_before: int
    digest: str


def _stand_on(desk: Desk, request: KeptRequest) -> tuple[Ground, ledger.Published]:
    known = desk.office.read_now(lambda tx: ledger.published(tx, request.wave))
    if known.freezes - {request.freeze_id}:
        # Differences between two freezes of a wave can single out who left; until they are
        # part of the audit, a wave is published from one freeze only.
        raise NotReady(
            N_(
                "Tables of this wave were published from an earlier freeze. Until the differences "
                "can be checked, no further table of it is prepared."
            )
        )
    try:
        data = desk.freezes.open(request.freeze_id)
    except NoFreeze as error:
        raise NotReady(
            N_("The answers are being prepared anew. Requests wait until that is done.")
        ) from error
    book = desk.book(desk.surveys.wave_now(request.wave))
    return ground(data.frame, book, request.question, ledger_of(known.facts)), known


def _worked(made: T, on: Ground, known: ledger.Published) -> Worked[T]:
    return Worked(made, known.head, len(known.facts), on.ledger.digest())


def work_out(desk: Desk, request: KeptRequest) -> Worked[Answer]:
    """Return the answer to a request against everything published so far (in a thread).

    Raises:
        NotReady: the freeze is gone, or the wave was published from another one.
    """
    on, known = _stand_on(desk, request)
    return _worked(answer(on, request.question), on, known)


def protect_again(desk: Desk, request: KeptRequest) -> Worked[Protected | None]:
    """Return the table as it can go today, or none (in a thread)."""
    on, known = _stand_on(desk, request)
    return _worked(protected(on, request.question), on, known)


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


def kept_review(desk: Desk, request: KeptRequest) -> ReviewFile:
    """Return what was sealed for the checkers.

    Raises:
        NotReady: the freeze it was sealed with is gone.
    """
    try:
        return ReviewFile.model_validate_json(desk.freezes.read_review(request.id))
    except NoFreeze as error:
        raise NotReady(
            N_("The answers are being prepared anew. Requests wait until that is done.")
        ) from error


async def decide(desk: Desk, request_id: str, person: Person | None = None) -> None:
    """Give a submitted request its answer; one that has an answer keeps it.

    Raises:
        NotReady: there is nothing to count at the moment; the request waits.
    """
    request = await desk.office.read(lambda tx: request_by_id(tx, request_id))
    if request is None or request.state != RequestState.SUBMITTED:
        return
    worked = await asyncio.to_thread(work_out, desk, request)
    made = worked.made.protected
    if made is None:
        await _refuse(desk, request, worked.made, person)
        return
    await desk.log(Act.REQUEST_UNDER_REVIEW, request.id, person)
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
