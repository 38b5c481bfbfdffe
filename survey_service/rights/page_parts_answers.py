"""The answers themselves, one step behind the status; and correcting one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from litestar import Response, get, post

from schemas.questionnaire import Option, Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.collection.code import Code
from survey_service.collection.page_parts_sheet import shape, worded
from survey_service.problems import N_, Conflict, FieldError, NotFound
from survey_service.rights.changing import ChangedMeanwhile
from survey_service.rights.kept import Kept
from survey_service.rights.page_parts_place import (
    HERE,
    PURPOSES,
    AnyRequest,
    ask_for_code,
    at,
    here,
    sent_under,
)
from survey_service.rights.reading import Item, parts_of
from survey_service.rights.service import ParentNeeded
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import Files
from survey_service.surveys.reading import (
    DATE_PARTS,
    STATE_PREFIX,
    InvalidAnswer,
    fields_of,
    without_value,
)
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

Posted = Mapping[str, list[str]]

CORRECT = HERE + "/correct/{qid:str}"
FORM = "correct"
TOO_YOUNG = N_("The lowest age for this survey is %(least)s. If you are younger, erase everything.")
NO_PARENT = N_(
    "Below the age of %(least)s a parent must agree before anything is sent. "
    "If none has, erase everything."
)
_ID = re.compile(r"[\w.-]{1,80}")


@post(HERE + "/answers", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def show(request: AnyRequest) -> Response[bytes]:
    """The second step: he wants to see the answers on this screen."""
    return see_other(at(here(request), "answers"))


@get(HERE + "/answers", include_in_schema=False, **needs(RESPONDENT))
async def answers(request: AnyRequest) -> Response[bytes]:
    """Everything that was sent, in words, to be read, printed and corrected."""
    language = here(request)
    found = await sent_under(request)
    if found is None:
        return ask_for_code(request)
    kept = found[1]
    rights = services_of(request).rights
    wave = rights.wave(kept)
    record = (kept.body or {})["record"]
    return page(
        request,
        "rights/answers.html",
        at=lambda step="": at(language, step),
        step="answers",
        kept=kept,
        wave=wave,
        parts=parts_of(wave.form, record, language),
        purposes=[(words, name in kept.in_force) for name, words in PURPOSES.items()],
        made_on=services_of(request).clock().date(),
    )


class Asked(NamedTuple):
    """One question on the page of a correction; its fields are called like it."""

    question: Question
    shape: str
    options: Sequence[Option]
    chosen: Sequence[str]
    typed: Mapping[str, str]
    states: Sequence[str]
    kept: Sequence[Item]


@dataclass(frozen=True)
class Correction:
    """What a person corrects: the question asked for, and all that belong together with it."""

    code: Code
    kept: Kept
    form: CompiledForm
    files: Files
    qid: str
    group: tuple[str, ...]
    then: tuple[str, ...]

    @property
    def record(self) -> Mapping[str, AnswerDict]:
        """What is stored now."""
        found: Mapping[str, AnswerDict] = (self.kept.body or {})["record"]
        return found


async def correction_of(request: AnyRequest, then: str) -> Correction | None:
    """What the path names, or None where nothing is kept under the browser's code.

    Raises:
        NotFound: the question is forged, or none that this person agreed to be asked.
    """
    qid: str = request.scope["path_params"]["qid"]
    found = await sent_under(request)
    if found is None:
        return None
    code, kept = found
    body = kept.body or {}
    wave = services_of(request).rights.wave(kept)
    form = wave.form
    purposes = frozenset(body["purposes"])
    if not form.correcting.is_asked(qid, body["record"], purposes):
        raise NotFound
    group = form.correcting.group(qid, body["record"], purposes)
    after = tuple(one for one in then.split(",") if _ID.fullmatch(one) and one in form.by_id)
    return Correction(code, kept, form, wave.files, qid, group, after)


@get(CORRECT, include_in_schema=False, **needs(RESPONDENT))
async def ask_again(request: AnyRequest) -> Response[bytes]:
    """The question with the answer that is kept, and those that belong together with it."""
    correction = await correction_of(request, request.query_params.get("then", ""))
    if correction is None:
        return ask_for_code(request)
    return correction_page(request, here(request), correction, stored_fields(correction))


def stored_fields(correction: Correction) -> dict[str, list[str]]:
    """The fields of the page as the stored answers fill them; a derived one stays empty."""
    fields: dict[str, list[str]] = {}
    for qid in correction.group:
        answer = correction.form.correcting.raw(qid, correction.record)
        if answer is None:
            continue
        value = answer["value"]
        if answer["state"] in ("refused", "dont_know"):
            fields[f"{qid}.state"] = [answer["state"]]
            fields[f"{qid}.value"] = [STATE_PREFIX + answer["state"]]
        elif isinstance(value, dict):
            fields |= {f"{qid}.{part}": [str(number)] for part, number in value.items()}
        elif value is not None and correction.form.by_id[qid].kind is QuestionKind.DATE:
            year, month, day = str(value).split("-")
            said = {"day": day.lstrip("0"), "month": month.lstrip("0"), "year": year}
            fields |= {f"{qid}.{part}": [text] for part, text in said.items()}
        elif value is not None:
            values = value if isinstance(value, list) else [value]
            fields[f"{qid}.value"] = [str(one) for one in values]
    return fields


def correction_page(
    request: AnyRequest,
    language: str,
    correction: Correction,
    fields: Posted,
    errors: Sequence[FieldError] = (),
    *,
    status: int = 200,
    stale: bool = False,
) -> Response[bytes]:
    """The page of a correction; every typed word is kept."""
    form, files = correction.form, correction.files
    lines = {
        line.id: line for part in parts_of(form, correction.record, language) for line in part.lines
    }
    standing = form.correcting.standing(correction.record)
    asked = []
    for qid in correction.group:
        question, options = form.by_id[qid], form.options_for(qid, standing)
        line = lines.get(qid)
        lost = line is not None and not line.exact
        asked.append(
            Asked(
                question=form.quotes.asked(question, correction.record, language),
                shape=shape(question, options),
                options=options,
                chosen=fields.get(f"{qid}.value", ()),
                typed={
                    name: "".join(fields.get(f"{qid}.{name}", [])[:1])
                    for name in ("value", *fields_of(question))
                },
                states=fields.get(f"{qid}.state", ()),
                kept=line.items if line is not None and (lost or stale) else (),
            )
        )
    return page(
        request,
        "rights/correct.html",
        status,
        in_language=language,
        at=lambda step="": at(language, step),
        step="",
        qid=correction.qid,
        asked=asked,
        then=",".join(correction.then),
        etag=correction.kept.etag,
        stale=stale,
        errors=errors,
        state_prefix=STATE_PREFIX,
        date_parts=DATE_PARTS,
        language_form=FORM,
        seen=lambda media, words: files.seen(media, words, language),
        heard=lambda media, words: files.heard(media, words, language),
    )


@post(CORRECT, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def correct(request: AnyRequest) -> Response[bytes]:
    """Put the answers in place of the stored ones, at once; then on to what is asked newly.

    Where something else was changed meanwhile, nothing is overwritten and nothing typed is lost:
    the page comes again with both.
    """
    language = here(request)
    posted = await read_posted(request)
    correction = await correction_of(request, posted.get("then", [""])[-1])
    if correction is None:
        return ask_for_code(request)
    if "language" in posted:
        other = path_language(posted["language"][-1])
        return correction_page(request, other, correction, posted)
    today = services_of(request).clock().date()
    given, errors = read_group(correction, posted, language, today)
    if errors:
        return correction_page(request, language, correction, posted, errors, status=422)
    etag = posted.get("etag", [""])[-1]
    rights = services_of(request).rights
    try:
        opened = await rights.correct(correction.code, etag, given)
    except ChangedMeanwhile as problem:
        fresh = await correction_of(request, ",".join(correction.then))
        if fresh is None:
            return ask_for_code(request)
        return correction_page(request, language, fresh, posted, status=problem.status, stale=True)
    except ParentNeeded:
        least = rights.wave(await rights.sent(correction.code)).notice.minimum_age
        asked = correction.form.below(least, given) or correction.qid
        wrong = [FieldError(f"{asked}.value", NO_PARENT, values={"least": least})]
        return correction_page(request, language, correction, posted, wrong, status=422)
    except Conflict:
        ending = next(q for q in correction.group if correction.form.by_id[q].ends_below)
        least = correction.form.by_id[ending].ends_below or 0
        wrong = [FieldError(f"{ending}.value", TOO_YOUNG, values={"least": least})]
        return correction_page(request, language, correction, posted, wrong, status=422)
    except NotFound:
        return ask_for_code(request)
    following = [*opened, *(one for one in correction.then if one not in opened)]
    if following:
        rest = f"?then={','.join(following[1:])}" if following[1:] else ""
        return see_other(at(language, f"correct/{following[0]}") + rest)
    return see_other(at(language, "answers") + f"#{correction.qid}")


def read_group(
    correction: Correction, posted: Posted, language: str, today: date
) -> tuple[dict[str, AnswerDict], list[FieldError]]:
    """The answers that the fields give, each by the rules of the form, and what is wrong."""
    form = correction.form
    given: dict[str, AnswerDict] = {}
    errors: list[FieldError] = []
    known: dict[str, Any] = {
        qid: answer
        for qid, answer in form.correcting.standing(correction.record).items()
        if qid not in correction.group
    }
    for qid in correction.group:
        prefix = f"{qid}."
        own = {name[len(prefix) :]: v for name, v in posted.items() if name.startswith(prefix)}
        try:
            given[qid] = form.read(qid, own, {**known, **given}, today)
        except InvalidAnswer as problem:
            said = worded(problem.fields, form.options_for(qid), language)
            errors += [replace(one, field=prefix + one.field) for one in said]
            given[qid] = without_value("missing")
    return given, errors


ROUTES = (show, answers, ask_again, correct)
