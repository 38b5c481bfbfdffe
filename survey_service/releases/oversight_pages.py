"""The release plan for those who run and check a survey, and the DPO's way to take a table back."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.problems import FieldError, InvalidInput
from survey_service.releases.wording import state_words, words_in
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@get("/office/plan", include_in_schema=False, **needs(Permission.PLAN_READ))
async def release_plan(request: AnyRequest) -> Response[bytes]:
    """The planned tables of every wave, and where each stands; no number."""
    plans = await services_of(request).releases.plans()
    words = words_in(language_of(request))
    return page(
        request, "releases/plan.html", plans=plans, state=lambda state: state_words(state, words)
    )


@get("/office/releases", include_in_schema=False, **needs(Permission.RELEASES_REVOKE))
async def releases(request: AnyRequest) -> Response[bytes]:
    """Everything published and not taken back."""
    found = await services_of(request).releases.released(1, size=1000)
    return page(request, "releases/revocable.html", found=found)


@get(
    "/office/releases/{release_id:str}",
    include_in_schema=False,
    **needs(Permission.RELEASES_REVOKE),
)
async def one_release(request: AnyRequest, release_id: FromPath[str]) -> Response[bytes]:
    """The question whether a table shall be taken back."""
    return await _release_page(request, release_id, "", [])


@post(
    "/office/releases/{release_id:str}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.RELEASES_REVOKE),
)
async def revoke(request: AnyRequest, release_id: FromPath[str]) -> Response[bytes]:
    """Take the table back, with a reason that stands in the audit log."""
    form = await read_form(request)
    reason = form.one("reason")
    try:
        await services_of(request).releases.revoke(signed_in(request), release_id, reason)
    except InvalidInput as wrong:
        return await _release_page(request, release_id, reason, wrong.fields, 422)
    return see_other("/office/releases")


async def _release_page(
    request: AnyRequest, release_id: str, reason: str, errors: list[FieldError], status: int = 200
) -> Response[bytes]:
    shown = await services_of(request).releases.summary(release_id)
    return page(request, "releases/revoke.html", status, shown=shown, reason=reason, errors=errors)


ROUTES = (release_plan, releases, one_release, revoke)
