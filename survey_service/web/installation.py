"""Puts the web's protections around an application, or refuses to."""

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from survey_service.web.access_log import AccessLog
from survey_service.web.error_pages import problem_kind
from survey_service.web.headers import ProtectiveHeaders
from survey_service.web.json_reader import JsonReader
from survey_service.web.office import choose_language, office
from survey_service.web.problem_schemas import declare_problems
from survey_service.web.public import accessibility, front, health
from survey_service.web.refusals import Refusals
from survey_service.web.start_check import refuse_undeclared
from survey_service.web.static_files import static_file

ROUTES = (
    front,
    accessibility,
    health,
    static_file,
    problem_kind,
    office,
    choose_language,
)


class Https:
    """Says that browsers come by https, whatever the proxy in front tells or forgets to tell."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand around `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on under the scheme of the public address."""
        if scope["type"] == ScopeType.HTTP:
            scope["scheme"] = "https"
        await self.app(scope, receive, send)


def install(app: Litestar, *, secure: bool = False) -> None:
    """Leave `app` with headers on every response, checked JSON, a staff log, no open route.

    The wrappers stand outside the router, because Litestar's own middleware does not see
    requests that match no route.

    `secure` says that the public address begins with https: cookies are then always `__Host-`
    and Secure.

    Raises:
        UndeclaredRouteError: a route says nothing about who may use it.
    """
    refuse_undeclared(app)
    declare_problems(app)
    app.state["refusals"] = Refusals()
    app.asgi_handler = ProtectiveHeaders(AccessLog(app.asgi_handler, JsonReader(app.asgi_handler)))
    if secure:
        app.asgi_handler = Https(app.asgi_handler)
