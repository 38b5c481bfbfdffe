"""The application does not start while a route says nothing about who may use it."""

from collections.abc import Iterator

from litestar import Litestar
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from survey_service.web.permissions import Access, Permission


class UndeclaredRouteError(Exception):
    """A route without a permission."""


def handlers_of(app: Litestar) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Every handler of every kind, with its path."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                yield route.path, handler
        else:
            yield route.path, route.route_handler


def declare_options(app: Litestar) -> None:
    """Give the OPTIONS handlers that Litestar adds the permission of their route."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            declared = route.route_handlers[0].opt.get("permission")
            for handler in route.route_handlers:
                if handler.http_methods == {"OPTIONS"} and declared is not None:
                    handler.opt.setdefault("permission", declared)


def refuse_undeclared(app: Litestar) -> None:
    """Nothing, if every handler declares a permission that exists.

    Raises:
        UndeclaredRouteError: names every path that does not.
    """
    declare_options(app)
    undeclared = sorted(
        {
            f"{path} ({handler})"
            for path, handler in handlers_of(app)
            if not isinstance(handler.opt.get("permission"), Permission | Access)
        }
    )
    if undeclared:
        raise UndeclaredRouteError("no permission declared: " + ", ".join(undeclared))
