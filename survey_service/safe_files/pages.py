"""Pages of safe files: the researcher's own, and the output checkers'."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.requests import VoteChoice
from survey_service.problems import N_, Conflict, FieldError, InvalidInput
from survey_service.safe_files.asked import MOST_KNOWN, MOST_OTHERS, SHORTEST_PURPOSE, Asked
from survey_service.safe_files.kept import SafeFileState
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
CSV, HTML = "text/csv; charset=utf-8", "text/html; charset=utf-8"


@get("/office/safe-files", include_in_schema=False, **needs(Permission.REQUESTS_WRITE))
async def mine(request: AnyRequest) -> Response[bytes]:
    """One's own safe files."""
    files = await services_of(request).safe_files.mine(signed_in(request))
    return page(request, "safe_files/mine.html", files=files, wave_of=_wave_of(request))


@get("/office/safe-files/new", include_in_schema=False, **needs(Permission.REQUESTS_WRITE))
async def new(request: AnyRequest) -> Response[bytes]:
    """What a project needs, to be filled in."""
    return _form(request, Asked(request.query_params.get("wave", ""), "", "", (), ()), [])


@post(
    "/office/safe-files/new",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.REQUESTS_WRITE),
)
async def ask(request: AnyRequest) -> Response[bytes]:
    """Ask for a safe file; it is made at once and waits for two checkers."""
    asked = _asked(await read_form(request))
    try:
        id_ = await services_of(request).safe_files.ask(signed_in(request), asked)
    except InvalidInput as wrong:
        return _form(request, asked, wrong.fields, 422)
    return see_other(f"/office/safe-files/{id_}")


@get("/office/safe-files/{id_:str}", include_in_schema=False, **needs(Permission.REQUESTS_WRITE))
async def one(request: AnyRequest, id_: FromPath[str]) -> Response[bytes]:
    """What became of a request; once approved, the file and its report."""
    found = await services_of(request).safe_files.one(signed_in(request), id_)
    return page(
        request,
        "safe_files/one.html",
        file=found,
        approved=found.state is SafeFileState.APPROVED,
        wave=_wave_of(request)(found),
        titles=_titles(request, found.wave),
    )


@get(
    "/office/safe-files/{id_:str}/file.csv",
    include_in_schema=False,
    **needs(Permission.REQUESTS_WRITE),
)
async def csv(request: AnyRequest, id_: FromPath[str]) -> Response[bytes]:
    """The records of an approved file."""
    made = await services_of(request).safe_files.fetch(signed_in(request), id_)
    headers = {"Content-Disposition": 'attachment; filename="safe-file.csv"'}
    return Response(made.csv.encode(), media_type=CSV, headers=headers)


@get(
    "/office/safe-files/{id_:str}/report.html",
    include_in_schema=False,
    **needs(Permission.REQUESTS_WRITE),
)
async def report(request: AnyRequest, id_: FromPath[str]) -> Response[bytes]:
    """The report on an approved file, to be kept beside it."""
    made = await services_of(request).safe_files.fetch(signed_in(request), id_)
    return _report(made.report)


@get("/office/safe-file-checks", include_in_schema=False, **needs(Permission.CHECKS_READ))
async def checks(request: AnyRequest) -> Response[bytes]:
    """The safe files that wait for a second pair of eyes."""
    waiting = await services_of(request).safe_files.waiting(signed_in(request))
    voted = request.query_params.get("voted") == "1"
    return page(
        request,
        "safe_files/checks.html",
        waiting=waiting,
        voted=voted,
        wave_of=_wave_of(request),
    )


@get("/office/safe-file-checks/{id_:str}", include_in_schema=False, **needs(Permission.CHECKS_READ))
async def one_check(request: AnyRequest, id_: FromPath[str]) -> Response[bytes]:
    """A safe file's request and report, and the vote."""
    return await _check_page(request, id_, {"choice": None, "reason": ""}, [])


@get(
    "/office/safe-file-checks/{id_:str}/report.html",
    include_in_schema=False,
    **needs(Permission.CHECKS_READ),
)
async def check_report(request: AnyRequest, id_: FromPath[str]) -> Response[bytes]:
    """The report on a file that waits; that it was read is in the log before it is shown."""
    return _report(await services_of(request).safe_files.report(signed_in(request), id_))


@post(
    "/office/safe-file-checks/{id_:str}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.CHECKS_VOTE),
)
async def vote(request: AnyRequest, id_: FromPath[str]) -> Response[bytes]:
    """Count the vote."""
    form = await read_form(request)
    values = {"choice": form.one("choice"), "reason": form.one("reason")}
    try:
        if values["choice"] not in list(VoteChoice):
            raise InvalidInput([FieldError("choice", N_("Please choose one of the two."))])
        choice = VoteChoice(values["choice"])
        service = services_of(request).safe_files
        await service.vote(signed_in(request), id_, choice, values["reason"])
    except InvalidInput as wrong:
        return await _check_page(request, id_, values, wrong.fields, 422)
    except Conflict as wrong:
        errors = [FieldError("choice", wrong.detail, values=wrong.values)]
        return await _check_page(request, id_, values, errors, 409)
    return see_other("/office/safe-file-checks?voted=1")


def _asked(form: Form) -> Asked:
    return Asked(
        wave=form.one("wave"),
        project=form.one("project"),
        purpose=form.one("purpose"),
        known=tuple(dict.fromkeys(form.all("known"))),
        others=tuple(dict.fromkeys(form.all("others"))),
    )


def _form(
    request: AnyRequest, asked: Asked, errors: list[FieldError], status: int = 200
) -> Response[bytes]:
    desk = services_of(request).safe_files.desk
    waves = desk.asked_of()
    wave = next((w for w in waves if w.id == asked.wave), next(iter(waves), None))
    book = desk.book(wave) if wave else None
    return page(
        request,
        "safe_files/new.html",
        status,
        waves=[(w.id, f"{w.title(language_of(request))}, {w.number}") for w in waves],
        wave=wave,
        variables=book.variables if book else (),
        asked=asked,
        most_known=MOST_KNOWN,
        most_others=MOST_OTHERS,
        shortest=SHORTEST_PURPOSE,
        errors=errors,
    )


async def _check_page(
    request: AnyRequest,
    id_: str,
    values: dict[str, Any],
    errors: list[FieldError],
    status: int = 200,
) -> Response[bytes]:
    found, own = await services_of(request).safe_files.look(signed_in(request), id_)
    return page(
        request,
        "safe_files/check.html",
        status,
        file=found,
        own=own,
        wave=_wave_of(request)(found),
        titles=_titles(request, found.wave),
        values=values,
        errors=errors,
    )


def _report(html: str) -> Response[bytes]:
    headers = {"Content-Disposition": 'attachment; filename="safe-file-report.html"'}
    return Response(html.encode(), media_type=HTML, headers=headers)


def _wave_of(request: AnyRequest) -> Any:
    desk, language = services_of(request).safe_files.desk, language_of(request)
    names = {wave.id: f"{wave.title(language)}, {wave.number}" for wave in desk.waves()}
    return lambda file: names.get(file.wave, "")


def _titles(request: AnyRequest, wave_id: str) -> Any:
    desk, language = services_of(request).safe_files.desk, language_of(request)
    book = desk.book(desk.wave(wave_id)).by_name
    return lambda names: ", ".join(f"{book[n].title.text(language)} ({n})" for n in names)


ROUTES = (mine, new, ask, one, csv, report, checks, one_check, check_report, vote)
