"""What a window in which somebody is helped may open, decided before any page is asked.

Whatever is not named here is refused, so a page that is added later is closed to a helper until
somebody has thought about it. The gate stands in the guard; no page needs to remember it.

Where parts are separate this is the front's gate. It knows no session of staff: that the helper's
pages may open there, the window's own cookie shows, which the office's loan made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from survey_service.assisted.held import HAND_BACK, HAND_OVER, Held, clean_slate, in_language
from survey_service.assisted.lending import TAKEN
from survey_service.assisted.visibility import shown_to_helper
from survey_service.assisted.windows import Mode
from survey_service.collection.page_parts_place import WINDOW, Place
from survey_service.problems import NotSignedIn
from survey_service.web.context import Connection, services_of
from survey_service.web.languages import language_of
from survey_service.web.redirects import see_other

if TYPE_CHECKING:
    from litestar import Response

    from survey_service.assisted.service import Assisted

MEDIATOR = "mediator"

FORM = "/survey/{slug}/{lang}"
QUESTION = FORM + "/q/{qid}"
OWN_PAGES = frozenset(
    {
        HAND_OVER,
        HAND_OVER + "/code",
        HAND_OVER + "/later",
        HAND_BACK,
        HAND_BACK + "/forgotten",
        HAND_BACK + "/end",
        HAND_BACK + "/done",
        TAKEN,
        "/left",
    }
)
KEPT, LEAVE, STOP = FORM + "/kept", FORM + "/leave", FORM + "/stop"
ENDINGS = frozenset({KEPT, LEAVE, STOP})
BEFORE_HIS_PIN = frozenset(
    {
        FORM + "/age",
        FORM + "/parent",
        FORM + "/consent",
        FORM + "/contact",
        FORM + "/once",
        FORM + "/lost-code",
    }
)
FOR_HELPER = frozenset(
    {
        "/survey/{slug}",
        FORM,
        FORM + "/go-on",
        FORM + "/slip",
        FORM + "/check",
        FORM + "/too-young",
        FORM + "/too-early",
        FORM + "/ask-parent",
        FORM + "/stop",
        FORM + "/stopped",
        FORM + "/goodbye",
        QUESTION,
        QUESTION + "/back",
    }
)
CODE_PAGES = {FORM + "/pause": "pause", FORM + "/receipt": "receipt"}


async def admit(connection: Connection, held: Held, assisted: Assisted) -> Response[Any] | None:
    """Nothing, if the page may open in the window as it stands; else where to go instead.

    Raises:
        NotSignedIn: it is the mediator's turn, and no mediator is signed in.
    """
    state = connection.scope["state"]
    state[WINDOW] = held
    template = str(connection.scope.get("path_template", ""))
    # Also where the respondent has the device: while he works, the session does not run out.
    person = state[MEDIATOR] = await assisted.desk.mediator(connection)
    if template in OWN_PAGES:
        return None
    mode, language = held.window.mode, language_of(connection)
    if mode is Mode.RIGHTS and template.startswith(("/my-answers", "/survey")):
        return None
    if mode is Mode.HELPER and not assisted.desk.may_ask(person):
        raise NotSignedIn
    if mode not in (Mode.HELPER, Mode.OWN) or not template.startswith("/survey/"):
        return see_other(in_language(HAND_BACK, language))
    if connection.scope["path_params"]["slug"] != held.window.slug:
        return see_other(Place(held.window.slug, language).at("go-on"))
    if connection.scope.get("method") == "POST" and template in ENDINGS:
        return await _end(connection, held, template, assisted)
    if mode is Mode.OWN:
        return None
    return await _as_helper(connection, held, template, language)


async def _end(
    connection: Connection, held: Held, template: str, assisted: Assisted
) -> Response[Any]:
    """Whoever leaves, stops or has kept his code ends the interview in this window."""
    language = language_of(connection)
    if held.is_helper and template == KEPT:
        return see_other(in_language(HAND_OVER, language, to="pause"))
    if template == STOP:
        await assisted.delete(held.window)
    back = await assisted.end(connection, held.window, connection.scope["state"][MEDIATOR])
    target = "/left" if template == LEAVE else HAND_BACK + "/done"
    return clean_slate(connection, in_language(target, language), back)


async def _as_helper(
    connection: Connection, held: Held, template: str, language: str
) -> Response[Any] | None:
    window = held.window
    place = Place(window.slug, language)
    if template in CODE_PAGES:
        return see_other(in_language(HAND_OVER, language, to=CODE_PAGES[template]))
    if template in BEFORE_HIS_PIN:
        # Afterwards they may hold what he decided himself, also under a changed notice.
        return None if window.pin_hash is None else see_other(in_language(HAND_OVER, language))
    if template.startswith(QUESTION):
        return await _question(connection, held, place, template)
    if template in FOR_HELPER:
        return None
    return see_other(place.at("go-on"))


async def _question(
    connection: Connection, held: Held, place: Place, template: str
) -> Response[Any] | None:
    """Only what a helper may see, read and written alike; the way back leaves the rest out."""
    collection = services_of(connection).collection
    wave = await collection.survey(held.window.slug)
    draft = None if held.code is None else await collection.draft(held.window.slug, held.code)
    if draft is None or draft.wave_id != wave.id:
        return None  # There is nothing to be seen; the page says so.
    shown = shown_to_helper(wave.form, draft.own)
    qid = str(connection.scope["path_params"]["qid"])
    if template.endswith("/back"):
        route = wave.form.route(draft.answers, draft.purposes)
        before = route[: route.index(qid)] if qid in route else []
        earlier = [other for other in before if other in shown]
        return see_other(place.at(f"q/{earlier[-1]}" if earlier else "go-on"))
    if qid in shown or qid not in wave.form.by_id:
        return None
    return see_other(held.for_helper(wave.form, draft, place))
