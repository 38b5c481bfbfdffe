"""What the API's description says of problems: every route's refusals, in one shape."""

from litestar import Litestar
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.routes import HTTPRoute
from pydantic import Field

from schemas.vocabulary import Frozen
from survey_service import problems
from survey_service.problems import Problem
from survey_service.web.context import API_PREFIX
from survey_service.web.documents import MEDIA_TYPE
from survey_service.web.json_reader import WITH_BODY
from survey_service.web.permissions import PUBLIC


class FieldDocument(Frozen):
    """What is wrong with one field of the body, or with one parameter."""

    field: str
    detail: str
    remedy: str | None = None


class ProblemDocument(Frozen):
    """A problem document. Source: RFC 9457."""

    type: str = Field(description="Path of a page that says what this kind of problem means")
    title: str
    status: int
    detail: str
    errors: list[FieldDocument] | None = Field(default=None, description="Per field, where any")


def problems_of(path: str, handler: HTTPRouteHandler) -> tuple[type[Problem], ...]:
    """The problems with which a route of the API may answer."""
    found: list[type[Problem]] = []
    if handler.opt.get("permission") is not PUBLIC:
        found += [problems.NotSignedIn, problems.Forbidden]
    if "{" in path:
        found.append(problems.NotFound)
    if handler.http_methods & WITH_BODY:
        found += [problems.Conflict, problems.InvalidInput]
    return tuple(found)


def declare_problems(app: Litestar) -> None:
    """Leave every route of the API with its problems in the description."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith(API_PREFIX):
            continue
        for handler in route.route_handlers:
            told = {
                kind.status: ResponseSpec(
                    data_container=ProblemDocument,
                    description=kind.title,
                    generate_examples=False,
                    media_type=MEDIA_TYPE,
                )
                for kind in problems_of(route.path, handler)
            }
            handler.responses = {**told, **(handler.responses or {})}
