"""Asking for a table: checked, counted against the budgets, kept, answered."""

from __future__ import annotations

import asyncio
from typing import Any

from schemas.audit import Act
from schemas.requests import RequestState, TableRequest
from survey_service.accounts.people import Person
from survey_service.problems import (
    N_,
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    NotReady,
    TooMany,
)
from survey_service.releases.deciding import decide
from survey_service.releases.desk import Desk, longer_than
from survey_service.releases.kept import (
    JOINED,
    KeptRequest,
    answering,
    asked_of,
    asked_on,
    authors_of,
    leader_of,
    move,
    planned_leader,
    request_by_id,
    request_by_key,
)
from survey_service.releases.models import RequestRow
from survey_service.releases.question import normalised, question_hash, question_text
from survey_service.releases.release_plan import author_of, ensure_plan
from survey_service.stores.ids import new_id
from survey_service.stores.transactions import Tx

LONGEST_KEY = 100
SHORTEST_REASON = 40
_TRIES = 5


async def submit(desk: Desk, person: Person, asked: TableRequest, key: str) -> str:
    """Keep the request, answer it, and return its id; the same key again is the same request.

    Raises:
        InvalidInput: the survey, wave, a variable or a code does not exist.
        NotReady: the wave has no freeze to count.
        TooMany: the researcher's day or the wave has no request left.
        Conflict: the key was used for another table.
    """
    row = await _row(desk, person, asked, key)
    kept = await desk.office.read(lambda tx: request_by_key(tx, person.id, key))
    if kept is None:
        await desk.office.read(lambda tx: _within_budget(tx, desk, row))
        hashes = {"question": row["question_hash"]}
        await desk.log(Act.REQUEST_SUBMITTED, row["id"], person, hashes=hashes)
        kept = await _kept(desk, row)
    if kept.question_hash != row["question_hash"] or kept.layout.model_dump_json() != row["layout"]:
        raise Conflict(N_("This form was already used for another table. Please start a new one."))
    await _answer(desk, kept.leader or kept.id, person)
    return kept.id


async def _answer(desk: Desk, request_id: str, person: Person) -> None:
    """Hand the request to the worker; where none runs, as in commands, answer it now."""
    if desk.workers:
        desk.workers[0](request_id, person)
    else:
        await decide(desk, request_id, person)


async def _row(desk: Desk, person: Person, asked: TableRequest, key: str) -> dict[str, Any]:
    wave = desk.wave_to_ask(asked.wave)
    if wave.survey != asked.survey:
        message = N_("This wave belongs to another survey.")
        raise InvalidInput([FieldError("survey", message)])
    if not 0 < len(key) <= LONGEST_KEY:
        raise InvalidInput([FieldError("key", N_("The key of a request is 1 to 100 characters."))])
    question, layout = normalised(asked, desk.book(wave))
    await ensure_plan(desk, wave)
    freeze = await asyncio.to_thread(desk.freezes.latest, wave.id)
    hash_ = question_hash(question)
    planned = await desk.office.read(
        lambda tx: planned_leader(tx, wave.id, author_of(wave.id), hash_)
    )
    freeze_id = planned.freeze_id if planned else freeze.id if freeze else None
    if freeze_id is None:
        raise NotReady(
            N_(
                "The answers of this wave are not ready for tables yet. They will be when the "
                "wave is closed and the time for withdrawals is over."
            )
        )
    return {
        "id": new_id(),
        "author": person.id,
        "key": key,
        "survey": wave.survey,
        "wave": wave.id,
        "freeze_id": freeze_id,
        "question": question_text(question),
        "question_hash": hash_,
        "layout": layout.model_dump_json(),
        "purpose_code": asked.purpose_code.value,
        "purpose_text": asked.purpose_text,
        "asked_on": desk.now().date().isoformat(),
        "asked_at": desk.instant(),
    }


async def _kept(desk: Desk, row: dict[str, Any]) -> KeptRequest:
    """Keep the request; another worker's simultaneous one is looked at and tried after."""
    for _ in range(_TRIES):
        kept = await desk.office.write(lambda tx: _keep(tx, desk, row))
        if kept is not None:
            return kept
    raise Conflict


def _within_budget(tx: Tx, desk: Desk, row: dict[str, Any]) -> int:
    count, last = asked_on(tx, row["author"], row["asked_on"])
    if count >= desk.limits.per_day:
        detail = N_("You can ask for %(limit)s tables a day. Please go on tomorrow.")
        raise TooMany(detail, values={"limit": desk.limits.per_day})
    if asked_of(tx, row["wave"]) >= desk.limits.per_wave:
        detail = N_("All requests of this wave are used up. Please ask the survey's office.")
        raise TooMany(detail)
    return last + 1


def _keep(tx: Tx, desk: Desk, row: dict[str, Any]) -> KeptRequest | None:
    """The first to ask a question leads; whoever asks it later joins and has the same answer."""
    kept = request_by_key(tx, row["author"], row["key"])
    if kept is not None:
        return kept
    number = _within_budget(tx, desk, row)
    first = leader_of(tx, row["freeze_id"], row["question_hash"])
    state = {"state": JOINED, "leader": first.id} if first else {"state": RequestState.SUBMITTED}
    tx.add(RequestRow.model_validate(row | state | {"day_number": number}), ignore=True)
    return request_by_id(tx, row["id"])


async def ask_again(desk: Desk, person: Person, request_id: str, reason: str) -> None:
    """Put a table that the checkers did not release before them once more, with a reason.

    Raises:
        InvalidInput: the reason is too short.
        Conflict: it was not the checkers who refused, or it was asked again already.
    """
    errors = list(longer_than("reason", reason, SHORTEST_REASON))
    if errors:
        raise InvalidInput(errors)
    request = await desk.office.read(lambda tx: _own(tx, person, request_id))
    if request.asked_again == reason.strip():
        await _answer(desk, request.id, person)
        return
    if not may_ask_again(request):
        raise Conflict(N_("This request cannot be put before the checkers again."))
    hashes = {"question": request.question_hash}
    await desk.log(Act.REQUEST_SUBMITTED, request.id, person, hashes=hashes)
    again = reason.strip()
    moved = await desk.office.write(
        lambda tx: move(tx, request, RequestState.SUBMITTED, asked_again=again)
    )
    if not moved:
        raise Conflict
    await _answer(desk, request.id, person)


def may_ask_again(request: KeptRequest) -> bool:
    """Whether the checkers refused it, and nobody has asked again yet."""
    refused = request.state == RequestState.NOT_RELEASED and request.round > 0
    return refused and request.asked_again is None


def _own(tx: Tx, person: Person, request_id: str) -> KeptRequest:
    request = request_by_id(tx, request_id)
    if request is None:
        raise NotFound
    leading = answering(tx, request)
    if person.id not in authors_of(tx, leading.id):
        raise NotFound
    return leading
