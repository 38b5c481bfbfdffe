"""The coordinator's page of a notice: what it says of each purpose, and a new version of it."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.notice import Notice
from survey_service.problems import FieldError, InvalidInput
from survey_service.surveys.ages import TOLD, Ages, ages_of
from survey_service.surveys.waves import Wave, WaveState
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.translation import LANGUAGES, translator

AnyRequest = Request[Any, Any, Any]
NOTICE = "/office/surveys/{wave_id:str}/notice"


@get(NOTICE, include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def notice_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """The notice in force: purposes as data, and its words to change."""
    wave = await services_of(request).surveys.wave(wave_id)
    return shown(request, wave, words_of(wave.notice))


def words_of(notice: Notice) -> dict[str, str]:
    """The words of a notice as the form's fields hold them: sentences one on each line."""
    words = {}
    for tag in notice.languages:
        words[f"short-{tag}"] = "\n".join(sentence.text(tag) for sentence in notice.short)
        words[f"full-{tag}"] = notice.full_in(tag).text
    ages = ages_of(notice)
    words["minimum_age"] = str(ages.minimum)
    words["from_age"] = "" if ages.from_age is None else str(ages.from_age)
    for tag in notice.languages:
        told = ages.told.get(tag) or [translator(tag)(sentence) for sentence in TOLD]
        words[f"parent-{tag}"] = "\n".join(told)
    return words


def ages_typed(words: Mapping[str, str], tags: Sequence[str]) -> Ages:
    """The ages and sentences as typed; what is no number is an age that cannot be."""
    least, floor = (words[name].strip() for name in ("minimum_age", "from_age"))
    return Ages(
        _number(least),
        _number(floor) if floor else None,
        {tag: _lines(words[f"parent-{tag}"]) for tag in tags},
    )


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else 0


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def shown(
    request: AnyRequest, wave: Wave, words: Mapping[str, str], errors: Sequence[FieldError] = ()
) -> Response[bytes]:
    """The page, with words as they stand or as they were typed."""
    return page(
        request,
        "surveys/notice.html",
        422 if errors else 200,
        wave=wave,
        words=words,
        names=LANGUAGES,
        ages_locked=wave.state is not WaveState.DRAFT,
        changeable=wave.state in (WaveState.DRAFT, WaveState.OPEN),
        errors=errors,
    )


@post(NOTICE, include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_WRITE))
async def new_notice(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Put other words into force as the next version."""
    form = await read_form(request)
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    words = {name: _typed(form, name) for name in words_of(wave.notice)}
    short = {tag: _lines(words[f"short-{tag}"]) for tag in wave.notice.languages}
    ages = ages_typed(words, wave.notice.languages)
    full = {tag: words[f"full-{tag}"] for tag in wave.notice.languages}
    try:
        if words != words_of(wave.notice):
            told = await asyncio.to_thread(services.notices.rewritten, wave, short, full, ages)
            await asyncio.to_thread(services.notices.change_now, wave_id, told, signed_in(request))
    except InvalidInput as problem:
        return shown(request, wave, words, problem.fields)
    return see_other(f"/office/surveys/{wave_id}/notice")


def _typed(form: Form, name: str) -> str:
    return form.one(name).replace("\r\n", "\n")


ROUTES = (notice_page, new_notice)
