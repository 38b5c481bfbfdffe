"""Code lists in all their versions: what is in use, what ended, what took its place."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.canonical import digest
from schemas.codelist import CodeList
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotFound
from survey_service.surveys.code_list_files import as_csv, next_version
from survey_service.surveys.library import Library
from survey_service.surveys.successions import list_changes, successions
from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready
from survey_service.web.uploads import read_upload

AnyRequest = Request[Any, Any, Any]

LISTS = "/office/code-lists"
MOST_LIST = 1_000_000


@get(LISTS, include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def lists_page(request: AnyRequest) -> Response[bytes]:
    """Every code list with its versions."""
    by_name: dict[str, list[tuple[str, CodeList]]] = {}
    for one in services_of(request).surveys.library.lists_now():
        by_name.setdefault(one.id, []).append((digest(one), one))
    return page(request, "surveys/code_lists.html", by_name=by_name)


@get(LISTS + "/{sha:str}", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def list_page(request: AnyRequest, sha: FromPath[str]) -> Response[bytes]:
    """One version: its codes, what ended and what stands for it today, what it changed."""
    return _list(request, services_of(request).surveys.library.list_now(sha), [])


def _list(request: AnyRequest, made: CodeList, errors: list[FieldError]) -> Response[bytes]:
    services = services_of(request)
    library, today = services.surveys.library, services.clock().date()
    versions = [one for one in library.lists_now() if one.id == made.id]
    before = next((one for one in versions if one.version == made.version - 1), None)
    sha = digest(made)
    return page(
        request,
        "surveys/code_list.html",
        422 if errors else 200,
        made=made,
        sha=sha,
        newest=versions[-1].version == made.version,
        today=today,
        gone=successions(made, today),
        changes=list_changes(before, made) if before else None,
        used_by=[v for v in library.versions_now() if v.code_lists.get(made.id) == sha],
        by_code={code.code: code for code in made.codes},
        errors=errors,
    )


@get(LISTS + "/{sha:str}/list.csv", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def list_file(request: AnyRequest, sha: FromPath[str]) -> Response[bytes]:
    """The version as a file, to be edited into the next one."""
    made = services_of(request).surveys.library.list_now(sha)
    disposition = f'attachment; filename="{made.id}-{made.version}.csv"'
    return Ready(
        as_csv(made),
        media_type="text/csv",
        headers=[(b"content-disposition", disposition.encode())],
    )


@post(
    LISTS + "/{sha:str}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.SURVEYS_WRITE),
)
async def upload_list(request: AnyRequest, sha: FromPath[str]) -> Response[bytes]:
    """Store the next version of the list; whatever is wrong with its file is named at once."""
    sent = await read_upload(request, most=MOST_LIST)
    services = services_of(request)
    before = services.surveys.library.list_now(sha)
    file = sent.file("file")
    try:
        if file is None:
            raise InvalidInput([FieldError("file", N_("Choose a file."))])
        _refuse_older(services.surveys.library, before)
        made = next_version(file.data, before, source=sent.form.one("source")[:300])
        stored = await asyncio.to_thread(
            services.surveys.library.store_list_now, made, signed_in(request)
        )
    except InvalidInput as wrong:
        return _list(request, before, wrong.fields)
    return see_other(f"{LISTS}/{stored}")


def _refuse_older(library: Library, before: CodeList) -> None:
    """Refuse a version after one that has a later one already.

    Raises:
        Conflict: there is a newer version.
        NotFound: there is no such list any more.
    """
    newest = library.current_lists_now().get(before.id)
    if newest is None:
        raise NotFound
    if newest.version != before.version:
        raise Conflict(N_("Another version of this list was stored meanwhile. Look at it first."))


ROUTES = (lists_page, list_page, list_file, upload_list)
