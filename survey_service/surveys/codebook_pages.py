"""A stored version in full: what is asked, of whom, what is kept of it; as a page and as files."""

import asyncio
from functools import partial
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from schemas.audit import Act, ObjectType, Purpose
from schemas.questionnaire import Question, Variable
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.problems import NotFound
from survey_service.services import Services
from survey_service.surveys.ddi import codebook_xml
from survey_service.surveys.finding_words import finding_in
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.library import StoredQuestionnaire
from survey_service.surveys.media.files import named_files
from survey_service.surveys.opening import checklist_of
from survey_service.surveys.routing_words import in_words
from survey_service.surveys.xlsform.exporting import as_sheets
from survey_service.surveys.xlsform.markdown import write_markdown
from survey_service.surveys.xlsform.spreadsheet import write_xlsx
from survey_service.web.context import services_of, signed_in
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page
from survey_service.web.responses import Ready

AnyRequest = Request[Any, Any, Any]

VERSION = "/office/questionnaires/{slug:str}/{sha:str}"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read_version(services: Services, person: Person, slug: str, sha: str) -> StoredQuestionnaire:
    """A stored version, after the entry that it is read.

    Raises:
        NotFound: the survey has none with this digest.
    """
    found = services.surveys.library.version_now(sha, slug)
    services.audit.append_now(
        AuditEntry(
            act=Act.QUESTIONNAIRE_READ,
            object_type=ObjectType.QUESTIONNAIRE,
            object_ref=found.survey,
            actor=person,
            purpose=Purpose.FIELD_WORK,
            hashes={"document": found.digest},
        )
    )
    return found


@get(VERSION, include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def codebook_page(
    request: AnyRequest, slug: FromPath[str], sha: FromPath[str]
) -> Response[bytes]:
    """Every question with its codes, routing in words, privacy role and purpose."""
    services = services_of(request)
    found = await asyncio.to_thread(read_version, services, signed_in(request), slug, sha)
    form = services.surveys.library.form_now(sha)
    language = language_of(request)
    versions = services.surveys.library.versions_now()
    files = services.surveys.media.of_now(sha)
    return page(
        request,
        "surveys/codebook.html",
        stored=found,
        questionnaire=found.questionnaire,
        sections=_by_section(form),
        variables=_by_question(form),
        asked_if=_routes(form, language),
        repeats=form.repeats,
        remarks=checklist_of(form, files=files, places=found.places),
        files=files,
        named=named_files(found.questionnaire),
        lists={name: services.surveys.library.list_now(of)
               for name, of in found.code_lists.items()},
        others=[v for v in versions if v.survey == found.survey and v.digest != sha],
        waves=[w for w in services.surveys.waves_now()
               if w.survey == slug and w.questionnaire_digest == sha],
        in_words=partial(finding_in, language=language),
        just_stored=request.query_params.get("stored") == "yes",
    )  # fmt: skip


def _by_section(form: CompiledForm) -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {section: [] for section in form.sections}
    for question in form.questionnaire.questions:
        found[question.section].append(question)
    return found


def _by_question(form: CompiledForm) -> dict[str, list[Variable]]:
    found: dict[str, list[Variable]] = {q.id: [] for q in form.questionnaire.questions}
    for variable in form.variables:
        found[variable.question].append(variable)
    return found


def _routes(form: CompiledForm, language: str) -> dict[str, str]:
    return {
        question.id: in_words(question.relevant, form, language)
        for question in form.questionnaire.questions
        if question.relevant is not None
    }


@get(VERSION + "/files/{name:str}", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def codebook_file(
    request: AnyRequest, slug: FromPath[str], sha: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """The version as DDI-Codebook XML, or as the spreadsheet it can be edited in."""
    if name not in ("ddi.xml", "questionnaire.xlsx", "questionnaire.md"):
        raise NotFound
    services = services_of(request)
    found = await asyncio.to_thread(read_version, services, signed_in(request), slug, sha)
    data, kind = await asyncio.to_thread(_file, services, found, name)
    disposition = f'attachment; filename="{found.survey}-{found.version}-{name}"'
    return Ready(data, media_type=kind, headers=[(b"content-disposition", disposition.encode())])


def _file(services: Services, found: StoredQuestionnaire, name: str) -> tuple[bytes, str]:
    library = services.surveys.library
    form = library.form_now(found.digest)
    if name == "ddi.xml":
        return codebook_xml(form, _title(services, found)), "application/xml"
    lists = {**library.current_lists_now()}
    lists |= {one: library.list_now(sha) for one, sha in found.code_lists.items()}
    sheets = as_sheets(found.questionnaire, lists)
    if name == "questionnaire.md":
        return write_markdown(sheets).encode(), "text/markdown"
    return write_xlsx(sheets), _XLSX


def _title(services: Services, found: StoredQuestionnaire) -> Any:
    titles = {slug: title for slug, _, title in services.surveys.surveys_now()}
    return titles.get(found.survey, found.questionnaire.title)


ROUTES = (codebook_page, codebook_file)
