"""The public pages of releases, and the files of each."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from survey_service.problems import NotFound
from survey_service.releases import check_pages, oversight_pages, request_pages, rules_pages
from survey_service.releases.files import FILES, file_name, file_response
from survey_service.releases.formats.certificate import NOT_PROMISED
from survey_service.releases.grid import grid
from survey_service.releases.wording import (
    altered_words,
    filter_words,
    table_title,
    titles,
    words_in,
)
from survey_service.web.context import services_of
from survey_service.web.languages import language_of
from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=100_000)]


@get("/releases", include_in_schema=False, **needs(PUBLIC))
async def catalogue(request: AnyRequest, page_number: PageNumber = 1) -> Response[bytes]:
    """Everything published, the newest first."""
    found = await services_of(request).releases.released(page_number)
    return page(request, "releases/catalogue.html", found=found)


@get("/releases/{release_id:str}", include_in_schema=False, **needs(PUBLIC))
async def release_page(request: AnyRequest, release_id: FromPath[str]) -> Response[bytes]:
    """One published table: numbers, chart, files, how it was protected, how to cite it."""
    release = await services_of(request).releases.release(release_id)
    words = words_in(language_of(request))
    table, altered = release.table, release.protection.altered
    cells = [
        {"value": value, "mark": mark.value}
        for value, mark in zip(table.values, table.marks, strict=True)
    ]
    return page(
        request,
        "releases/release.html",
        release=release,
        title=table_title(table, words),
        filters=filter_words(table.filters, words),
        grid=grid(table, cells, words),
        marks=frozenset(mark.value for mark in table.marks),
        zero=0 in table.values,
        altered=altered_words(altered, words) if altered is not None else [],
        withheld_zeros=titles(
            [d for d in table.dimensions if d.variable in release.protection.zeros_withheld_for],
            words,
        ),
        questions=[
            (d.title.text(words.language), d.question.text(words.language))
            for d in table.dimensions
        ],
        not_promised=NOT_PROMISED,
        words=words,
    )


@get("/releases/{release_id:str}/{name:str}", include_in_schema=False, **needs(PUBLIC))
async def release_file(
    request: AnyRequest, release_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """A file of a release, as it was published. `?lang=` chooses its language."""
    if name not in FILES:
        raise NotFound
    stored = file_name(name, request)
    content = await services_of(request).releases.file(release_id, stored)
    return file_response(name, content, release_id)


ROUTES = (
    catalogue,
    release_page,
    release_file,
    *request_pages.ROUTES,
    *check_pages.ROUTES,
    *oversight_pages.ROUTES,
    *rules_pages.ROUTES,
)
