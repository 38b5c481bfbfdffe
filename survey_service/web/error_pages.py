"""Every problem as a page or a document; whatever nobody foresaw as one that tells nothing."""

import json
import traceback
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp, Receive, Scope, Send

from survey_service import problems
from survey_service.problems import FieldError, Problem
from survey_service.web.context import OFFICE_PREFIX, is_api, person_of, serves_staff
from survey_service.web.documents import MEDIA_TYPE, problem_document
from survey_service.web.guard import find_person, is_handed_over
from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

SIGN_IN = "/office/sign-in"
HAND_BACK = "/hand-back"

BY_STATUS = {
    kind.status: kind
    for kind in (
        problems.Malformed,
        problems.NotSignedIn,
        problems.Forbidden,
        problems.NotFound,
        problems.MethodNotAllowed,
        problems.TooLarge,
        problems.UnsupportedMedia,
        problems.TooMany,
        problems.NotReady,
    )
}


def on_problem(request: AnyRequest, problem: Problem) -> Response[Any]:
    """The page or the document of a problem."""
    if is_api(request):
        return Response(
            json.dumps(problem_document(problem)).encode(),
            status_code=problem.status,
            media_type=MEDIA_TYPE,
            headers=problem.headers,
        )
    if isinstance(problem, problems.HandedOver):
        return Redirect(HAND_BACK, status_code=303)
    if isinstance(problem, problems.NotSignedIn):
        return Redirect(sign_in_address(request), status_code=303)
    if isinstance(problem, problems.NoticeChanged) and (notice := notice_address(request)):
        return Redirect(notice, status_code=303)
    if isinstance(problem, problems.AssentAwaited) and (notice := notice_address(request)):
        return Redirect(f"{notice}/consent", status_code=303)
    if str(request.scope["path"]).startswith(OFFICE_PREFIX) and serves_staff(request):
        return OfficeProblem(request, problem)
    return problem_page(request, problem, in_office=False)


def problem_page(request: AnyRequest, problem: Problem, *, in_office: bool) -> Response[bytes]:
    """The page of a problem, in the frame of the office or in that of the public."""
    return page(
        request,
        "problem.html",
        problem.status,
        headers=problem.headers,
        problem=problem,
        office_problem=in_office,
    )


class OfficeProblem(Response[bytes]):
    """The page of a problem with the navigation of whoever is signed in.

    No guard was asked where the path leads to no route, so the person is looked up here.
    """

    def __init__(self, request: AnyRequest, problem: Problem) -> None:
        """Keep what the page will be made of."""
        super().__init__(b"", status_code=problem.status)
        self._request = request
        self._problem = problem

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        """The page, made once it is known who asks."""
        return self._send

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        if person_of(self._request) is None:
            person = await find_person(self._request)
            if person is not None and await is_handed_over(self._request, person):
                person = None
            scope["state"]["person"] = person
        made = problem_page(self._request, self._problem, in_office=True)
        await made.to_asgi_response(app=None, request=self._request)(scope, receive, send)


def sign_in_address(request: AnyRequest) -> str:
    """The sign-in page, with the way back to the page that was asked for."""
    if request.scope["method"] != "GET":
        return SIGN_IN
    query = request.scope.get("query_string", b"").decode("latin-1")
    asked = str(request.scope["path"]) + (f"?{query}" if query else "")
    return f"{SIGN_IN}?next={quote(asked, safe='/')}"


def notice_address(request: AnyRequest) -> str | None:
    """The page of the notice that somebody has to read again, where the path names a survey."""
    named = request.scope.get("path_params", {})
    if "slug" not in named or "lang" not in named:
        return None
    return f"/survey/{quote(str(named['slug']))}/{quote(str(named['lang']))}"


def on_http_exception(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """A framework's error in our words; its own text, which may quote the request, stays in."""
    kind = BY_STATUS.get(error.status_code)
    if kind is problems.Malformed and is_api(request) and isinstance(error.extra, list):
        return on_problem(request, problems.InvalidInput(field_errors(error.extra)))
    if kind is None:
        if error.status_code >= 500:
            return on_unexpected(request, error)
        kind = problems.Malformed
    return on_problem(request, kind(headers=dict(error.headers or {})))


def field_errors(extra: list[Any]) -> list[FieldError]:
    """What validation of a document found, by field; the refused value is never repeated."""
    return [
        FieldError(
            str(item.get("key", "")), "%(reason)s", values={"reason": str(item.get("message", ""))}
        )
        for item in extra
        if isinstance(item, dict)
    ]


def on_unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    """The plain error page; the log gets the kind and the places, never a text or a value."""
    frames = traceback.extract_tb(error.__traceback__)
    structlog.get_logger().error(
        "unexpected",
        kind=type(error).__name__,
        route=request.scope.get("path_template", ""),
        places=[f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in frames],
    )
    return on_problem(request, problems.Unexpected())


EXCEPTION_HANDLERS: dict[Any, Any] = {
    Problem: on_problem,
    HTTPException: on_http_exception,
    Exception: on_unexpected,
}


@get("/problems/{slug:str}", include_in_schema=False, **needs(PUBLIC))
async def problem_kind(request: AnyRequest, slug: FromPath[str]) -> Response[bytes]:
    """What a kind of problem means: the page its type URI leads to."""
    kind = problems.catalogue().get(slug)
    if kind is None:
        raise problems.NotFound
    return page(request, "problem_kind.html", kind=kind)
