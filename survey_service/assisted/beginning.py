"""Interviews with help where all runs in one process: begun here, and gone on with here."""

from __future__ import annotations

from typing import Any

from litestar import Response

from survey_service.accounts.passwords import Passwords
from survey_service.accounts.people import Person
from survey_service.assisted.counting import Counting
from survey_service.assisted.desks import DeskHere
from survey_service.assisted.held import Held
from survey_service.assisted.service import Assisted
from survey_service.assisted.windows import Mode, Windows
from survey_service.clock import Clock
from survey_service.collection.page_parts_place import Place
from survey_service.collection.service import Collection
from survey_service.rights.service import Rights
from survey_service.web.context import Connection
from survey_service.web.cookies import ASSISTED, CODE, drop_cookie, read_cookie
from survey_service.web.redirects import see_other


class AssistedHere(Assisted):
    """Begins windows, and knows whose sessions they lock."""

    def __init__(
        self,
        windows: Windows,
        desk: DeskHere,
        counting: Counting,
        passwords: Passwords,
        collection: Collection,
        rights: Rights,
        clock: Clock,
    ) -> None:
        super().__init__(windows, desk, passwords, collection, rights, clock)
        self.counting = counting
        self.is_lent = desk.is_lent

    async def open_here(self, connection: Connection) -> Held | None:
        """Return the interview that is open in this browser, if there is one."""
        return await self.held(read_cookie(connection, ASSISTED))

    async def begin_at(
        self, connection: Connection, mediator: Person, slug: str, language: str, said: Any
    ) -> Response[bytes]:
        """Open a window for a new person, counted once the script was read."""
        await self.counting.started(mediator.id, slug, self._today())
        window = await self._windows.open(slug, Mode.HELPER, said, self._today())
        cookies = [Held(window, self.wait).keep(connection, None), drop_cookie(connection, CODE)]
        return see_other(Place(slug, language).at(), cookies)

    async def lend_at(
        self, connection: Connection, mediator: Person, slug: str, language: str
    ) -> Response[bytes]:
        """Open a window for somebody who uses his own code; the session is locked with it."""
        window = await self._windows.open(slug, Mode.RIGHTS, {}, self._today())
        await self.desk.lock(mediator, window)
        cookies = [Held(window, self.wait).keep(connection, None), drop_cookie(connection, CODE)]
        return see_other(f"/my-answers/{language}", cookies)

    def upkeep(self) -> None:
        """Log the days that are over and delete windows that nobody closed."""
        self.counting.log_days_now(self._today())
        self._windows.purge_now(self._today())
