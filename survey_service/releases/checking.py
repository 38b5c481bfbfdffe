"""The output checkers' part: see a table both ways, and vote without seeing the other's vote."""

from __future__ import annotations

import asyncio

from schemas.audit import Act
from schemas.requests import RequestState, VoteChoice
from survey_service.accounts.people import Person
from survey_service.problems import N_, Conflict, Forbidden, InvalidInput, NotFound
from survey_service.releases.deciding import kept_review, refuse
from survey_service.releases.desk import Desk, longer_than
from survey_service.releases.kept import (
    KeptRequest,
    KeptVote,
    authors_of,
    request_by_id,
    requests_in,
    votes_of,
)
from survey_service.releases.models import VoteRow
from survey_service.releases.protecting import ReviewFile
from survey_service.releases.publishing import publish
from survey_service.stores.transactions import Tx

VOTES_NEEDED = 2
SHORTEST_REASON = 20
LONGEST_REASON = 2000

_EYES = N_("You asked for this table yourself, so somebody else must check it.")
_DECIDED = N_("This check is over, or the table has changed. Please open it again.")


async def waiting(desk: Desk, person: Person) -> list[tuple[KeptRequest, KeptVote | None]]:
    """Return the requests that wait for checkers, each with this checker's own vote."""

    def work(tx: Tx) -> list[tuple[KeptRequest, KeptVote | None]]:
        found = requests_in(tx, RequestState.UNDER_REVIEW)
        return [(r, _own_vote(votes_of(tx, r.id, r.round), person)) for r in found]

    return await desk.office.read(work)


async def look(
    desk: Desk, person: Person, request_id: str
) -> tuple[KeptRequest, ReviewFile, list[KeptVote]]:
    """Return the table protected and unprotected, and the votes this checker may see.

    Raises:
        NotFound: there is no such request, or it waits for no checker.
        Forbidden: the checker asked for it himself.
    """
    request, votes = await desk.office.read(lambda tx: _under_review(tx, person, request_id))
    await desk.log(Act.REVIEW_READ, request.id, person)
    file = await asyncio.to_thread(kept_review, desk, request)
    return request, file, visible(votes, person)


def visible(votes: list[KeptVote], person: Person) -> list[KeptVote]:
    """Return all votes once both are in, before that only one's own."""
    if len(votes) >= VOTES_NEEDED:
        return votes
    return [vote for vote in votes if vote.checker == person.id]


async def vote(
    desk: Desk, person: Person, request_id: str, round_: int, choice: VoteChoice, reason: str
) -> None:
    """Count the checker's vote; with the second one the request is decided.

    The same vote again changes nothing. `round_` is the round the checker saw: a vote on a
    table that was protected anew since then does not count.

    Raises:
        Conflict: the round is over, or the checker has already voted otherwise.
        Forbidden: the checker asked for the table himself.
        InvalidInput: a no without a reason.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if choice is VoteChoice.DO_NOT_RELEASE:
        errors = list(longer_than("reason", reason, SHORTEST_REASON))
        if errors:
            raise InvalidInput(errors)
    found = await desk.office.read(lambda tx: _mine(tx, person, request_id, round_))
    if found is None:
        await desk.office.read(lambda tx: _open_round(tx, person, request_id, round_))
        await desk.log(Act.VOTE_CAST, request_id, person, reason=reason or None)
        for _ in range(VOTES_NEEDED + 1):
            cast = await desk.office.write(
                lambda tx: _cast(tx, desk, person, request_id, round_, choice, reason)
            )
            if cast:
                break
    elif found.choice is not choice:
        raise Conflict(N_("You have already voted on this table."))
    await publish(desk, request_id, person)


def _own_vote(votes: list[KeptVote], person: Person) -> KeptVote | None:
    return next((vote for vote in votes if vote.checker == person.id), None)


def _mine(tx: Tx, person: Person, request_id: str, round_: int) -> KeptVote | None:
    return _own_vote(votes_of(tx, request_id, round_), person)


def _under_review(tx: Tx, person: Person, request_id: str) -> tuple[KeptRequest, list[KeptVote]]:
    request = request_by_id(tx, request_id)
    if request is None or request.state != RequestState.UNDER_REVIEW:
        raise NotFound
    if person.id in authors_of(tx, request.id):
        raise Forbidden(_EYES)
    return request, votes_of(tx, request.id, request.round)


def _open_round(tx: Tx, person: Person, request_id: str, round_: int) -> KeptRequest:
    request = request_by_id(tx, request_id)
    if request is None:
        raise NotFound
    if person.id in authors_of(tx, request.id):
        raise Forbidden(_EYES)
    if request.state != RequestState.UNDER_REVIEW or request.round != round_:
        raise Conflict(_DECIDED)
    return request


def _cast(
    tx: Tx,
    desk: Desk,
    person: Person,
    request_id: str,
    round_: int,
    choice: VoteChoice,
    reason: str,
) -> bool:
    """Add the vote, and decide with the second; False where another came at the same moment."""
    request = _open_round(tx, person, request_id, round_)
    votes = votes_of(tx, request_id, round_)
    if len(votes) >= VOTES_NEEDED or _own_vote(votes, person) is not None:
        raise Conflict(_DECIDED)
    row = VoteRow.model_validate(
        {
            "request": request.id,
            "round": round_,
            "checker": person.id,
            "author": request.author,
            "slot": len(votes) + 1,
            "choice": choice.value,
            "reason": reason,
            "cast_at": desk.instant(),
        }
    )
    if not tx.add(row, ignore=True):
        return False
    choices = [*(v.choice for v in votes), choice]
    if len(choices) == VOTES_NEEDED and set(choices) != {VoteChoice.RELEASE}:
        refuse(tx, desk, request)
    return True
