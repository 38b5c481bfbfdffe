"""Who is too young to decide alone: a parent decides first, then the young person.

Only where the notice knows this path. Nothing is stored, and no cookie set, before a parent has
agreed; what the age page was told is stored nowhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post

from survey_service.collection.page_parts_consent import (
    CONTROLS,
    Posted,
    refused,
    refuses_to_take_part,
    worded,
)
from survey_service.collection.page_parts_entry import whole_notice
from survey_service.collection.page_parts_place import (
    Place,
    code_of,
    draft_of,
    forget_slip,
    keep_code,
    place_of,
    slip_of,
    wave_of,
    window_of,
    without_draft,
)
from survey_service.problems import N_, FieldError, InvalidInput, NotAdmitted, NotFound
from survey_service.surveys.decisions import decisions_from
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

HERE = "/survey/{slug:str}/{lang:str}"
NEXT = {"alone": "consent", "with_parent": "parent", "younger": "too-early"}
"""Where each answer of the age page leads."""
FORM = "parent-decisions"
RESPONSIBLE = "responsible"
CHOOSE = N_("Choose one of the answers.")
SAY_SO = N_("Tick this if you are a parent or guardian. If not, please stop here.")


async def wave_with_path(request: AnyRequest, place: Place) -> Wave:
    """The wave in the field, if younger people may take part with a parent.

    Raises:
        NotFound: they may not.
    """
    wave = await wave_of(request, place)
    if wave.notice.parental is None:
        raise NotFound
    return wave


@get(HERE + "/age", include_in_schema=False, **needs(RESPONDENT))
async def age(request: AnyRequest) -> Response[bytes]:
    """Asks in three bands; the answer decides only who is asked first."""
    place = place_of(request)
    return age_page(request, place, await wave_with_path(request, place))


def age_page(
    request: AnyRequest, place: Place, wave: Wave, errors: Sequence[FieldError] = ()
) -> Response[bytes]:
    """The page that asks."""
    least = 0 if wave.notice.parental is None else wave.notice.parental.from_age
    last = wave.notice.minimum_age - 1
    return page(
        request,
        "collection/age.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        wave=wave,
        between=str(least) if least == last else f"{least}–{last}",
        errors=errors,
    )


@post(HERE + "/age", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def after_age(request: AnyRequest) -> Response[bytes]:
    """To whoever decides first; nothing is kept of the answer."""
    place = place_of(request)
    wave = await wave_with_path(request, place)
    posted = await read_posted(request)
    if "language" in posted:
        return age_page(request, place.said_in(path_language(posted["language"][-1])), wave)
    following = NEXT.get(posted.get("age", [""])[-1])
    if following is None:
        return age_page(request, place, wave, [FieldError("age", CHOOSE)])
    return see_other(place.at(following))


@get(HERE + "/too-early", include_in_schema=False, **needs(RESPONDENT))
async def too_early(request: AnyRequest) -> Response[bytes]:
    """Kindly turned away; there is nothing to delete."""
    place = place_of(request)
    wave = await wave_with_path(request, place)
    return page(request, "collection/too_early.html", place=place, wave=wave)


@get(HERE + "/ask-parent", include_in_schema=False, **needs(RESPONDENT))
async def ask_parent(request: AnyRequest) -> Response[bytes]:
    """An answer says an age at which a parent must agree: nothing can be sent until one has."""
    place = place_of(request)
    wave = await wave_with_path(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    question = wave.form.below(wave.notice.minimum_age, found[1].answers)
    if question is None or found[1].parental:
        return see_other(place.at("go-on"))
    correct = place.at(f"q/{question}")
    return page(request, "collection/ask_parent.html", place=place, wave=wave, correct=correct)


@get(HERE + "/parent", include_in_schema=False, **needs(RESPONDENT))
async def parent(request: AnyRequest) -> Response[bytes]:
    """What a parent is told, and the decisions; nothing is chosen for anybody."""
    place = place_of(request)
    wave = await wave_with_path(request, place)
    found = await draft_of(request, place, wave, decided=False)
    return parent_page(request, place, wave, {}, change=found is not None)


def parent_page(
    request: AnyRequest,
    place: Place,
    wave: Wave,
    chosen: Posted,
    errors: Sequence[FieldError] = (),
    *,
    change: bool,
) -> Response[bytes]:
    """The page for a parent."""
    return page(
        request,
        "collection/parent.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        wave=wave,
        whole=whole_notice(*wave.notice.full_in(place.language)),
        chosen={name: values[-1] for name, values in chosen.items()},
        change=change,
        errors=worded(errors, wave.notice, place.language, (RESPONSIBLE,)),
        form_id=FORM,
    )


@post(HERE + "/parent", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def decide_as_parent(request: AnyRequest) -> Response[bytes]:
    """Keep what a parent decided, in the draft; then the young person decides.

    A parent's no to taking part ends it: nothing is stored, and an open form is deleted.
    """
    place = place_of(request)
    wave = await wave_with_path(request, place)
    posted = await read_posted(request)
    if posted.get("notice", [wave.notice.hash])[-1] != wave.notice.hash:
        return see_other(place.at() + "?changed=1")
    found = await draft_of(request, place, wave, decided=False) if "change" in posted else None
    change = found is not None
    if window_of(request) is not None and code_of(request) is not None and not change:
        return see_other(place.at("go-on"))
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return parent_page(request, other, wave, posted, change=change)
    try:
        decisions = parents_decisions(wave, posted)
        if refuses_to_take_part(wave.notice, decisions):
            return await refused(request, place, wave, change=change)
        return await begin_as_parent(request, place, wave, decisions, change=change)
    except InvalidInput as problem:
        return parent_page(request, place, wave, posted, problem.fields, change=change)


def parents_decisions(wave: Wave, posted: Posted) -> dict[str, bool]:
    """The decisions of whoever says that he is a parent.

    A no to taking part needs no such words.

    Raises:
        InvalidInput: names every purpose that is not decided, and the words that are not ticked.
    """
    decided = decisions_from(wave.notice, posted, (*CONTROLS, RESPONSIBLE))
    decisions = {one.purpose.value: one.granted for one in decided}
    said = posted.get(RESPONSIBLE) == ["yes"]
    if not said and not refuses_to_take_part(wave.notice, decisions):
        raise InvalidInput([FieldError(RESPONSIBLE, SAY_SO)])
    return decisions


async def begin_as_parent(
    request: AnyRequest, place: Place, wave: Wave, decisions: Mapping[str, bool], *, change: bool
) -> Response[bytes]:
    """Make the draft, or put the parent's decisions into it."""
    collection = services_of(request).collection
    code = code_of(request)
    if change and code is not None:
        await collection.decide_as_parent(place.slug, code, decisions)
        return see_other(place.at("consent"))
    window = window_of(request)
    said = None if window is None else window.said
    try:
        code = await collection.begin(
            place.slug, decisions, place.language, said, slip_of(request), as_parent=True
        )
    except NotAdmitted:
        return see_other(place.at("slip"))
    cookies = [keep_code(request, code)]
    if wave.invitation == "slips":
        cookies.append(forget_slip(request))
    return see_other(place.at("consent"), cookies)


ROUTES = (age, after_age, too_early, ask_parent, parent, decide_as_parent)
