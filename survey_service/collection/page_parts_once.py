"""Taking part once: what somebody writes of himself becomes a mark, and is kept nowhere."""

from typing import Any

from litestar import Request, Response, get, post

from schemas.notice import PurposeId
from survey_service.collection.page_parts_lost_code import first_ask
from survey_service.collection.page_parts_place import (
    Place,
    draft_of,
    place_of,
    wave_of,
    without_draft,
)
from survey_service.collection.page_parts_question import next_step
from survey_service.invitations.identifiers import FIELD, LONGEST
from survey_service.problems import N_, FieldError, InvalidInput, NotFound
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

ONCE = "/survey/{slug:str}/{lang:str}/once"
ASKED = {
    "phone": N_("Your telephone number"),
    "number": N_("Your personal code"),
    "name": N_("Your name and surname"),
}


@get(ONCE, include_in_schema=False, **needs(RESPONDENT))
async def ask_who(request: AnyRequest) -> Response[bytes]:
    """Asks for what tells one person from another; it is not kept, so it is never shown again."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    if wave.once == "off":
        return see_other(next_step(wave.form, place, found[1]))
    return who_page(request, place, wave, "")


def who_page(
    request: AnyRequest,
    place: Place,
    wave: Wave,
    typed: str,
    errors: list[FieldError] | None = None,
) -> Response[bytes]:
    """The page that asks for it."""
    return page(
        request,
        "collection/once.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        label=ASKED[wave.once],
        field=FIELD,
        longest=LONGEST,
        typed=typed,
        errors=errors or [],
    )


@post(ONCE, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def keep_who(request: AnyRequest) -> Response[bytes]:
    """Keep the mark, and go on. Whether somebody took part before is never told here."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    if wave.once == "off":
        raise NotFound
    posted = await read_posted(request)
    typed = posted.get(FIELD, [""])[-1]
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return who_page(request, other, wave, typed)
    try:
        draft = await services_of(request).collection.set_once(place.slug, found[0], typed)
    except InvalidInput as problem:
        return who_page(request, place, wave, typed, problem.fields)
    wants_contact = PurposeId.CONTACT in draft.purposes and draft.contact is None
    if wants_contact and not draft.answers:
        return see_other(place.at("contact"))
    return see_other(first_ask(wave, place, draft, next_step(wave.form, place, draft)))


ROUTES = (ask_who, keep_who)
