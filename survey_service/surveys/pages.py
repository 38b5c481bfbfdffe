"""The coordinator's pages: surveys with their waves, closing, progress in tens."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.surveys.waves import WaveState
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/office/surveys", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def surveys_page(request: AnyRequest) -> Response[bytes]:
    """Every survey with its waves and what can be done with each."""
    return page(request, "surveys/surveys.html", waves=await services_of(request).surveys.waves())


@get("/office/surveys/{wave_id:str}", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def wave_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """One wave: its dates, what it is pinned to, and the one step that comes next."""
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    plan = await asyncio.to_thread(services.quotas.read_now, wave, signed_in(request))
    return page(request, "surveys/wave.html", wave=wave, plan=plan)


@post(
    "/office/surveys/{wave_id:str}/close",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.WAVES_RUN),
)
async def close_wave(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Close the wave, after the person has said so twice."""
    form = await read_form(request)
    services = services_of(request)
    if form.one("sure") != "yes":
        wave = await services.surveys.wave(wave_id)
        return page(request, "surveys/close.html", wave=wave)
    await asyncio.to_thread(services.field_work.close_wave_now, wave_id, signed_in(request))
    return see_other(f"/office/surveys/{wave_id}")


@get("/office/progress", include_in_schema=False, **needs(Permission.PROGRESS_READ))
async def progress_page(request: AnyRequest) -> Response[bytes]:
    """How many settled answers each wave has, floored to ten and hidden below twenty."""
    field_work = services_of(request).field_work
    found = await asyncio.to_thread(field_work.progress_now, signed_in(request))
    shown = [entry for entry in found if entry.wave.state is not WaveState.DRAFT]
    return page(request, "surveys/progress.html", progress=shown)


ROUTES = (surveys_page, wave_page, close_wave, progress_page)
