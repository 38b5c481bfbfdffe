"""The use cases of safe files, as pages and the start call them."""

from __future__ import annotations

from schemas.requests import VoteChoice
from survey_service.accounts.people import Person
from survey_service.problems import NotReady
from survey_service.releases.desk import Desk
from survey_service.safe_files import asking, checking
from survey_service.safe_files.asked import Asked
from survey_service.safe_files.kept import (
    KeptFile,
    KeptFileVote,
    SafeFileState,
    files_in,
    files_of,
)
from survey_service.safe_files.making import MadeFile


class SafeFiles:
    """From a project's request to the file it may fetch."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def mine(self, person: Person) -> list[KeptFile]:
        """Return a person's own requests."""
        return await self.desk.office.read(lambda tx: files_of(tx, person.id))

    async def one(self, person: Person, id_: str) -> KeptFile:
        """Return an own request; see `asking.own`."""
        return await asking.own(self.desk, person, id_)

    async def ask(self, person: Person, asked: Asked) -> str:
        """Ask for a safe file and return its id; see `asking.ask`."""
        return await asking.ask(self.desk, person, asked)

    async def fetch(self, person: Person, id_: str) -> MadeFile:
        """Return an approved file; see `asking.fetch`."""
        return await asking.fetch(self.desk, person, id_)

    async def waiting(self, person: Person) -> list[tuple[KeptFile, KeptFileVote | None]]:
        """Return the files that wait for checkers, each with this checker's own vote."""
        return await checking.waiting(self.desk, person)

    async def look(self, person: Person, id_: str) -> tuple[KeptFile, KeptFileVote | None]:
        """Return a file that waits for checkers; see `checking.look`."""
        return await checking.look(self.desk, person, id_)

    async def report(self, person: Person, id_: str) -> str:
        """Return the report on a file that waits; see `checking.report`."""
        return await checking.report(self.desk, person, id_)

    async def vote(self, person: Person, id_: str, choice: VoteChoice, reason: str) -> None:
        """Count a checker's vote; see `checking.vote`."""
        await checking.vote(self.desk, person, id_, choice, reason)

    async def catch_up(self) -> None:
        """Make what a crash left unmade."""
        for file in await self.desk.office.read(lambda tx: files_in(tx, SafeFileState.SUBMITTED)):
            try:
                await asking.decide(self.desk, file.id)
            except NotReady:
                continue
