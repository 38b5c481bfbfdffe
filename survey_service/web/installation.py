"""Puts the web's protections around an application, or refuses to."""

from litestar import Litestar

from survey_service.web.access_log import AccessLog
from survey_service.web.error_pages import problem_kind
from survey_service.web.headers import ProtectiveHeaders
from survey_service.web.json_reader import JsonReader
from survey_service.web.office import choose_language, office
from survey_service.web.public import accessibility, front, health
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


def install(app: Litestar) -> None:
    """Leave `app` with headers on every response, checked JSON, a staff log, no open route.

    The wrappers stand outside the router, because Litestar's own middleware does not see
    requests that match no route.

    Raises:
        UndeclaredRouteError: a route says nothing about who may use it.
    """
    refuse_undeclared(app)
    app.asgi_handler = ProtectiveHeaders(AccessLog(JsonReader(app.asgi_handler)))
