"""The office's half of an interview where parts are separate: it lends a device and locks it.

From the moment an interview begins no page of staff opens in that session, until the front's word
that the device is back. So the office need not know what happens to it meanwhile, and asks nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response

from survey_service.accounts.people import Person
from survey_service.accounts.sessions import Sessions
from survey_service.assisted.counting import Counting
from survey_service.assisted.held import Held
from survey_service.assisted.loans import GivenBack, Loan, LoanSeals
from survey_service.clock import Clock
from survey_service.stores.ids import new_id
from survey_service.web.context import Connection
from survey_service.web.cookies import LOAN, read_cookie, set_cookie
from survey_service.web.redirects import see_other

LONGEST_INTERVIEW = timedelta(hours=3)
"""So long a session lives unused while its device is lent; afterwards its owner signs in anew."""
TAKEN = "/lent"
"""Where the front takes over."""


class Lending:
    """Begins interviews, and keeps the session closed until the device is back."""

    def __init__(
        self, seals: LoanSeals, sessions: Sessions, counting: Counting, clock: Clock
    ) -> None:
        self._seals = seals
        self._sessions = sessions
        self.counting = counting
        self._clock = clock

    async def open_here(self, _connection: Connection) -> Held | None:
        """Nothing: while an interview is open, no page of staff is."""
        return None

    async def begin_at(
        self, connection: Connection, mediator: Person, slug: str, language: str, said: Any
    ) -> Response[bytes]:
        """Lend the device for an interview with a new person."""
        await self.counting.started(mediator.id, slug, self._clock().date())
        return await self._lend(connection, mediator, "interview", slug, language, said)

    async def lend_at(
        self, connection: Connection, mediator: Person, slug: str, language: str
    ) -> Response[bytes]:
        """Lend it to somebody who uses his own code."""
        return await self._lend(connection, mediator, "rights", slug, language, {})

    async def _lend(
        self,
        connection: Connection,
        mediator: Person,
        kind: Any,
        slug: str,
        language: str,
        said: Any,
    ) -> Response[bytes]:
        loan = Loan(
            loan=new_id(),
            kind=kind,
            slug=slug,
            language=language,
            said=said,
            lent_at=self._clock(),
        )
        if mediator.session_id is not None:
            await self._sessions.hand_over(mediator.session_id, loan.loan)
        return see_other(TAKEN, [set_cookie(connection, LOAN, self._seals.sign(loan))])

    async def is_lent(self, connection: Connection, person: Person) -> bool:
        """Return whether the device is out, by the session or by the cookie of its loan.

        The front's word counts once, for the session it was lent from.
        """
        cookie = read_cookie(connection, LOAN)
        back = self._seals.read(GivenBack, cookie)
        if back is not None:
            if person.handed_over == back.loan and person.session_id is not None:
                await self._sessions.hand_over(person.session_id, None)
                if back.handed:
                    await self.counting.handed_over(back.slug, self._clock().date())
                return False
            return person.handed_over is not None
        loan = self._seals.read(Loan, cookie)
        out = loan is not None and loan.may_be_out(self._clock())
        return out or person.handed_over is not None

    def upkeep(self) -> None:
        """Log the days that are over."""
        self.counting.log_days_now(self._clock().date())
