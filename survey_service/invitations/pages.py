"""The coordinator's pages of slips: make a batch and print it, make a lost one useless."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.invitations.service import MOST_SLIPS
from survey_service.invitations.sheets import sheet
from survey_service.problems import N_, FieldError
from survey_service.stores.ids import new_id
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
SLIPS = "/office/surveys/{wave_id:str}/slips"
ID_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz234567")


@get(SLIPS, include_in_schema=False, **needs(Permission.WAVES_RUN))
async def slips_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """The batches of a wave, and the form that makes one."""
    wave = await services_of(request).surveys.wave(wave_id)
    return await slips_again(request, wave, Form({}), [])


async def slips_again(
    request: AnyRequest, wave: Wave, form: Form, errors: list[FieldError]
) -> Response[bytes]:
    """The page of slips, with what was typed and what is wrong with it."""
    services = services_of(request)
    batches = await asyncio.to_thread(services.invitations.batches_now, wave.id)
    waiting = await asyncio.to_thread(services.handed.of_wave_now, wave.id)
    return page(
        request,
        "invitations/slips.html",
        422 if errors else 200,
        wave=wave,
        batches=batches,
        waiting=waiting,
        mediators=await services.handed.mediators(),
        key=new_id(),
        handed_key=new_id(),
        most=MOST_SLIPS,
        form=form,
        errors=errors,
    )


def read_count(text: str) -> int:
    """Return how many slips somebody writes that he wants; 0 where it is no number of any use."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


@post(SLIPS, include_in_schema=False, status_code=200, **needs(Permission.WAVES_RUN))
async def make_slips(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """The sheet to print. It is shown once: the slips are kept nowhere, so no address has them."""
    form = await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    text, batch = form.one("count"), form.one("key")
    sound = len(batch) == 26 and set(batch) <= ID_LETTERS
    count = read_count(text)
    if not 1 <= count <= MOST_SLIPS:
        values = {"least": 1, "most": MOST_SLIPS}
        message = N_("Write a number from %(least)s to %(most)s.")
        return await slips_again(request, wave, form, [FieldError("count", message, "", values)])
    slips = await asyncio.to_thread(
        services.invitations.make_now,
        wave,
        batch if sound else new_id(),
        count,
        signed_in(request),
    )
    return page(
        request,
        "invitations/sheet.html",
        wave=wave,
        slips=sheet(slips, services.settings.public_url),
        address=services.settings.public_url,
        back=f"/office/surveys/{wave_id}/slips",
    )


@post(
    SLIPS + "/{batch:str}/revoke",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.WAVES_RUN),
)
async def revoke_slips(
    request: AnyRequest, wave_id: FromPath[str], batch: FromPath[str]
) -> Response[bytes]:
    """Make what is unused of a batch useless, for example because a sheet was lost."""
    await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    revoke = services.invitations.revoke_now
    await asyncio.to_thread(revoke, wave, batch, signed_in(request))
    return see_other(f"/office/surveys/{wave_id}/slips")


ROUTES = (slips_page, make_slips, revoke_slips)
