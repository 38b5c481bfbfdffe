"""The application does not start while a route says nothing about who may use it."""

from collections.abc import Iterator

from litestar import Litestar
from litestar.handlers.base import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from survey_service.web.guard import before_request
from survey_service.web.permissions import Access, Permission


class UndeclaredRouteError(Exception):
    """A route without a permission, or one that the guard is not asked about."""


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
    """Nothing, if every handler declares a permission that exists and is behind the guard.

    Raises:
        UndeclaredRouteError: names every path that does not, or is not.
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
    unguarded = sorted({path for path, handler in handlers_of(app) if not guarded(handler)})
    if unguarded:
        raise UndeclaredRouteError("not behind the guard: " + ", ".join(unguarded))


def guarded(handler: BaseRouteHandler) -> bool:
    """Whether the guard is asked before this handler.

    Litestar asks hooks of HTTP routes only, the innermost hook alone, and none where it has an
    answer in its cache.
    """
    if not isinstance(handler, HTTPRouteHandler):
        return False
    return handler.resolve_before_request() is before_request and not handler.cache
