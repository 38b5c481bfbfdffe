"""The data protection officer's page of what content could join."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get(
    "/office/separation",
    include_in_schema=False,
    **needs(Permission.CONSENT_STATISTICS_READ),
)
async def separation_page(request: AnyRequest) -> Response[bytes]:
    """For each wave, how few people look alike in what both stores know; floored to ten."""
    content = services_of(request).content
    found = await asyncio.to_thread(content.read_now, signed_in(request))
    return page(request, "collection/separation.html", found=found)


ROUTES = (separation_page,)
