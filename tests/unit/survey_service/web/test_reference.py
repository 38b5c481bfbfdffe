"""The API's description tells of every way in which a route may answer."""

from typing import Any

import pytest
from litestar import Litestar, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from schemas.vocabulary import Frozen
from survey_service.web import reference
from survey_service.web.error_pages import EXCEPTION_HANDLERS
from survey_service.web.guard import before_request
from survey_service.web.installation import ROUTES, install
from survey_service.web.permissions import PUBLIC, Permission, needs
from survey_service.web.reference import in_words, openapi_config
from tests.unit.survey_service.web.kit import browser, services


class Wish(Frozen):
    rows: str


@get("/api/v1/wishes/{wish:str}", **needs(Permission.REQUESTS_WRITE))
async def one_wish(wish: FromPath[str]) -> dict[str, str]:
    """One wish, as `rows` of a <table>."""
    return {"rows": wish}


@post("/api/v1/wishes", **needs(Permission.REQUESTS_WRITE))
async def make_wish(data: JSONBody[Wish]) -> Wish:
    """A new wish."""
    return data


@get("/api/v1/weather", **needs(PUBLIC))
async def weather() -> dict[str, str]:
    """Anybody may ask."""
    return {}


@pytest.fixture(scope="module")
def app() -> Litestar:
    made = Litestar(
        [*ROUTES, *reference.ROUTES, one_wish, make_wish, weather],
        before_request=before_request,
        exception_handlers=EXCEPTION_HANDLERS,
        state=State({"services": services()}),
        openapi_config=openapi_config(),
        logging_config=None,
    )
    install(made)
    return made


@pytest.fixture(scope="module")
def paths(app: Litestar) -> dict[str, Any]:
    schema: dict[str, Any] = browser(app).get("/api/v1/openapi.json").json()
    found: dict[str, Any] = schema["paths"]
    return found


def test_refusals_stand_beside_what_is_answered(paths: dict[str, Any]) -> None:
    one = paths["/api/v1/wishes/{wish}"]["get"]["responses"]
    assert {"200", "401", "403", "404"} <= set(one)
    assert set(paths["/api/v1/wishes"]["post"]["responses"]) >= {"201", "401", "403", "409", "422"}
    assert not {"401", "403"} & set(paths["/api/v1/weather"]["get"]["responses"])


def test_a_refusal_is_described_as_the_problem_document_it_is(paths: dict[str, Any]) -> None:
    refused = paths["/api/v1/wishes"]["post"]["responses"]["422"]
    schema = refused["content"]["application/problem+json"]["schema"]
    assert schema["$ref"].endswith("ProblemDocument")
    assert refused["description"]


def test_the_page_shows_names_as_code_and_nothing_raw(app: Litestar) -> None:
    text = browser(app).get("/api/v1/reference").text
    assert "as <code>rows</code> of a &lt;table&gt;" in text
    assert "`" not in text.partition("<h2>")[0]


def test_a_lonely_backtick_is_left_alone() -> None:
    assert in_words("a ` b") == "a ` b"
