"""The load: browsers on kept-alive connections, each asking again as soon as it was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple, TypeVar

CONNECTIONS = 32
# What a browser sends with every request, the same to every server here.
_HEADERS = (
    "Host: 127.0.0.1:{port}\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: lv,ru;q=0.7,en;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
)
_FORM = "Origin: null\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n"
T = TypeVar("T")


class UnexpectedAnswer(Exception):
    """A server answered otherwise than the benchmark's arithmetic supposes."""


class Reply(NamedTuple):
    """What an answer says of itself."""

    status: int
    location: str


class Browser(asyncio.Protocol):
    """One connection with one request on its way at a time."""

    def __init__(self, port: int) -> None:
        self._headers = _HEADERS.format(port=port)
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to write to."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer gets none."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(UnexpectedAnswer("the connection ended"))

    def data_received(self, data: bytes) -> None:
        """Hand the answer on once its body is complete."""
        buffer = self._buffer
        buffer += data
        end = buffer.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None:
            return
        length = int(_header(buffer, b"\r\ncontent-length: ", end) or b"0")
        if len(buffer) < end + 4 + length:
            return
        location = _header(buffer, b"\r\nlocation: ", end).decode()
        reply = Reply(int(buffer[9:12]), location)
        self._buffer = bytearray()
        self._waiting.set_result(reply)

    def _ask(self, text: bytes) -> asyncio.Future[Reply]:
        if self._transport is None:
            raise UnexpectedAnswer("no connection")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(text)
        return self._waiting

    def get(self, path: str, cookie: str = "") -> asyncio.Future[Reply]:
        """Ask for a page."""
        return self._ask(f"GET {path} HTTP/1.1\r\n{self._headers}{cookie}\r\n".encode())

    def post(self, path: str, body: bytes, cookie: str = "") -> asyncio.Future[Reply]:
        """Send a form."""
        form = _FORM.format(len(body))
        return self._ask(
            f"POST {path} HTTP/1.1\r\n{self._headers}{form}{cookie}\r\n".encode() + body
        )

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def _header(buffer: bytearray, name: bytes, end: int) -> bytes:
    start = buffer.find(name, 0, end)
    if start < 0:
        return b""
    start += len(name)
    return bytes(buffer[start : buffer.find(b"\r\n", start)])


def cookie_of(symbols: str) -> str:
    """Return the header line that carries a respondent's code."""
    return f"Cookie: code={symbols}\r\n"


async def run(port: int, jobs: Iterator[T], serve: Callable[[Browser, T], Awaitable[None]]) -> None:
    """Give the jobs to as many browsers as there are connections until none is left."""
    loop = asyncio.get_running_loop()

    async def one() -> None:
        _, browser = await loop.create_connection(lambda: Browser(port), "127.0.0.1", port)
        try:
            for job in jobs:
                await serve(browser, job)
        finally:
            browser.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(one())


def expect(reply: Reply, status: int) -> None:
    """Nothing, if the answer has this status.

    Raises:
        UnexpectedAnswer: it has another.
    """
    if reply.status != status:
        raise UnexpectedAnswer(f"status {reply.status} where {status} was expected")
