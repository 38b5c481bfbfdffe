"""Every route of the application with what it needs, for tests that must not forget one."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from survey_service.app import create_app
from survey_service.web.permissions import Access, Permission
from survey_service.web.start_check import handlers_of


class Route(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    needs: Permission | Access

    @property
    def api(self) -> bool:
        """Whether programmes call it."""
        return self.path.startswith("/api")

    def filled(self, text: str = "x") -> str:
        """Return the path with its places filled: numbers with 0, all else with a text."""
        numbers = re.sub(r"\{\w+:int\}", "0", self.path)
        return re.sub(r"\{\w+(:\w+)?\}", text, numbers)


def all_routes() -> list[Route]:
    """Return the routes of the application as it is served; no store is opened for it."""
    services = SimpleNamespace(settings=SimpleNamespace(secure=False))
    app = create_app(cast(Any, services), maintains=False)
    found = {
        Route(method, path, handler.opt["permission"])
        for path, handler in handlers_of(app)
        for method in getattr(handler, "http_methods", {"GET"})
    }
    return sorted(route for route in found if route.method != "OPTIONS")
