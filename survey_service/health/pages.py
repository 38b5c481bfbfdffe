"""The administrator's page of the installation's state."""

from typing import Any

from litestar import Request, Response, get

from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/office/health", include_in_schema=False, **needs(Permission.HEALTH_READ))
async def health_page(request: AnyRequest) -> Response[bytes]:
    """Stores, keys, the last settle and the last backups."""
    found = await services_of(request).health.read(signed_in(request))
    return page(request, "health/health.html", found=found)


ROUTES = (health_page,)
