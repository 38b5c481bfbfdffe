"""The front's half of an interview where parts are separate: it takes a lent device over."""

from __future__ import annotations

from survey_service.accounts.passwords import Passwords
from survey_service.assisted.desks import DeskElsewhere
from survey_service.assisted.held import Held
from survey_service.assisted.loans import Loan
from survey_service.assisted.service import Assisted
from survey_service.assisted.windows import Mode, Windows
from survey_service.clock import Clock
from survey_service.collection.service import Collection
from survey_service.problems import NotFound, SurveyClosed
from survey_service.rights.service import Rights
from survey_service.web.context import Connection
from survey_service.web.cookies import LOAN, read_cookie


class AssistedAtFront(Assisted):
    """Opens a window for each loan, once."""

    def __init__(
        self,
        windows: Windows,
        desk: DeskElsewhere,
        passwords: Passwords,
        collection: Collection,
        rights: Rights,
        clock: Clock,
    ) -> None:
        super().__init__(windows, desk, passwords, collection, rights, clock)
        self._lent = desk

    async def take_over(self, connection: Connection) -> tuple[Held, Loan] | None:
        """Return the window of a loan that was made just now; None for any other."""
        loan = self._lent.seals.read(Loan, read_cookie(connection, LOAN))
        if loan is None or not loan.may_begin(self._clock()):
            return None
        mode = Mode.RIGHTS if loan.kind == "rights" else Mode.HELPER
        try:
            if mode is Mode.HELPER:
                await self._collection.survey(loan.slug)
        except (NotFound, SurveyClosed):
            return None
        begun = await self._lent.loans.begin(loan.loan, loan.slug, mode, loan.said, self._today())
        return None if begun is None else (Held(begun, self.wait), loan)
