"""What a respondent does with the code afterwards: look, take a copy, go on, erase."""

import asyncio
import json
from collections.abc import Mapping

from litestar import Response, get, post

from survey_service.collection.code import Code
from survey_service.collection.page_parts_place import Place, code_of, forget_code, keep_code
from survey_service.problems import N_, CodeMistyped, FieldError, Malformed
from survey_service.rights import page_parts_answers, page_parts_decisions
from survey_service.rights.copies import as_csv
from survey_service.rights.page_parts_place import HERE, PURPOSES, AnyRequest, at, here
from survey_service.rights.status import Status
from survey_service.web.context import services_of
from survey_service.web.forms import read_posted
from survey_service.web.languages import path_language
from survey_service.web.permissions import RESPONDENT, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready

NOTHING = N_("Nothing is kept under this code, or it is mistyped.")
TOO_MANY = N_(
    "Very many codes were entered from your network. Please wait: within an hour it goes on. "
    "Your answers are safe, and your code stays good."
)
LONGEST_CODE = 100


@get(["/my-answers", HERE], include_in_schema=False, **needs(RESPONDENT))
async def enter(request: AnyRequest) -> Response[bytes]:
    """Asks for the code; says so where this browser still holds one."""
    return enter_page(request, here(request), "")


def enter_page(
    request: AnyRequest,
    language: str,
    typed: str,
    errors: list[FieldError] | None = None,
    *,
    status: int = 422,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """The page that asks for the code."""
    return page(
        request,
        "rights/enter.html",
        status if errors else 200,
        headers=headers,
        in_language=language,
        at=lambda step="": at(language, step),
        step="",
        typed=typed,
        holds_code=code_of(request) is not None,
        errors=errors or [],
    )


@post(["/my-answers", HERE], include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def open_with_code(request: AnyRequest) -> Response[bytes]:
    """With a code under which something is kept: on to it. An unknown one and an erased one
    get one same answer; a mistyped one is told its group."""
    posted = await read_posted(request)
    async with services_of(request).rights.turns.turn():
        return await _opened(request, posted)


async def _opened(request: AnyRequest, posted: Mapping[str, list[str]]) -> Response[bytes]:
    language = here(request)
    typed = posted.get("code", [""])[-1]
    if "language" in posted:
        return enter_page(request, path_language(posted["language"][-1]), typed)
    if not typed.strip():
        return enter_page(request, language, "", [FieldError("code", N_("Write your code."))])
    if len(typed) > LONGEST_CODE:
        raise Malformed
    rights = services_of(request).rights
    try:
        code = await rights.read_code(typed)
    except CodeMistyped as problem:
        return enter_page(request, language, typed, problem.fields)
    if not rights.entries.allows(address_of(request)):
        wait = {"Retry-After": str(rights.entries.seconds_left())}
        errors = [FieldError("code", TOO_MANY)]
        return enter_page(request, language, typed, errors, status=429, headers=wait)
    found = await rights.status(code)
    # Looking up and writing a page are half a millisecond each; who waits meanwhile goes between.
    await asyncio.sleep(0)
    if found.kind == "nothing":
        return enter_page(request, language, typed, [FieldError("code", NOTHING)])
    return see_other(at(language, "status"), [keep_code(request, code)])


def address_of(request: AnyRequest) -> str:
    """Where the request comes from; it is counted by network and then forgotten."""
    client = request.scope.get("client")
    return str(client[0]) if client else ""


async def kept_under(request: AnyRequest) -> tuple[Code, Status] | None:
    """The browser's code and where it stands, if anything is kept under it."""
    code = code_of(request)
    if code is None:
        return None
    status = await services_of(request).rights.status(code)
    return None if status.kind == "nothing" else (code, status)


@get(HERE + "/status", include_in_schema=False, **needs(RESPONDENT))
async def status(request: AnyRequest) -> Response[bytes]:
    """What is kept, under which decisions, and what can be done with it."""
    language = here(request)
    found = await kept_under(request)
    if found is None:
        return see_other(at(language), [forget_code(request)])
    code, kept = found
    rights = services_of(request).rights
    return page(
        request,
        "rights/status.html",
        at=lambda step="": at(language, step),
        step="status",
        kept=kept,
        code=code.text,
        purposes=[(name, words, kept.standing(name)) for name, words in PURPOSES.items()],
        published=await rights.published(kept.wave) if kept.kind == "settled" else [],
    )


@get(HERE + "/copy.json", include_in_schema=False, **needs(RESPONDENT))
async def copy(request: AnyRequest) -> Response[bytes]:
    """All that is kept, as a file (GDPR Art. 15 and 20)."""
    language = here(request)
    found = await kept_under(request)
    if found is None:
        return see_other(at(language), [forget_code(request)])
    kept = await services_of(request).rights.copy(found[0], language)
    body = json.dumps(kept, ensure_ascii=False, indent=2).encode()
    return download(body, "application/json", "my-answers.json")


@get(HERE + "/copy.csv", include_in_schema=False, **needs(RESPONDENT))
async def copy_csv(request: AnyRequest) -> Response[bytes]:
    """The answers as a table for a spreadsheet."""
    language = here(request)
    found = await kept_under(request)
    if found is None:
        return see_other(at(language), [forget_code(request)])
    kept = await services_of(request).rights.copy(found[0], language)
    return download(as_csv(kept), "text/csv", "my-answers.csv")


def download(body: bytes, kind: str, name: str) -> Response[bytes]:
    """A file to be saved."""
    disposition = (b"content-disposition", f'attachment; filename="{name}"'.encode("ascii"))
    return Ready(body, media_type=kind, headers=[disposition])


@post(HERE + "/resume", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def resume(request: AnyRequest) -> Response[bytes]:
    """Back into the paused form, where it was left."""
    language = here(request)
    found = await kept_under(request)
    if found is None:
        return see_other(at(language), [forget_code(request)])
    code, kept = found
    if kept.kind != "draft" or kept.slug is None:
        return see_other(at(language, "status"))
    return see_other(Place(kept.slug, language).at("go-on"), [keep_code(request, code)])


@get(HERE + "/erase", include_in_schema=False, **needs(RESPONDENT))
async def ask_to_erase(request: AnyRequest) -> Response[bytes]:
    """Asks once, and says what erasing does and does not undo."""
    language = here(request)
    if code_of(request) is None:
        return see_other(at(language))
    return page(request, "rights/erase.html", at=lambda step="": at(language, step), step="erase")


@post(HERE + "/erase", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def erase(request: AnyRequest) -> Response[bytes]:
    """Nothing is left in any store, nor in this browser. Erasing twice is erasing once."""
    language = here(request)
    code = code_of(request)
    if code is None:
        return see_other(at(language))
    await services_of(request).rights.erase(code)
    return see_other(at(language, "erased"), [forget_code(request)])


@get(HERE + "/erased", include_in_schema=False, **needs(RESPONDENT))
async def erased(request: AnyRequest) -> Response[bytes]:
    """It is done."""
    language = here(request)
    return page(request, "rights/erased.html", at=lambda step="": at(language, step), step="erased")


@post(HERE + "/leave", include_in_schema=False, status_code=303, **needs(RESPONDENT))
async def leave(request: AnyRequest) -> Response[bytes]:
    """This browser forgets the code."""
    return see_other(at(here(request)), [forget_code(request)])


ROUTES = (
    enter,
    open_with_code,
    status,
    copy,
    copy_csv,
    resume,
    ask_to_erase,
    erase,
    erased,
    leave,
    *page_parts_answers.ROUTES,
    *page_parts_decisions.ROUTES,
)
