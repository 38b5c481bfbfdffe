"""The form as respondents will see it, walked through by a coordinator before anybody is asked.

The very pages of the form, marked as a preview, over a draft that cannot be sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.notice import PurposeId
from schemas.questionnaire import Question
from survey_service.collection.code import ALPHABET, LENGTH, Code
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_ending import given_answers, remarks_at_the_end
from survey_service.collection.page_parts_offered import codes_shown, values_shown
from survey_service.collection.page_parts_place import Place
from survey_service.collection.page_parts_question import (
    chosen_language,
    in_language,
    next_step,
)
from survey_service.collection.page_parts_sheet import (
    drawn,
    error_page,
    from_check,
    in_order,
    posted_slot,
    sheet,
    usual_back,
)
from survey_service.problems import Conflict, NotFound
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.opening import checklist_of
from survey_service.surveys.reading import InvalidAnswer, NothingSaid
from survey_service.surveys.repeats import asks_for_more, entries_said
from survey_service.web.context import demonstration, services_of, signed_in
from survey_service.web.cookies import Cookie, drop_cookie, read_cookie, set_cookie
from survey_service.web.csrf import csrf_field
from survey_service.web.forms import Form, read_form
from survey_service.web.languages import language_of, path_language
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import HTML, html, page
from survey_service.web.responses import Ready
from survey_service.web.translation import DEFAULT_LANGUAGE, LANGUAGES

AnyRequest = Request[Any, Any, Any]

PREVIEW = "/office/questionnaires/{slug:str}/{sha:str}/preview"
INSIDE = PREVIEW + "/{lang:str}"
QUESTION = INSIDE + "/q/{qid:str}"
_SYMBOLS = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PreviewPlace(Place):
    """A survey's questionnaire, by its digest, in a language, within its preview."""

    sha: str

    @property
    def start(self) -> str:
        """Where the preview begins and ends."""
        return f"/office/questionnaires/{self.slug}/{self.sha}/preview"

    @property
    def preview(self) -> str:
        """The way out: what marks the page as a preview."""
        return self.start

    def at(self, step: str = "") -> str:
        """The path of a step within the preview."""
        return f"{self.start}/{self.language}/{step}" if step else self.start

    def said_in(self, language: str) -> "PreviewPlace":
        """The same preview in another language."""
        return PreviewPlace(self.slug, language, self.sha)


def place_in_preview(request: AnyRequest, language: str | None = None) -> PreviewPlace:
    """The questionnaire and the language that the path names.

    Raises:
        NotFound: neither could ever be one of ours.
    """
    params = request.scope["path_params"]
    slug, sha = params["slug"], params["sha"]
    if not _SLUG.fullmatch(slug) or not _DIGEST.fullmatch(sha):
        raise NotFound
    return PreviewPlace(slug, language or path_language(params["lang"]), sha)


def _code(request: AnyRequest) -> Code | None:
    symbols = read_cookie(request, Cookie.PREVIEW)
    return Code(symbols) if symbols and _SYMBOLS.fullmatch(symbols) else None


async def _found(request: AnyRequest, place: PreviewPlace) -> tuple[Code, Draft] | None:
    code = _code(request)
    draft = await services_of(request).previews.read(place.sha, code) if code else None
    return (code, draft) if code and draft else None


@get(PREVIEW, include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def preview_start(request: AnyRequest) -> Response[bytes]:
    """The choice of a language; where no notice is stored, of what is agreed to as well."""
    place = place_in_preview(request, DEFAULT_LANGUAGE)
    form = services_of(request).previews.form(place.sha)
    found = await _found(request, place)
    languages = [(tag, name) for tag, name in LANGUAGES.items()
                 if tag != "rom" or tag in form.questionnaire.languages]  # fmt: skip
    return page(
        request,
        "collection/preview.html",
        version=f"/office/questionnaires/{place.slug}/{place.sha}",
        questionnaire=form.questionnaire,
        shut=len(checklist_of(form).errors),
        languages_offered=languages,
        notice=services_of(request).previews.notice(place.slug),
        goes_on=found and next_step(form, place.said_in(found[1].language), found[1]),
    )


@post(PREVIEW, include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_READ))
async def begin_preview(request: AnyRequest) -> Response[bytes]:
    """Begin anew, with the notice where the survey has one, else with the questions."""
    form = await read_form(request)
    place = place_in_preview(request, path_language(form.one("lang") or language_of(request)))
    if services_of(request).previews.notice(place.slug) is not None:
        return see_other(place.at("notice"))
    purposes = [PurposeId.PARTICIPATION]
    purposes += [PurposeId.ETHNIC_HEALTH] if form.one("special") == "yes" else []
    return await begin_at(request, place, purposes)


async def begin_at(
    request: AnyRequest, place: PreviewPlace, purposes: Sequence[PurposeId]
) -> Response[bytes]:
    """The first question, in a draft of its own; whatever the window previewed before is gone."""
    previews = services_of(request).previews
    questionnaire = previews.form(place.sha)
    before = _code(request)
    if before is not None:
        await previews.end(place.sha, before)
    code = await previews.begin(place.sha, place.language, purposes, signed_in(request))
    first = questionnaire.following(None, {}, frozenset(p.value for p in purposes))
    line = set_cookie(request, Cookie.PREVIEW, code.symbols)
    return see_other(place.at(f"q/{first}" if first else "check"), [line])


@get(QUESTION, include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def preview_question(request: AnyRequest, qid: FromPath[str]) -> Response[bytes]:
    """The question, as a respondent sees it."""
    place = place_in_preview(request)
    form = services_of(request).previews.form(place.sha)
    found = await _found(request, place)
    if qid not in form.by_id:
        raise NotFound
    if found is None:
        return see_other(place.start)
    code, draft = found
    route, live = form.walk(draft.answers, draft.purposes)
    if qid not in route:
        return see_other(next_step(form, place, draft))
    question = form.by_id[qid]
    files = services_of(request).previews.files(place.sha)
    values = values_shown(form, files, place, question, draft, route, live)
    values |= _hidden(request, place, request.query_params.get("from") == "check")
    codes = codes_shown(form, question, live, services_of(request).previews.keys(place.sha, code))
    make = drawn if question.randomize else sheet
    made = make(form, files, place, qid, codes, demonstration(request))
    return Ready(made.filled(values), media_type=HTML)


def _hidden(request: AnyRequest, place: PreviewPlace, checking: bool) -> dict[str, bytes]:
    """What an office form must carry besides the answer, and the way back to the check page."""
    values = from_check(place) if checking else {}
    return values | {"from": str(csrf_field(request)).encode() + values.get("from", b"")}


@post(QUESTION, include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_READ))
async def save_preview(request: AnyRequest, qid: FromPath[str]) -> Response[bytes]:
    """Keep the answer in the preview and go on; a wrong one is shown as respondents see it."""
    posted = await read_form(request)
    place = place_in_preview(request)
    previews = services_of(request).previews
    form = previews.form(place.sha)
    found = await _found(request, place)
    if qid not in form.by_id:
        raise NotFound
    if found is None:
        return see_other(place.start)
    code, draft = found
    fields = {name: list(values) for name, values in posted.raw.items()}
    removed = posted.one("go").partition("remove:")[2]
    if removed:
        return await _without(request, form, place, code, qid, removed)
    place = place.said_in(chosen_language(fields, place))
    live = form.walk(draft.answers, draft.purposes)[1]
    try:
        answer = form.read(qid, fields, live, previews.today())
    except InvalidAnswer as problem:
        if posted.one("go") == "pause":
            return see_other(place.at("check"))
        if "language" in posted and isinstance(problem, NothingSaid):
            return in_language(fields, place, qid)
        codes = codes_shown(form, form.by_id[qid], live, previews.keys(place.sha, code))
        question = form.quotes.asked(form.by_id[qid], live, place.language)
        return _mistaken(request, form, place, question, fields, codes, problem)
    draft = await previews.save(place.sha, code, qid, answer, place.language)
    return see_other(_onward(form, place, qid, draft, posted))


async def _without(
    request: AnyRequest, form: CompiledForm, place: PreviewPlace, code: Code, qid: str, asked: str
) -> Response[bytes]:
    entry, _, entries = asked.partition(":")
    if not asks_for_more(form.by_id[qid]) or not (entry.isdecimal() and entries.isdecimal()):
        raise NotFound
    repeat = form.repeats[str(form.by_id[qid].repeat)]
    draft = await services_of(request).previews.remove_entry(
        place.sha, code, repeat, int(entry), int(entries), place.language
    )
    return see_other(place.at(f"q/{repeat.id}.{entries_said(repeat, draft.answers)}"))


def _onward(form: CompiledForm, place: PreviewPlace, qid: str, draft: Draft, posted: Form) -> str:
    checking = posted.one("from") == "check"
    if "language" in posted:
        return place.at(f"q/{qid}") + ("?from=check" if checking else "")
    if posted.one("go") == "pause" or form.ends(draft.answers):
        return place.at("check")
    if checking:
        return next_step(form, place, draft)
    following = form.following(qid, draft.answers, draft.purposes)
    return place.at(f"q/{following}" if following else "check")


def _mistaken(
    request: AnyRequest,
    form: CompiledForm,
    place: PreviewPlace,
    question: Question,
    posted: dict[str, list[str]],
    codes: tuple[str, ...] | None,
    problem: InvalidAnswer,
) -> Response[bytes]:
    checking = posted.get("from") == ["check"]
    values = usual_back(place, question.id) | _hidden(request, place, checking)
    body = error_page(
        form,
        place,
        question,
        in_order(form.options_for(question.id), codes),
        posted_slot(posted, values),
        problem.fields,
        files=services_of(request).previews.files(place.sha),
        demonstration=demonstration(request),
    )
    return html(body, 422)


@get(QUESTION + "/back", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def preview_back(request: AnyRequest, qid: FromPath[str]) -> Response[bytes]:
    """To the question before this one; from the first, to the start."""
    place = place_in_preview(request)
    form = services_of(request).previews.form(place.sha)
    found = await _found(request, place)
    if qid not in form.by_id:
        raise NotFound
    before = found and form.preceding(qid, found[1].answers, found[1].purposes)
    return see_other(place.at(f"q/{before}") if before else place.start)


@get(INSIDE + "/check", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def preview_check(request: AnyRequest) -> Response[bytes]:
    """Every answer, and what would be stored of them. Nothing can be sent from here."""
    place = place_in_preview(request)
    form = services_of(request).previews.form(place.sha)
    found = await _found(request, place)
    if found is None:
        return see_other(place.start)
    draft = found[1]
    files = services_of(request).previews.files(place.sha)
    route, live = form.walk(draft.answers, draft.purposes)
    return page(
        request,
        "collection/preview_check.html",
        place=place,
        draft=draft,
        remarks=remarks_at_the_end(form, files, route, live, place.language),
        parts=given_answers(form, draft, place.language),
        unseen=form.first_open(draft.answers, draft.purposes),
        stored=_stored(form, draft),
        variables=form.variable,
    )


def _stored(form: CompiledForm, draft: Draft) -> dict[str, str] | None:
    """The columns that would be kept, or None where an answer ends the survey."""
    try:
        record = form.settle_record(
            draft.answers, draft.purposes, interview_language=draft.language
        )
    except Conflict:
        return None
    return form.coded(record)


@post(INSIDE + "/leave", include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_READ))
async def leave_preview(request: AnyRequest) -> Response[bytes]:
    """The end of the preview, from the button with which respondents leave."""
    await read_form(request)
    return await _ended(request)


@get(INSIDE + "/stop", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def stop_preview(request: AnyRequest) -> Response[bytes]:
    """Where respondents are asked whether to delete; a preview's answers are on the check page."""
    return see_other(place_in_preview(request).at("check"))


async def _ended(request: AnyRequest) -> Response[bytes]:
    place, code = place_in_preview(request), _code(request)
    if code is not None:
        await services_of(request).previews.end(place.sha, code)
    return see_other(
        f"/office/questionnaires/{place.slug}/{place.sha}", [drop_cookie(request, Cookie.PREVIEW)]
    )


ROUTES = (
    preview_start,
    begin_preview,
    preview_question,
    save_preview,
    preview_back,
    preview_check,
    leave_preview,
    stop_preview,
)
