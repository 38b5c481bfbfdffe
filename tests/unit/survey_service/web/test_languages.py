"""Which language a page is in."""

import pytest
from litestar import Litestar

from survey_service.web.languages import preferred_language
from tests.unit.survey_service.web.kit import application, browser


@pytest.fixture(scope="module")
def app() -> Litestar:
    return application()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "lv"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de,en;q=0.5,lv;q=0.7", "lv"),
        ("en;q=0, ru;q=0.1", "ru"),
        ("rom", "rom"),
        ("de-DE", "lv"),
        ("*;q=nonsense,,;;", "lv"),
    ],
)
def test_takes_the_first_of_ours_by_weight(accepted: str, language: str) -> None:
    assert preferred_language(accepted) == language


def test_the_browser_s_language_is_taken_and_the_address_goes_before_it(app: Litestar) -> None:
    client = browser(app, **{"accept-language": "ru"})
    assert '<html lang="ru"' in client.get("/").text
    named = client.get("/?lang=en")
    assert '<html lang="en"' in named.text
    assert 'href="/my-answers?lang=en"' in named.text


def test_public_pages_set_no_cookie(app: Litestar) -> None:
    assert "set-cookie" not in browser(app).get("/?lang=ru").headers


def test_the_office_remembers_the_choice(app: Litestar) -> None:
    answer = browser(app).post("/office/language", data={"language": "ru", "back": "/office"})
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("language=ru; Path=/; HttpOnly; SameSite=Strict")
    client = browser(app, "dpo")
    client.cookies.set("language", "ru")
    assert '<html lang="ru"' in client.get("/office").text


def test_an_unknown_language_is_refused(app: Litestar) -> None:
    answer = browser(app).post("/office/language", data={"language": "../x", "back": "/office"})
    assert answer.status_code == 404
