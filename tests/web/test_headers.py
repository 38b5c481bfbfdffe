"""Protective headers on every kind of answer, also where something goes wrong inside."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from litestar.testing import TestClient

from survey_service.app import create_app
from survey_service.stores.errors import StoreFull
from tests.kit.live import LiveService
from tests.kit.plain import FORM, tells_too_much, unprotected
from tests.kit.walks import SURVEY, words


def test_every_kind_of_answer_is_protected(demo_service: LiveService) -> None:
    origin = {"Origin": demo_service.url}
    with httpx.Client(base_url=demo_service.url, headers=origin, timeout=30) as client:
        kinds = {
            200: client.get("/"),
            303: client.get("/office"),
            400: client.post(f"{SURVEY}/en/consent", content=b"a=%ff", headers=FORM),
            401: client.get("/api/v1/me"),
            403: client.post("/office/sign-in", headers=FORM | {"Origin": "https://a.example"}),
            404: client.get("/nothing"),
            405: client.put("/"),
            413: client.post(f"{SURVEY}/en/consent", content=b"a" * (1 << 21), headers=FORM),
            415: client.post(f"{SURVEY}/en/consent", json={}),
            422: client.post(f"{SURVEY}/en/consent", content=b"a=1", headers=FORM),
        }
        assert {status: answer.status_code for status, answer in kinds.items()} == {
            status: status for status in kinds
        }
        for status, answer in kinds.items():
            assert unprotected(answer.headers) == [], status
            assert answer.headers["cache-control"] == "no-store", status
        page = kinds[200].text
        sheet = client.get(page.partition('rel="stylesheet" href="')[2].partition('"')[0])
        assert unprotected(sheet.headers) == []
        assert "immutable" in sheet.headers["cache-control"]
        for method in ("HEAD", "OPTIONS"):
            assert unprotected(client.request(method, "/releases").headers) == []


class Broken:
    """A room in which whatever is asked for raises the same error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, _name: str) -> Any:
        raise self.error


def failing(error: Exception) -> TestClient[Any]:
    """A browser at a service in which nothing works."""
    services = SimpleNamespace(
        settings=SimpleNamespace(demonstration=False, secure=False),
        collection=Broken(error),
        releases=Broken(error),
        surveys=Broken(error),
    )
    app = create_app(cast(Any, services), maintains=False)
    return TestClient(app, base_url="http://a.test", raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", f"{SURVEY}/en", "/releases", "/api/v1/releases"])
def test_an_error_nobody_foresaw_shows_nothing_of_the_inside(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "SELECT secret FROM vault"
    answer = failing(RuntimeError(secret)).get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert unprotected(answer.headers) == []
    assert secret not in answer.text
    assert tells_too_much(answer.text) == []
    assert "Something went wrong on our side" in answer.text
    written = "".join(capsys.readouterr())
    assert "RuntimeError" in written, "the kind of it is noted"
    assert secret not in written


def test_a_full_disk_says_that_nothing_was_stored() -> None:
    full = StoreFull("the disk under vault is full")
    answer = failing(full).get("/", headers={"Accept-Language": "lv"})
    assert answer.status_code == 503
    assert unprotected(answer.headers) == []
    assert words("lv", "Nothing was stored") in answer.text
    assert "vault" not in answer.text
