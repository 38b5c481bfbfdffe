"""The application does not start while a route says nothing about who may use it."""

from typing import Any

import pytest
from litestar import Litestar, Request, WebSocket, get, websocket
from litestar.handlers import asgi
from litestar.types import Receive, Scope, Send

from survey_service.web.guard import before_request
from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.reference import openapi_config
from survey_service.web.start_check import (
    UndeclaredRouteError,
    handlers_of,
    refuse_undeclared,
)
from tests.unit.survey_service.web.kit import application, browser


@get("/declared", **needs(PUBLIC))
async def declared() -> str:
    return "yes"


@get("/forgotten")
async def forgotten() -> str:
    return "no"


@get("/misspelt", opt={"permission": "public"})
async def misspelt() -> str:
    return "no"


async def own_hook(request: Request[Any, Any, Any]) -> None:
    """Nothing: but the guard is then not asked."""


@get("/sidestep", before_request=own_hook, **needs(PUBLIC))
async def sidestep() -> str:
    return "no"


@get("/remembered", cache=True, **needs(PUBLIC))
async def remembered() -> str:
    return "no"


@asgi("/hall", copy_scope=True, **needs(PUBLIC))
async def hall(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError


@websocket("/wire", **needs(PUBLIC))
async def wire(socket: WebSocket[Any, Any, Any]) -> None:
    raise AssertionError


@asgi("/mounted", copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError


@pytest.mark.parametrize("handler", [forgotten, misspelt, mounted])
def test_stops_the_start(handler: object) -> None:
    app = Litestar([declared, handler], openapi_config=None)  # type: ignore[list-item]
    with pytest.raises(UndeclaredRouteError):
        refuse_undeclared(app)


def test_names_the_forgotten_path() -> None:
    with pytest.raises(UndeclaredRouteError, match="/forgotten"):
        application([forgotten])


def test_starts_when_every_route_is_declared_and_declares_what_the_framework_adds() -> None:
    app = Litestar([declared], openapi_config=openapi_config(), before_request=before_request)
    refuse_undeclared(app)
    assert all("permission" in handler.opt for _, handler in handlers_of(app))


@pytest.mark.parametrize("handler", [sidestep, remembered, hall, wire])
def test_a_route_that_the_guard_is_not_asked_about_stops_the_start(handler: Any) -> None:
    with pytest.raises(UndeclaredRouteError, match=f"not behind the guard: /{handler.fn.__name__}"):
        application([handler])


def test_the_litestar_default_pages_would_be_noticed() -> None:
    with pytest.raises(UndeclaredRouteError):
        refuse_undeclared(Litestar([declared]))


def test_asking_for_the_options_of_a_page_needs_no_more_than_the_page() -> None:
    answer = browser(application([declared])).options("/declared")
    assert answer.status_code == 204
    assert browser(application()).options("/office").status_code == 303
