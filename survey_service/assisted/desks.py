"""The mediator's side of a window: whose session is closed meanwhile, and by whom.

In one process that is looked up (`DeskHere`). Where parts are separate, the office has closed the
session before the form began, and the front can only say when the device is back (`DeskElsewhere`).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol

from survey_service.accounts.people import Person
from survey_service.assisted.counting import Counting
from survey_service.assisted.kept_loans import KeptLoans
from survey_service.assisted.loans import GivenBack, Loan, LoanSeals
from survey_service.assisted.windows import Mode, Window, Windows
from survey_service.clock import Clock
from survey_service.web.context import Connection
from survey_service.web.cookies import ASSISTED, LOAN, read_cookie, set_cookie
from survey_service.web.guard import find_person
from survey_service.web.permissions import Permission, may

if TYPE_CHECKING:
    from survey_service.accounts.service import Accounts


class Lent(NamedTuple):
    """Whether a device without its window is with a respondent; None where it was never lent."""

    out: bool | None
    cookies: list[str]


class Desk(Protocol):
    """What a window needs to know and to say of the mediator."""

    async def mediator(self, connection: Connection, /) -> Person | None:
        """Return who is signed in here, as far as this part can know."""

    def may_ask(self, mediator: Person | None, /) -> bool:
        """Return whether a helper's pages may open."""

    async def lock(self, mediator: Person | None, window: Window, /) -> None:
        """Close the pages of staff in the mediator's session."""

    async def unlock(self, mediator: Person | None, /) -> None:
        """Open them."""

    async def handed_over(self, slug: str, today: date, /) -> None:
        """Count a device that went to the respondent."""

    async def back(self, connection: Connection, window: Window, /) -> list[str]:
        """Return the cookies that say that the device is back, once the window has ended."""

    async def without_window(self, connection: Connection, /) -> Lent:
        """Return how a device stands whose window is not here."""


class DeskHere:
    """All in one process: sessions and windows are both at hand."""

    def __init__(
        self, windows: Windows, accounts: Accounts, counting: Counting, clock: Clock
    ) -> None:
        self._windows = windows
        self._sessions = accounts.sessions
        self._counting = counting
        self._clock = clock

    async def mediator(self, connection: Connection) -> Person | None:
        """Return who is signed in. While a respondent works, the session does not run out."""
        return await find_person(connection)

    def may_ask(self, mediator: Person | None) -> bool:
        """Return whether he may help."""
        return may(mediator, Permission.INTERVIEWS_ASSIST)

    async def lock(self, mediator: Person | None, window: Window) -> None:
        """Close the pages of staff in his session."""
        if mediator is not None and mediator.session_id is not None:
            await self._sessions.hand_over(mediator.session_id, window.id.hex())

    async def unlock(self, mediator: Person | None) -> None:
        """Open them."""
        if mediator is not None and mediator.session_id is not None:
            await self._sessions.hand_over(mediator.session_id, None)

    async def handed_over(self, slug: str, today: date) -> None:
        """Count it."""
        await self._counting.handed_over(slug, today)

    async def back(self, _connection: Connection, _window: Window) -> list[str]:
        """Nothing: the session is opened here."""
        return []

    async def without_window(self, connection: Connection) -> Lent:
        """Locked while the interview lives, then open again."""
        person = await find_person(connection)
        return Lent(None if person is None else await self.is_locked(person), [])

    async def is_locked(self, person: Person) -> bool:
        """Return whether a respondent still has this session's device; heal what a crash left."""
        if person.handed_over is None:
            return False
        mode = await self._windows.mode_of(person.handed_over, self._clock().date())
        if mode not in (None, Mode.HELPER):
            return True
        await self.unlock(person)
        return False

    async def is_lent(self, connection: Connection, person: Person) -> bool:
        """Return whether a respondent has this device, by the session or by the window's cookie.

        Either is enough: a new session in the same window opens nothing, nor does a lost cookie.
        """
        if await self.is_locked(person):
            return True
        cookie = read_cookie(connection, ASSISTED)
        if cookie is None:
            return False
        window = await self._windows.find(cookie, self._clock().date())
        return window is not None and window.mode is not Mode.HELPER


class DeskElsewhere:
    """The front: it knows no session, and no mediator."""

    def __init__(self, loans: KeptLoans, seals: LoanSeals, clock: Clock) -> None:
        self.loans = loans
        self.seals = seals
        self._clock = clock

    async def mediator(self, _connection: Connection) -> Person | None:
        """Nobody who could be known here."""
        return None

    def may_ask(self, _mediator: Person | None) -> bool:
        """Yes: the office has lent the device, and the window's cookie shows that it did."""
        return True

    async def lock(self, mediator: Person | None, window: Window) -> None:
        """Nothing: the office has closed the session since the device was lent."""

    async def unlock(self, mediator: Person | None) -> None:
        """Nothing: the office opens it when it sees that the device is back."""

    async def handed_over(self, slug: str, today: date) -> None:
        """Nothing: it is said when the device is back."""

    async def back(self, connection: Connection, window: Window) -> list[str]:
        """Return the word that the device is back, for the office to read."""
        loan = self.seals.read(Loan, read_cookie(connection, LOAN))
        id_, slug = (window.loan, window.slug) if loan is None else (loan.loan, loan.slug)
        if id_ is None or not await self.loans.give_back(id_, self._clock().date()):
            return []
        interview = window.mode is not Mode.RIGHTS
        handed = interview and (window.pin_hash is not None or window.mode is not Mode.HELPER)
        return [self._word(connection, GivenBack(loan=id_, slug=slug, handed=handed))]

    async def without_window(self, connection: Connection) -> Lent:
        """Back, unless a window of this loan is with a respondent and its cookie was lost."""
        loan = self.seals.read(Loan, read_cookie(connection, LOAN))
        if loan is None:
            return Lent(None, [])
        if not await self.loans.give_back(loan.loan, self._clock().date()):
            return Lent(True, [])
        back = GivenBack(loan=loan.loan, slug=loan.slug, handed=False)
        return Lent(False, [self._word(connection, back)])

    def _word(self, connection: Connection, back: GivenBack) -> str:
        return set_cookie(connection, LOAN, self.seals.sign(back))
