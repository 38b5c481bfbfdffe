"""The page on which a coordinator sees what a questionnaire and a sample could ever reveal."""

import asyncio
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from survey_service.problems import InvalidInput
from survey_service.risk.sample import PREFIX, areas, proportional, read_parts
from survey_service.risk.service import preview_now
from survey_service.surveys.core import Core, load
from survey_service.web.context import services_of, signed_in
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get(
    "/office/surveys/{wave_id:str}/risk", include_in_schema=False, **needs(Permission.SURVEYS_READ)
)
async def risk_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """What could ever be published under the planned sample, and what could only be withheld."""
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    core = load()
    given = {
        key.removeprefix(PREFIX): value
        for key, value in request.query_params.items()
        if key.startswith(PREFIX)
    }
    typed, errors, found = given, [], None
    parts = proportional(core.register, wave.planned_sample)
    try:
        if given:
            parts = read_parts(core.register, given)
    except InvalidInput as wrong:
        errors = wrong.fields
    else:
        typed = {code: str(number) for code, number in parts.items()}
        sample = areas(core.register, parts)
        found = await asyncio.to_thread(
            preview_now, services.audit, wave, sample, signed_in(request)
        )
    return page(
        request,
        "risk/preview.html",
        422 if errors else 200,
        wave=wave,
        register=core.register,
        names=_names(core, language_of(request)),
        typed=typed,
        prefix=PREFIX,
        by_name={} if found is None else {v.name: v for v in found[0].variables},
        preview=None if found is None else found[1],
        errors=errors,
    )


def _names(core: Core, language: str) -> dict[str, str]:
    """Municipalities and regions in words."""
    day = core.questionnaire.reference_day
    places = {code.code: code.text for code in core.code_lists["lv_municipalities"].on(day)}
    texts = places | core.hierarchies["municipality"].texts
    return {code: text.text(language) for code, text in texts.items()}


ROUTES = (risk_page,)
