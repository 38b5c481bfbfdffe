"""What becomes of a form with which a second person grants or refuses."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from survey_service.two_people.service import AskedOfAnother
from survey_service.web.context import signed_in
from survey_service.web.forms import read_form
from survey_service.web.redirects import see_other


async def decided(
    request: Request[Any, Any, Any], asked: AskedOfAnother[Any], request_id: str, place: str
) -> Response[bytes]:
    """Do what the form says, if it says anything, and lead back to the request."""
    choice = (await read_form(request)).one("decision")
    if choice in ("grant", "refuse"):
        await asked.decide(signed_in(request), request_id, grant=choice == "grant")
    return see_other(f"{place}/{request_id}")
