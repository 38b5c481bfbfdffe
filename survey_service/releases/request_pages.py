"""The researchers' pages: variables, composing a table, own requests."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.problems import Conflict, FieldError, InvalidInput, TooMany
from survey_service.releases.compose_page import by_section, compose_page
from survey_service.releases.composing import asked, composition, composition_of
from survey_service.releases.wording import purpose_words, state_words, words_in
from survey_service.stores.ids import new_id
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/office/catalogue", include_in_schema=False, **needs(Permission.CATALOGUE_READ))
async def codebook(request: AnyRequest) -> Response[bytes]:
    """The variables of a wave with their questions in all languages and their codes."""
    service = services_of(request).releases
    waves = await service.waves()
    chosen = _chosen(request, [wave.id for wave in waves])
    shown = await service.catalogue(chosen) if chosen else None
    groups = by_section(request, shown, words_in(language_of(request))) if shown else {}
    return page(request, "releases/codebook.html", waves=waves, shown=shown, groups=groups)


@get("/office/requests", include_in_schema=False, **needs(Permission.REQUESTS_WRITE))
async def requests(request: AnyRequest) -> Response[bytes]:
    """One's own requests, and how many are left today."""
    service, person = services_of(request).releases, signed_in(request)
    words = words_in(language_of(request))
    return page(
        request,
        "releases/requests.html",
        requests=await service.requests(person),
        budget=await service.budget(person),
        state=lambda verdict: state_words(verdict.state, words),
    )


@get("/office/requests/new", include_in_schema=False, **needs(Permission.REQUESTS_WRITE))
async def compose(request: AnyRequest) -> Response[bytes]:
    """A table being composed; what it would look like stands beside it."""
    composed = composition(lambda name: request.query_params.getall(name, []))
    return await compose_page(request, composed, {"code": "", "text": "", "key": new_id()})


@post(
    "/office/requests/new",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.REQUESTS_WRITE),
)
async def submit(request: AnyRequest) -> Response[bytes]:
    """Ask for the table composed; the same form sent twice is one request."""
    form = await read_form(request)
    service, person = services_of(request).releases, signed_in(request)
    composed = composition(form.all)
    purpose = {"code": form.one("purpose_code"), "text": form.one("purpose_text")}
    try:
        survey = await service.survey_of(composed.wave)
        made = await service.submit(person, asked(composed, survey, purpose), form.one("key"))
    except InvalidInput as wrong:
        kept = purpose | {"key": form.one("key") or new_id()}
        return await compose_page(request, composed, kept, wrong.fields)
    except TooMany as wrong:
        kept = purpose | {"key": form.one("key")}
        errors = [FieldError("purpose_text", wrong.detail, values=wrong.values)]
        return await compose_page(request, composed, kept, errors, status=429)
    return see_other(f"/office/requests/{made.id}")


@get(
    "/office/requests/{request_id:str}", include_in_schema=False, **needs(Permission.REQUESTS_WRITE)
)
async def one_request(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """What became of a request; numbers are on the release's own page."""
    return await _request_page(request, request_id, {"reason": ""}, [])


@post(
    "/office/requests/{request_id:str}/again",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.REQUESTS_WRITE),
)
async def ask_again(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """Put a table before the checkers once more, with a written reason."""
    form = await read_form(request)
    reason = form.one("reason")
    try:
        await services_of(request).releases.ask_again(signed_in(request), request_id, reason)
    except InvalidInput as wrong:
        return await _request_page(request, request_id, {"reason": reason}, wrong.fields, 422)
    except Conflict as wrong:
        errors = [FieldError("reason", wrong.detail, values=wrong.values)]
        return await _request_page(request, request_id, {"reason": reason}, errors, 409)
    return see_other(f"/office/requests/{request_id}")


def _chosen(request: AnyRequest, waves: list[str]) -> str | None:
    asked_for = request.query_params.get("wave", "")
    return asked_for if asked_for in waves else next(iter(waves), None)


async def _request_page(
    request: AnyRequest,
    request_id: str,
    values: dict[str, str],
    errors: list[FieldError],
    status: int = 200,
) -> Response[bytes]:
    shown = await services_of(request).releases.request(signed_in(request), request_id)
    words = words_in(language_of(request))
    nearest = shown.verdict.nearest
    releases = services_of(request).releases
    wave = releases.desk.wave(shown.wave)
    book = releases.desk.book(wave).by_name
    return page(
        request,
        "releases/request.html",
        status,
        shown=shown,
        survey_title=wave.title(words.language),
        titles=lambda names: ", ".join(book[name].title.text(words.language) for name in names),
        state=state_words(shown.verdict.state, words),
        purpose=purpose_words(shown.purpose_code, words),
        nearest=composition_of(nearest, shown.layout).address() if nearest else None,
        values=values,
        errors=errors,
    )


ROUTES = (codebook, requests, compose, submit, one_request, ask_again)
