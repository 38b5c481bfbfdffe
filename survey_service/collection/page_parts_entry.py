"""Before the decisions: the choice of a language, and the notice in layers."""

from functools import lru_cache
from typing import Any

from litestar import Request, Response, get
from markdown_it import MarkdownIt
from markupsafe import Markup

from survey_service.collection.page_parts_place import (
    Place,
    decides_at,
    draft_of,
    place_of,
    slip_of,
    slug_of,
    wave_of,
    without_draft,
)
from survey_service.collection.page_parts_question import next_step
from survey_service.problems import N_
from survey_service.surveys.waves import Wave
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.translation import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    ROMANI,
    romani_falls_back,
    translator,
)

AnyRequest = Request[Any, Any, Any]

SURVEY = "/survey/{slug:str}"
NOTICE = "/survey/{slug:str}/{lang:str}"
CHOOSE = N_("Choose a language")
ROMANI_NOTE = N_("No Romani text yet: shown in Latvian")


@get(SURVEY, include_in_schema=False, **needs(RESPONDENT))
async def languages(request: AnyRequest) -> Response[bytes]:
    """The choice of a language, each named in itself."""
    slug = slug_of(request)
    wave = await wave_of(request, Place(slug, DEFAULT_LANGUAGE))
    return page(
        request,
        "collection/languages.html",
        wave=wave,
        place=Place(slug, DEFAULT_LANGUAGE),
        choose=[(tag, translator(tag)(CHOOSE)) for tag in LANGUAGES if tag != ROMANI],
        romani_missing=romani_falls_back(),
        romani_note=translator(ROMANI)(ROMANI_NOTE),
    )


@get(NOTICE, include_in_schema=False, **needs(RESPONDENT))
async def notice(request: AnyRequest) -> Response[bytes]:
    """The notice in layers: eight sentences, and the whole text one press away."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave, decided=False)
    stale = found is not None and found[1].notice != wave.notice.hash
    return page(
        request,
        "collection/notice.html",
        place=place,
        wave=wave,
        whole=whole_notice(*wave.notice.full_in(place.language)),
        first=first_step(request, wave, begun=found is not None),
        open_form=found is not None and not stale,
        kept=stale,
        changed=stale or b"changed=1" in request.scope["query_string"],
    )


def first_step(request: AnyRequest, wave: Wave, *, begun: bool) -> str:
    """The page behind the notice: whoever needs a slip shows it before he decides anything."""
    if begun:
        return "consent"
    if wave.invitation == "slips" and not slip_of(request):
        return "slip"
    return decides_at(wave)


@lru_cache(maxsize=64)
def whole_notice(text: str, language: str) -> Markup:
    """The full notice as HTML, its headings below the page's own; HTML in it is text."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(2, int(token.tag[1]))}"
    body = reader.renderer.render(tokens, reader.options, {})
    return Markup('<div lang="{}">{}</div>').format(language, Markup(body))  # noqa: S704


@get(NOTICE + "/go-on", include_in_schema=False, **needs(RESPONDENT))
async def go_on(request: AnyRequest) -> Response[bytes]:
    """Where an unfinished form goes on."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    return see_other(next_step(wave.form, place, found[1]))


ROUTES = (languages, notice, go_on)
