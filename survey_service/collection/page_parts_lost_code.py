"""Whether a lost code may be found, where a wave has two officers for it: yes or no."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post

from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_place import (
    Place,
    draft_of,
    place_of,
    wave_of,
    without_draft,
)
from survey_service.collection.page_parts_question import next_step
from survey_service.escrow.finding import KINDS, told
from survey_service.problems import N_, FieldError, InvalidInput, NotFound
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

LOST_CODE = "/survey/{slug:str}/{lang:str}/lost-code"
CHOICE = "find"
LONGEST = 200


def first_ask(wave: Wave, place: Place, draft: Draft, otherwise: str) -> str:
    """Where somebody goes who has not been asked yet whether a lost code may be found."""
    unasked = wave.notice.escrow is not None and not draft.escrow
    return place.at("lost-code") if unasked else otherwise


@get(LOST_CODE, include_in_schema=False, **needs(RESPONDENT))
async def ask_lost_code(request: AnyRequest) -> Response[bytes]:
    """Asks; whoever said yes before is told so, and what he wrote is not there to be shown."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    if wave.notice.escrow is None:
        return see_other(next_step(wave.form, place, found[1]))
    chosen = {"": "", "no": "no"}.get(found[1].escrow, "yes")
    return lost_code_page(request, place, wave, {CHOICE: chosen}, said=chosen == "yes")


def lost_code_page(
    request: AnyRequest,
    place: Place,
    wave: Wave,
    typed: Mapping[str, str],
    errors: Sequence[FieldError] = (),
    *,
    said: bool = False,
) -> Response[bytes]:
    """The page that asks."""
    return page(
        request,
        "collection/lost_code.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        promise=wave.notice.escrow,
        typed={name: typed.get(name, "") for name in (CHOICE, *KINDS)},
        longest=LONGEST,
        said=said,
        errors=errors,
    )


@post(LOST_CODE, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def keep_lost_code(request: AnyRequest) -> Response[bytes]:
    """Keep the choice, and of who says yes a mark; then on to the questions."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    posted = await read_posted(request)
    typed = {name: posted.get(name, [""])[-1].strip() for name in (CHOICE, *KINDS)}
    if found is None:
        return await without_draft(request, place, [typed[name] for name in KINDS if typed[name]])
    if wave.notice.escrow is None:
        raise NotFound
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return lost_code_page(request, other, wave, typed)
    if typed[CHOICE] not in ("yes", "no"):
        errors = [FieldError(CHOICE, N_("Please choose yes or no."))]
        return lost_code_page(request, place, wave, typed, errors)
    try:
        said = told(typed["name"], typed["phone"]) if typed[CHOICE] == "yes" else None
    except InvalidInput as wrong:
        return lost_code_page(request, place, wave, typed, wrong.fields)
    draft = await services_of(request).collection.set_escrow(place.slug, found[0], said)
    return see_other(next_step(wave.form, place, draft))


ROUTES = (ask_lost_code, keep_lost_code)
