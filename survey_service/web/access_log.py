"""What staff routes log: method, route, status, duration. Respondents' and public ones: nothing."""

from time import perf_counter

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from survey_service.web.context import API_PREFIX, OFFICE_PREFIX
from survey_service.web.permissions import PUBLIC, RESPONDENT

UNLOGGED = "unlogged"


class AccessLog:
    """Writes one line per request to a staff route, with no path, query, header or body in it."""

    def __init__(self, app: ASGIApp, noted: ASGIApp) -> None:
        """Stand around `noted` for staff routes, and aside for everything else."""
        self.app = app
        self.noted = noted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(
            (OFFICE_PREFIX, API_PREFIX)
        ):
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.noted(scope, receive, note_status)
        handler = scope.get("route_handler")
        if handler is None or handler.opt.get("permission") in (PUBLIC, RESPONDENT):
            return
        if handler.opt.get(UNLOGGED):
            # A line here would tell when which interview with help began.
            return
        structlog.get_logger().info(
            "request",
            method=scope["method"],
            route=scope.get("path_template", ""),
            status=status,
            milliseconds=round((perf_counter() - started) * 1000),
        )
