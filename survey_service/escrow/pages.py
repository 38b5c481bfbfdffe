"""Lost codes: who may find them, settled by two people; and requests to find one."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.escrow import fingerprint
from survey_service.escrow.choosing import read_keys
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotReady
from survey_service.stores.ids import is_id, new_id
from survey_service.two_people.deciding import decided
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import Permission, may, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
OF_WAVE = "/office/surveys/{wave_id:str}/escrow"
PLACE = "/office/escrow"
KEYS = ("outer", "outer_print", "inner", "inner_print")
NOTHING_SENT = Form({})


@get(OF_WAVE, include_in_schema=False, **needs(Permission.ESCROW_PROPOSE))
async def choice_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """What becomes of a wave's lost codes, what waits, and a form to propose something else."""
    return await _choice(request, wave_id, NOTHING_SENT)


async def _choice(
    request: AnyRequest, wave_id: str, form: Form, errors: list[FieldError] | None = None
) -> Response[bytes]:
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    found = await services.escrow.of(wave_id)
    return page(
        request,
        "escrow/choice.html",
        422 if errors else 200,
        wave=wave,
        waiting=next((kept for kept in found[:1] if kept.state == "proposed"), None),
        fingerprint=fingerprint,
        form=form,
        errors=errors or [],
    )


@post(OF_WAVE, include_in_schema=False, status_code=303, **needs(Permission.ESCROW_PROPOSE))
async def propose(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Put two officers, or nobody, before a second person."""
    form = await read_form(request)
    mode = form.one("mode")
    try:
        if mode not in ("strict", "escrow"):
            raise InvalidInput([FieldError("mode", N_("Choose one of the answers shown."))])
        keys = read_keys(*(form.one(name) for name in KEYS)) if mode == "escrow" else None
        await services_of(request).escrow.propose(
            signed_in(request), wave_id, keys, form.one("reason")
        )
    except InvalidInput as wrong:
        return await _choice(request, wave_id, form, list(wrong.fields))
    return see_other(f"/office/surveys/{wave_id}/escrow")


async def _list(
    request: AnyRequest, form: Form, errors: list[FieldError] | None = None, status: int = 422
) -> Response[bytes]:
    services, person = services_of(request), signed_in(request)
    agrees = may(person, Permission.ESCROW_AGREE)
    return page(
        request,
        "escrow/requests.html",
        status if errors else 200,
        waiting=await services.escrow.waiting() if agrees else [],
        found=await services.lost_codes.all(),
        titles={slug: title for slug, _, title in services.surveys.surveys_now()},
        numbers={wave.id: wave.number for wave in services.surveys.waves_now()},
        names=await services.accounts.directory(),
        waves=services.lost_codes.waves(),
        asks=may(person, Permission.ESCROW_ASK),
        fingerprint=fingerprint,
        form=form,
        key=form.one("key") or new_id(),
        errors=errors or [],
    )


@get(PLACE, include_in_schema=False, **needs(Permission.ESCROW_DECIDE))
async def requests_page(request: AnyRequest) -> Response[bytes]:
    """What was asked for; for the data protection officer also what waits, and the request."""
    return await _list(request, NOTHING_SENT)


@post(
    PLACE + "/choices/{wave_id:str}/{number:int}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.ESCROW_AGREE),
)
async def decide_choice(
    request: AnyRequest, wave_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """Agree, having compared the fingerprints with the officers themselves, or decline."""
    form = await read_form(request)
    choice = form.one("decision")
    field = f"compared-{wave_id}"
    if choice not in ("agree", "decline"):
        return await _list(request, form, [FieldError(field, N_("Please choose yes or no."))])
    asked = await services_of(request).escrow.of(wave_id)
    keys = next((kept.keys for kept in asked if kept.number == number), None)
    if choice == "agree" and keys is not None and form.one("compared") != "yes":
        message = N_("Compare both fingerprints with the officers first, and say so.")
        return await _list(request, form, [FieldError(field, message)])
    await services_of(request).escrow.decide(
        signed_in(request), wave_id, number, agreed=choice == "agree"
    )
    return see_other(PLACE)


@post(PLACE + "/new", include_in_schema=False, status_code=303, **needs(Permission.ESCROW_ASK))
async def ask(request: AnyRequest) -> Response[bytes]:
    """Ask for somebody's lost code."""
    form = await read_form(request)
    key = form.one("key")
    try:
        if not is_id(key):
            raise Conflict
        await services_of(request).lost_codes.ask(
            signed_in(request),
            form.one("wave"),
            form.one("name"),
            form.one("phone"),
            form.one("reason"),
            key,
        )
    except InvalidInput as wrong:
        return await _list(request, form, list(wrong.fields))
    except NotReady as early:
        return await _list(request, form, [FieldError("wave", early.detail)], early.status)
    return see_other(f"{PLACE}/{key}")


async def _one(
    request: AnyRequest, request_id: str, *, status: int = 200, waits: bool = False
) -> Response[bytes]:
    services, person = services_of(request), signed_in(request)
    found = await services.lost_codes.one(request_id)
    wave = await services.surveys.wave(found.wave)
    return page(
        request,
        "escrow/request.html",
        status,
        found=found,
        wave=wave,
        keys=wave.notice.escrow.keys if wave.notice.escrow else None,
        fingerprint=fingerprint,
        own=found.asked_by == person.id,
        names=await services.accounts.directory(),
        waits=waits,
    )


@get(PLACE + "/{request_id:str}", include_in_schema=False, **needs(Permission.ESCROW_DECIDE))
async def request_page(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """One request: to be decided by somebody else, to be fetched by whoever asked."""
    return await _one(request, request_id)


@post(
    PLACE + "/{request_id:str}/decide",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.ESCROW_DECIDE),
)
async def decide(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """Grant or refuse."""
    return await decided(request, services_of(request).lost_codes, request_id, PLACE)


@post(
    PLACE + "/{request_id:str}/file",
    include_in_schema=False,
    status_code=200,
    **needs(Permission.ESCROW_ASK),
)
async def fetch(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """The sealed file for the first officer."""
    await read_form(request)
    try:
        body = await services_of(request).lost_codes.file(signed_in(request), request_id)
    except NotReady as early:
        return await _one(request, request_id, status=early.status, waits=True)
    headers = {"Content-Disposition": f'attachment; filename="lost-code-{request_id[:8]}.json"'}
    return Response(body, media_type="application/json", headers=headers)


@post(
    PLACE + "/{request_id:str}/end",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.ESCROW_ASK),
)
async def end(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """Destroy the file here: the officers have it."""
    await read_form(request)
    await services_of(request).lost_codes.end(signed_in(request), request_id)
    return see_other(f"{PLACE}/{request_id}")


ROUTES = (
    choice_page,
    propose,
    requests_page,
    decide_choice,
    ask,
    request_page,
    decide,
    fetch,
    end,
)
