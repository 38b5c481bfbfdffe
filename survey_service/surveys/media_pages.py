"""Pictures and recordings: put beside a stored questionnaire, and served to whoever fills it in."""

import asyncio
import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.problems import N_, Conflict, FieldError, NotFound
from survey_service.surveys.codebook_pages import VERSION, read_version
from survey_service.surveys.library import StoredQuestionnaire
from survey_service.surveys.media.cleaning import clean
from survey_service.surveys.media.files import ENDINGS, Files, Named, StoredFile, named_files
from survey_service.surveys.media.limits import (
    MOST_PICTURE,
    MOST_SIDE,
    MOST_SOUND,
    CleanFile,
    MediaRefused,
    Medium,
)
from survey_service.web.context import header, services_of, signed_in
from survey_service.web.permissions import PUBLIC, Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready
from survey_service.web.static_files import FOR_GOOD
from survey_service.web.uploads import Upload, read_upload

AnyRequest = Request[Any, Any, Any]

MEDIA = VERSION + "/media"
MOST_AT_ONCE = 20_000_000
"""Bytes that one form may bring; more come in several."""
FIELD = "files"
_ADDRESS = re.compile(r"([0-9a-f]{64})\.([a-z0-9]{3,4})")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_NOT_NAMED = N_("The questionnaire names no such file.")
_LOOK = N_("Give the file the name that stands in the sheet, to the letter.")
_MEANT = N_("Did you mean '%(name)s'?")
_BOTH = N_("The sheet names it as a picture and as a recording.")


class Listed(NamedTuple):
    """A file that the sheet names: where, and what is there."""

    name: str
    medium: Medium
    uses: list[Named]
    place: str
    there: StoredFile | None


class Refused(NamedTuple):
    """A file that was not taken, with the words for why."""

    name: str
    error: FieldError


@get(MEDIA, include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def media_page(
    request: AnyRequest, slug: FromPath[str], sha: FromPath[str]
) -> Response[bytes]:
    """Every file that the sheet names, which are there, and which are missing."""
    services, person = services_of(request), signed_in(request)
    found = await asyncio.to_thread(read_version, services, person, slug, sha)
    return _listed(request, found, (), stored=request.query_params.get("stored") == "yes")


def _listed(
    request: AnyRequest,
    found: StoredQuestionnaire,
    refused: Iterable[Refused],
    *,
    stored: bool = False,
    errors: Iterable[FieldError] = (),
) -> Response[bytes]:
    media = services_of(request).surveys.media
    every = listed(found, media.of_now(found.digest))
    refused, errors = list(refused), list(errors)
    return page(
        request,
        "surveys/media.html",
        422 if refused or errors else 200,
        version=found,
        files=every,
        missing=sum(one.there is None for one in every),
        refused=refused,
        stored=stored,
        errors=errors,
        locked=media.locked_now(found.digest),
        limits={
            "picture": MOST_PICTURE // 1000,
            "sound": MOST_SOUND // 1000,
            "side": MOST_SIDE,
            "together": MOST_AT_ONCE // 1_000_000,
        },
    )


def listed(found: StoredQuestionnaire, files: Files) -> list[Listed]:
    """The named files in the order of the sheet, the missing first."""
    uses: dict[str, list[Named]] = {}
    for named in named_files(found.questionnaire):
        uses.setdefault(named.file, []).append(named)
    places = found.places
    every = [
        Listed(name, of[0].medium, of, places.get(name, ""), files.by_name.get(name))
        for name, of in uses.items()
    ]
    return sorted(every, key=lambda one: one.there is not None)


@post(MEDIA, include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_WRITE))
async def store_media(
    request: AnyRequest, slug: FromPath[str], sha: FromPath[str]
) -> Response[bytes]:
    """Put files beside the questionnaire; those that are not taken are named with the reason."""
    sent = await read_upload(request, most=MOST_AT_ONCE)
    services, person = services_of(request), signed_in(request)
    found = services.surveys.library.version_now(sha, slug)
    uploads = sent.files.get(FIELD, [])
    if not uploads:
        return _listed(request, found, (), errors=[FieldError(FIELD, N_("Choose a file."))])
    taken, refused = await asyncio.to_thread(judge, found, uploads)
    if taken:
        try:
            await asyncio.to_thread(
                services.surveys.media.store_now, sha, found.survey, taken, person
            )
        except Conflict as conflict:
            error = FieldError(FIELD, conflict.detail, "", conflict.values)
            return _listed(request, found, refused, errors=[error])
        services.surveys.look_again()
    if refused:
        return _listed(request, found, refused, stored=bool(taken))
    return see_other(f"/office/questionnaires/{slug}/{sha}/media?stored=yes")


def judge(
    found: StoredQuestionnaire, uploads: Iterable[Upload]
) -> tuple[dict[str, CleanFile], list[Refused]]:
    """The files that are taken, clean and by the names of the sheet, and those that are not."""
    media: dict[str, set[Medium]] = {}
    for named in named_files(found.questionnaire):
        media.setdefault(named.file, set()).add(named.medium)
    taken: dict[str, CleanFile] = {}
    refused: list[Refused] = []
    for upload in uploads:
        name = unicodedata.normalize("NFC", upload.name)
        try:
            taken[name] = _judged(name, upload.data, media)
        except MediaRefused as why:
            error = FieldError(FIELD, why.message, why.remedy, why.values)
            refused.append(Refused(_shown(name), error))
    return taken, refused


def _judged(name: str, data: bytes, media: dict[str, set[Medium]]) -> CleanFile:
    kinds = media.get(name)
    if kinds is None:
        near = difflib.get_close_matches(name, media, n=1)
        if near:
            raise MediaRefused(_NOT_NAMED, _MEANT, {"name": near[0]})
        raise MediaRefused(_NOT_NAMED, _LOOK)
    if len(kinds) > 1:
        raise MediaRefused(_BOTH, N_("Use two files with two names."))
    return clean(data, next(iter(kinds)))


def _shown(name: str) -> str:
    """A name as it can stand on a page: no sign that turns the words around it, and not endless."""
    visible = "".join(s if s.isprintable() else "�" for s in name)
    return visible if len(visible) <= 120 else visible[:119] + "…"


@get("/media/{name:str}", include_in_schema=False, **needs(PUBLIC))
async def media_file(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """A picture or a recording under the hash of what it holds, so it may be kept for good.

    One range of bytes is answered as such: some browsers play nothing without (RFC 9110, 14).
    """
    asked = _ADDRESS.fullmatch(name)
    if asked is None:
        raise NotFound
    media = services_of(request).surveys.media
    media_type, data = await asyncio.to_thread(media.read_now, asked[1])
    if ENDINGS[media_type] != asked[2]:
        raise NotFound
    headers = [FOR_GOOD, (b"accept-ranges", b"bytes")]
    wanted = _RANGE.fullmatch(header(request, b"range") or "")
    if wanted is None or wanted.groups() == ("", ""):
        return Ready(data, media_type=media_type, headers=headers)
    start, end = _span(wanted[1], wanted[2], len(data))
    if start >= end:
        headers.append((b"content-range", b"bytes */%d" % len(data)))
        return Ready(b"", 416, media_type=media_type, headers=headers)
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, len(data))))
    return Ready(data[start:end], 206, media_type=media_type, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """From where to before where; the last so many bytes where no first is said."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


ROUTES = (media_page, store_media, media_file)
