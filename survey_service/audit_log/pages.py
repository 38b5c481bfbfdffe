"""The data protection officer's pages: read, verify, compare, take along."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.accounts.words import ROLE_WORDS
from survey_service.audit_log import oversight
from survey_service.audit_log.note import proof_text
from survey_service.audit_log.reading import EntryPage
from survey_service.audit_log.showing import Names, filter_from, result_now, result_of
from survey_service.audit_log.words import (
    ACT_WORDS,
    COUNT_WORDS,
    HASH_WORDS,
    OBJECT_WORDS,
    OUTCOME_WORDS,
)
from survey_service.problems import N_, FieldError, InvalidInput, NotFound
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import read_form
from survey_service.web.languages import request_translator
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
PAGE = 50
FIELDS = ("since", "until", "who", "role", "act", "object_type", "object_ref", "outcome")
LARGEST_SEQ = 2**53
READ = needs(Permission.AUDIT_LOG_READ)
VERIFY = needs(Permission.AUDIT_LOG_VERIFY)


async def _names(request: AnyRequest) -> Names:
    services = services_of(request)
    return Names(services.audit, await services.accounts.directory())


def _options(request: AnyRequest, names: Names) -> dict[str, list[tuple[str, str]]]:
    _ = request_translator(request)

    def sorted_words(words: Any) -> list[tuple[str, str]]:
        return sorted(((key.value, _(text)) for key, text in words.items()), key=lambda o: o[1])

    return {
        "act": sorted_words(ACT_WORDS),
        "role": sorted_words(ROLE_WORDS),
        "object_type": sorted_words(OBJECT_WORDS),
        "outcome": sorted_words(OUTCOME_WORDS),
        "who": names.options,
    }


@get("/office/audit-log", include_in_schema=False, **READ)
async def log_page(request: AnyRequest) -> Response[bytes]:
    """Entries, newest first, as far as the filter lets them through."""
    asked = {name: str(request.query_params.get(name, ""))[:200] for name in FIELDS}
    names = await _names(request)
    before = _place(str(request.query_params.get("before", "")))
    status, errors = 200, list[FieldError]()
    found = EntryPage(entries=())
    try:
        wanted = filter_from(asked, names)
        found = await oversight.read(
            services_of(request).audit, signed_in(request), wanted, before, PAGE
        )
    except InvalidInput as wrong:
        status, errors = wrong.status, wrong.fields
    given = {name: value for name, value in asked.items() if value}
    return page(
        request,
        "audit_log/log.html",
        status,
        lines=[names.line(entry) for entry in found.entries],
        older=_address(given, found.older) if found.older is not None else None,
        newest=_address(given, None) if before is not None else None,
        asked=asked,
        filtered=bool(given),
        options=_options(request, names),
        errors=errors,
    )


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


def _address(given: dict[str, str], before: int | None) -> str:
    query = given | ({} if before is None else {"before": str(before)})
    return "/office/audit-log" + (f"?{urlencode(query)}" if query else "")


@get("/office/audit-log/entries/{seq:int}", include_in_schema=False, **READ)
async def entry_page(request: AnyRequest, seq: FromPath[int]) -> Response[bytes]:
    """One entry with everything it says."""
    shown = await oversight.read_entry(services_of(request).audit, signed_in(request), _known(seq))
    names = await _names(request)
    return page(
        request,
        "audit_log/entry.html",
        line=names.line(shown.entry),
        entry=shown.entry,
        text=shown.text,
        reason=shown.reason,
        count_words=COUNT_WORDS,
        hash_words=HASH_WORDS,
    )


def _known(seq: int) -> int:
    if not 0 <= seq < LARGEST_SEQ:
        raise NotFound
    return seq


@get("/office/audit-log/entries/{seq:int}/text", include_in_schema=False, **READ)
async def entry_text(request: AnyRequest, seq: FromPath[int]) -> Response[bytes]:
    """The entry byte for byte as the log holds it, to go with its proof."""
    shown = await oversight.read_entry(services_of(request).audit, signed_in(request), _known(seq))
    return download(shown.text.encode(), f"entry-{seq}.json", "application/json")


@get("/office/audit-log/entries/{seq:int}/proof", include_in_schema=False, **VERIFY)
async def entry_proof(request: AnyRequest, seq: FromPath[int]) -> Response[bytes]:
    """The proof that the entry lies in the log."""
    audit = services_of(request).audit
    proof = await oversight.prove_entry(audit, signed_in(request), _known(seq))
    hashes = [bytes.fromhex(value) for value in proof.hashes]
    text = proof_text(seq, hashes, proof.checkpoint)
    return download(text.encode(), f"entry-{seq}.tlog-proof", "text/plain; charset=utf-8")


def download(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


@get("/office/audit-log/check", include_in_schema=False, **VERIFY)
async def check_page(request: AnyRequest) -> Response[bytes]:
    """Everything by which changes are found."""
    return await _check(request)


async def _check(
    request: AnyRequest, status: int = 200, note: str = "", errors: list[FieldError] | None = None
) -> Response[bytes]:
    audit = services_of(request).audit
    return page(
        request,
        "audit_log/check.html",
        status,
        size=await audit.size(),
        key=audit.public_key,
        note=note,
        errors=errors or [],
    )


@post("/office/audit-log/verify", include_in_schema=False, status_code=303, **VERIFY)
async def verify_now(request: AnyRequest) -> Response[bytes]:
    """Recompute the whole log, then show what was found."""
    await read_form(request)
    checked = await oversight.verify(services_of(request).audit, signed_in(request))
    return _to_result(request, checked)


@post("/office/audit-log/compare", include_in_schema=False, status_code=303, **VERIFY)
async def compare(request: AnyRequest) -> Response[bytes]:
    """Compare with a pasted checkpoint, then show what was found."""
    note = (await read_form(request)).one("note")
    if not note.strip():
        message = N_("There is no checkpoint in the box.")
        wrong = FieldError("note", message, N_("Please paste the whole text that you saved."))
        return await _check(request, 422, note, [wrong])
    checked = await oversight.compare(services_of(request).audit, signed_in(request), note)
    return _to_result(request, checked)


def _to_result(request: AnyRequest, checked: oversight.Checked) -> Response[bytes]:
    if checked.seq is None:
        return page(request, "audit_log/result.html", line=None, result=result_now(checked))
    return see_other(f"/office/audit-log/results/{checked.seq}")


@get("/office/audit-log/results/{seq:int}", include_in_schema=False, **VERIFY)
async def result_page(request: AnyRequest, seq: FromPath[int]) -> Response[bytes]:
    """How a check ended, in plain words."""
    entry = await services_of(request).audit.entry(_known(seq))
    result = result_of(entry) if entry else None
    if entry is None or result is None:
        raise NotFound
    line = (await _names(request)).line(entry)
    return page(request, "audit_log/result.html", line=line, result=result)


@get("/office/audit-log/checkpoint", include_in_schema=False, **VERIFY)
async def take_checkpoint(request: AnyRequest) -> Response[bytes]:
    """The signed checkpoint over the log of now, as a file to keep."""
    note = await oversight.checkpoint(services_of(request).audit, signed_in(request))
    size = note.split("\n", 2)[1]
    return download(note.encode(), f"checkpoint-{size}.txt", "text/plain; charset=utf-8")


@get("/office/audit-log/export", include_in_schema=False, **VERIFY)
async def take_export(request: AnyRequest) -> Response[bytes]:
    """The whole log with what is needed to check it elsewhere."""
    content = await oversight.export(services_of(request).audit, signed_in(request))
    return download(content, "audit-log.zip", "application/zip")


ROUTES = (
    log_page,
    entry_page,
    entry_text,
    entry_proof,
    check_page,
    verify_now,
    compare,
    result_page,
    take_checkpoint,
    take_export,
)
