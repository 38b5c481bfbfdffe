"""Reading what a form posted: urlencoded, at most one mebibyte, from our own page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from survey_service.problems import FormExpired, Malformed, TooLarge, UnsupportedMedia
from survey_service.web.context import header, person_of
from survey_service.web.csrf import FIELD, fits

LONGEST_BODY = 1 << 20
MOST_FIELDS = 1000

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, as text; nothing is trimmed or converted here."""

    raw: Mapping[str, list[str]]

    def one(self, name: str, default: str = "") -> str:
        """The value of a field that may stand once.

        Raises:
            Malformed: it stands more than once.
        """
        values = self.raw.get(name)
        if not values:
            return default
        if len(values) > 1:
            raise Malformed
        return values[0]

    def all(self, name: str) -> list[str]:
        """All values of a field that may stand several times."""
        return list(self.raw.get(name, ()))

    def __contains__(self, name: str) -> bool:
        """Whether the field was posted at all, be it empty."""
        return name in self.raw


async def read_body(request: AnyRequest) -> bytes:
    """The body of the request.

    Raises:
        TooLarge: it is longer than a mebibyte, or says so.
    """
    told = header(request, b"content-length")
    if told is not None and (not told.isdigit() or int(told) > LONGEST_BODY):
        raise TooLarge
    body = b""
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise Malformed
        body += message["body"]
        if len(body) > LONGEST_BODY:
            raise TooLarge
        if not message["more_body"]:
            return body


def parse(body: bytes) -> dict[str, list[str]]:
    """The fields of an urlencoded body.

    Raises:
        Malformed: not UTF-8, a NUL character, or more than 1000 fields.
    """
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise Malformed from error
    for name, value in pairs:
        if "\0" in value or "\0" in name:
            raise Malformed
        fields.setdefault(name, []).append(value)
    return fields


async def read_posted(request: AnyRequest) -> dict[str, list[str]]:
    """The fields of a form that carries no session: a respondent's.

    Raises:
        UnsupportedMedia: it is not a form.
        TooLarge, Malformed: it cannot be read.
    """
    kind = header(request, b"content-type")
    if kind is None:
        # Programmes leave the type out where there is nothing to send; browsers never do.
        if await read_body(request):
            raise UnsupportedMedia
        return {}
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise UnsupportedMedia
    return parse(await read_body(request))


async def read_form(request: AnyRequest) -> Form:
    """The fields of a form, which in a session must carry the session's token.

    Raises:
        FormExpired: the token is missing or of another session.
        UnsupportedMedia, TooLarge, Malformed: the form cannot be read.
    """
    fields = await read_posted(request)
    tokens = fields.pop(FIELD, [])
    if person_of(request) is not None and not fits(request, tokens):
        raise FormExpired
    return Form(fields)
