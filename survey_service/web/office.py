"""The office's first page, and the choice of its language."""

from typing import Any

from litestar import Request, Response, get, post

from survey_service.problems import NotFound
from survey_service.web.context import signed_in
from survey_service.web.cookies import LANGUAGE, set_cookie
from survey_service.web.forms import read_form
from survey_service.web.permissions import PUBLIC, SIGNED_IN, needs
from survey_service.web.redirects import safe_next, see_other
from survey_service.web.rendering import page
from survey_service.web.translation import LANGUAGES

AnyRequest = Request[Any, Any, Any]


@get("/office", include_in_schema=False, **needs(SIGNED_IN))
async def office(request: AnyRequest) -> Response[bytes]:
    """The places of the person's role, as tiles."""
    return page(request, "office_home.html", role=signed_in(request).role)


@post("/office/language", include_in_schema=False, status_code=303, **needs(PUBLIC))
async def choose_language(request: AnyRequest) -> Response[bytes]:
    """Remember the language for the office pages of this browser, and go back.

    Nothing of the session changes, so the sign-in page may use it too.
    """
    form = await read_form(request)
    chosen = form.one("language")
    if chosen not in LANGUAGES:
        raise NotFound
    return see_other(safe_next(form.one("back")), [set_cookie(request, LANGUAGE, chosen)])
