"""Protective headers on every response there is."""

import pytest
from litestar import Litestar, get

from survey_service.web.headers import HEADERS
from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.static_files import hashed_names, static
from tests.unit.survey_service.web.kit import application, browser


@get("/broken", **needs(PUBLIC))
async def broken() -> str:
    raise RuntimeError("a secret value")


@pytest.fixture(scope="module")
def app() -> Litestar:
    return application([broken])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/health", 200),
        ("/nowhere", 404),
        ("/broken", 500),
        ("/office", 303),
        ("/api/v1/nowhere", 404),
        ("/static/nothing.css", 404),
        ("/static/%2e%2e/headers.py", 404),
    ],
)
def test_headers_stand_on_the_response(app: Litestar, path: str, status: int) -> None:
    answer = browser(app).get(path)
    assert answer.status_code == status
    for name, value in HEADERS:
        assert answer.headers[name.decode()] == value.decode()
    assert answer.headers["cache-control"] == "no-store"


def test_static_files_may_be_kept_for_good(app: Litestar) -> None:
    answer = browser(app).get(static("style.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    assert all(part in static("style.css") for part in ("/static/style.", ".css"))
    assert "style.css" in hashed_names()


def test_https_is_remembered(app: Litestar) -> None:
    client = browser(app)
    assert "strict-transport-security" not in client.get("/").headers
    assert "strict-transport-security" in client.get("https://testserver.local/").headers


def test_head_gives_the_headers_of_get_and_no_body(app: Litestar) -> None:
    answer = browser(app).head("/")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 1000
    assert answer.content == b""


def test_an_error_nobody_foresaw_tells_nothing(app: Litestar) -> None:
    text = browser(app).get("/broken").text
    assert "<h1>" in text
    assert not any(word in text for word in ("secret", "RuntimeError", "Traceback", ".py"))
