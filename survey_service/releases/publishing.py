"""Publication: two yes, the ledger looked at once more, then one transaction.

Between the review and the second vote another table may have been released. The table is
therefore protected again against everything published by now; it goes out only if that gives
the very bytes the checkers saw. Otherwise their votes are void and they see the new table.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

from schemas.audit import Act, ObjectType
from schemas.canonical import digest
from schemas.release import Release
from schemas.requests import RequestState, VoteChoice
from schemas.tables import ReleasedTable
from survey_service.accounts.people import Person
from survey_service.problems import Conflict
from survey_service.releases import ledger
from survey_service.releases.deciding import Worked, enter, keep, kept_review, protect_again, refuse
from survey_service.releases.desk import Desk
from survey_service.releases.formats.certificate import certificate_json, release_files
from survey_service.releases.kept import KeptRequest, move, request_by_id, votes_of
from survey_service.releases.models import ReleaseFile, ReleaseRow
from survey_service.releases.printing import printed, protection_shown
from survey_service.releases.protecting import Protected
from survey_service.releases.reading import last_number
from survey_service.releases.release_plan import is_planned
from survey_service.stores.ids import new_id
from survey_service.stores.transactions import Tx

_TRIES = 5


async def publish(desk: Desk, request_id: str, person: Person | None = None) -> None:
    """Publish a request with two yes in its round; any other is left as it is.

    Again is the same: a request that is released keeps its one release.
    """
    for _ in range(_TRIES):
        request = await desk.office.read(lambda tx: _agreed(tx, request_id))
        if request is None:
            return
        worked = await asyncio.to_thread(protect_again, desk, request)
        reviewed = await asyncio.to_thread(kept_review, desk, request)
        if worked.made is None:
            await desk.log(Act.REQUEST_REFUSED, request.id, person)
            await desk.office.write(lambda tx, r=request: refuse(tx, desk, r))  # type: ignore[misc]
            return
        if worked.made.table.canonical() != reviewed.table.canonical():
            await _review_anew(desk, request, worked.made, person)
            return
        if await _put_out(desk, request, worked, worked.made, person):
            return
    raise Conflict


def _agreed(tx: Tx, request_id: str) -> KeptRequest | None:
    request = request_by_id(tx, request_id)
    if request is None or request.state != RequestState.UNDER_REVIEW:
        return None
    votes = votes_of(tx, request.id, request.round)
    agreed = len(votes) == 2 and all(vote.choice is VoteChoice.RELEASE for vote in votes)
    return request if agreed else None


async def _review_anew(
    desk: Desk, request: KeptRequest, made: Protected, person: Person | None
) -> None:
    await desk.log(Act.REQUEST_UNDER_REVIEW, request.id, person)
    await asyncio.to_thread(keep, desk, request, made)
    await desk.office.write(
        lambda tx: move(tx, request, RequestState.UNDER_REVIEW, round_=request.round + 1)
    )


async def _put_out(
    desk: Desk,
    request: KeptRequest,
    worked: Worked[Protected | None],
    made: Protected,
    person: Person | None,
) -> bool:
    release = await asyncio.to_thread(_release, desk, request, made)
    files = await asyncio.to_thread(release_files, release)
    files["certificate.json"] = certificate_json(
        release, made.public, files, before=worked.releases_before, ledger_digest=worked.digest
    )
    await desk.log(
        Act.RELEASE_PUBLISHED,
        release.id,
        person,
        kind=ObjectType.RELEASE,
        counts={"cells": len(release.table.values)},
        hashes={"certificate": digest_of(files["certificate.json"]), "table": digest(made.table)},
    )
    facts = ReleasedTable(
        release=release.id, audience=ledger.PUBLIC, table=made.table, freeze=request.freeze_id
    )
    rows = [
        ReleaseFile.model_validate(
            {"release": release.id, "name": name, "sha256": digest_of(content), "content": content}
        )
        for name, content in sorted(files.items())
    ]
    return await desk.office.write(
        lambda tx: _write(tx, desk, request, release, rows, facts.canonical(), worked.head)
    )


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return sha256(content).hexdigest()


def _release(desk: Desk, request: KeptRequest, made: Protected) -> Release:
    wave = desk.surveys.wave_now(request.wave)
    freeze = desk.freezes.latest(request.wave)
    if (freeze is None or freeze.id != request.freeze_id) and not is_planned(request):
        raise Conflict
    return Release(
        id=new_id(),
        survey=wave.survey,
        survey_title=wave.names,
        wave=wave.id,
        wave_number=wave.number,
        frozen_on=desk.freezes.made_on(request.freeze_id),
        released_on=desk.now().date(),
        table=printed(made.table, request.question, request.layout, desk.book(wave)),
        protection=protection_shown(made.table),
        synthetic=desk.demonstration,
    )


def _write(
    tx: Tx,
    desk: Desk,
    request: KeptRequest,
    release: Release,
    files: list[ReleaseFile],
    facts: str,
    head: int,
) -> bool:
    """All of a publication or nothing; False where the ledger has grown since the audit."""
    ledger.hold(tx)
    if ledger.published(tx, request.wave).head != head:
        return False
    if not move(tx, request, RequestState.RELEASED, release=release.id):
        return False
    tx.add(
        ReleaseRow.model_validate(
            {
                "id": release.id,
                "request": request.id,
                "wave": request.wave,
                "freeze_id": request.freeze_id,
                "released_on": release.released_on.isoformat(),
                "number": last_number(tx) + 1,
                "body": release.model_dump_json(),
            }
        )
    )
    for file in files:
        tx.add(file)
    enter(tx, desk, request, RequestState.RELEASED, facts)
    return True
