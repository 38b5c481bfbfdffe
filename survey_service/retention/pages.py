"""The DPO's page of retention: what ends when, what was erased, and the certificates."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from survey_service.retention.terms import terms
from survey_service.retention.words import PURPOSE_WORDS
from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
READ = needs(Permission.RETENTION_READ)


@get("/office/retention", include_in_schema=False, **READ)
async def retention_page(request: AnyRequest) -> Response[bytes]:
    """Every term of every wave and survey with its end, and every certificate."""
    services = services_of(request)
    waves = await services.surveys.waves()
    numbers = {wave.id: wave.number for wave in waves}
    made = await services.certificates.all(signed_in(request))
    certified = {(one.scope, one.purpose, one.store) for one in made if one.document}
    today = services.clock().date()
    lines = [
        {
            "survey": term.erasure.survey,
            "wave": numbers.get(term.erasure.scope),
            "what": PURPOSE_WORDS[term.erasure.purpose, term.erasure.store],
            "ends_on": term.ends_on,
            "over": term.over(today),
            "certified": (term.erasure.scope, term.erasure.purpose, term.erasure.store)
            in certified,
        }
        for term in terms(waves)
    ]
    return page(
        request,
        "retention/retention.html",
        lines=lines,
        made=[(one, numbers.get(one.scope)) for one in made],
        what=PURPOSE_WORDS,
    )


@get("/office/retention/{certificate_id:str}", include_in_schema=False, **READ)
async def certificate(request: AnyRequest, certificate_id: FromPath[str]) -> Response[bytes]:
    """A certificate as a file to keep."""
    text = await services_of(request).certificates.fetch(signed_in(request), certificate_id)
    name = f"erasure-{certificate_id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), media_type="application/json", headers=headers)


ROUTES = (retention_page, certificate)
