"""One question a page: no word is lost, nothing forged gets in."""

from __future__ import annotations

import re

import pytest

from survey_service.collection.page_parts_offered import left_words
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import START, Respondent


@pytest.fixture
def inside(respondent: Respondent) -> Respondent:
    """Somebody who has said yes to everything but contact."""
    respondent.consent()
    return respondent


def at(answer_location: str) -> str:
    return answer_location.removeprefix(f"{START}/")


def test_an_answer_leads_on_and_is_shown_again(inside: Respondent) -> None:
    answer = inside.post("lv/q/B4", {"value": "2", "go": "next"})
    assert at(answer.headers["location"]) == "lv/q/B5"
    assert re.search(r'value="2" checked', inside.get("lv/q/B4").text)


def test_every_way_of_not_answering_is_offered_and_remembered(inside: Respondent) -> None:
    for qid, posted in (("B4", {"value": "state:refused"}), ("B3", {"state": "dont_know"})):
        assert inside.post(f"lv/q/{qid}", posted).status_code == 303
        text = inside.get(f"lv/q/{qid}").text
        assert text.count(" checked>") == 1
        assert "dont_know" in text
        assert "refused" in text


def test_an_empty_continue_moves_on(inside: Respondent) -> None:
    answer = inside.post("lv/q/A4", {"go": "next"})
    assert at(answer.headers["location"]) == "lv/q/B1"


@pytest.mark.parametrize(
    ("qid", "posted", "place"),
    [
        ("B4", {"value": "99"}, "value"),
        ("B4", {"value": ["1", "2"]}, "value"),
        ("B3", {"value": "three"}, "value"),
        ("B3", {"value": "999"}, "value"),
        ("B3", {"value": "34", "state": "refused"}, "state"),
        ("B5", {"value": ["rom", "none"]}, "value"),
        ("B5", {"value": "martian"}, "value"),
        ("B1", {"value": "LV0000000"}, "value"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    inside: Respondent, qid: str, posted: dict[str, str], place: str
) -> None:
    answer = inside.post(f"lv/q/{qid}", posted)
    assert answer.status_code == 422
    assert f'href="#{place}"' in answer.text
    assert f'id="{place}"' in answer.text
    assert "<title>Kļūda:" in answer.text


def test_what_was_typed_stays_and_is_harmless(inside: Respondent) -> None:
    typed = '"><script>alert(1)</script>'
    text = inside.post("lv/q/B3", {"value": typed}).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_own_words_come_back_as_they_were_and_harmless(inside: Respondent) -> None:
    inside.post("lv/q/B5", {"value": ["other"]})
    inside.post("lv/q/B6", {"value": "Lībieši & <b>"})
    text = inside.get("lv/q/B6").text
    assert 'value="Lībieši &amp; &lt;b&gt;"' in text
    assert "<b>" not in text


def test_a_forged_question_is_not_found(inside: Respondent) -> None:
    assert inside.post("lv/q/Z9", {"value": "1"}).status_code == 404
    assert inside.get("lv/q/Z9").status_code == 404
    assert inside.get("lv/q/A3").status_code in (303, 404)


def test_without_the_explicit_yes_the_block_is_neither_shown_nor_taken(
    respondent: Respondent,
) -> None:
    respondent.consent(ethnic_health="no")
    code = respondent.code
    for forged in ({"value": "rom"}, {"value": "no such option"}, {"value": "x", "go": "pause"}):
        assert respondent.post("lv/q/B5", forged).status_code == 404
    assert code
    assert respondent.code == code
    assert at(respondent.get("lv/q/B5").headers["location"]) == "lv/q/A4"
    following = respondent.post("lv/q/B4", {"value": "2"}).headers["location"]
    assert at(following) == "lv/q/B8"


def test_changing_the_language_saves_and_stays_at_the_question(inside: Respondent) -> None:
    answer = inside.post("lv/q/B3", {"value": "34", "language": "ru"})
    assert at(answer.headers["location"]) == "ru/q/B3"
    assert 'value="34"' in inside.get("ru/q/B3").text


def test_changing_the_language_keeps_even_what_cannot_be_saved(inside: Respondent) -> None:
    answer = inside.post("lv/q/B3", {"value": "thirty", "language": "ru"})
    assert answer.status_code == 422
    assert '<html lang="ru"' in answer.text
    assert 'value="thirty"' in answer.text
    assert f'action="{START}/ru/q/B3"' in answer.text


def test_the_enter_key_continues_and_does_not_change_the_language(inside: Respondent) -> None:
    buttons = re.findall(r"<button[^>]*>", inside.get("lv/q/B3").text)
    assert 'name="go" value="next"' in buttons[0]


def test_pause_saves_what_was_typed_and_is_never_held_up(inside: Respondent) -> None:
    assert at(inside.post("lv/q/B3", {"value": "34", "go": "pause"}).headers["location"]) == (
        "lv/pause"
    )
    assert 'value="34"' in inside.get("lv/q/B3").text
    wrong = inside.post("lv/q/B3", {"value": "x", "go": "pause"})
    assert at(wrong.headers["location"]) == "lv/pause"


def test_the_way_back_follows_the_route(inside: Respondent) -> None:
    assert at(inside.get("lv/q/B1/back").headers["location"]) == "lv/q/A4"
    assert at(inside.get("lv/q/A4/back").headers["location"]) == "lv/consent"


def test_from_the_check_page_a_change_leads_back_to_it(inside: Respondent) -> None:
    page = inside.get("lv/q/B4?from=check").text
    assert f'href="{START}/lv/check"' in page
    assert 'name="from" value="check"' in page
    for question in ("A4", "B1", "B2", "B3"):
        inside.post(f"lv/q/{question}", {"go": "next"})
    answer = inside.post("lv/q/A4", {"value": "state:refused", "from": "check"})
    assert at(answer.headers["location"]) == "lv/q/B4"


def test_choices_that_depend_on_an_earlier_answer_are_those_on_offer(inside: Respondent) -> None:
    inside.post("lv/q/H1", {"value": ["job", "school"]})
    text = inside.get("lv/q/H2").text
    assert 'value="job"' in text
    assert 'value="house"' not in text
    assert inside.post("lv/q/H2", {"value": "house"}).status_code == 422


def test_too_young_ends_kindly_and_can_be_corrected(inside: Respondent) -> None:
    answer = inside.post("lv/q/B3", {"value": "15"})
    assert at(answer.headers["location"]) == "lv/too-young"
    page = inside.get("lv/too-young")
    assert "16" in page.text
    assert f'href="{START}/lv/q/B3"' in page.text
    assert at(inside.post("lv/check").headers["location"]) == "lv/too-young"
    inside.post("lv/q/B3", {"value": "25"})
    assert inside.get("lv/too-young").status_code == 303


@pytest.mark.parametrize("way", ["pause", "leave", "stop"])
def test_every_question_has_every_way_out(inside: Respondent, way: str) -> None:
    assert way in inside.get("lv/q/B4").text


def test_without_a_form_a_question_leads_to_the_notice(respondent: Respondent) -> None:
    assert at(respondent.get("lv/q/B4").headers["location"]) == "lv"
    kept = respondent.post("lv/q/B3", {"value": "34"})
    assert kept.status_code == 404
    assert ">34<" in kept.text, "what was just said is not lost without a word"
    assert 'href="/survey/roma-2026/lv"' in kept.text
    assert at(respondent.post("lv/q/B4", {}).headers["location"]) == "lv"


def test_an_invented_code_opens_nothing_and_is_forgotten(respondent: Respondent) -> None:
    respondent.client.cookies.set("code", "0" * 25)
    answer = respondent.get("lv/q/B4")
    assert answer.status_code == 404
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert respondent.post("lv/q/B4", {"value": "1"}).status_code == 404


@pytest.mark.parametrize(
    ("language", "left", "words"),
    [
        ("lv", 1, "šīs daļas pēdējais jautājums"),
        ("lv", 2, "atlikuši apmēram 2 jautājumi"),
        ("lv", 5, "atlikuši apmēram 5 jautājumi"),
        ("lv", 11, "atlicis apmēram 11 jautājumu"),
        ("lv", 21, "atlicis apmēram 21 jautājums"),
        ("ru", 1, "последний вопрос этой части"),
        ("ru", 2, "осталось примерно 2 вопроса"),
        ("ru", 5, "осталось примерно 5 вопросов"),
        ("ru", 11, "осталось примерно 11 вопросов"),
        ("ru", 21, "остался примерно 21 вопрос"),
        ("en", 2, "about 2 questions left"),
        ("rom", 11, "atlicis apmēram 11 jautājumu"),
    ],
)
def test_progress_is_said_in_words_with_the_right_plural(
    language: str, left: int, words: str
) -> None:
    assert words in left_words(language, left).decode()


def test_progress_counts_down_to_the_last_question_of_a_part(respondent: Respondent) -> None:
    respondent.consent()
    first = respondent.get("en/q/B1").text
    assert re.search(r"about \d+ questions left in this part", first)
    assert "last question of this part" in respondent.get("en/q/I2").text


def test_words_written_into_an_expired_form_are_shown_once_more(
    respondent: Respondent, field: Field
) -> None:
    respondent.consent()
    respondent.post("en/q/B5", {"value": ["other"]})
    field.later(days=15)
    for known in (True, False):
        answer = respondent.post("en/q/B6", {"value": "Kalderaš <b>no Ventspils"})
        assert answer.status_code == 404
        assert "Kalderaš &lt;b&gt;no Ventspils" in answer.text
        assert respondent.code is None, "the form is gone" if known else "and forgotten"
    assert ">34<" in respondent.post("en/q/B3", {"value": "34"}).text
