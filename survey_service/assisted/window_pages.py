"""The pages on which a device changes hands: they belong to whoever has it, and log nothing."""

from typing import Any

from litestar import Request, Response, get, post

from survey_service.assisted.gate import MEDIATOR
from survey_service.assisted.held import (
    HAND_BACK,
    HAND_OVER,
    OWN_CODE,
    Held,
    clean_slate,
    in_language,
)
from survey_service.assisted.lending import TAKEN
from survey_service.assisted.service import PinLostError
from survey_service.assisted.taking import AssistedAtFront
from survey_service.assisted.visibility import open_for_helper
from survey_service.assisted.windows import MOST_TRIES, Mode
from survey_service.collection.page_parts_place import WINDOW, Place
from survey_service.problems import (
    N_,
    AssentAwaited,
    FieldError,
    InvalidInput,
    NotAdmitted,
    NotFound,
    NoticeChanged,
    SurveyClosed,
)
from survey_service.web.context import services_of
from survey_service.web.cookies import CODE, drop_cookie
from survey_service.web.forms import read_posted
from survey_service.web.languages import language_of, path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

CODE_PAGES = frozenset({"pause", "receipt"})
NOT_SENT = N_("This form cannot be sent: the survey is closed, or is for older people.")
NOT_YET = N_("This form cannot be sent now: something has to be decided again first.")
WITH_CODE = N_("Keep it, and finish it later with the code. Or delete it.")


def held_of(request: AnyRequest) -> Held | None:
    """The window of this request."""
    held: Held | None = request.scope["state"].get(WINDOW)
    return held


def place_in(request: AnyRequest, held: Held) -> Place:
    """The window's survey in the language of this page."""
    return Place(held.window.slug, language_of(request))


def target_of(request: AnyRequest) -> str:
    """The page with a code for which the device is handed over, if it is for one."""
    asked = str(request.query_params.get("to", ""))
    return asked if asked in CODE_PAGES else ""


def elsewhere(request: AnyRequest, held: Held | None) -> Response[bytes]:
    """Where a page of the window leads that is not the one of its mode."""
    if held is None:
        return see_other("/")
    if held.is_helper or held.is_own:
        return see_other(place_in(request, held).at("go-on"))
    return see_other(in_language(HAND_BACK, language_of(request)))


@get(HAND_OVER, include_in_schema=False, **needs(RESPONDENT))
async def hand_over(request: AnyRequest) -> Response[bytes]:
    """Asks for the device to be given to the respondent, and him for a PIN."""
    held = held_of(request)
    if held is None or not held.is_helper or held.code is None:
        return elsewhere(request, held)
    return await hand_over_page(request, held)


async def hand_over_page(
    request: AnyRequest, held: Held, errors: list[FieldError] | None = None
) -> Response[bytes]:
    """The page of the hand-over; the first time a PIN is chosen, later it is asked for."""
    collection, place = services_of(request).collection, place_in(request, held)
    code, target = held.code, target_of(request)
    draft = None if code is None else await collection.draft(place.slug, code)
    with_help = None
    if draft is not None:
        wave = await collection.survey(place.slug)
        with_help = open_for_helper(wave.form, draft)
    return page(
        request,
        "assisted/hand_over.html",
        422 if errors else 200,
        place=place,
        errors=errors or [],
        target=target,
        chosen=held.window.pin_hash is not None,
        sent=draft is None,
        with_help=with_help,
        left=MOST_TRIES - held.window.tries,
    )


@post(HAND_OVER, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def take(request: AnyRequest) -> Response[bytes]:
    """The respondent takes the device with his PIN, and sees his code first."""
    held = held_of(request)
    if held is None or not held.is_helper or held.code is None:
        return elsewhere(request, held)
    posted = await read_posted(request)
    services, place = services_of(request), place_in(request, held)
    window, mediator = held.window, request.scope["state"].get(MEDIATOR)
    first, target = window.pin_hash is None, target_of(request)
    try:
        if first and await services.collection.standing(place.slug, held.code) != "draft":
            own = await services.assisted.show_code(window, mediator)
        else:
            pin, again = (posted.get(name, [""])[-1][:100] for name in ("pin", "again"))
            own = await services.assisted.hand_over(window, mediator, pin, again)
    except InvalidInput as wrong:
        fresh = await services.assisted.held(window.cookie(held.code))
        return await hand_over_page(request, fresh or held, wrong.fields)
    except PinLostError:
        return see_other(in_language(HAND_BACK, place.language))
    if own is None:
        return see_other("/")
    path = place.at(target) if target else place.at("go-on")
    if first and not target:
        path = in_language(OWN_CODE, place.language)
    return see_other(path, [own.keep(request, held.code)])


@post(HAND_OVER + "/later", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def later(request: AnyRequest) -> Response[bytes]:
    """First everything with help; the respondent's own questions come last."""
    held = held_of(request)
    if held is None or not held.is_helper:
        return elsewhere(request, held)
    await read_posted(request)
    await services_of(request).assisted.put_off(held.window)
    return see_other(place_in(request, held).at("go-on"))


@get(OWN_CODE, include_in_schema=False, **needs(RESPONDENT))
async def own_code(request: AnyRequest) -> Response[bytes]:
    """The code, as soon as the respondent has the device: his, whatever becomes of the PIN."""
    held = held_of(request)
    if held is None or not held.is_own or held.code is None:
        return elsewhere(request, held)
    place = place_in(request, held)
    return page(request, "assisted/own_code.html", place=place, code=held.code.text)


@get(HAND_BACK, include_in_schema=False, **needs(RESPONDENT))
async def hand_back(request: AnyRequest) -> Response[bytes]:
    """What every page of staff becomes while a respondent has the device."""
    held = held_of(request)
    if held is None:
        return await without_window(request)
    if held.is_helper:
        return elsewhere(request, held)
    return hand_back_page(request, held)


def hand_back_page(
    request: AnyRequest, held: Held, errors: list[FieldError] | None = None
) -> Response[bytes]:
    """Asks for the PIN; where it is lost, says what can still be done."""
    template = {Mode.STUCK: "stuck", Mode.RIGHTS: "lent"}.get(held.window.mode, "hand_back")
    if template == "hand_back" and held.window.pin_hash is None:
        template = "stuck"
    return page(
        request,
        f"assisted/{template}.html",
        422 if errors else 200,
        place=place_in(request, held),
        errors=errors or [],
        open=held.is_own,
        has_code=held.code is not None,
        left=MOST_TRIES - held.window.tries,
    )


async def without_window(request: AnyRequest) -> Response[bytes]:
    """A session whose window is not here: locked while the interview lives, then open again."""
    lent = await services_of(request).assisted.desk.without_window(request)
    if lent.out is None:
        return see_other("/")
    if lent.out:
        return page(request, "assisted/window_gone.html")
    return see_other("/office/assist", lent.cookies)


@post(HAND_BACK, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def give(request: AnyRequest) -> Response[bytes]:
    """With the PIN: back to the helper, or on without him."""
    held = held_of(request)
    if held is None or held.window.mode not in (Mode.OWN, Mode.WAITING):
        return elsewhere(request, held)
    posted = await read_posted(request)
    assisted, place = services_of(request).assisted, place_in(request, held)
    window, mediator = held.window, request.scope["state"].get(MEDIATOR)
    pin = posted.get("pin", [""])[-1][:100]
    act = assisted.go_on_alone if posted.get("go") == ["self"] else assisted.give_back
    try:
        other = await act(window, mediator, pin)
    except InvalidInput as wrong:
        fresh = await assisted.held(window.cookie(held.code))
        return hand_back_page(request, fresh or held, wrong.fields)
    except PinLostError:
        return see_other(in_language(HAND_BACK, place.language))
    if other is None:
        return see_other("/")
    return see_other(place.at("go-on"), [other.keep(request, held.code)])


@post(HAND_BACK + "/forgotten", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def forgotten(request: AnyRequest) -> Response[bytes]:
    """Nobody knows the PIN: from now on nothing of the form is shown."""
    held = held_of(request)
    if held is None or held.window.mode not in (Mode.OWN, Mode.WAITING):
        return elsewhere(request, held)
    await read_posted(request)
    await services_of(request).assisted.forget_pin(held.window)
    return see_other(in_language(HAND_BACK, language_of(request)))


@post(HAND_BACK + "/end", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def end(request: AnyRequest) -> Response[bytes]:
    """Send, keep or delete what is there, unseen, and end the interview in this window."""
    held = held_of(request)
    if held is None:
        return await without_window(request)
    choice = (await read_posted(request)).get("do", ["keep"])[-1]
    assisted, window = services_of(request).assisted, held.window
    if held.window.mode is not Mode.RIGHTS:
        if choice == "delete":
            await assisted.delete(window)
        elif choice == "send":
            try:
                await assisted.send(window)
            except (NotFound, InvalidInput, SurveyClosed):
                return hand_back_page(request, held, [FieldError("do", NOT_SENT)])
            except (NoticeChanged, AssentAwaited, NotAdmitted):
                return hand_back_page(request, held, [FieldError("do", NOT_YET, WITH_CODE)])
    back = await assisted.end(request, window, request.scope["state"].get(MEDIATOR))
    return clean_slate(request, in_language(HAND_BACK + "/done", language_of(request)), back)


@get(HAND_BACK + "/done", include_in_schema=False, **needs(RESPONDENT))
async def done(request: AnyRequest) -> Response[bytes]:
    """The device has forgotten this person; it goes back to the mediator."""
    return page(request, "assisted/done.html")


@get(TAKEN, include_in_schema=False, **needs(RESPONDENT))
async def taken(request: AnyRequest) -> Response[bytes]:
    """Where parts are separate: the form takes over a device that the office has lent."""
    assisted, held = services_of(request).assisted, held_of(request)
    if held is not None or not isinstance(assisted, AssistedAtFront):
        return elsewhere(request, held)
    begun = await assisted.take_over(request)
    if begun is None:
        return see_other(in_language(HAND_BACK, language_of(request)))
    window, loan = begun
    cookies = [window.keep(request, None), drop_cookie(request, CODE)]
    if loan.kind == "rights":
        return see_other(f"/my-answers/{path_language(loan.language)}", cookies)
    return see_other(Place(loan.slug, path_language(loan.language)).at(), cookies)


ROUTES = (taken, hand_over, take, later, own_code, hand_back, give, forgotten, end, done)
