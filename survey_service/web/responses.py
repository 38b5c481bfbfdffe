"""A response that is ready: Litestar sends it as it is."""

from collections.abc import Iterable
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse


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
        """Make the answer now."""
        super().__init__(body, status_code=status, media_type=media_type)
        self._answer = ASGIResponse(
            body=body,
            status_code=status,
            media_type=media_type,
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
        )

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        """The answer as it was made."""
        return self._answer
