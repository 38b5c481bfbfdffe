"""The programming interface of releases: what the pages do, as documents."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from pydantic import Field, StringConstraints

from schemas.release import Release
from schemas.requests import LONGEST_PURPOSE, TableRequest, VoteChoice
from schemas.vocabulary import Frozen
from survey_service.problems import NotFound
from survey_service.releases.files import FILES, file_name, file_response
from survey_service.releases.views import (
    CatalogueShown,
    CheckShown,
    PreviewShown,
    ReleasePage,
    RequestShown,
    WaitingCheck,
    WaveShown,
)
from survey_service.stores.ids import new_id
from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import PUBLIC, Permission, needs

AnyRequest = Request[Any, Any, Any]
PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=100_000)]
WaveId = Annotated[str, QueryParameter(name="wave", max_length=64)]
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=100,
        required=False,
        description="The same key again is the same request.",
    ),
]


class VoteCast(Frozen):
    """A checker's vote on the round he saw."""

    round: Annotated[int, Field(ge=1)]
    choice: VoteChoice
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""


class VoteCounted(Frozen):
    """That a vote was counted; what became of the table is told by the release, or its absence."""

    request: str
    round: int
    choice: VoteChoice


class AskedAgain(Frozen):
    """Why the checkers should look once more."""

    reason: Annotated[str, StringConstraints(max_length=LONGEST_PURPOSE)]


@get("/api/v1/waves", **needs(Permission.CATALOGUE_READ))
async def list_waves(request: AnyRequest) -> list[WaveShown]:
    """The waves that tables can be asked of."""
    return await services_of(request).releases.waves()


@get("/api/v1/catalogue", **needs(Permission.CATALOGUE_READ))
async def read_catalogue(request: AnyRequest, wave_id: WaveId) -> CatalogueShown:
    """A wave's variables with question texts in all languages, codes, and its releases."""
    return await services_of(request).releases.catalogue(wave_id)


@get("/api/v1/requests", **needs(Permission.REQUESTS_WRITE))
async def list_requests(request: AnyRequest) -> list[RequestShown]:
    """One's own requests, the newest first."""
    return await services_of(request).releases.requests(signed_in(request))


@post("/api/v1/requests", status_code=201, **needs(Permission.REQUESTS_WRITE))
async def create_request(
    request: AnyRequest, data: JSONBody[TableRequest], key: Key = None
) -> RequestShown:
    """Ask for a table; the answer is under review, released, or not released."""
    service = services_of(request).releases
    return await service.submit(signed_in(request), data, key or new_id())


@post("/api/v1/requests/preview", status_code=200, **needs(Permission.REQUESTS_WRITE))
async def preview_request(request: AnyRequest, data: JSONBody[TableRequest]) -> PreviewShown:
    """What a table may look like, from released data and public registers alone."""
    return await services_of(request).releases.preview(data)


@get("/api/v1/requests/{request_id:str}", **needs(Permission.REQUESTS_WRITE))
async def read_request(request: AnyRequest, request_id: FromPath[str]) -> RequestShown:
    """One of one's own requests with its answer."""
    return await services_of(request).releases.request(signed_in(request), request_id)


@post(
    "/api/v1/requests/{request_id:str}/again", status_code=200, **needs(Permission.REQUESTS_WRITE)
)
async def repeat_request(
    request: AnyRequest, request_id: FromPath[str], data: JSONBody[AskedAgain]
) -> RequestShown:
    """Put a table that the checkers did not release before them once more."""
    service = services_of(request).releases
    return await service.ask_again(signed_in(request), request_id, data.reason)


@get("/api/v1/checks", **needs(Permission.CHECKS_READ))
async def list_checks(request: AnyRequest) -> list[WaitingCheck]:
    """The tables that wait for checkers."""
    return await services_of(request).releases.checks(signed_in(request))


@get("/api/v1/checks/{request_id:str}", **needs(Permission.CHECKS_READ))
async def read_check(request: AnyRequest, request_id: FromPath[str]) -> CheckShown:
    """A table protected and unprotected; that it was read is logged first."""
    return await services_of(request).releases.check(signed_in(request), request_id)


@post("/api/v1/checks/{request_id:str}/votes", status_code=201, **needs(Permission.CHECKS_VOTE))
async def cast_vote(
    request: AnyRequest, request_id: FromPath[str], data: JSONBody[VoteCast]
) -> VoteCounted:
    """Count a vote; the same vote again changes nothing."""
    service = services_of(request).releases
    await service.vote(signed_in(request), request_id, data.round, data.choice, data.reason)
    return VoteCounted(request=request_id, round=data.round, choice=data.choice)


@get("/api/v1/releases", **needs(PUBLIC))
async def list_releases(request: AnyRequest, page_number: PageNumber = 1) -> ReleasePage:
    """Everything published, the newest first."""
    return await services_of(request).releases.released(page_number)


@get("/api/v1/releases/{release_id:str}", **needs(PUBLIC))
async def read_release(request: AnyRequest, release_id: FromPath[str]) -> Release:
    """A published table with all that is said about it."""
    return await services_of(request).releases.release(release_id)


@get(
    "/api/v1/releases/{release_id:str}/{name:str}",
    **needs(PUBLIC),
    media_type="application/octet-stream",
)
async def read_release_file(
    request: AnyRequest, release_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """A file of a release as it was published: CSV, JSON-stat, SVG or the certificate."""
    if name not in FILES:
        raise NotFound
    service = services_of(request).releases
    content = await service.file(release_id, file_name(name, request))
    return file_response(name, content, release_id)


ROUTES = (
    list_waves,
    read_catalogue,
    list_requests,
    create_request,
    preview_request,
    read_request,
    repeat_request,
    list_checks,
    read_check,
    cast_vote,
    list_releases,
    read_release,
    read_release_file,
)
