"""Texts in four languages."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

import survey_service
from survey_service.web.extraction import messages, missing
from survey_service.web.translation import (
    LANGUAGES,
    plural_form,
    read_catalogue,
    romani_falls_back,
    say_day,
    say_number,
    texts,
    translator,
    written_language,
)

PLACES = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize("language", ["lv", "ru"])
def test_every_text_that_people_may_see_has_words(language: str) -> None:
    lacking = missing(language)
    assert not lacking, f"{len(lacking)} without {language} words:\n" + "\n".join(lacking)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_rooms_translate_a_text_differently(language: str) -> None:
    words = defaultdict(set)
    for catalogue in read_catalogue(language):
        for message in catalogue:
            if message.id:
                words[message.id].add(message.string)
    assert {text: found for text, found in words.items() if len(found) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_catalogue_is_sorted(language: str) -> None:
    for catalogue in read_catalogue(language):
        ids = [m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id]
        assert ids == sorted(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_places_of_their_source(language: str) -> None:
    found = texts(language)
    for source, words in found.single.items():
        assert set(PLACES.findall(source)) == set(PLACES.findall(words)), source
    for source, forms in found.plural.items():
        for form in forms:
            assert set(PLACES.findall(form)) <= set(PLACES.findall(source)), source


def test_a_text_is_marked_where_it_stands() -> None:
    found = {message.text: message.where for message in messages()}
    assert found["Choose a language"].startswith("collection/")
    assert found["Stop and delete"].startswith("collection/templates/")


def test_fills_places_and_leaves_a_plain_per_cent_sign() -> None:
    _ = translator("en")
    assert _("Page %(page)s of %(pages)s", page=1, pages=3) == "Page 1 of 3"
    assert _("100 %") == "100 %"


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("lv", 1, 0), ("lv", 21, 0), ("lv", 2, 1), ("lv", 5, 1), ("lv", 11, 2), ("lv", 10, 2),
        ("lv", 0, 2), ("lv", 111, 2), ("rom", 0, 2), ("ru", 1, 0), ("ru", 21, 0), ("ru", 2, 1),
        ("ru", 12, 2), ("ru", 5, 2), ("ru", 11, 2), ("ru", 0, 2), ("ru", 111, 2), ("en", 21, 1),
        ("en", 1, 0), ("en", 0, 1), ("en", 2, 1),
    ],
)  # fmt: skip
def test_the_plural_form_goes_with_the_number(language: str, number: int, form: int) -> None:
    assert plural_form(language, number) == form


def test_romani_falls_back_to_latvian_and_says_which_language_it_is() -> None:
    assert romani_falls_back()
    assert translator("rom")("Continue") == translator("lv")("Continue") != "Continue"
    assert written_language("rom") == "lv"


def test_dates_and_numbers_follow_the_language_and_romani_follows_latvian() -> None:
    assert say_day("2026-03-31", "en") == "31 March 2026"
    assert say_day("2026-03-31", "rom") == say_day("2026-03-31", "lv")
    assert say_number(1234567, "en") == "1,234,567"
    assert say_number(1234567, "rom") == say_number(1234567, "lv")


@pytest.mark.parametrize(
    ("language", "familiar", "of_several"),
    [
        ("lv", r"\bj(ūs|ums|ūsu)\b", r"jums abiem|no jums"),
        ("ru", r"\b(вы|вас|вам|вами|ваш\w*)\b", r"вас обоих|из вас"),
    ],
)
def test_whoever_reads_is_addressed_alike_on_every_page(
    language: str, familiar: str, of_several: str
) -> None:
    """Somebody alone with a capital, as is respectful; two people at once without."""
    folder = Path(survey_service.__file__).parent / "web" / "locale" / language
    found = [
        line
        for file in folder.glob("*.po")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("msgstr") and re.search(familiar, re.sub(of_several, "", line))
    ]
    assert found == []
