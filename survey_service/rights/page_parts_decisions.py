"""Taking back one purpose, and leaving the answers out of statistics for a while."""

from litestar import Response, get, post

from survey_service.collection.page_parts_place import code_of
from survey_service.problems import NotFound
from survey_service.rights.page_parts_place import (
    FINDING,
    HERE,
    PURPOSES,
    AnyRequest,
    ask_for_code,
    at,
    here,
    sent_under,
)
from survey_service.rights.service import WITHDRAWABLE
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

WITHDRAW = HERE + "/withdraw/{purpose:str}"


def purpose_of(request: AnyRequest) -> str:
    """The purpose that the path names.

    Raises:
        NotFound: it is none that can be taken back by itself.
    """
    purpose: str = request.scope["path_params"]["purpose"]
    if purpose not in WITHDRAWABLE:
        raise NotFound
    return purpose


@get(WITHDRAW, include_in_schema=False, **needs(RESPONDENT))
async def ask_to_withdraw(request: AnyRequest) -> Response[bytes]:
    """Asks once, and says what goes and what stays."""
    purpose, language = purpose_of(request), here(request)
    found = await sent_under(request)
    if found is None:
        return ask_for_code(request)
    if purpose not in found[1].to_take_back:
        return see_other(at(language, "status"))
    return page(
        request,
        "rights/withdraw.html",
        at=lambda step="": at(language, step),
        step=f"withdraw/{purpose}",
        purpose=purpose,
        title=PURPOSES.get(purpose, FINDING),
        settled=found[1].kind == "settled",
    )


@post(WITHDRAW, include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def withdraw(request: AnyRequest) -> Response[bytes]:
    """The purpose is taken back at once, with what it covered. Twice is once."""
    purpose = purpose_of(request)
    code = code_of(request)
    if code is None:
        return ask_for_code(request)
    try:
        await services_of(request).rights.withdraw(code, purpose)
    except NotFound:
        return ask_for_code(request)
    return see_other(at(here(request), "status"))


@post(HERE + "/restrict", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def restrict(request: AnyRequest) -> Response[bytes]:
    """The answers are left out of every later count, or are in again, or are right as restored.

    Raises:
        NotFound: none of these was asked for.
    """
    posted = await read_posted(request)
    asked = posted.get("go", [""])[-1]
    if asked not in ("restrict", "lift", "confirm"):
        raise NotFound
    code = code_of(request)
    if code is None:
        return ask_for_code(request)
    rights = services_of(request).rights
    try:
        if asked == "confirm":
            await rights.confirm(code)
        else:
            await rights.restrict(code, on=asked == "restrict")
    except NotFound:
        return ask_for_code(request)
    return see_other(at(here(request), "status"))


ROUTES = (ask_to_withdraw, withdraw, restrict)
