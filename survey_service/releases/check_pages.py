"""The output checkers' pages: what waits, a table both ways, the vote."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.requests import VoteChoice
from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.releases.grid import grid
from survey_service.releases.wording import (
    filter_words,
    purpose_words,
    reason_words,
    table_title,
    words_in,
)
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/office/checks", include_in_schema=False, **needs(Permission.CHECKS_READ))
async def checks(request: AnyRequest) -> Response[bytes]:
    """The tables that wait for a second pair of eyes."""
    waiting = await services_of(request).releases.checks(signed_in(request))
    voted = request.query_params.get("voted") == "1"
    return page(request, "releases/checks.html", waiting=waiting, voted=voted)


@get("/office/checks/{request_id:str}", include_in_schema=False, **needs(Permission.CHECKS_READ))
async def one_check(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """A table protected and unprotected; that it was read is in the log before it is shown."""
    return await _check_page(request, request_id, {"choice": None, "reason": ""}, [])


@post(
    "/office/checks/{request_id:str}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.CHECKS_VOTE),
)
async def vote(request: AnyRequest, request_id: FromPath[str]) -> Response[bytes]:
    """Count the vote; what the other checker said shows once both have voted."""
    form = await read_form(request)
    service, person = services_of(request).releases, signed_in(request)
    values = {"choice": form.one("choice"), "reason": form.one("reason")}
    try:
        choice, round_ = _read(values["choice"], form.one("round"))
        await service.vote(person, request_id, round_, choice, form.one("reason"))
    except InvalidInput as wrong:
        return await _check_page(request, request_id, values, wrong.fields, 422)
    return see_other("/office/checks?voted=1")


def _read(choice: str, round_: str) -> tuple[VoteChoice, int]:
    if choice not in list(VoteChoice):
        raise InvalidInput([FieldError("choice", N_("Please choose one of the two."))])
    if not (round_.isascii() and round_.isdigit() and len(round_) < 10):
        raise InvalidInput([FieldError("choice", N_("Please open the table again."))])
    return VoteChoice(choice), int(round_)


async def _check_page(
    request: AnyRequest,
    request_id: str,
    values: dict[str, Any],
    errors: list[FieldError],
    status: int = 200,
) -> Response[bytes]:
    shown = await services_of(request).releases.check(signed_in(request), request_id)
    words = words_in(language_of(request))
    table = shown.protected
    printed = [
        {"value": value, "mark": mark.value}
        for value, mark in zip(table.values, table.marks, strict=True)
    ]
    behind = [
        {"value": cell.value, "reasons": [reason_words(r, words) for r in cell.reasons]}
        for cell in shown.unprotected
    ]
    return page(
        request,
        "releases/check.html",
        status,
        shown=shown,
        title=table_title(table, words),
        filters=filter_words(table.filters, words),
        purpose=purpose_words(shown.purpose_code, words),
        protected=grid(table, printed, words),
        unprotected=grid(table, behind, words) if behind else None,
        mine=next((v for v in shown.votes if v.mine), None),
        values=values,
        errors=errors,
    )


ROUTES = (checks, one_check, vote)
