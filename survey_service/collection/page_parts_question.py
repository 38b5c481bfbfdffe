"""One question a page: shown with the answer given before, saved, and on to the next.

The hot path of the whole service, so it takes the prepared sheet and parses no more than it needs.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post

from schemas.expression import references
from schemas.notice import PurposeId
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_offered import (
    codes_shown,
    depends,
    earlier_values,
    questions_left,
    values_shown,
)
from survey_service.collection.page_parts_place import (
    Place,
    code_of,
    draft_of,
    place_of,
    wave_of,
    window_of,
    within,
    without_draft,
)
from survey_service.collection.page_parts_sheet import (
    drawn,
    error_page,
    from_check,
    hand_link,
    in_order,
    posted_slot,
    sheet,
    usual_back,
)
from survey_service.problems import N_, NotFound
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.reading import (
    STATE_PREFIX,
    InvalidAnswer,
    NothingSaid,
    fields_of,
)
from survey_service.surveys.repeats import asks_for_more, entries_said
from survey_service.surveys.waves import Wave
from survey_service.web.context import demonstration, services_of
from survey_service.web.forms import read_posted
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import HTML, html
from survey_service.web.responses import Ready
from survey_service.web.translation import LANGUAGES, translator

AnyRequest = Request[Any, Any, Any]
Posted = dict[str, list[str]]

STATE_WORDS = {"dont_know": N_("I don't know"), "refused": N_("I prefer not to say")}

QUESTION = "/survey/{slug:str}/{lang:str}/q/{qid:str}"


@get(QUESTION, include_in_schema=False, **needs(RESPONDENT))
async def question_page(request: AnyRequest) -> Response[bytes]:
    """The question, with the answer given before."""
    place = place_of(request)
    wave = await wave_of(request, place)
    form = wave.form
    qid: str = request.scope["path_params"]["qid"]
    if qid not in form.by_id:
        raise NotFound
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    code, draft = found
    question = form.by_id[qid]
    if not question.asked:
        return see_other(next_step(form, place, draft))
    route, live = form.walk_to(qid, draft.answers, draft.purposes, section=True)
    if qid not in route:
        return see_other(next_step(form, place, draft))
    window = window_of(request)
    quotes = form.quotes.of(qid)
    if window is not None or form.remarks or quotes or asks_for_more(question):
        # What stands around the question looks at all that was said before.
        route, live = form.walk(draft.answers, draft.purposes)
    if window is not None and (shown := window.shown(form, draft)) is not None:
        route, live = within(shown, route, live)
    values = values_shown(form, wave.files, place, question, draft, route, live)
    values["left"] = questions_left(form, question, route, place.language)
    if window is not None:
        values |= hand_link(window, place)
    if b"from=check" in request.scope["query_string"]:
        values |= from_check(place)
    codes = codes_shown(form, question, live, keys_of(request, place, code))
    make = drawn if question.randomize else sheet
    made = make(form, wave.files, place, qid, codes, demonstration(request))
    return Ready(made.filled(values), media_type=HTML)


def keys_of(request: AnyRequest, place: Place, code: Code) -> CodeKeys:
    """What the code opens in this survey."""
    return services_of(request).collection.keys(place.slug, code)


def next_step(form: CompiledForm, place: Place, draft: Draft) -> str:
    """Where a form goes on: the first question nobody has seen yet, or the check page."""
    qid = form.first_open(draft.answers, draft.purposes)
    return place.at(f"q/{qid}" if qid else "check")


@post(QUESTION, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def save_answer(request: AnyRequest) -> Response[bytes]:
    """Write the answer into the draft and go where the pressed button leads."""
    place = place_of(request)
    code = code_of(request)
    posted = await read_posted(request)
    wave = await wave_of(request, place)
    qid: str = request.scope["path_params"]["qid"]
    question = wave.form.by_id.get(qid)
    if question is None:
        raise NotFound
    if code is None:
        return await kept_on_the_page(request, place, wave, question, posted)
    removed = posted.get("go", [""])[-1].partition("remove:")[2]
    if removed:
        return await remove_entry(request, wave, place, code, question, removed)
    draft, live = None, None
    if looks_at_draft(question):
        # An answer is kept before its giver is told that the notice has changed.
        found = await draft_of(request, place, wave, decided=False)
        if found is None:
            return await kept_on_the_page(request, place, wave, question, posted)
        draft = found[1]
        live = leading_to(wave.form, qid, draft)
    language = chosen_language(posted, place)
    try:
        answer = wave.form.read(qid, posted, live, services_of(request).collection.today())
    except InvalidAnswer as problem:
        if not await is_asked(request, place, wave, question):
            raise NotFound from problem
        if posted.get("go") == ["pause"]:
            return see_other(place.at("pause"))
        if "language" in posted and isinstance(problem, NothingSaid):
            return in_language(posted, place.said_in(language), qid)
        shown = seen_here(request, wave, draft, live or {})
        codes = codes_shown(wave.form, question, shown, keys_of(request, place, code))
        place = place.said_in(language)
        around = earlier_values(wave.form, question, shown)
        question = wave.form.quotes.asked(question, shown, language)
        return mistaken(request, wave, place, question, posted, codes, around, problem)
    return await store(request, wave, place, code, qid, answer, posted, language)


async def remove_entry(
    request: AnyRequest, wave: Wave, place: Place, code: Code, question: Question, asked: str
) -> Response[bytes]:
    """Take one entry out and show what is left.

    Raises:
        NotFound: the button is none of ours.
    """
    entry, _, entries = asked.partition(":")
    if not asks_for_more(question) or not (entry.isdecimal() and entries.isdecimal()):
        raise NotFound
    repeat = wave.form.repeats[str(question.repeat)]
    collection = services_of(request).collection
    try:
        draft = await collection.remove_entry(
            place.slug, code, repeat, int(entry), int(entries), place.language
        )
    except NotFound:
        return await without_draft(request, place)
    left = entries_said(repeat, draft.answers)
    return see_other(place.at(f"q/{repeat.id}.{left}"))


async def kept_on_the_page(
    request: AnyRequest, place: Place, wave: Wave, question: Question, posted: Posted
) -> Response[bytes]:
    """Where somebody goes whose form is gone, with the answer that he has just given."""
    typed = words_typed(wave.form, question, posted, place.language)
    asked = wave.form.quotes.asked(question, {}, place.language).text
    return await without_draft(request, place, typed, asked)


def words_typed(form: CompiledForm, question: Question, posted: Posted, language: str) -> list[str]:
    """What was written or chosen, in words, so that whoever has no form any more loses none of it.

    Cost grows with the choices. What no page of ours could have sent is left out.
    """
    words = {option.code: option.text.text(language) for option in form.options_for(question.id)}
    say = translator(language)
    states = {STATE_PREFIX + state: say(told) for state, told in STATE_WORDS.items()}
    parts = {part.name: part.text.text(language) for part in question.parts}
    typed = [
        f"{parts[name]}: {text}" if name in parts else text
        for name in (fields_of(question) or ("value",))
        for text in posted.get(name, [])
        if text.strip()
    ]
    if question.kind is QuestionKind.DATE:
        typed = [".".join(typed)] if typed else []
    elif words:
        typed = [words[text] for text in typed if text in words]
    said = [*posted.get("value", []), *(STATE_PREFIX + state for state in posted.get("state", []))]
    return [
        *(text for text in typed if text not in states),
        *dict.fromkeys(states[state] for state in said if state in states),
    ]


def looks_at_draft(question: Question) -> bool:
    """Whether an answer cannot be judged without the earlier ones."""
    return bool(
        question.ceiling
        or depends(question)
        or question.quotes
        or (question.constraint and references(question.constraint))
    )


async def is_asked(request: AnyRequest, place: Place, wave: Wave, question: Question) -> bool:
    """Whether this person agreed to be asked it; whoever has no form learns that when he saves."""
    if question.purpose is PurposeId.PARTICIPATION:
        return True
    found = await draft_of(request, place, wave, decided=False)
    return found is None or question.purpose in found[1].purposes


def leading_to(form: CompiledForm, qid: str, draft: Draft) -> Mapping[str, AnswerDict]:
    """The answers that count before a question: those it depends on, all where it quotes some."""
    if form.quotes.of(qid):
        return form.walk(draft.answers, draft.purposes)[1]
    return form.walk_to(qid, draft.answers, draft.purposes)[1]


def seen_here(
    request: AnyRequest, wave: Wave, draft: Draft | None, live: Mapping[str, AnswerDict]
) -> Mapping[str, AnswerDict]:
    """The earlier answers, in a helper's window only those that he may see."""
    window = window_of(request)
    shown = window.shown(wave.form, draft) if window is not None and draft is not None else None
    return live if shown is None else within(shown, (), live)[1]


def chosen_language(posted: Posted, place: Place) -> str:
    """The language whose button was pressed, else the one the page was in."""
    asked = posted.get("language", [place.language])[-1]
    return asked if asked in LANGUAGES else place.language


async def store(
    request: AnyRequest,
    wave: Wave,
    place: Place,
    code: Code,
    qid: str,
    answer: Any,
    posted: Posted,
    language: str,
) -> Response[bytes]:
    """Save, then show the next question, the same in another language, or the way out."""
    collection = services_of(request).collection
    window = window_of(request)
    try:
        own = window is not None and window.is_own
        draft = await collection.save(place.slug, code, qid, answer, language, own=own)
    except NotFound:
        if await draft_of(request, place, wave, decided=False) is not None:
            # He has a form; it is this question that he is not asked.
            raise
        return await kept_on_the_page(request, place, wave, wave.form.by_id[qid], posted)
    checking = posted.get("from") == ["check"]
    if "language" in posted:
        return in_language(posted, place.said_in(language), qid)
    if posted.get("go") == ["pause"]:
        return see_other(place.at("pause"))
    if answer["state"] == "answered" and wave.form.ends({qid: answer}):
        return see_other(place.at("too-young"))
    if wave.needs_parent(draft.answers, parental=draft.parental):
        return see_other(place.at("ask-parent"))
    if checking:
        return see_other(next_step(wave.form, place, draft))
    if window is not None and (step := await window.after_saving(wave.form, draft, place)):
        return see_other(step)
    following = wave.form.following(qid, draft.answers, draft.purposes)
    return see_other(place.at(f"q/{following}" if following else "check"))


def in_language(posted: Posted, place: Place, qid: str) -> Response[bytes]:
    """To the same question in the language chosen."""
    query = "?from=check" if posted.get("from") == ["check"] else ""
    return see_other(place.at(f"q/{qid}") + query)


def mistaken(
    request: AnyRequest,
    wave: Wave,
    place: Place,
    question: Question,
    posted: Posted,
    codes: tuple[str, ...] | None,
    around: dict[str, bytes],
    problem: InvalidAnswer,
) -> Response[bytes]:
    """The question with what is wrong, every typed word kept."""
    options = in_order(wave.form.options_for(question.id), codes)
    checking = posted.get("from") == ["check"]
    values = around | (from_check(place) if checking else usual_back(place, question.id))
    if (window := window_of(request)) is not None:
        values |= hand_link(window, place)
    body = error_page(
        wave.form,
        place,
        question,
        options,
        posted_slot(posted, values),
        problem.fields,
        files=wave.files,
        demonstration=demonstration(request),
    )
    return html(body, 422)


@get(QUESTION + "/back", include_in_schema=False, **needs(RESPONDENT))
async def back(request: AnyRequest) -> Response[bytes]:
    """To the question before this one; from the first, to the decisions."""
    place = place_of(request)
    wave = await wave_of(request, place)
    qid: str = request.scope["path_params"]["qid"]
    if qid not in wave.form.by_id:
        raise NotFound
    found = await draft_of(request, place, wave)
    if found is None:
        return await without_draft(request, place)
    draft = found[1]
    before = wave.form.preceding(qid, draft.answers, draft.purposes)
    return see_other(place.at(f"q/{before}" if before else "consent"))


ROUTES = (question_page, save_answer, back)
