"""The page of counts: agreed or not, what it means, and no number of the stores while it agrees."""

from __future__ import annotations

from pathlib import Path

import pytest
from httpx import Response
from sqlalchemy import text

from survey_service.collection import counts_page
from survey_service.collection.stocktaking import Counts
from survey_service.stores.stores import Stores
from tests.attacks.separation.test_counts_against_stores import PEOPLE, Scene
from tests.unit.survey_service.web.kit import People, application, browser


@pytest.fixture
def scene(sqlite_stores: Stores, tmp_path: Path) -> Scene:
    return Scene(sqlite_stores, tmp_path)


def opened(scene: Scene, stock: object | None = None, language: str = "en") -> Response:
    app = application(
        counts_page.ROUTES,
        accounts=People(),
        surveys=scene.field.surveys,
        stock=stock or scene.stock,
    )
    return browser(app, "dpo", **{"accept-language": language}).get("/office/counts")


def test_it_says_that_all_agrees_and_no_number_of_the_stores(scene: Scene) -> None:
    page = opened(scene).text
    assert "Everything agrees" in page
    assert str(PEOPLE) not in page.partition("<main")[2]
    scene.erase(1)
    after = opened(scene).text
    assert "Everything agrees" in after


@pytest.mark.parametrize("language", ["en", "lv", "ru"])
def test_it_says_what_differs_what_it_means_and_what_to_do(scene: Scene, language: str) -> None:
    scene.field.stores.answers.write_now(lambda tx: tx.run(text("DELETE FROM answer")))
    scene.field.stores.vault.write_now(
        lambda tx: tx.run(text("DELETE FROM consent WHERE tag = (SELECT min(tag) FROM consent)"))
    )
    page = opened(scene, language=language).text
    words = {
        "en": ("Something differs", "Rows are missing", "72 hours", "fewer than 10", "20"),
        "lv": ("Kaut kas nesaskan", "Trūkst rindu", "72 stundas", "mazāk par 10", "20"),
        "ru": ("Что-то не совпадает", "Не хватает строк", "72 часах", "меньше 10", "20"),
    }[language]
    assert all(word in page for word in words)


def test_a_wave_that_nobody_has_counted_is_not_one_that_agrees(scene: Scene) -> None:
    class Silent:
        def read_now(self, _person: object) -> Counts | None:
            return None

    page = opened(scene, Silent()).text
    assert "Not counted yet" in page
    assert "Everything agrees" not in page
