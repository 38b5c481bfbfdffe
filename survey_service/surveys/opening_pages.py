"""Before a wave opens, and after it closed: the checklist, the settings, the archive."""

import asyncio
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.problems import N_, Conflict, FieldError, InvalidInput
from survey_service.surveys.opening import checklist
from survey_service.surveys.service import LOCKED
from survey_service.surveys.waves import INVITATIONS, ONCE, Wave, WaveSettings, WaveState
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

WAVE = "/office/surveys/{wave_id:str}"
LIMITS = {
    "planned_sample": (1, 1_000_000),
    "cooling_off_days": (14, 180),
    "freeze_interval_days": (90, 730),
}
"""Least and most of each number. Fewer days than by default would promise people less."""


@get(WAVE + "/open", include_in_schema=False, **needs(Permission.WAVES_RUN))
async def checklist_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """What keeps the wave from opening, and what to answer for."""
    wave = await services_of(request).surveys.wave(wave_id)
    return _checklist(request, wave, Form({}))


def _checklist(
    request: AnyRequest, wave: Wave, form: Form, errors: list[FieldError] | None = None
) -> Response[bytes]:
    if wave.state is not WaveState.DRAFT:
        raise Conflict(N_("The wave is not in the state that this needs."))
    return page(
        request,
        "surveys/opening.html",
        422 if errors else 200,
        wave=wave,
        found=checklist(wave),
        form=form,
        errors=errors or [],
    )


@post(WAVE + "/open", include_in_schema=False, status_code=303, **needs(Permission.WAVES_RUN))
async def open_wave(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Put the wave into the field, if nothing is wrong and every warning was answered for."""
    form = await read_form(request)
    services = services_of(request)
    accepted = {kind: form.one(f"reason-{kind}") for kind in form.all("accept")}
    try:
        await asyncio.to_thread(
            services.field_work.open_wave_now, wave_id, signed_in(request), accepted
        )
    except InvalidInput as wrong:
        wave = await services.surveys.wave(wave_id)
        return _checklist(request, wave, form, wrong.fields)
    return see_other(f"/office/surveys/{wave_id}")


@get(WAVE + "/settings", include_in_schema=False, **needs(Permission.WAVES_RUN))
async def settings_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """The settings of a wave: to be changed in draft, to be read afterwards."""
    wave = await services_of(request).surveys.wave(wave_id)
    typed = {name: "" if value is None else str(value) for name, value in
             wave.settings._asdict().items()}  # fmt: skip
    return page(request, "surveys/settings.html", wave=wave, typed=typed, errors=[])


@post(WAVE + "/settings", include_in_schema=False, status_code=303, **needs(Permission.WAVES_RUN))
async def save_settings(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Change the settings of a wave in draft."""
    form = await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    if wave.state is not WaveState.DRAFT:
        raise Conflict(LOCKED)
    try:
        settings = read_settings(form, services.clock().date())
    except InvalidInput as wrong:
        typed = {name: form.one(name) for name in WaveSettings._fields}
        return page(
            request, "surveys/settings.html", 422, wave=wave, typed=typed, errors=wrong.fields
        )
    await asyncio.to_thread(services.surveys.set_now, wave_id, settings, signed_in(request))
    return see_other(f"/office/surveys/{wave_id}")


def read_settings(form: Form, today: date) -> WaveSettings:
    """The settings that a form gives.

    Raises:
        InvalidInput: names every field that does not hold what it must.
    """
    wrong = list(_wrong_settings(form, today))
    if wrong:
        raise InvalidInput(wrong)
    numbers = {name: int(form.one(name)) for name in LIMITS}
    return WaveSettings(
        closes_on=form.one("closes_on").strip() or None,
        invitation=form.one("invitation", "open"),
        once=form.one("once", "off"),
        **numbers,
    )


def _wrong_settings(form: Form, today: date) -> Iterator[FieldError]:
    for name, (least, most) in LIMITS.items():
        text = form.one(name).strip()
        if not re.fullmatch(r"[0-9]{1,7}", text) or not least <= int(text) <= most:
            message = N_("Write a number from %(least)s to %(most)s.")
            yield FieldError(name, message, "", {"least": least, "most": most})
    invitation, once = form.one("invitation", "open"), form.one("once", "off")
    for name, value, known in (("invitation", invitation, INVITATIONS), ("once", once, ONCE)):
        if value not in known:
            yield FieldError(name, N_("Choose one of the answers shown."))
    if once != "off" and invitation != "slips":
        message = N_("Taking part once can be asked for only of who has an invitation slip.")
        yield FieldError("once", message, N_("Choose slips as well, or leave this off."))
    text = form.one("closes_on").strip()
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        yield FieldError("closes_on", N_("Write the day as 2027-01-31."))
    else:
        if day is not None and day <= today:
            yield FieldError("closes_on", N_("This day is not in the future."))


@post(WAVE + "/archive", include_in_schema=False, status_code=303, **needs(Permission.WAVES_RUN))
async def archive_wave(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Archive the wave, after the person has said so twice."""
    form = await read_form(request)
    services = services_of(request)
    if form.one("sure") != "yes":
        wave = await services.surveys.wave(wave_id)
        return page(request, "surveys/archive.html", wave=wave)
    await asyncio.to_thread(services.field_work.archive_wave_now, wave_id, signed_in(request))
    return see_other(f"/office/surveys/{wave_id}")


ROUTES = (checklist_page, open_wave, settings_page, save_settings, archive_wave)
