"""Somebody who signs in for one command: password and one-time code, and out again afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from survey_service.accounts.people import Person
from survey_service.accounts.service import Accounts
from survey_service.accounts.sessions import Stage
from survey_service.problems import NotSignedIn

T = TypeVar("T")


async def signed_in_for(
    accounts: Accounts,
    username: str,
    password: str,
    code: str,
    work: Callable[[Person], Awaitable[T]],
) -> T:
    """Return what `work` makes of a person who has signed in with both factors.

    Raises:
        InvalidInput, TooMany: as on the pages of signing in.
        NotSignedIn: the account was never set up; the first sign-in is on the pages.
    """
    step = await accounts.sign_ins.password(username, password, None)
    if step.stage is not Stage.CODE:
        raise NotSignedIn
    session = await accounts.sign_ins.code(step.secret, code, None)
    person = await accounts.person(session.secret)
    if person is None:
        raise NotSignedIn
    try:
        return await work(person)
    finally:
        await accounts.sign_out(person)
