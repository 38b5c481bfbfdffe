"""Nobody passes a route whose permission he does not hold."""

from typing import TYPE_CHECKING, Any

from litestar.handlers.base import BaseRouteHandler

from survey_service.problems import Forbidden, HandedOver, NotSignedIn
from survey_service.web.context import Connection, header, is_api, services_of
from survey_service.web.cookies import ASSISTED, SESSION, read_cookie
from survey_service.web.origin import SAFE_METHODS, refuse_foreign
from survey_service.web.permissions import PUBLIC, RESPONDENT, SIGNED_IN, may
from survey_service.web.refusals import log_refusal

if TYPE_CHECKING:
    from litestar import Response

    from survey_service.accounts.people import Person
    from survey_service.accounts.service import Accounts
    from survey_service.assisted.beginning import AssistedHere
    from survey_service.assisted.lending import Lending
    from survey_service.assisted.service import Assisted

# Pages that are public, but greet somebody who is signed in: they ask for it in `opt`.
KNOWS_PERSON = "knows_person"


async def guard(connection: Connection, handler: BaseRouteHandler) -> "Response[Any] | None":
    """Let the request through, with the signed-in person in its state; or answer it here.

    In a window in which somebody is helped, the window's own gate decides what else is open.

    Raises:
        HandedOver: a respondent has the device of this session, or of this window.
        ForeignOrigin: a form from somebody else's page.
        NotSignedIn: nobody is signed in where somebody must be.
        Forbidden: the person's role, or the token's scope, does not include the permission.
    """
    needed = handler.opt.get("permission")
    api = is_api(connection)
    if not api and connection.scope.get("method", "GET") not in SAFE_METHODS:
        refuse_foreign(connection)
    if needed is PUBLIC or needed is RESPONDENT:
        if handler.opt.get(KNOWS_PERSON):
            connection.scope["state"]["person"] = await find_person(connection)
        return await enter_window(connection) if needed is RESPONDENT else None
    if needed is None:
        raise Forbidden
    person = await (find_bearer(connection) if api else find_person(connection))
    if person is None:
        challenge = {"WWW-Authenticate": "Bearer"} if api else None
        raise NotSignedIn(headers=challenge)
    if not api and await is_handed_over(connection, person):
        raise HandedOver
    connection.scope["state"]["person"] = person
    if needed is not SIGNED_IN and not may(person, needed):
        await log_refusal(connection, person)
        raise Forbidden
    return None


async def enter_window(connection: Connection) -> "Response[Any] | None":
    """Nothing, where nobody is being helped or the page may open; else where to go instead."""
    cookie = read_cookie(connection, ASSISTED)
    assisted: Assisted | None = getattr(services_of(connection), "assisted", None)
    if cookie is None or assisted is None:
        return None
    held = await assisted.held(cookie)
    return None if held is None else await assisted.admit(connection, held)


async def is_handed_over(connection: Connection, person: "Person") -> bool:
    """Whether a respondent has this device."""
    assisted: AssistedHere | Lending | None = getattr(services_of(connection), "assisted", None)
    if assisted is None:
        return person.handed_over is not None
    return await assisted.is_lent(connection, person)


async def before_request(request: Connection) -> "Response[Any] | None":
    """Let the request through to its handler, or answer it; raises what `guard` raises.

    As one of Litestar's `guards` it would be handed a copy of the handler, made anew for every
    request. A route with a hook of its own, with a cache, or of another kind than HTTP, would go
    round this one: `start_check` refuses them.
    """
    return await guard(request, request.scope["route_handler"])


async def find_person(connection: Connection) -> "Person | None":
    """Whoever holds the session of the cookie."""
    session = read_cookie(connection, SESSION)
    if session is None or len(session) > 200:
        return None
    accounts: Accounts = services_of(connection).accounts
    return await accounts.person(session)


async def find_bearer(connection: Connection) -> "Person | None":
    """Whoever holds the bearer token; sessions do not count on the API."""
    scheme, _, token = (header(connection, b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 200:
        return None
    accounts: Accounts = services_of(connection).accounts
    return await accounts.person_by_token(token.strip())
