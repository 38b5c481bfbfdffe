"""Coming with an invitation: the link or the number of a slip.

A slip that was used, one that was made useless and one that never was get one same answer.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post

from survey_service.collection.page_parts_place import (
    Place,
    decides_at,
    keep_slip,
    place_of,
    slip_of,
    wave_of,
)
from survey_service.invitations.slips import read_slip
from survey_service.problems import N_, FieldError
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

LINK = "/i/{slip:str}"
SLIP = "/survey/{slug:str}/{lang:str}/slip"
USELESS = N_("This invitation cannot be used, or its number is mistyped.")
TOO_MANY = N_("Too many attempts. Please wait an hour and try again.")


def counts_too_often(request: AnyRequest) -> bool:
    """Whether too many slips were tried from one network in this hour; no address is kept."""
    client = request.scope.get("client")
    return not services_of(request).rights.entries.allows(str(client[0]) if client else "")


@get(LINK, include_in_schema=False, **needs(RESPONDENT))
async def link(request: AnyRequest) -> Response[bytes]:
    """The address on a slip: its number moves into a cookie and out of the address."""
    slip = read_slip(str(request.scope["path_params"]["slip"]))
    if slip is not None and not counts_too_often(request):
        services = services_of(request)
        for wave in await services.collection.open_surveys():
            if wave.invitation != "slips":
                continue
            if await asyncio.to_thread(services.invitations.admits_now, wave, slip):
                return see_other(f"/survey/{wave.survey}", [keep_slip(request, slip)])
    return page(request, "collection/useless_slip.html", 404)


@get(SLIP, include_in_schema=False, **needs(RESPONDENT))
async def ask_for_slip(request: AnyRequest) -> Response[bytes]:
    """Asks for the number of the slip, where a wave invites by them."""
    place = place_of(request)
    wave = await wave_of(request, place)
    if wave.invitation != "slips":
        return see_other(place.at())
    # Whoever comes here with a slip was sent away from the decisions with it.
    errors = [FieldError("slip", USELESS)] if slip_of(request) else []
    return slip_page(request, place, wave, "", errors)


def slip_page(
    request: AnyRequest,
    place: Place,
    wave: Wave,
    typed: str,
    errors: list[FieldError] | None = None,
) -> Response[bytes]:
    """The page that asks for it."""
    return page(
        request,
        "collection/slip.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        wave=wave,
        typed=typed,
        errors=errors or [],
    )


@post(SLIP, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def take_slip(request: AnyRequest) -> Response[bytes]:
    """On to the decisions with a slip that can be used."""
    place = place_of(request)
    posted = await read_posted(request)
    async with services_of(request).rights.turns.turn():
        return await _taken(request, place, posted)


async def _taken(
    request: AnyRequest, place: Place, posted: Mapping[str, list[str]]
) -> Response[bytes]:
    wave = await wave_of(request, place)
    typed = posted.get("slip", [""])[-1][:100]
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return slip_page(request, other, wave, typed)
    if counts_too_often(request):
        return slip_page(request, place, wave, typed, [FieldError("slip", TOO_MANY)])
    slip = read_slip(typed)
    admits = services_of(request).invitations.admits_now
    if slip is None or not await asyncio.to_thread(admits, wave, slip):
        return slip_page(request, place, wave, typed, [FieldError("slip", USELESS)])
    return see_other(place.at(decides_at(wave)), [keep_slip(request, slip)])


ROUTES = (link, ask_for_slip, take_slip)
