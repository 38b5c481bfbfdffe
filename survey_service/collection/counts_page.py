"""The data protection officer's page of counts: what the log says against what the stores hold."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from survey_service.collection.stocktaking_words import DIFFERENCE_WORDS
from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/office/counts", include_in_schema=False, **needs(Permission.AUDIT_LOG_VERIFY))
async def counts_page(request: AnyRequest) -> Response[bytes]:
    """For each survey and wave, whether the stores hold what was settled and not erased."""
    services = services_of(request)
    found = await asyncio.to_thread(services.stock.read_now, signed_in(request))
    waves = {wave.id: wave for wave in await asyncio.to_thread(services.surveys.waves_now)}
    return page(
        request,
        "collection/counts.html",
        found=found,
        waves=waves,
        difference_words=DIFFERENCE_WORDS,
    )


ROUTES = (counts_page,)
