"""The coordinator's page of quotas: choose groups, write how many are wanted, see how far it is."""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.problems import N_, Conflict, FieldError, InvalidInput
from survey_service.quotas.planning import chosen, groups_of, read_targets, usable
from survey_service.quotas.service import Plan
from survey_service.surveys.waves import Wave, WaveState
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
QUOTAS = "/office/surveys/{wave_id:str}/quotas"


@get(QUOTAS, include_in_schema=False, **needs(Permission.PROGRESS_READ))
async def quotas_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """The quotas of a wave and how far they are; in draft, which groups they are of."""
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    plan = await asyncio.to_thread(services.quotas.read_now, wave, signed_in(request))
    query = request.query_params
    names = [query.get("first", ""), query.get("second", "")]
    if wave.state is not WaveState.DRAFT or not names[0]:
        names = [variable.name for variable in plan.variables] if plan else []
    errors: list[FieldError] = []
    if names:
        try:
            chosen(wave, names)
        except InvalidInput as wrong:
            errors, names = list(wrong.fields), []
    return _quotas(request, wave, plan, names, _typed(plan), errors)


def _typed(plan: Plan | None) -> dict[str, str]:
    return {key: str(number) for key, number in plan.targets.items()} if plan else {}


def _quotas(
    request: AnyRequest,
    wave: Wave,
    plan: Plan | None,
    names: list[str],
    typed: Mapping[str, str],
    errors: list[FieldError],
) -> Response[bytes]:
    variables = chosen(wave, names) if names else ()
    words = [{c.code: c.text for c in variable.values} for variable in variables]
    return page(
        request,
        "quotas/quotas.html",
        422 if errors else 200,
        wave=wave,
        plan=plan,
        usable=list(usable(wave).values()),
        variables=variables,
        groups=groups_of(variables) if variables else (),
        words=words,
        typed=typed,
        errors=errors,
    )


@post(QUOTAS, include_in_schema=False, status_code=303, **needs(Permission.WAVES_RUN))
async def set_quotas(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Set the quotas, or take them away while the wave is in draft."""
    form = await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    if wave.state not in (WaveState.DRAFT, WaveState.OPEN):
        raise Conflict(N_("The wave is not in the state that this needs."))
    names = [name for name in (form.one("first"), form.one("second")) if name]
    groups = groups_of(chosen(wave, names))
    typed = {group.key: form.one(f"target-{place}") for place, group in enumerate(groups)}
    try:
        wanted = {} if form.one("do") == "remove" else read_targets(groups, typed)
    except InvalidInput as wrong:
        plan = await asyncio.to_thread(services.quotas.read_now, wave, signed_in(request))
        return _quotas(request, wave, plan, names, typed, list(wrong.fields))
    await asyncio.to_thread(services.quotas.set_now, wave, names, wanted, signed_in(request))
    return see_other(f"/office/surveys/{wave_id}/quotas")


ROUTES = (quotas_page, set_quotas)
