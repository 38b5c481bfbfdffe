"""The application: every room's routes behind one guard, and the hourly work beside them.

Where the parts of an installation are separate, the front and the office each serve the routes
that are theirs by permission, so that a new route falls to the right one without being named.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.datastructures import State

from survey_service import problems
from survey_service.parts.front import Front
from survey_service.parts.office import Office
from survey_service.services import Services
from survey_service.stores.errors import StoreFull
from survey_service.stores.parts import Part
from survey_service.web.context import OFFICE_PREFIX
from survey_service.web.error_pages import EXCEPTION_HANDLERS, AnyRequest, on_problem
from survey_service.web.guard import before_request
from survey_service.web.installation import ROUTES, install
from survey_service.web.permissions import PUBLIC, RESPONDENT
from survey_service.web.reference import ROUTES as REFERENCE
from survey_service.web.reference import openapi_config

HOUR = 3600.0
LARGEST_BODY = 1 << 20


def _on_full(request: AnyRequest, _error: Exception) -> Any:
    return on_problem(request, problems.StoreFull())


def routes(part: Part | None = None) -> list[Any]:
    """Return every handler of every room, or those that a part serves.

    Respondents' and public routes are the front's, staff's the office's. What is public and
    leans on nobody's key (pictures, statements, the catalogue) both have.
    """
    found = every_route()
    if part is None:
        return found
    serves = {Part.FRONT: _at_the_front, Part.OFFICE: _in_the_office}[part]
    return [handler for handler in found if serves(handler)]


def _at_the_front(handler: Any) -> bool:
    open_to_all = handler.opt.get("permission") in (PUBLIC, RESPONDENT)
    return open_to_all and not any(path.startswith(OFFICE_PREFIX) for path in handler.paths)


def _in_the_office(handler: Any) -> bool:
    if handler.fn.__module__.startswith("survey_service.rights.") or "/" in handler.paths:
        return False
    return handler.opt.get("permission") is not RESPONDENT


def every_route() -> list[Any]:
    """Return every handler of every room."""
    from survey_service.accounts import api as accounts_api
    from survey_service.accounts import pages as accounts_pages
    from survey_service.assisted import pages as assisted_pages
    from survey_service.assisted import window_pages as assisted_window_pages
    from survey_service.audit_log import api as audit_api
    from survey_service.audit_log import pages as audit_pages
    from survey_service.ceremonies import pages as ceremonies_pages
    from survey_service.collection import (
        counts_page,
        preview_entry_pages,
        preview_pages,
        separation_page,
    )
    from survey_service.collection import pages as collection_pages
    from survey_service.contact_lists import pages as contact_lists_pages
    from survey_service.escrow import pages as escrow_pages
    from survey_service.health import pages as health_pages
    from survey_service.invitations import handed_pages
    from survey_service.invitations import pages as invitations_pages
    from survey_service.quotas import pages as quotas_pages
    from survey_service.releases import api as releases_api
    from survey_service.releases import pages as releases_pages
    from survey_service.retention import pages as retention_pages
    from survey_service.rights import pages as rights_pages
    from survey_service.rights import receipt_pages
    from survey_service.risk import pages as risk_pages
    from survey_service.safe_files import pages as safe_files_pages
    from survey_service.surveys import (
        code_list_pages,
        codebook_pages,
        media_pages,
        notice_pages,
        opening_pages,
        upload_pages,
        versions_pages,
    )
    from survey_service.surveys import pages as surveys_pages

    rooms = (
        accounts_pages,
        accounts_api,
        audit_pages,
        audit_api,
        ceremonies_pages,
        health_pages,
        retention_pages,
        collection_pages,
        assisted_pages,
        assisted_window_pages,
        separation_page,
        counts_page,
        rights_pages,
        contact_lists_pages,
        escrow_pages,
        receipt_pages,
        invitations_pages,
        handed_pages,
        quotas_pages,
        releases_pages,
        releases_api,
        surveys_pages,
        opening_pages,
        upload_pages,
        versions_pages,
        codebook_pages,
        media_pages,
        code_list_pages,
        preview_pages,
        preview_entry_pages,
        notice_pages,
        risk_pages,
        safe_files_pages,
    )
    found: list[Any] = [*ROUTES, *REFERENCE]
    for room in rooms:
        found.extend(room.ROUTES)
    return found


def create_app(
    services: Services | Front | Office, *, maintains: bool = True, part: Part | None = None
) -> Litestar:
    """Return the application over opened services, all of it or a part.

    Raises:
        UndeclaredRoute: a route declares no permission.
    """

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        if isinstance(services, Front):
            yield
            return
        if isinstance(services, Services):
            # Nobody may see what a crash or a restored backup left of somebody who erased.
            await asyncio.to_thread(services.maintenance.replay_tombstones)
        if maintains:
            # From now on no page takes as long as its answer was hard to find.
            services.releases.begin()
        # What a crash cut short is finished before anybody asks for it.
        await services.releases.catch_up()
        await services.safe_files.catch_up()
        work = asyncio.create_task(_hourly(services)) if maintains else None
        yield
        if work is not None:
            work.cancel()
            await services.releases.end()

    def keep_state(config: AppConfig) -> AppConfig:
        config.state = State({"services": services})
        return config

    app = Litestar(
        route_handlers=routes(part),
        before_request=before_request,
        exception_handlers={**EXCEPTION_HANDLERS, StoreFull: _on_full},
        lifespan=[lifespan],
        on_app_init=[keep_state],
        openapi_config=openapi_config(),
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        debug=False,
    )
    install(app, secure=services.settings.secure)
    return app


async def _hourly(services: Services | Office) -> None:
    while True:
        try:
            if isinstance(services, Services):
                await asyncio.to_thread(services.maintenance.run)
                await asyncio.to_thread(services.vault_reports.look)
            await asyncio.to_thread(services.assisted.upkeep)
            await asyncio.to_thread(services.ceremonies.heal_now)
            await asyncio.to_thread(services.previews.purge_now)
            await services.releases.keep_up()
        except Exception as error:  # noqa: BLE001 - the next hour tries again
            # What failed is repeated in an hour; the kind is all that may be written.
            structlog.get_logger().error("maintenance_failed", kind=type(error).__name__)
        await asyncio.sleep(HOUR)
