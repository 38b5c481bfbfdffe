"""Reading a form that carries files: multipart, bounded, from our own page, kept in memory only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request
from multipart import (
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from survey_service.problems import N_, FormExpired, Malformed, TooLarge, UnsupportedMedia
from survey_service.web.context import header, person_of
from survey_service.web.csrf import FIELD, fits
from survey_service.web.forms import Form

AnyRequest = Request[Any, Any, Any]

MOST_PARTS = 60
FIELDS_ROOM = 1 << 18
"""What the fields beside the files may take together, in bytes."""
DRAINED = 4
"""How many times the limit is read and thrown away, so that a browser hears why it was refused."""
TOO_LARGE = N_("The file is too large. At most %(most)s MB can be taken.")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. Its name is only a hint and is never written anywhere."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form and its files by field."""

    form: Form
    files: Mapping[str, list[Upload]] = field(default_factory=dict)

    def file(self, name: str) -> Upload | None:
        """The only file of a field, or nothing where none was chosen.

        Raises:
            Malformed: there are several.
        """
        found = self.files.get(name, [])
        if len(found) > 1:
            raise Malformed
        return found[0] if found else None


async def read_upload(request: AnyRequest, *, most: int) -> Sent:
    """The fields and files of a form whose files have at most `most` bytes together.

    Raises:
        FormExpired: the token is missing or of another session.
        UnsupportedMedia: it is no form with files.
        TooLarge, Malformed: it is too large, or cannot be read.
    """
    kind, options = parse_options_header(header(request, b"content-type") or "")
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise UnsupportedMedia
    body = await _read(request, most)
    try:
        fields, files = _parts(body, boundary)
    except (MultipartError, UnicodeDecodeError, ValueError) as error:
        raise Malformed from error
    tokens = fields.pop(FIELD, [])
    if person_of(request) is not None and not fits(request, tokens):
        raise FormExpired
    return Sent(Form(fields), files)


async def _read(request: AnyRequest, most: int) -> bytes:
    too_large = TooLarge(TOO_LARGE, values={"most": most // 1_000_000})
    told = header(request, b"content-length")
    if told is not None and (not told.isdigit() or int(told) > DRAINED * most):
        raise too_large
    body, seen = bytearray(), 0
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise Malformed
        seen += len(message["body"])
        if seen <= most + FIELDS_ROOM:
            body += message["body"]
        if seen > DRAINED * most:
            raise too_large
        if not message["more_body"]:
            break
    if seen > most + FIELDS_ROOM:
        raise too_large
    return bytes(body)


def _parts(body: bytes, boundary: str) -> tuple[dict[str, list[str]], dict[str, list[Upload]]]:
    fields: dict[str, list[str]] = {}
    files: dict[str, list[Upload]] = {}
    part: MultipartSegment | None = None
    data = bytearray()
    with PushMultipartParser(
        boundary, len(body), max_segment_count=MOST_PARTS, strict=True
    ) as parser:
        for event in (*parser.parse(body), *(() if parser.closed else parser.parse(b""))):
            if isinstance(event, MultipartSegment):
                part, data = event, bytearray()
            elif event:
                data += event
            elif part is not None:
                _keep(part, bytes(data), fields, files)
    return fields, files


def _keep(
    part: MultipartSegment,
    data: bytes,
    fields: dict[str, list[str]],
    files: dict[str, list[Upload]],
) -> None:
    if part.filename is None:
        text = data.decode()
        if "\0" in text:
            raise ValueError("a NUL character")
        fields.setdefault(part.name, []).append(text)
    elif part.filename or data:
        files.setdefault(part.name, []).append(Upload(part.filename, data))
