"""The public front, the accessibility statement and the sign of life."""

from typing import Any

from litestar import Request, Response, get

from survey_service.surveys.waves import WaveState
from survey_service.web.context import services_of
from survey_service.web.languages import language_of
from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/", include_in_schema=False, **needs(PUBLIC))
async def front(request: AnyRequest) -> Response[bytes]:
    """What this is, and the ways in: answer, see one's answers, read the tables."""
    language = language_of(request)
    surveys = [
        {"slug": survey.slug, "title": survey.title(language), "closes": survey.closes}
        for survey in await services_of(request).surveys.waves()
        if survey.state is WaveState.OPEN
    ]
    return page(request, "front.html", surveys=surveys)


@get("/accessibility", include_in_schema=False, **needs(PUBLIC))
async def accessibility(request: AnyRequest) -> Response[bytes]:
    """How far these pages can be used by everybody, and whom to tell where they cannot."""
    return page(request, "accessibility.html")


@get("/health", include_in_schema=False, **needs(PUBLIC))
async def health() -> dict[str, str]:
    """The process answers; nothing more is told to people who are not signed in."""
    return {"status": "ok"}
