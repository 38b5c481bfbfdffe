"""The mediator's pages: the script, a new interview, a device lent, and his own rounded count.

None of these is written to the access log, and none but the last to the audit log: a line for each
interview, with its time, would be a trail. What is kept are counts per day.
"""

from typing import Any

from litestar import Request, Response, get, post

from schemas.audit import Act, ObjectType, Purpose
from survey_service.audit_log.entries import AuditEntry
from survey_service.collection.page_parts_place import Place
from survey_service.problems import N_, FieldError, SurveyClosed
from survey_service.surveys.waves import Wave
from survey_service.web.access_log import UNLOGGED
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.translation import LANGUAGES

AnyRequest = Request[Any, Any, Any]

START = "/office/assist"
NO_TRACE: dict[str, Any] = {"opt": {**needs(Permission.INTERVIEWS_ASSIST)["opt"], UNLOGGED: True}}

READ_BY = (
    ("mediator", N_("I read it out")),
    ("interpreter", N_("The interpreter")),
    ("companion", N_("Somebody whom the person brought")),
    ("self", N_("The person reads it")),
)
WHO_READS = N_("Please say who reads out the notice.")
INTERPRETER = N_("Please say whether an interpreter helps.")
LANGUAGE = N_("Please choose the language of the interview.")
READ_IT_OUT = N_("Please read the words out first, and say here that you did.")
EMPTY = Form({})


async def open_wave(request: AnyRequest, slug: str) -> Wave:
    """The survey's wave in the field.

    Raises:
        NotFound, SurveyClosed: it cannot be answered now.
    """
    return services_of(request).surveys.answerable_now(slug)


@get(START, include_in_schema=False, **NO_TRACE)
async def assist(request: AnyRequest) -> Response[bytes]:
    """The surveys in the field; and the interview that is open in this window, if one is."""
    services = services_of(request)
    held = await services.assisted.open_here(request)
    waves = services.surveys.open_waves_now()
    place = None if held is None else Place(held.window.slug, language_of(request))
    return page(request, "assisted/assist.html", waves=waves, held=held, going=place)


@get(START + "/{slug:str}", include_in_schema=False, **NO_TRACE)
async def script(request: AnyRequest) -> Response[bytes]:
    """The words to read out before anything else, and who reads what in which language."""
    wave = await open_wave(request, request.path_params["slug"])
    return script_page(request, wave, EMPTY)


def script_page(
    request: AnyRequest, wave: Wave, form: Form, errors: list[FieldError] | None = None
) -> Response[bytes]:
    """The page of the script."""
    return page(
        request,
        "assisted/script.html",
        422 if errors else 200,
        wave=wave,
        form=form,
        errors=errors or [],
        read_by=READ_BY,
        spoken=list(LANGUAGES.items()),
    )


@post(START + "/{slug:str}", include_in_schema=False, status_code=303, **NO_TRACE)
async def begin(request: AnyRequest) -> Response[bytes]:
    """Begin an interview for a new person, once the words were read out."""
    services = services_of(request)
    wave = await open_wave(request, request.path_params["slug"])
    form = await read_form(request)
    if await services.assisted.open_here(request) is not None:
        return see_other(START)
    errors = []
    if form.one("script") != "read":
        errors.append(FieldError("script", READ_IT_OUT))
    for name, known, message in (
        ("read_by", {code for code, _words in READ_BY}, WHO_READS),
        ("interpreter", {"yes", "no"}, INTERPRETER),
        ("language", set(LANGUAGES), LANGUAGE),
    ):
        if form.one(name) not in known:
            errors.append(FieldError(name, message))
    if errors:
        return script_page(request, wave, form, errors)
    said = {name: form.one(name) for name in ("read_by", "interpreter")}
    return await services.assisted.begin_at(
        request, signed_in(request), wave.survey, form.one("language"), {**said, "helped": "yes"}
    )


@post("/office/assist-lend", include_in_schema=False, status_code=303, **NO_TRACE)
async def lend(request: AnyRequest) -> Response[bytes]:
    """Hand the device to somebody who uses his own code: to look, to withdraw, to erase."""
    services = services_of(request)
    await read_form(request)
    if await services.assisted.open_here(request) is not None:
        return see_other(START)
    waves = await services.surveys.waves()
    if not waves:
        raise SurveyClosed
    return await services.assisted.lend_at(
        request, signed_in(request), waves[0].survey, language_of(request)
    )


@get("/office/assist-counts", include_in_schema=False, **NO_TRACE)
async def counts(request: AnyRequest) -> Response[bytes]:
    """How many interviews the mediator has begun, floored to ten and hidden below twenty."""
    services, person = services_of(request), signed_in(request)
    await services.audit.append(
        AuditEntry(
            act=Act.PROGRESS_READ,
            object_type=ObjectType.ACCOUNT,
            object_ref=person.id,
            actor=person,
            purpose=Purpose.FIELD_WORK,
        )
    )
    own = await services.assisted.counting.own(person.id)
    surveys = {wave.survey: wave for wave in await services.surveys.waves()}
    rows = [(surveys[slug], count) for slug, count in own.items() if slug in surveys]
    return page(request, "assisted/counts.html", rows=rows)


ROUTES = (assist, script, begin, lend, counts)
