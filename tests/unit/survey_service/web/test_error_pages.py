"""Every problem as a page or a document."""

import pytest
from litestar import Litestar, get
from litestar.params import FromPath

from survey_service import problems
from survey_service.problems import FieldError
from survey_service.web.documents import problem_document
from survey_service.web.permissions import PUBLIC, SIGNED_IN, needs
from tests.unit.survey_service.web.kit import application, browser


@get("/raise/{slug:str}", **needs(PUBLIC))
async def raise_page(slug: FromPath[str]) -> str:
    raise problems.catalogue()[slug]


@get("/api/v1/raise/{slug:str}", **needs(PUBLIC))
async def raise_document(slug: FromPath[str]) -> str:
    raise problems.catalogue()[slug]


@get("/office/raise", **needs(SIGNED_IN))
async def raise_office() -> str:
    raise problems.Conflict


@pytest.fixture(scope="module")
def app() -> Litestar:
    return application([raise_page, raise_document, raise_office])


@pytest.mark.parametrize(
    "slug",
    [slug for slug in sorted(problems.catalogue()) if slug not in ("not-signed-in", "handed-over")],
)
def test_a_problem_is_a_page_in_words_and_a_document(app: Litestar, slug: str) -> None:
    client = browser(app, **{"accept-language": "lv"})
    kind = problems.catalogue()[slug]
    shown = client.get(f"/raise/{slug}")
    assert shown.status_code == kind.status
    assert '<html lang="lv"' in shown.text
    assert kind.title not in shown.text
    told = client.get(f"/api/v1/raise/{slug}").json()
    assert told["type"] == f"/problems/{slug}"
    assert told["status"] == kind.status
    assert client.get(told["type"]).status_code == 200


def test_the_office_shows_its_problems_in_its_own_frame(app: Litestar) -> None:
    shown = browser(app, "dpo").get("/office/raise")
    assert shown.status_code == 409
    assert 'class="office"' in shown.text


@pytest.mark.parametrize("path", ["/office/nowhere", "/office/checks/x/y/z", "/office/raise"])
def test_the_office_keeps_its_navigation_where_nothing_is(app: Litestar, path: str) -> None:
    shown = browser(app, "dpo").get(path)
    assert shown.status_code == (409 if path == "/office/raise" else 404)
    assert 'action="/office/sign-out"' in shown.text
    assert "<span>dpo</span>" in shown.text


def test_strangers_see_nobody_s_name_and_no_place_of_the_office(app: Litestar) -> None:
    for session in (None, "forged"):
        shown = browser(app, session).get("/office/nowhere")
        assert shown.status_code == 404
        assert "/office/sign-out" not in shown.text
        assert '<nav class="places"' not in shown.text


def test_a_wrong_method_is_told(app: Litestar) -> None:
    assert browser(app).delete("/accessibility").status_code == 405


def test_an_unknown_kind_of_problem_is_not_found(app: Litestar) -> None:
    assert browser(app).get("/problems/nothing").status_code == 404


def test_fields_are_told_with_their_remedy() -> None:
    error = FieldError("age", "Up to %(most)s.", "Write less than %(most)s.", {"most": 9})
    told = problem_document(problems.InvalidInput([error]))
    assert told["errors"] == [
        {"field": "age", "detail": "Up to 9.", "remedy": "Write less than 9."}
    ]
