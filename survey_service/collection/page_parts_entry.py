"""Before the first question: language, notice, decisions, and how to be reached again."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from litestar import Request, Response, get, post
from markdown_it import MarkdownIt
from markupsafe import Markup
from pydantic import ValidationError

from schemas.consent import Contact
from schemas.notice import Notice, PurposeId
from survey_service.collection.page_parts_place import (
    Place,
    code_of,
    draft_of,
    keep_code,
    place_of,
    slug_of,
    wave_of,
    without_draft,
)
from survey_service.collection.page_parts_question import next_step
from survey_service.problems import N_, FieldError, InvalidInput, NotFound
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
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
CONSENT = NOTICE + "/consent"
CONTACT = NOTICE + "/contact"
CONTROLS = frozenset({"language", "go", "change"})
CHOOSE = N_("Choose a language")
ROMANI_NOTE = N_("No Romani text yet: shown in Latvian")
CONTACT_FIELDS = ("name", "phone", "email")


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
    return page(
        request,
        "collection/notice.html",
        place=place,
        wave=wave,
        whole=whole_notice(wave.notice.hash, *wave.notice.full_in(place.language)),
        open_form=await draft_of(request, place, wave) is not None,
    )


@lru_cache(maxsize=64)
def whole_notice(_hash: str, text: str, language: str) -> Markup:
    """The full notice as HTML, its headings put below those of the page; HTML in it is text."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    body = reader.renderer.render(tokens, reader.options, {})
    return Markup('<div lang="{}">{}</div>').format(language, Markup(body))  # noqa: S704


@get(CONSENT, include_in_schema=False, **needs(RESPONDENT))
async def consent(request: AnyRequest) -> Response[bytes]:
    """The decisions, purpose by purpose; nothing is chosen for anybody.

    Whoever comes back to change his mind finds what he decided himself.
    """
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    decided = (
        {name: "yes" if yes else "no" for name, yes in found[1].decisions.items()} if found else {}
    )
    return consent_page(request, place, wave, decided, change=found is not None)


def consent_page(
    request: AnyRequest,
    place: Place,
    wave: Wave,
    chosen: Mapping[str, str],
    errors: list[FieldError] | None = None,
    *,
    change: bool,
) -> Response[bytes]:
    """The page of the decisions."""
    return page(
        request,
        "collection/consent.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        wave=wave,
        chosen=chosen,
        change=change,
        errors=errors or [],
    )


@post(CONSENT, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def decide(request: AnyRequest) -> Response[bytes]:
    """Keep the decisions: they make the code and the draft, or change those of the draft.

    Who says no to taking part is thanked, and nothing is stored anywhere. A second person at
    the same device begins anew: only the page that showed earlier decisions changes them.
    """
    place = place_of(request)
    wave = await wave_of(request, place)
    posted = await read_posted(request)
    chosen = {name: values[-1] for name, values in posted.items() if name not in CONTROLS}
    found = await draft_of(request, place, wave) if "change" in posted else None
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return consent_page(request, other, wave, chosen, change=found is not None)
    try:
        decisions = read_decisions(wave.notice, chosen, place.language)
        if refuses_to_take_part(wave.notice, decisions):
            return page(request, "collection/refused.html", place=place, wave=wave)
        return await begin(request, place, wave, decisions, change=found is not None)
    except InvalidInput as problem:
        return consent_page(request, place, wave, chosen, problem.fields, change=found is not None)


def read_decisions(notice: Notice, chosen: Mapping[str, str], language: str) -> dict[str, bool]:
    """Yes or no for each purpose.

    Raises:
        InvalidInput: one is undecided, or is no purpose of this notice.
    """
    known = {purpose.id.value for purpose in notice.purposes}
    errors = [
        FieldError(name, N_("This is no purpose of this survey."))
        for name in chosen
        if name not in known
    ]
    errors += [
        FieldError(
            purpose.id.value,
            N_("Choose yes or no: %(purpose)s"),
            values={"purpose": purpose.title.text(language)},
        )
        for purpose in notice.purposes
        if chosen.get(purpose.id.value) not in ("yes", "no")
    ]
    if errors:
        raise InvalidInput(errors)
    return {name: answer == "yes" for name, answer in chosen.items()}


def refuses_to_take_part(notice: Notice, decisions: Mapping[str, bool]) -> bool:
    """Whether a purpose was refused without which nobody can take part."""
    return any(p.mandatory and not decisions[p.id.value] for p in notice.purposes)


async def begin(
    request: AnyRequest, place: Place, wave: Wave, decisions: dict[str, bool], *, change: bool
) -> Response[bytes]:
    """Make the draft, or change its decisions, and go on."""
    collection = services_of(request).collection
    code = code_of(request)
    cookies = []
    if change and code is not None:
        draft = await collection.decide(place.slug, code, decisions)
        target = next_step(wave.form, place, draft)
    else:
        code = await collection.begin(place.slug, decisions, place.language)
        cookies = [keep_code(request, code)]
        granted = frozenset(name for name, yes in decisions.items() if yes)
        first = wave.form.following(None, {}, granted)
        target = place.at(f"q/{first}" if first else "check")
    if decisions.get(PurposeId.CONTACT):
        target = place.at("contact")
    return see_other(target, cookies)


@get(CONTACT, include_in_schema=False, **needs(RESPONDENT))
async def contact(request: AnyRequest) -> Response[bytes]:
    """How to be reached again, for those who agreed to it."""
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
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The page that asks for it."""
    return page(
        request,
        "collection/contact.html",
        status,
        in_language=place.language,
        place=place,
        typed={name: typed.get(name, "") for name in CONTACT_FIELDS},
        errors=errors or [],
    )


@post(CONTACT, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def keep_contact(request: AnyRequest) -> Response[bytes]:
    """Put the contact into the draft; or go on without one."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    code, draft = found
    if PurposeId.CONTACT not in draft.purposes:
        raise NotFound
    posted = await read_posted(request)
    typed = {name: posted.get(name, [""])[-1].strip() for name in CONTACT_FIELDS}
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return contact_page(request, other, typed)
    given: dict[str, str] | None = None
    if posted.get("go") != ["without"]:
        given, errors = read_contact(typed)
        if errors:
            return contact_page(request, place, typed, errors, 422)
    draft = await services_of(request).collection.set_contact(place.slug, code, given)
    return see_other(next_step(wave.form, place, draft))


def read_contact(typed: Mapping[str, str]) -> tuple[dict[str, str], list[FieldError]]:
    """The contact as it is kept, and what is wrong with it."""
    words = {
        "name": N_("Write a shorter name."),
        "phone": N_("Write a telephone number, for example +371 20000000."),
        "email": N_("Write an e-mail address, for example name@example.com."),
    }
    given = {name: text for name, text in typed.items() if text}
    try:
        kept = Contact.model_validate(given)
    except ValidationError as problem:
        wrong = {str(error["loc"][0]) for error in problem.errors() if error["loc"]}
        errors = [FieldError(name, words[name]) for name in CONTACT_FIELDS if name in wrong]
        nothing = N_("Write a telephone number or an e-mail address, or go on without.")
        return {}, errors or [FieldError("phone", nothing)]
    return kept.model_dump(exclude_none=True), []


@get(NOTICE + "/go-on", include_in_schema=False, **needs(RESPONDENT))
async def go_on(request: AnyRequest) -> Response[bytes]:
    """Where an unfinished form goes on."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    return see_other(next_step(wave.form, place, found[1]))


ROUTES = (languages, notice, consent, decide, contact, keep_contact, go_on)
