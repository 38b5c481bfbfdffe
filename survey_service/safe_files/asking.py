"""The researcher's part: ask for a safe file, and fetch it once it is approved."""

from __future__ import annotations

import asyncio

from schemas.audit import Act, ObjectType
from schemas.methods import Suppression
from survey_service.accounts.people import Person
from survey_service.answers.freezes import NoFreeze
from survey_service.problems import N_, FieldError, InvalidInput, NotFound, NotReady
from survey_service.releases.desk import Desk
from survey_service.releases.protecting import policy_of
from survey_service.releases.rules import rules_of
from survey_service.safe_files.asked import Asked, check
from survey_service.safe_files.coarser import hierarchies_of
from survey_service.safe_files.kept import KeptFile, SafeFileState, file_by_id, move
from survey_service.safe_files.making import MadeFile, make
from survey_service.safe_files.models import SafeFileRow
from survey_service.stores.ids import new_id
from survey_service.surveys.core import load

_ONE = N_("You already have a safe file of this wave, or have asked for one.")
_ONE_REMEDY = N_("Two files of one wave could be laid side by side. Use the one you have.")
_NOT_YET = N_("This wave is not frozen yet. Safe files can be made some time after it has closed.")
_NO_RECORDS = N_("Numbers of this wave are rounded or noised, and no records of it are given out.")
_NO_RECORDS_REMEDY = N_("Records beside such numbers would give them away. Ask for a table.")
_GONE = N_("The answers have changed since, so this file is no longer given out.")


async def log(
    desk: Desk,
    act: Act,
    ref: str,
    person: Person | None,
    *,
    reason: str | None = None,
    hashes: dict[str, str] | None = None,
) -> None:
    """Write the entry that comes before an act on a safe file."""
    await desk.log(act, ref, person, kind=ObjectType.SAFE_FILE, reason=reason, hashes=hashes)


async def own(desk: Desk, person: Person, id_: str) -> KeptFile:
    """Return an own request.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await desk.office.read(lambda tx: file_by_id(tx, id_))
    if found is None or found.author != person.id:
        raise NotFound
    return found


async def ask(desk: Desk, person: Person, asked: Asked) -> str:
    """Ask for a safe file of a wave's newest freeze, and have it made; return its id.

    Raises:
        InvalidInput: a field is wrong, or there is a file of this wave already.
        NotReady: the freeze was destroyed meanwhile; the request waits.
    """
    wave = desk.wave_to_ask(asked.wave)
    check(asked, desk.book(wave))
    rules = await desk.office.read(lambda tx: rules_of(tx, wave.id))
    if not isinstance(rules.method, Suppression):
        raise InvalidInput([FieldError("wave", _NO_RECORDS, _NO_RECORDS_REMEDY)])
    freeze = await asyncio.to_thread(desk.freezes.latest, wave.id)
    if freeze is None:
        raise InvalidInput([FieldError("wave", _NOT_YET)])
    row = SafeFileRow.model_validate(
        {
            "id": new_id(),
            "author": person.id,
            "wave": wave.id,
            "freeze_id": freeze.id,
            "project": asked.project.strip(),
            "purpose": asked.purpose.strip(),
            "known": " ".join(asked.known),
            "others": " ".join(asked.others),
            "asked_on": desk.instant(),
            "state": SafeFileState.SUBMITTED.value,
        }
    )
    await log(desk, Act.SAFE_FILE_ASKED, row.id, person)
    if not await desk.office.write(lambda tx: tx.add(row, ignore=True)):
        raise InvalidInput([FieldError("wave", _ONE, _ONE_REMEDY)])
    await decide(desk, row.id)
    return row.id


async def fetch(desk: Desk, person: Person, id_: str) -> MadeFile:
    """Return an approved file with its report; that it was fetched is in the log before.

    Raises:
        NotFound: there is none, it is somebody else's, or it is not approved.
        NotReady: the freeze it was made from is gone.
    """
    found = await own(desk, person, id_)
    if found.state is not SafeFileState.APPROVED:
        raise NotFound
    await log(desk, Act.SAFE_FILE_FETCHED, id_, person)
    return await kept_file(desk, found)


async def decide(desk: Desk, id_: str) -> None:
    """Make the file and keep it sealed for the checkers; refuse what cannot be made.

    Raises:
        NotReady: the freeze is gone; the request waits.
    """
    found = await desk.office.read(lambda tx: file_by_id(tx, id_))
    if found is None or found.state is not SafeFileState.SUBMITTED:
        return
    made = await asyncio.to_thread(_make, desk, found)
    if made is None:
        await log(desk, Act.SAFE_FILE_REFUSED, id_, None)
        await desk.office.write(lambda tx: move(tx, found, SafeFileState.REFUSED))
        return
    payload = made.model_dump_json().encode()
    await asyncio.to_thread(desk.freezes.keep_review, id_, found.freeze_id, payload)
    hashes = {"file_hash": made.file_hash, "report_hash": made.report_hash}
    await desk.office.write(lambda tx: move(tx, found, SafeFileState.UNDER_REVIEW, **hashes))


async def kept_file(desk: Desk, found: KeptFile) -> MadeFile:
    """Return a file as it was made.

    Raises:
        NotReady: the freeze it was made from is gone.
    """
    try:
        payload = await asyncio.to_thread(desk.freezes.read_review, found.id)
    except NoFreeze as error:
        raise NotReady(_GONE) from error
    return MadeFile.model_validate_json(payload)


def _make(desk: Desk, found: KeptFile) -> MadeFile | None:
    wave = desk.surveys.wave_now(found.wave)
    book = desk.book(wave)
    try:
        data = desk.freezes.open(found.freeze_id)
    except NoFreeze as error:
        raise NotReady(_GONE) from error
    core = load()
    residents = sum(row.roma for row in core.register)
    hierarchies = hierarchies_of(found.known, book, wave.form, core.hierarchies)
    asked = Asked(found.wave, found.project, found.purpose, found.known, found.others)
    rules = desk.office.read_now(lambda tx: rules_of(tx, found.wave))
    least = policy_of(book, rules).threshold
    return make(data.frame, book, hierarchies, asked, residents, least)
