"""The one reader of JSON bodies: refuses what parsers disagree about before anything else sees it.

Only application/json in UTF-8, at most one mebibyte, at most 32 levels deep (checked before any
recursion), no key twice, no NaN or Infinity, no lone surrogates. Source: RFC 8259, RFC 7493.
"""

import json
import math
import re
from typing import Any, NoReturn

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from survey_service.problems import N_, Malformed, Problem, TooLarge, UnsupportedMedia
from survey_service.web.context import API_PREFIX
from survey_service.web.documents import send_problem
from survey_service.web.forms import LONGEST_BODY

DEEPEST = 32
WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
NOT_JSON = N_("The body is not the JSON we take: %(reason)s.")


def refuse(reason: str) -> NoReturn:
    """Never returns.

    Raises:
        Malformed: always, naming the reason.
    """
    raise Malformed(NOT_JSON, values={"reason": reason})


def check_depth(body: bytes) -> None:
    """Nothing, if no bracket lies deeper than 32 levels.

    Raises:
        Malformed: it does.
    """
    depth = 0
    for found in BRACKETS.finditer(body):
        first = found.group()[:1]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                refuse("nested too deeply")
        elif first in b"]}":
            depth -= 1


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs.

    Raises:
        Malformed: a key stands twice.
    """
    made = dict(pairs)
    if len(made) != len(pairs):
        refuse("a key stands twice")
    return made


def finite(text: str) -> float:
    """The number.

    Raises:
        Malformed: it is too large to be one.
    """
    number = float(text)
    if not math.isfinite(number):
        refuse("a number is too large")
    return number


def no_number(name: str) -> NoReturn:
    """Never returns: NaN and Infinity are no JSON (RFC 8259, 6).

    Raises:
        Malformed: always.
    """
    refuse(f"{name} is no number")


def read_json(body: bytes) -> Any:
    """What the body says.

    Raises:
        Malformed: it is not JSON as two careful parsers would agree on.
    """
    check_depth(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=once,
            parse_float=finite,
            parse_constant=no_number,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        refuse("the text is not UTF-8")
    except (ValueError, RecursionError):
        refuse("it does not parse")
    return value


def content_type(scope: Scope) -> str:
    """The media type of the body, without its parameters."""
    told = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return told.partition(b";")[0].strip().lower().decode("latin-1")


def refuse_announced(scope: Scope) -> None:
    """Nothing, unless the request says itself that it is too long: then not a byte is read.

    Raises:
        TooLarge: more than a mebibyte, or a length that is no number.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and not (value.isdigit() and int(value) <= LONGEST_BODY):
            raise TooLarge


async def collect(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it is longer than a mebibyte.
        Malformed: the sender went away.
    """
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Malformed
        body += message["body"]
        if len(body) > LONGEST_BODY:
            raise TooLarge
        if not message["more_body"]:
            return body


class JsonReader:
    """Lets only well-formed JSON bodies through to the API."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the body, then hand it on unchanged."""
        if (
            scope["type"] != ScopeType.HTTP
            or not scope["path"].startswith(API_PREFIX)
            or scope["method"] not in WITH_BODY
        ):
            await self.app(scope, receive, send)
            return
        try:
            refuse_announced(scope)
            body = await collect(receive)
            if body:
                if content_type(scope) != "application/json":
                    raise UnsupportedMedia
                read_json(body)
        except Problem as problem:
            await send_problem(problem, send)
            return
        pending = True

        async def replay() -> HTTPReceiveMessage:
            nonlocal pending
            if not pending:
                return await receive()  # type: ignore[return-value]
            pending = False
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, replay, send)
