"""Staff routes are logged by their template; respondents' and public ones not at all."""

import pytest
import structlog
from litestar import Litestar, get
from litestar.params import FromPath
from structlog.testing import capture_logs

from survey_service.web.permissions import PUBLIC, SIGNED_IN, needs
from tests.unit.survey_service.web.kit import application, browser


@get("/office/requests/{request_id:str}", **needs(SIGNED_IN))
async def staff_route(request_id: FromPath[str]) -> str:
    return request_id


@get("/office/open", **needs(PUBLIC))
async def open_route() -> str:
    return ""


@get("/office/broken", **needs(SIGNED_IN))
async def broken_route() -> str:
    raise RuntimeError("value-of-somebody")


@pytest.fixture(scope="module")
def app() -> Litestar:
    structlog.reset_defaults()
    return application([staff_route, open_route, broken_route])


def test_a_staff_route_logs_its_template_and_nothing_that_was_sent(app: Litestar) -> None:
    with capture_logs() as lines:
        browser(app, "dpo").get("/office/requests/canary?q=canary", headers={"x-a": "canary"})
    (line,) = lines
    assert line["route"] == "/office/requests/{request_id}"
    assert line["status"] == 200
    assert set(line) == {"event", "log_level", "method", "route", "status", "milliseconds"}
    assert "canary" not in str(line)


def test_public_routes_log_nothing(app: Litestar) -> None:
    with capture_logs() as lines:
        client = browser(app)
        for path in ("/", "/office/open", "/accessibility", "/nowhere", "/health"):
            client.get(path)
    assert lines == []


def test_an_unforeseen_error_logs_kind_and_places_but_no_text(app: Litestar) -> None:
    with capture_logs() as lines:
        browser(app, "dpo").get("/office/broken")
    assert "value-of-somebody" not in str(lines)
    assert any(line.get("kind") == "RuntimeError" for line in lines)
