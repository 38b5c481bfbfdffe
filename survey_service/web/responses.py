"""A response that is ready: Litestar sends it as it is."""

from collections.abc import Iterable
from typing import Any

from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send


class Ready(Response[bytes]):
    """Body and headers as they will go out, for pages that are made before they are asked for.

    It is a Response, so a handler may return one or the other; unlike one it may carry several
    Set-Cookie lines as they are.
    """

    def __init__(
        self,
        body: bytes = b"",
        status: int = 200,
        media_type: str = "text/html",
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        """Make the answer now. Litestar's own constructors cost more than most pages here."""
        self.content = body
        self.status_code = status
        self.media_type = media_type
        self.background = None
        kind = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
        self._lines = [
            *headers,
            (b"content-type", kind.encode("latin-1")),
            (b"content-length", b"%d" % len(body)),
        ]

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        """The answer as it was made."""
        return self._send

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code or 200,
                "headers": self._lines,
            }
        )
        await send({"type": "http.response.body", "body": self.content, "more_body": False})
