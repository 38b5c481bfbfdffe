"""A mediator's slips: what a coordinator has handed to him, to print once and give out."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.invitations.pages import ID_LETTERS, SLIPS, read_count, slips_again
from survey_service.invitations.sheets import sheet
from survey_service.problems import InvalidInput, NotFound
from survey_service.stores.ids import new_id
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
OWN = "/office/assist-slips"


@get(OWN, include_in_schema=False, **needs(Permission.SLIPS_PRINT))
async def own_slips(request: AnyRequest) -> Response[bytes]:
    """What waits to be printed, by survey."""
    services = services_of(request)
    found = await asyncio.to_thread(services.handed.own_now, signed_in(request).id)
    waves = {wave.id: wave for wave in await services.surveys.waves()}
    rows = [(row, waves[row.wave]) for row in found if row.wave in waves]
    return page(request, "invitations/own_slips.html", rows=rows)


@post(
    OWN + "/{handed_id:str}",
    include_in_schema=False,
    status_code=200,
    **needs(Permission.SLIPS_PRINT),
)
async def print_slips(request: AnyRequest, handed_id: FromPath[str]) -> Response[bytes]:
    """The sheet, shown once: the slips are kept nowhere, and nothing says whose they were."""
    await read_form(request)
    services, person = services_of(request), signed_in(request)
    found = await asyncio.to_thread(services.handed.own_now, person.id)
    row = next((row for row in found if row.id == handed_id), None)
    if row is None:
        raise NotFound
    wave = await services.surveys.wave(row.wave)
    slips = await asyncio.to_thread(services.handed.print_now, wave, handed_id, person)
    address = services.settings.public_url
    return page(
        request,
        "invitations/sheet.html",
        wave=wave,
        slips=sheet(slips, address),
        address=address,
        back=OWN,
    )


@post(
    SLIPS + "/hand-over",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.WAVES_RUN),
)
async def hand_over(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Let a mediator print slips."""
    form = await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    key, count = form.one("key"), read_count(form.one("handed"))
    sound = len(key) == 26 and set(key) <= ID_LETTERS
    try:
        await services.handed.hand_over(
            wave, key if sound else new_id(), form.one("mediator"), count, signed_in(request)
        )
    except InvalidInput as wrong:
        return await slips_again(request, wave, form, list(wrong.fields))
    return see_other(f"/office/surveys/{wave_id}/slips")


@post(
    SLIPS + "/handed/{handed_id:str}/take-back",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.WAVES_RUN),
)
async def take_back(
    request: AnyRequest, wave_id: FromPath[str], handed_id: FromPath[str]
) -> Response[bytes]:
    """Take back what was not printed yet."""
    await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    take = services.handed.take_back_now
    await asyncio.to_thread(take, wave, handed_id, signed_in(request))
    return see_other(f"/office/surveys/{wave_id}/slips")


ROUTES = (own_slips, print_slips, hand_over, take_back)
