"""The receipt afterwards: to print, to download signed; and the answer to who has no code."""

import asyncio
from typing import Any

from litestar import Request, Response, get

from survey_service.collection.page_parts_place import Place, code_of, forget_code
from survey_service.problems import NotFound
from survey_service.rights.page_parts_place import HERE, at, here
from survey_service.rights.receipt_words import worded
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.permissions import PUBLIC, RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready

AnyRequest = Request[Any, Any, Any]


@get(HERE + "/receipt", include_in_schema=False, **needs(RESPONDENT))
async def receipt(request: AnyRequest) -> Response[bytes]:
    """What was agreed to, in short sentences, with the code: one page to print."""
    language = here(request)
    code = code_of(request)
    if code is None:
        return see_other(at(language))
    try:
        held = await services_of(request).receipts.of_code(code)
    except NotFound:
        return see_other(at(language), [forget_code(request)])
    return page(
        request,
        "rights/receipt.html",
        at=lambda step="": at(language, step),
        step="receipt",
        code=code.text,
        image=Place(held.receipt.survey, language).at("code.svg"),
        title=held.title.text(language),
        receipt=worded(held, language),
        controller=held.notice.controller,
    )


@get(HERE + "/receipt.jsonld", include_in_schema=False, **needs(RESPONDENT))
async def signed_receipt(request: AnyRequest) -> Response[bytes]:
    """The receipt for machines, signed now."""
    language = here(request)
    code = code_of(request)
    if code is None:
        return see_other(at(language))
    try:
        body = await services_of(request).receipts.signed(code)
    except NotFound:
        return see_other(at(language), [forget_code(request)])
    disposition = (b"content-disposition", b'attachment; filename="consent-receipt.jsonld"')
    return Ready(body, media_type="application/ld+json", headers=[disposition])


@get("/receipt-key.pem", include_in_schema=False, **needs(PUBLIC))
async def public_key(request: AnyRequest) -> Response[bytes]:
    """The public key with which anybody can check a signed receipt."""
    key = services_of(request).receipts.public_pem
    return Ready(key.encode("ascii"), media_type="application/x-pem-file")


@get(HERE + "/lost-code", include_in_schema=False, **needs(RESPONDENT))
async def lost_code(request: AnyRequest) -> Response[bytes]:
    """The letter of Art. 11(2): without the code we cannot find anybody's answers."""
    language = here(request)
    services = services_of(request)
    waves = await asyncio.to_thread(services.surveys.waves_now)
    return page(
        request,
        "rights/lost_code.html",
        at=lambda step="": at(language, step),
        step="lost-code",
        today=services.clock().date(),
        surveys=_last_of_each(waves),
        found_by_two=_last_of_each([wave for wave in waves if wave.notice.escrow]),
    )


def _last_of_each(waves: list[Wave]) -> list[Wave]:
    """The newest wave of each survey that was ever in the field: its notice says who answers."""
    return list({wave.survey: wave for wave in waves if wave.opened_on}.values())


ROUTES = (receipt, signed_receipt, public_key, lost_code)
