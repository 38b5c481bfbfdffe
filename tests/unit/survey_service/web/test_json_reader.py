"""The one reader of JSON bodies."""

import json
from typing import Any

import pytest
from litestar import Litestar, post
from litestar.params import JSONBody

from schemas.vocabulary import Frozen
from survey_service.web.permissions import PUBLIC, needs
from tests.unit.survey_service.web.kit import application, browser

JSON = {"content-type": "application/json"}


class Wanted(Frozen):
    name: str
    number: int = 0


@post("/api/v1/wanted", status_code=200, **needs(PUBLIC))
async def wanted(data: JSONBody[Wanted]) -> dict[str, Any]:
    return {"name": data.name}


@pytest.fixture(scope="module")
def app() -> Litestar:
    return application([wanted])


def test_hands_a_good_body_on(app: Litestar) -> None:
    answer = browser(app).post("/api/v1/wanted", json={"name": "ķ"})
    assert answer.json() == {"name": "ķ"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "number": NaN}',
        b'{"name": "a", "number": -Infinity}',
        b'{"name": "a", "number": 1e400}',
        b'{"name": "a", "number": ' + b"9" * 5000 + b"}",
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": "a"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 33 + b"]" * 33,
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_refuses_what_parsers_disagree_about(app: Litestar, body: bytes) -> None:
    answer = browser(app).post("/api/v1/wanted", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/malformed"


def test_brackets_inside_a_text_have_no_depth(app: Litestar) -> None:
    body = json.dumps({"name": '[{"' * 100}).encode()
    assert browser(app).post("/api/v1/wanted", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_takes_json_only(app: Litestar, kind: str) -> None:
    answer = browser(app).post(
        "/api/v1/wanted", content=b'{"name": "a"}', headers={"content-type": kind}
    )
    assert answer.status_code == 415


def test_refuses_more_than_a_mebibyte(app: Litestar) -> None:
    body = json.dumps({"name": "a" * (1 << 20)}).encode()
    assert browser(app).post("/api/v1/wanted", content=body, headers=JSON).status_code == 413


@pytest.mark.parametrize("document", [{"name": 1}, {"name": "a", "role": "dpo"}, {}, []])
def test_what_does_not_fit_is_told_by_field_without_repeating_the_value(
    app: Litestar, document: Any
) -> None:
    answer = browser(app).post("/api/v1/wanted", json=document)
    assert answer.status_code == 422
    told = answer.json()
    assert told["type"] == "/problems/invalid-input"
    assert told["errors"]
    assert "'dpo'" not in answer.text
