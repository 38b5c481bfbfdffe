"""How to be reached again, for those who agreed to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from pydantic import ValidationError

from schemas.consent import Contact
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
from survey_service.problems import N_, FieldError, NotFound
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

CONTACT = "/survey/{slug:str}/{lang:str}/contact"
FIELDS = ("name", "phone", "email")
WRONG = {
    "name": N_("Write a shorter name."),
    "phone": N_("Write a telephone number, for example +371 20000000."),
    "email": N_("Write an e-mail address, for example name@example.com."),
}
NOTHING = N_("Write a telephone number or an e-mail address, or go on without.")


@get(CONTACT, include_in_schema=False, **needs(RESPONDENT))
async def contact(request: AnyRequest) -> Response[bytes]:
    """The contact, with what was given before."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    draft = found[1]
    if PurposeId.CONTACT not in draft.purposes:
        return see_other(next_step(wave.form, place, draft))
    return contact_page(request, place, draft.contact or {})


def contact_page(
    request: AnyRequest,
    place: Place,
    typed: Mapping[str, str],
    errors: Sequence[FieldError] = (),
) -> Response[bytes]:
    """The page that asks for it."""
    return page(
        request,
        "collection/contact.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        typed={name: typed.get(name, "") for name in FIELDS},
        errors=errors,
    )


@post(CONTACT, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def keep_contact(request: AnyRequest) -> Response[bytes]:
    """Put the contact into the draft; or go on without one."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    posted = await read_posted(request)
    typed = {name: posted.get(name, [""])[-1].strip() for name in FIELDS}
    if found is None:
        return await without_draft(request, place, [words for words in typed.values() if words])
    code, draft = found
    if PurposeId.CONTACT not in draft.purposes:
        raise NotFound
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return contact_page(request, other, typed)
    given: dict[str, str] | None = None
    if posted.get("go") != ["without"]:
        given, errors = read_contact(typed)
        if errors:
            return contact_page(request, place, typed, errors)
    draft = await services_of(request).collection.set_contact(place.slug, code, given)
    return see_other(first_ask(wave, place, draft, next_step(wave.form, place, draft)))


def read_contact(typed: Mapping[str, str]) -> tuple[dict[str, str], list[FieldError]]:
    """The contact as it is kept, and what is wrong with it."""
    given = {name: text for name, text in typed.items() if text}
    try:
        kept = Contact.model_validate(given)
    except ValidationError as problem:
        wrong = {str(error["loc"][0]) for error in problem.errors() if error["loc"]}
        errors = [FieldError(name, WRONG[name]) for name in FIELDS if name in wrong]
        return {}, errors or [FieldError("phone", NOTHING)]
    return kept.model_dump(exclude_none=True), []


ROUTES = (contact, keep_contact)
