"""After the questions: check, send, keep the code; and the ways out at any time."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import segno
from litestar import Request, Response, get, post

from schemas.response import AnswerDict
from schemas.texts import Texts
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_place import (
    code_of,
    draft_of,
    forget_code,
    place_of,
    wave_of,
    window_of,
    within,
    without_draft,
)
from survey_service.collection.page_parts_remarks import ShownRemark, shown_remarks
from survey_service.problems import InvalidInput, NotAdmitted, NotFound
from survey_service.rights.receipt_words import worded
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import Files
from survey_service.surveys.reading import without_value
from survey_service.surveys.repeats import entry_of
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready

AnyRequest = Request[Any, Any, Any]

HERE = "/survey/{slug:str}/{lang:str}"


class Given(NamedTuple):
    """One line of the check page."""

    id: str
    title: Texts
    text: Texts
    state: str
    words: list[str]
    again: bool
    """Chosen before, and no longer on offer since an earlier answer was changed."""
    about: Texts | None
    entry: int | None
    """Which of several it is about: "Person", 2."""


class Part(NamedTuple):
    """One section of the check page."""

    title: Texts
    given: list[Given]


def given_answers(
    form: CompiledForm, draft: Draft, language: str, shown: frozenset[str] | None = None
) -> list[Part]:
    """Everything on the route, by section, in words; only what is `shown`, if that is given."""
    parts: dict[str, Part] = {}
    route, live = form.walk(draft.answers, draft.purposes)
    # What is not shown is not quoted either.
    told = live if shown is None else within(shown, route, live)[1]
    for qid in route:
        if shown is not None and qid not in shown:
            continue
        question = form.by_id[qid]
        section = form.sections[question.section]
        part = parts.setdefault(section.id, Part(section.title, []))
        if form.quotes.of(qid):
            question = form.quotes.asked(question, told, language)
        answer: AnswerDict = live.get(qid, without_value("missing"))
        words = form.display(qid, answer, language)
        again = qid in draft.answers and qid not in live
        entry = entry_of(question)
        about = form.repeats[str(question.repeat)].title if entry else None
        part.given.append(
            Given(qid, question.title, question.text, answer["state"], words, again, about, entry)
        )
    return list(parts.values())


def remarks_at_the_end(
    form: CompiledForm,
    files: Files,
    route: Sequence[str],
    live: Mapping[str, AnswerDict],
    language: str,
) -> list[ShownRemark]:
    """What stands after the last question, with the answers that it quotes."""
    found = form.remarks.before(None, route, live) if form.remarks else ()
    return shown_remarks(found, form, files, live, language)


@get(HERE + "/check", include_in_schema=False, **needs(RESPONDENT))
async def check(request: AnyRequest) -> Response[bytes]:
    """All answers, each with a way to change it, before anything is sent."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    draft = found[1]
    if wave.form.ends(draft.answers):
        return see_other(place.at("too-young"))
    if wave.needs_parent(draft.answers, parental=draft.parental):
        return see_other(place.at("ask-parent"))
    route, live = wave.form.walk(draft.answers, draft.purposes)
    window = window_of(request)
    shown = None if window is None else window.shown(wave.form, draft)
    unseen = wave.form.first_open(draft.answers, draft.purposes)
    if shown is not None:
        route, live = within(shown, route, live)
        unseen = next((qid for qid in route if qid not in live), None)
    return page(
        request,
        "collection/check.html",
        place=place,
        wave=wave,
        draft=draft,
        parts=given_answers(wave.form, draft, place.language, shown),
        remarks=remarks_at_the_end(wave.form, wave.files, route, live, place.language),
        unseen=unseen,
        as_helper=shown is not None,
    )


@post(HERE + "/check", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def submit(request: AnyRequest) -> Response[bytes]:
    """Send the answers; sending twice is sending once."""
    place = place_of(request)
    code = code_of(request)
    if code is None:
        return see_other(place.at())
    await read_posted(request)
    wave = await wave_of(request, place)
    if wave.once != "off" or wave.notice.escrow is not None:
        found = await draft_of(request, place, wave)
        if found is not None and wave.once != "off" and not found[1].once:
            return see_other(place.at("once"))
        if found is not None and wave.notice.escrow is not None and not found[1].escrow:
            return see_other(place.at("lost-code"))
    try:
        await services_of(request).collection.submit(place.slug, code)
    except NotFound:
        return await without_draft(request, place)
    except NotAdmitted as problem:
        return page(
            request, "collection/not_admitted.html", problem.status, place=place, problem=problem
        )
    except InvalidInput:
        found = await draft_of(request, place, wave)
        young = found is not None and wave.form.ends(found[1].answers)
        return see_other(place.at("too-young" if young or not found else "ask-parent"))
    return see_other(place.at("receipt"))


@get(HERE + "/receipt", include_in_schema=False, **needs(RESPONDENT))
async def receipt(request: AnyRequest) -> Response[bytes]:
    """The code of what was sent, to keep; shown again on reload until he says he has it."""
    place = place_of(request)
    code = code_of(request)
    if code is None:
        return see_other(place.at("goodbye"))
    standing = await services_of(request).collection.standing(place.slug, code)
    if standing == "draft":
        return see_other(place.at("check"))
    if standing == "nothing":
        return await without_draft(request, place)
    held = await services_of(request).receipts.of_code(code)
    return page(
        request,
        "collection/receipt.html",
        place=place,
        code=code.text,
        in_window=window_of(request) is not None,
        title=held.title.text(place.language),
        receipt=worded(held, place.language),
        controller=held.notice.controller,
    )


@get(HERE + "/pause", include_in_schema=False, **needs(RESPONDENT))
async def pause(request: AnyRequest) -> Response[bytes]:
    """The code, with which the form can be gone on with."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave, decided=False)
    if found is None:
        return await without_draft(request, place)
    days = wave.draft_days
    return page(request, "collection/pause.html", place=place, code=found[0].text, days=days)


@get(HERE + "/code.svg", include_in_schema=False, **needs(RESPONDENT))
async def code_image(request: AnyRequest) -> Response[bytes]:
    """The code as a QR image: its bare text, never an address."""
    code = code_of(request)
    if code is None:
        raise NotFound
    image = BytesIO()
    segno.make(code.text, error="m", micro=False).save(
        image, kind="svg", scale=4, border=2, dark="#000", light="#fff"
    )
    return Ready(image.getvalue(), media_type="image/svg+xml")


@post(HERE + "/kept", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def kept(request: AnyRequest) -> Response[bytes]:
    """He has his code: this browser forgets it."""
    return see_other(place_of(request).at("goodbye"), [forget_code(request)])


@get(HERE + "/goodbye", include_in_schema=False, **needs(RESPONDENT))
async def goodbye(request: AnyRequest) -> Response[bytes]:
    """Thanks, and where the code can be used."""
    return page(request, "collection/goodbye.html", place=place_of(request))


@post(HERE + "/leave", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def leave(request: AnyRequest) -> Response[bytes]:
    """Away from here at once: the cookie goes, and the page that follows tells nothing."""
    place = place_of(request)
    return see_other(f"/left?lang={place.language}", [forget_code(request)])


@get("/left", include_in_schema=False, **needs(RESPONDENT))
async def left(request: AnyRequest) -> Response[bytes]:
    """A page that could be anybody's."""
    return page(request, "collection/left.html")


@get(HERE + "/stop", include_in_schema=False, **needs(RESPONDENT))
async def stop(request: AnyRequest) -> Response[bytes]:
    """Asks once whether everything shall be deleted."""
    return page(request, "collection/stop.html", place=place_of(request))


@post(HERE + "/stop", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def stop_and_delete(request: AnyRequest) -> Response[bytes]:
    """Nothing is left anywhere, nor in this browser."""
    place = place_of(request)
    code = code_of(request)
    if code is not None:
        await services_of(request).rights.erase(code)
    return see_other(place.at("stopped"), [forget_code(request)])


@get(HERE + "/stopped", include_in_schema=False, **needs(RESPONDENT))
async def stopped(request: AnyRequest) -> Response[bytes]:
    """It is done."""
    return page(request, "collection/stopped.html", place=place_of(request))


@get(HERE + "/too-young", include_in_schema=False, **needs(RESPONDENT))
async def too_young(request: AnyRequest) -> Response[bytes]:
    """The survey is for older people; nothing can be sent, and the age can be corrected."""
    place = place_of(request)
    wave = await wave_of(request, place)
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    ending = ending_question(wave.form, found[1])
    if ending is None:
        return see_other(place.at("go-on"))
    return page(
        request,
        "collection/too_young.html",
        place=place,
        correct=place.at(f"q/{ending}"),
        age=wave.form.by_id[ending].ends_below,
    )


def ending_question(form: CompiledForm, draft: Draft) -> str | None:
    """The question whose answer ended the survey."""
    return next(
        (qid for qid in draft.answers if form.ends({qid: draft.answers[qid]})),
        None,
    )


ROUTES = (
    check,
    submit,
    receipt,
    pause,
    code_image,
    kept,
    goodbye,
    leave,
    left,
    stop,
    stop_and_delete,
    stopped,
    too_young,
)
