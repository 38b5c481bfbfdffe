"""The output checkers' part: read the report, and vote without seeing the other's vote."""

from __future__ import annotations

from schemas.audit import Act
from schemas.requests import VoteChoice
from survey_service.accounts.people import Person
from survey_service.problems import N_, Conflict, Forbidden, InvalidInput, NotFound
from survey_service.releases import ledger
from survey_service.releases.desk import Desk, longer_than
from survey_service.safe_files.asking import kept_file, log
from survey_service.safe_files.kept import (
    KeptFile,
    KeptFileVote,
    SafeFileState,
    file_by_id,
    files_in,
    move,
    votes_on,
)
from survey_service.safe_files.models import SafeFileVoteRow
from survey_service.stores.transactions import Tx

VOTES_NEEDED = 2
SHORTEST_REASON, LONGEST_REASON = 20, 2000
LEDGER_KIND = "released"

_EYES = N_("You asked for this file yourself, so somebody else must check it.")
_DECIDED = N_("This check is over. Please look at the list again.")
_VOTED = N_("You have already voted on this file.")


async def waiting(desk: Desk, person: Person) -> list[tuple[KeptFile, KeptFileVote | None]]:
    """Return the files that wait for checkers, each with this checker's own vote."""

    def work(tx: Tx) -> list[tuple[KeptFile, KeptFileVote | None]]:
        found = files_in(tx, SafeFileState.UNDER_REVIEW)
        return [(file, _own(votes_on(tx, file.id), person)) for file in found]

    return await desk.office.read(work)


async def look(desk: Desk, person: Person, id_: str) -> tuple[KeptFile, KeptFileVote | None]:
    """Return a file that waits for checkers, and the checker's own vote.

    Raises:
        NotFound: there is none that waits.
        Forbidden: the checker asked for it himself.
    """
    return await desk.office.read(lambda tx: _waiting(tx, person, id_))


async def report(desk: Desk, person: Person, id_: str) -> str:
    """Return the report on a file that waits for checkers; reading it is logged before.

    Raises:
        NotFound, Forbidden: see `look`.
        NotReady: the freeze it was made from is gone.
    """
    found, _ = await look(desk, person, id_)
    await log(desk, Act.REVIEW_READ, id_, person)
    return (await kept_file(desk, found)).report


async def vote(desk: Desk, person: Person, id_: str, choice: VoteChoice, reason: str) -> None:
    """Count a checker's vote: one no refuses the file, two yes approve it.

    Raises:
        NotFound, Forbidden: see `look`.
        Conflict: the checker has voted, or two others have.
        InvalidInput: a no without a reason.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if choice is VoteChoice.DO_NOT_RELEASE:
        errors = list(longer_than("reason", reason, SHORTEST_REASON))
        if errors:
            raise InvalidInput(errors)
    found, voted = await look(desk, person, id_)
    if voted is not None:
        raise Conflict(_VOTED)
    made = await kept_file(desk, found)
    await log(desk, Act.VOTE_CAST, id_, person, reason=reason or None)
    before = len(await desk.office.read(lambda tx: votes_on(tx, id_)))
    if choice is VoteChoice.RELEASE and before + 1 == VOTES_NEEDED:
        hashes = {"file": made.file_hash, "report": made.report_hash}
        await log(desk, Act.SAFE_FILE_APPROVED, id_, person, hashes=hashes)
    cast = (choice, reason, before, made.description)
    await desk.office.write(lambda tx: _cast(tx, desk, person, id_, *cast))


def _cast(
    tx: Tx,
    desk: Desk,
    person: Person,
    id_: str,
    choice: VoteChoice,
    reason: str,
    before: int,
    described: str,
) -> None:
    found, voted = _waiting(tx, person, id_)
    votes = votes_on(tx, id_)
    if voted is not None or len(votes) != before or before >= VOTES_NEEDED:
        # Another vote came at the same moment; what was logged fits the state no more.
        raise Conflict(_DECIDED)
    row = SafeFileVoteRow.model_validate(
        {
            "file": id_,
            "checker": person.id,
            "author": found.author,
            "slot": before + 1,
            "choice": choice.value,
            "reason": reason,
            "cast_on": desk.instant(),
        }
    )
    if not tx.add(row, ignore=True):
        raise Conflict(_DECIDED)
    if choice is VoteChoice.DO_NOT_RELEASE:
        # One no is a no: the other checker's vote would change nothing.
        move(tx, found, SafeFileState.REFUSED)
    elif before + 1 == VOTES_NEEDED and move(tx, found, SafeFileState.APPROVED):
        _enter(tx, desk, found, described)


def _enter(tx: Tx, desk: Desk, found: KeptFile, described: str) -> None:
    """The project is an audience of its own from now on, and this is what it knows."""
    ledger.append(
        tx,
        wave=found.wave,
        freeze_id=found.freeze_id,
        kind=LEDGER_KIND,
        audience=found.audience,
        request=found.id,
        question=" ".join([*found.known, *found.others]),
        facts=described,
        made_at=desk.instant(),
    )


def _own(votes: list[KeptFileVote], person: Person) -> KeptFileVote | None:
    return next((vote for vote in votes if vote.checker == person.id), None)


def _waiting(tx: Tx, person: Person, id_: str) -> tuple[KeptFile, KeptFileVote | None]:
    found = file_by_id(tx, id_)
    if found is None or found.state is not SafeFileState.UNDER_REVIEW:
        raise NotFound
    if found.author == person.id:
        raise Forbidden(_EYES)
    return found, _own(votes_on(tx, id_), person)
