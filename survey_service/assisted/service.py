"""The use cases of an interview with help once it has begun: hand over, give back, end."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Response

from survey_service.accounts.passwords import Passwords
from survey_service.accounts.people import Person
from survey_service.assisted.desks import Desk
from survey_service.assisted.gate import admit
from survey_service.assisted.held import Held
from survey_service.assisted.pins import choose_pin, read_pin
from survey_service.assisted.windows import MOST_TRIES, Mode, Window, Windows
from survey_service.clock import Clock
from survey_service.collection.service import Collection
from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.rights.service import Rights
from survey_service.web.context import Connection

WRONG = N_("This is not the PIN that was chosen.")


class PinLostError(Exception):
    """The PIN was wrong too often: from now on nothing is shown in this window."""


class Assisted:
    """Windows of interviews with help, as whoever has the device goes through them."""

    def __init__(
        self,
        windows: Windows,
        desk: Desk,
        passwords: Passwords,
        collection: Collection,
        rights: Rights,
        clock: Clock,
    ) -> None:
        self._windows = windows
        self.desk = desk
        self._passwords = passwords
        self._collection = collection
        self._rights = rights
        self._clock = clock

    def _today(self) -> date:
        return self._clock().date()

    async def held(self, cookie: str | None) -> Held | None:
        """Return the window of a cookie, or None."""
        window = await self._windows.find(cookie, self._today())
        return None if window is None else Held(window, self.wait)

    async def admit(self, connection: Connection, held: Held) -> Response[Any] | None:
        """Return nothing where a page may open in the window, else where to go instead."""
        return await admit(connection, held, self)

    async def hand_over(
        self, window: Window, mediator: Person | None, pin: str, again: str
    ) -> Held | None:
        """Return the window as the respondent's: with the PIN he chooses, later with that one.

        Raises:
            InvalidInput: the PIN cannot be chosen, or is not the one that was.
            PinLostError: it was wrong too often.
        """
        values: dict[str, object] = {}
        if window.pin_hash is None:
            chosen = choose_pin(pin, again)
            values["pin_hash"] = await self._passwords.hash(chosen)
        else:
            await self._check(window, pin)
        return await self._to_respondent(window, mediator, values)

    async def _to_respondent(
        self, window: Window, mediator: Person | None, values: dict[str, object]
    ) -> Held | None:
        own = await self._windows.become(window, Mode.OWN, **values)
        if own is None:
            return None
        await self.desk.lock(mediator, own)
        await self.desk.handed_over(window.slug, self._today())
        return Held(own, self.wait)

    async def show_code(self, window: Window, mediator: Person | None) -> Held | None:
        """Return the window of a form that was sent without anything being handed over before.

        There is no PIN then, and nothing that the helper has not seen, but the code.
        """
        return await self._to_respondent(window, mediator, {})

    async def give_back(self, window: Window, mediator: Person | None, pin: str) -> Held | None:
        """Return the window as the helper's again.

        Raises:
            InvalidInput, PinLostError: as `hand_over`.
        """
        await self._check(window, pin)
        back = await self._windows.become(window, Mode.HELPER)
        await self.desk.unlock(mediator)
        return None if back is None else Held(back, self.wait)

    async def go_on_alone(self, window: Window, mediator: Person | None, pin: str) -> Held | None:
        """Return the window as the respondent's to the end.

        Raises:
            InvalidInput, PinLostError: as `hand_over`.
        """
        await self._check(window, pin)
        own = await self._windows.become(window, Mode.OWN, alone=1)
        if own is not None:
            await self.desk.lock(mediator, own)
        return None if own is None else Held(own, self.wait)

    async def _check(self, window: Window, pin: str) -> None:
        if window.pin_hash is None:
            # Under its old secret, closed before a PIN was chosen: nothing can open it.
            raise PinLostError
        digits = read_pin(pin)
        if not await self._windows.count_try(window):
            await self.forget_pin(window)
            raise PinLostError
        if await self._passwords.fits(window.pin_hash, digits):
            await self._windows.forgive_try(window)
            return
        if window.tries + 1 >= MOST_TRIES:
            await self.forget_pin(window)
            raise PinLostError
        raise InvalidInput([FieldError("pin", WRONG)])

    async def wait(self, window: Window) -> None:
        """Close the window until the PIN opens it."""
        await self._windows.change(window, mode=Mode.WAITING.value)

    async def forget_pin(self, window: Window) -> None:
        """Close the window for good: what was said can only be sent, kept or deleted."""
        await self._windows.change(window, mode=Mode.STUCK.value)

    async def put_off(self, window: Window) -> None:
        """Leave the respondent's own questions to the end."""
        await self._windows.change(window, later=1)

    async def end(
        self, connection: Connection, window: Window, mediator: Person | None
    ) -> list[str]:
        """End the interview in this window: no copy of its cookie opens anything any more.

        Returns the cookies with which the device goes back.
        """
        await self._windows.end(window)
        await self.desk.unlock(mediator)
        return await self.desk.back(connection, window)

    async def send(self, window: Window) -> None:
        """Submit the form as it is."""
        if window.code is not None:
            await self._collection.submit(window.slug, window.code)

    async def delete(self, window: Window) -> None:
        """Delete a form that was not sent; what was sent only its code erases."""
        if window.code is None:
            return
        if await self._collection.standing(window.slug, window.code) == "draft":
            await self._rights.erase(window.code)
