"""Reading what a form posted."""

from typing import Any

import pytest
from litestar import Litestar, Request, Response, post

from survey_service.web.csrf import csrf_token
from survey_service.web.forms import LONGEST_BODY, read_form
from survey_service.web.permissions import PUBLIC, SIGNED_IN, needs
from survey_service.web.rendering import html
from tests.unit.survey_service.web.kit import application, browser

URLENCODED = {"content-type": "application/x-www-form-urlencoded"}


@post("/form", status_code=200, **needs(PUBLIC))
async def form(request: Request[Any, Any, Any]) -> Response[bytes]:
    read = await read_form(request)
    return html(f"one={read.one('a')} all={read.all('b')} {'c' in read}")


@post("/office/form", status_code=200, **needs(SIGNED_IN))
async def office_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    return html(repr(dict((await read_form(request)).raw)))


@pytest.fixture(scope="module")
def app() -> Litestar:
    return application([form, office_form])


def test_reads_single_and_repeated_fields_as_they_were_typed(app: Litestar) -> None:
    answer = browser(app).post("/form", data={"a": " ķ+& ", "b": ["1", "2"], "c": ""})
    assert answer.text == "one= ķ+&  all=['1', '2'] True"


def test_refuses_a_second_value_of_a_single_field(app: Litestar) -> None:
    assert browser(app).post("/form", data={"a": ["1", "2"]}).status_code == 400


@pytest.mark.parametrize(
    "body", [b"a=%ff", b"a=%00", b"a=\xc4\xb7", b"&".join([b"a=1"] * 1001)], ids=repr
)
def test_refuses_a_body_that_cannot_be_read(app: Litestar, body: bytes) -> None:
    answer = browser(app).post("/form", content=body, headers=URLENCODED)
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data"])
def test_takes_urlencoded_forms_only(app: Litestar, kind: str) -> None:
    answer = browser(app).post("/form", content=b"a=1", headers={"content-type": kind})
    assert answer.status_code == 415


def test_an_empty_form_needs_no_type_and_a_full_one_does(app: Litestar) -> None:
    assert browser(app).post("/form").status_code == 200
    assert browser(app).post("/form", content=b"a=1").status_code == 415


def test_refuses_more_than_a_mebibyte(app: Litestar) -> None:
    body = b"a=" + b"x" * LONGEST_BODY
    assert browser(app).post("/form", content=body, headers=URLENCODED).status_code == 413


def test_refuses_more_than_a_mebibyte_that_comes_in_pieces(app: Litestar) -> None:
    pieces = (b"x" * 65536 for _ in range(20))
    assert browser(app).post("/form", content=pieces, headers=URLENCODED).status_code == 413


def test_a_session_needs_its_token_and_the_room_never_sees_it(app: Litestar) -> None:
    client = browser(app, "dpo")
    good = {"_csrf": csrf_token("dpo"), "a": "1"}
    assert client.post("/office/form", data=good).text == "{'a': ['1']}"
    for bad in ({}, {"_csrf": csrf_token("researcher")}, {"_csrf": ["x", csrf_token("dpo")]}):
        assert client.post("/office/form", data={"a": "1", **bad}).status_code == 403


def test_the_token_does_not_show_the_session() -> None:
    assert "secret-session" not in csrf_token("secret-session")
