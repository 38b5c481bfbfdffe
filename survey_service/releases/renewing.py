"""What becomes of waiting requests when the wave is frozen anew after a withdrawal.

A request under review waits with its votes. When the new freeze gives the very bytes the
checkers saw, the votes stand; otherwise they see the new table, or it is refused.
"""

from __future__ import annotations

import asyncio

from schemas.audit import Act
from schemas.requests import RequestState
from survey_service.problems import NotReady
from survey_service.releases.deciding import keep, protect_again, refuse, same_bytes
from survey_service.releases.desk import Desk
from survey_service.releases.kept import KeptRequest, leader_of, move_to_freeze, requests_in
from survey_service.releases.release_plan import is_planned
from survey_service.stores.transactions import Tx


async def renew(desk: Desk) -> None:
    """Carry every request that waits for a destroyed freeze over to the wave's newest one."""
    for state in (RequestState.SUBMITTED, RequestState.UNDER_REVIEW):
        for request in await desk.office.read(lambda tx, s=state: requests_in(tx, s)):  # type: ignore[misc]
            freeze = await asyncio.to_thread(desk.freezes.latest, request.wave)
            if is_planned(request) or freeze is None or freeze.id == request.freeze_id:
                continue
            try:
                await _carry(desk, request, freeze.id)
            except NotReady:
                continue


async def _carry(desk: Desk, request: KeptRequest, freeze: str) -> None:
    round_ = request.round
    moved = request.model_copy(update={"freeze_id": freeze})
    if request.state == RequestState.UNDER_REVIEW:
        worked = await asyncio.to_thread(protect_again, desk, moved)
        if worked.made is None:
            await desk.log(Act.REQUEST_REFUSED, request.id, None)
            await desk.office.write(lambda tx: refuse(tx, desk, request))
            return
        if not await asyncio.to_thread(same_bytes, desk, request, worked.made.table):
            await desk.log(Act.REQUEST_UNDER_REVIEW, request.id, None)
            round_ += 1
        await asyncio.to_thread(keep, desk, moved, worked.made)
    await desk.office.write(lambda tx: _move(tx, request, freeze, round_))


def _move(tx: Tx, request: KeptRequest, freeze: str, round_: int) -> None:
    first = leader_of(tx, freeze, request.question_hash)
    move_to_freeze(tx, request, freeze, round_, leader=None if first is None else first.id)
