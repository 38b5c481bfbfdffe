"""The researchers' pages: variables, composing a table, own requests."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from schemas.requests import Chance, RequestPurpose
from survey_service.problems import Conflict, FieldError, InvalidInput, TooMany
from survey_service.releases.composing import Composition, asked, composition, composition_of
from survey_service.releases.service import Releases
from survey_service.releases.views import CatalogueShown, PreviewShown
from survey_service.releases.wording import (
    Words,
    chance_words,
    purpose_words,
    state_words,
    words_in,
)
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
    return page(request, "releases/codebook.html", waves=waves, shown=shown)


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
    return await _compose_page(request, composed, {"code": "", "text": "", "key": new_id()})


@post(
    "/office/requests/new",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.REQUESTS_WRITE),
)
async def submit(request: AnyRequest) -> Response[bytes] | ASGIResponse:
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
        return await _compose_page(request, composed, kept, wrong.fields)
    except TooMany as wrong:
        kept = purpose | {"key": form.one("key")}
        errors = [FieldError("purpose_text", wrong.detail, values=wrong.values)]
        return await _compose_page(request, composed, kept, errors, status=429)
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
async def ask_again(
    request: AnyRequest, request_id: FromPath[str]
) -> Response[bytes] | ASGIResponse:
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
    return page(
        request,
        "releases/request.html",
        status,
        shown=shown,
        state=state_words(shown.verdict.state, words),
        purpose=purpose_words(shown.purpose_code, words),
        nearest=composition_of(nearest, shown.layout).address() if nearest else None,
        values=values,
        errors=errors,
    )


async def _compose_page(
    request: AnyRequest,
    composed: Composition,
    purpose: dict[str, str],
    errors: list[FieldError] | None = None,
    status: int | None = None,
) -> Response[bytes]:
    service, person = services_of(request).releases, signed_in(request)
    words = words_in(language_of(request))
    waves = await service.waves()
    wave = next((w for w in waves if w.id == composed.wave), next(iter(waves), None))
    shown = await service.catalogue(wave.id) if wave else None
    errors = list(errors or [])
    ahead = None
    if wave is not None and composed.ready and not errors:
        ahead, errors = await _ahead(service, composed, wave.survey)
    return page(
        request,
        "releases/compose.html",
        status or (422 if errors else 200),
        waves=waves,
        wave=wave,
        shown=shown,
        groups=_by_section(request, shown, words) if shown else {},
        by_name={v.name: v for v in shown.variables} if shown else {},
        composed=composed,
        ahead=ahead,
        lines=_lines(ahead, shown, words) if ahead and shown else [],
        shares=_shares(ahead, words) if ahead else [],
        purposes=[(p.value, purpose_words(p, words)) for p in RequestPurpose],
        purpose=purpose,
        budget=await service.budget(person),
        errors=errors,
    )


async def _ahead(
    service: Releases, composed: Composition, survey: str
) -> tuple[PreviewShown | None, list[FieldError]]:
    try:
        return await service.preview(asked(composed, survey)), []
    except InvalidInput as wrong:
        return None, wrong.fields


def _by_section(
    request: AnyRequest, shown: CatalogueShown, words: Words
) -> dict[str, list[tuple[str, str]]]:
    """The variables under the headings of the questionnaire, for a list to choose from."""
    wave = services_of(request).surveys.wave_now(shown.wave.id)
    titles = {s.id: s.title.text(words.language) for s in wave.form.questionnaire.sections}
    groups: dict[str, list[tuple[str, str]]] = {}
    for variable in shown.variables:
        heading = titles.get(variable.section, variable.section)
        text = f"{variable.title.text(words.language)} ({variable.name})"
        groups.setdefault(heading, []).append((variable.name, text))
    return groups


def _lines(ahead: PreviewShown, shown: CatalogueShown, words: Words) -> list[list[Any]]:
    """The expected cells as lines: one answer of each variable, and the chance in a word."""
    by_name = {variable.name: variable for variable in shown.variables}
    texts = {
        name: {code.code: code.text.text(words.language) for code in by_name[name].codes}
        for name in ahead.feasibility.variables
    }
    return [
        [
            *(texts[n][c] for n, c in zip(ahead.feasibility.variables, cell.codes, strict=True)),
            chance_words(cell.chance, words),
        ]
        for cell in ahead.feasibility.cells
    ]


def _shares(ahead: PreviewShown, words: Words) -> list[tuple[str, int]]:
    return [
        (chance_words(chance, words), sum(c.chance is chance for c in ahead.feasibility.cells))
        for chance in Chance
    ]


ROUTES = (codebook, requests, compose, submit, one_request, ask_again)
