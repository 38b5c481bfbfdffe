"""All versions of all questionnaires; what changed between two; a wave prepared from one."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.notice import Notice
from survey_service.accounts.people import Person
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.services import Services
from survey_service.surveys.codebook_pages import VERSION, read_version
from survey_service.surveys.differences import differences
from survey_service.surveys.library import StoredQuestionnaire
from survey_service.surveys.notice_files import FIELD, as_archive, notice_of
from survey_service.surveys.opening_pages import read_settings
from survey_service.surveys.waves import WaveSettings
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready
from survey_service.web.uploads import Sent, read_upload

AnyRequest = Request[Any, Any, Any]

MOST_NOTICE = 1_000_000
"""Bytes that the files of a notice may have together."""


@get("/office/questionnaires", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def versions_page(request: AnyRequest) -> Response[bytes]:
    """Every survey with the versions of its questionnaire."""
    surveys = services_of(request).surveys
    by_survey: dict[str, list[StoredQuestionnaire]] = {}
    for found in surveys.library.versions_now():
        by_survey.setdefault(found.survey, []).append(found)
    titles = {slug: title for slug, _, title in surveys.surveys_now()}
    return page(request, "surveys/versions.html", by_survey=by_survey, titles=titles)


@get(VERSION + "/changes/{old:str}", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def changes_page(
    request: AnyRequest, slug: FromPath[str], sha: FromPath[str], old: FromPath[str]
) -> Response[bytes]:
    """What changed from one version to another of the same survey."""
    services, person = services_of(request), signed_in(request)
    after = await asyncio.to_thread(read_version, services, person, slug, sha)
    before = await asyncio.to_thread(read_version, services, person, slug, old)
    found = await asyncio.to_thread(
        differences,
        before.questionnaire,
        after.questionnaire,
        (before.code_lists, after.code_lists),
    )
    return page(request, "surveys/changes.html", before=before, after=after, changes=found)


@get(VERSION + "/wave", include_in_schema=False, **needs(Permission.SURVEYS_WRITE))
async def new_wave_page(
    request: AnyRequest, slug: FromPath[str], sha: FromPath[str]
) -> Response[bytes]:
    """The form in which a wave of this version is prepared."""
    found = services_of(request).surveys.library.version_now(sha, slug)
    usual = WaveSettings(planned_sample=1000)
    typed = {n: "" if v is None else str(v) for n, v in usual._asdict().items()}
    return _new_wave(request, found, typed, [])


def _new_wave(
    request: AnyRequest,
    found: StoredQuestionnaire,
    typed: dict[str, str],
    errors: list[FieldError],
) -> Response[bytes]:
    notices = services_of(request).surveys.notices.all_now()
    own_first = sorted(notices, key=lambda one: (one[0] != found.survey, one[0], -one[1].version))
    return page(
        request,
        "surveys/new_wave.html",
        422 if errors else 200,
        stored=found,
        notices=own_first,
        typed=typed,
        errors=errors,
    )


@post(
    VERSION + "/wave", include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_WRITE)
)
async def new_wave(request: AnyRequest, slug: FromPath[str], sha: FromPath[str]) -> Response[bytes]:
    """Store a wave in draft, with a notice that is there or one that comes with the form."""
    sent = await read_upload(request, most=MOST_NOTICE)
    services = services_of(request)
    found = services.surveys.library.version_now(sha, slug)
    try:
        settings = read_settings(sent.form, services.clock().date())
        notice = _notice(services, sent)
        wave = await asyncio.to_thread(
            _prepare, services, signed_in(request), found, notice, settings
        )
    except InvalidInput as wrong:
        return _new_wave(request, found, _typed(sent.form), wrong.fields)
    return see_other(f"/office/surveys/{wave}")


def _typed(form: Form) -> dict[str, str]:
    return {name: form.one(name) for name in (*WaveSettings._fields, "notice")}


def _notice(services: Services, sent: Sent) -> Notice:
    """The notice chosen, or the one that the files make.

    Raises:
        InvalidInput: neither or both were given, or the files make none.
    """
    files, chosen = sent.files.get(FIELD, []), sent.form.one("notice")
    if bool(files) == bool(chosen):
        message = N_("Choose a notice from the list, or the files of a new one.")
        raise InvalidInput([FieldError("notice", message)])
    if files:
        return notice_of({file.name: file.data for file in files})
    try:
        return services.surveys.notices.one_now(chosen)
    except NotFound as error:
        raise InvalidInput([FieldError("notice", N_("There is no such notice."))]) from error


def _prepare(
    services: Services,
    person: Person,
    found: StoredQuestionnaire,
    notice: Notice,
    settings: WaveSettings,
) -> str:
    surveys = services.surveys
    if all(stored.hash != notice.hash for _, stored in surveys.notices.all_now()):
        try:
            surveys.notices.store_now(found.survey, notice, person)
        except Conflict as conflict:
            raise InvalidInput([FieldError(FIELD, conflict.detail)]) from conflict
    numbers = [wave.number for wave in surveys.waves_now() if wave.survey == found.survey]
    number = max(numbers, default=0) + 1
    return surveys.draft_wave_now(found.survey, number, found.digest, notice.hash, settings, person)


@get(
    "/office/surveys/notices/{sha:str}/files",
    include_in_schema=False,
    **needs(Permission.SURVEYS_READ),
)
async def notice_archive(request: AnyRequest, sha: FromPath[str]) -> Response[bytes]:
    """The files of a notice in one archive, to begin another with."""
    notice = services_of(request).surveys.notices.one_now(sha)
    disposition = f'attachment; filename="notice-{notice.version}.zip"'
    return Ready(
        as_archive(notice),
        media_type="application/zip",
        headers=[(b"content-disposition", disposition.encode())],
    )


ROUTES = (versions_page, changes_page, new_wave_page, new_wave, notice_archive)
