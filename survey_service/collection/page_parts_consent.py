"""The decisions, purpose by purpose, that make the code and the draft."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post

from schemas.notice import Notice, PurposeId
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_place import (
    Place,
    code_of,
    draft_of,
    forget_code,
    forget_slip,
    keep_code,
    place_of,
    slip_of,
    wave_of,
    window_of,
)
from survey_service.collection.page_parts_question import next_step
from survey_service.problems import N_, FieldError, InvalidInput, NotAdmitted
from survey_service.surveys.decisions import DECIDE, decisions_from
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
Posted = Mapping[str, list[str]]

CONSENT = "/survey/{slug:str}/{lang:str}/consent"
CONTROLS = ("language", "go", "change", "notice")
FORM = "decisions"
DECIDE_ABOUT = N_("Choose yes or no: %(purpose)s")


@get(CONSENT, include_in_schema=False, **needs(RESPONDENT))
async def consent(request: AnyRequest) -> Response[bytes]:
    """The decisions; nothing is chosen for anybody.

    Whoever comes back to change his mind finds what he decided himself, if it was under the
    notice that is in force.
    """
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave, decided=False)
    if found and parent_is_due(wave, found[1]):
        return see_other(place.at("parent"))
    decided = found[1].decisions if found and found[1].notice == wave.notice.hash else {}
    chosen = {name: ["yes" if granted else "no"] for name, granted in decided.items()}
    return consent_page(request, place, wave, chosen, draft=found and found[1])


def parent_is_due(wave: Wave, draft: Draft) -> bool:
    """Whether a parent decided, under another notice than the one in force."""
    return draft.parent is not None and draft.parent["notice"] != wave.notice.hash


def consent_page(
    request: AnyRequest,
    place: Place,
    wave: Wave,
    chosen: Posted,
    errors: Sequence[FieldError] = (),
    *,
    draft: Draft | None,
) -> Response[bytes]:
    """The page of the decisions; in a draft they are changed, or first made after a parent's."""
    parents = (draft and draft.parent) or {"decisions": {}}
    return page(
        request,
        "collection/consent.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        wave=wave,
        chosen={name: values[-1] for name, values in chosen.items()},
        change=draft is not None,
        assent=draft is not None and draft.awaits_assent,
        denied=[name for name, yes in parents["decisions"].items() if not yes],
        errors=worded(errors, wave.notice, place.language),
        form_id=FORM,
    )


def worded(
    errors: Sequence[FieldError], notice: Notice, language: str, others: Sequence[str] = ()
) -> list[FieldError]:
    """The errors, each undecided purpose by its name, so that the summary tells them apart.

    What was forged has no place on the page: its line leads to the form as a whole. `others` are
    the page's further fields.
    """
    asked = {purpose.id.value for purpose in notice.purposes}
    said = []
    for error in errors:
        if error.field not in asked and error.field not in others:
            said.append(replace(error, field=FORM))
        elif error.message == DECIDE:
            about = {"purpose": notice.purpose(error.field).title.text(language)}
            said.append(replace(error, message=DECIDE_ABOUT, values=about))
        else:
            said.append(error)
    return said


@post(CONSENT, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def decide(request: AnyRequest) -> Response[bytes]:
    """Keep the decisions: they make the code and the draft, or change those of the draft.

    Who says no to taking part is thanked, and nothing is stored anywhere. A second person at
    the same device begins anew: only the page that showed earlier decisions changes them.
    Decisions count for the notice that the page belonged to, never for a newer one.
    """
    place = place_of(request)
    wave = await wave_of(request, place)
    posted = await read_posted(request)
    if posted.get("notice", [wave.notice.hash])[-1] != wave.notice.hash:
        return see_other(place.at() + "?changed=1")
    found = await draft_of(request, place, wave, decided=False) if "change" in posted else None
    draft = found and found[1]
    change = draft is not None
    if window_of(request) is not None and code_of(request) is not None and not change:
        # A window is one person's; the next one begins at the mediator's page.
        return see_other(place.at("go-on"))
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return consent_page(request, other, wave, posted, draft=draft)
    try:
        decided = decisions_from(wave.notice, posted, CONTROLS)
        decisions = {one.purpose.value: one.granted for one in decided}
        if refuses_to_take_part(wave.notice, decisions):
            return await refused(request, place, wave, change=change)
        return await begin(request, place, wave, decisions, change=change)
    except InvalidInput as problem:
        return consent_page(request, place, wave, posted, problem.fields, draft=draft)


async def refused(
    request: AnyRequest, place: Place, wave: Wave, *, change: bool
) -> Response[bytes]:
    """Thanks; what was written before goes with the refusal."""
    headers = {}
    code = code_of(request)
    if change and code is not None:
        await services_of(request).rights.erase(code)
        headers = {"Set-Cookie": forget_code(request)}
    return page(request, "collection/refused.html", place=place, wave=wave, headers=headers)


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
        draft = await collection.decide(place.slug, code, decisions, place.language)
        target = next_step(wave.form, place, draft)
    else:
        window = window_of(request)
        said = None if window is None else window.said
        try:
            code = await collection.begin(
                place.slug, decisions, place.language, said, slip_of(request)
            )
        except NotAdmitted:
            return see_other(place.at("slip"))
        cookies = [keep_code(request, code)]
        if wave.invitation == "slips":
            cookies.append(forget_slip(request))
        granted = frozenset(name for name, yes in decisions.items() if yes)
        first = wave.form.following(None, {}, granted)
        target = place.at(f"q/{first}" if first else "check")
        if said is not None:
            target = place.at("go-on")
    if wave.notice.escrow is not None:
        target = place.at("lost-code")
    if decisions.get(PurposeId.CONTACT):
        target = place.at("contact")
    if wave.once != "off":
        target = place.at("once")
    return see_other(target, cookies)


ROUTES = (consent, decide)
