"""A questionnaire comes in as a file: checked, or stored as a version; the file is not kept."""

import asyncio
import re
from functools import partial
from typing import Any

from litestar import Request, Response, get, post

from schemas.audit import Act, ObjectType, Purpose
from schemas.canonical import digest
from schemas.questionnaire import Questionnaire
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.problems import N_, Conflict, FieldError
from survey_service.services import Services
from survey_service.surveys.core import load
from survey_service.surveys.finding_words import finding_in
from survey_service.surveys.opening import Checklist, checklist_of
from survey_service.surveys.xlsform.columns import UNKNOWN_LANGUAGE
from survey_service.surveys.xlsform.findings import Outcome, as_plain
from survey_service.surveys.xlsform.importing import Imported, import_workbook
from survey_service.surveys.xlsform.sheets import MAX_BYTES
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.uploads import Upload, read_upload

AnyRequest = Request[Any, Any, Any]

UPLOAD = "/office/surveys/upload"
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@get(UPLOAD, include_in_schema=False, **needs(Permission.SURVEYS_WRITE))
async def upload_page(request: AnyRequest) -> Response[bytes]:
    """The form: a file, the survey it belongs to, check or store."""
    typed = Form({"survey": [request.query_params.get("survey", "")[:64]]})
    return _form(request, typed, [])


def _form(request: AnyRequest, form: Form, errors: list[FieldError]) -> Response[bytes]:
    slugs = [slug for slug, _, _ in services_of(request).surveys.surveys_now()]
    status = 422 if errors else 200
    return page(request, "surveys/upload.html", status, form=form, errors=errors, slugs=slugs)


@post(UPLOAD, include_in_schema=False, status_code=200, **needs(Permission.SURVEYS_WRITE))
async def upload(request: AnyRequest) -> Response[bytes]:
    """The report on a file; where it is to be stored and nothing is refused, the stored version."""
    sent = await read_upload(request, most=MAX_BYTES)
    form, file = sent.form, sent.file("file")
    slug = form.one("survey").strip()
    wrong = _wrong(form, slug, file)
    if file is None or wrong:
        return _form(request, form, wrong)
    services, person = services_of(request), signed_in(request)
    found = await asyncio.to_thread(_examine, services, person, file, form.one("language"))
    made = found.questionnaire
    if made is None or form.one("do") != "store":
        return _report(request, form, found)
    try:
        place = await asyncio.to_thread(_store, services, person, slug, made, found)
    except Conflict as conflict:
        return _form(request, form, [FieldError("file", conflict.detail)])
    return see_other(f"/office/questionnaires/{place}?stored=yes")


def _wrong(form: Form, slug: str, file: Upload | None) -> list[FieldError]:
    """What does not hold what it must; an empty name is the file's own."""
    wrong = []
    if file is None:
        wrong.append(FieldError("file", N_("Choose a file.")))
    if slug and not _SLUG.fullmatch(slug):
        message = N_("Write small letters a to z, digits and hyphens.")
        wrong.append(FieldError("survey", message))
    if not re.fullmatch(r"([a-z]{2,3})?", form.one("language").strip()):
        wrong.append(FieldError("language", N_("Write the tag of a language, such as lv.")))
    return wrong


def _examine(services: Services, person: Person, file: Upload, language: str) -> Imported:
    """What a file holds. Logged before it is read; the file goes with this call."""
    services.audit.append_now(
        AuditEntry(
            act=Act.QUESTIONNAIRE_CHECKED,
            object_type=ObjectType.QUESTIONNAIRE,
            actor=person,
            purpose=Purpose.FIELD_WORK,
        )
    )
    core = load()
    return import_workbook(
        file.data,
        code_lists=services.surveys.library.current_lists_now(),
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
        language=language.strip() or UNKNOWN_LANGUAGE,
    )


def _store(
    services: Services, person: Person, slug: str, made: Questionnaire, found: Imported
) -> str:
    """Where the stored version is shown, below the list of all."""
    name = slug or re.sub(r"[^a-z0-9]+", "-", made.id.lower()).strip("-")[:64] or "survey"
    kept = [f for f in found.findings if f.outcome is not Outcome.ACCEPTED]
    services.surveys.add_survey_now(name, made.title)
    services.surveys.library.store_now(name, made, person, as_plain(kept))
    return f"{name}/{digest(made)}"


def _report(request: AnyRequest, form: Form, found: Imported) -> Response[bytes]:
    counts = {o.value: sum(f.outcome is o for f in found.findings) for o in Outcome}
    made = found.questionnaire
    return page(
        request,
        "surveys/report.html",
        200 if made else 422,
        form=form,
        findings=as_plain(found.findings),
        counts=counts,
        made=made,
        remarks=_remarks(request, made),
        in_words=partial(finding_in, language=language_of(request)),
    )


def _remarks(request: AnyRequest, made: Questionnaire | None) -> Checklist | None:
    if made is None:
        return None
    return checklist_of(services_of(request).surveys.library.compiled_now(made))


ROUTES = (upload_page, upload)
