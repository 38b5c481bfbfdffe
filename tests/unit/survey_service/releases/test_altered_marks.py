"""A rounded or noised number looks like no count, in any file and on any page."""

from __future__ import annotations

import csv
import io
import json

import pytest

from schemas.release import Mark, Release
from survey_service.releases.formats.cells import shown
from survey_service.releases.formats.chart import chart_svg
from survey_service.releases.formats.jsonstat import table_json
from survey_service.releases.formats.table_csv import table_csv
from survey_service.releases.wording import LANGUAGES, mark_name, mark_words, words_in
from survey_service.web.rendering import environment
from tests.unit.survey_service.releases.test_formats import release

SIGNS = {Mark.ROUNDED: "≈ 25", Mark.NOISED: "± 25"}


def altered(mark: Mark) -> Release:
    """The sample release with every number of this kind."""
    whole = release()
    size = len(whole.table.values)
    table = whole.table.model_copy(update={"values": (25,) * size, "marks": (mark,) * size})
    return whole.model_copy(update={"table": table})


@pytest.mark.parametrize("mark", SIGNS)
def test_files_say_that_it_is_no_count(mark: Mark) -> None:
    words = words_in("en")
    rows = list(csv.DictReader(io.StringIO(table_csv(altered(mark), words).decode("utf-8"))))
    assert {(row["OBS_VALUE"], row["OBS_STATUS"], row["CONF_STATUS"]) for row in rows} == {
        ("25", "E", "F")
    }
    dataset = json.loads(table_json(altered(mark), words))
    assert set(dataset["status"]) == {"E"}
    assert "Not a count" in dataset["extension"]["status"]["label"]["E"]
    assert SIGNS[mark] in chart_svg(altered(mark), words).decode("utf-8")
    assert shown(25, mark) == SIGNS[mark]


def test_files_of_exact_tables_do_not_speak_of_it() -> None:
    label = json.loads(table_json(release(), words_in("en")))["extension"]["status"]["label"]
    assert "E" not in label


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mark_has_its_own_word_in_every_language(language: str) -> None:
    words = words_in(language)
    assert len({mark_name(mark, words) for mark in Mark}) == len(Mark)
    assert len(set(mark_words(words).values())) == 4


@pytest.mark.parametrize("mark", SIGNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_shows_the_sign_with_its_words(mark: Mark, language: str) -> None:
    words = words_in(language)
    made = environment(language)
    template = made.from_string('{% import "macros.html" as ui with context %}{{ ui.mark(cell) }}')
    page = template.render(cell={"value": 25, "mark": mark.value})
    assert SIGNS[mark] in page
    assert mark_name(mark, words) in page
    legend = made.from_string(
        '{% import "releases/table.html" as tables with context %}'
        "{{ tables.legend(protection, marks, True) }}"
    ).render(protection=release().protection, marks={mark.value})
    assert SIGNS[mark][:2] in legend
    assert words.say("Nobody: a true zero.") not in legend
    assert (
        f"{SIGNS[mark][:2]}0 {words.say('Nobody or a few people: it is not a true zero.')}"
        in legend
    )
