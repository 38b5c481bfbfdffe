"""Before the first question: nothing is stored until somebody decides."""

from __future__ import annotations

import re

import pytest

from survey_service.web.static_files import static
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import START, Respondent


@pytest.mark.parametrize("path", ["", "/lv", "/ru", "/en", "/rom", "/lv/consent"])
def test_no_page_before_the_decisions_sets_a_cookie(respondent: Respondent, path: str) -> None:
    answer = respondent.get(START + path)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


def test_the_first_page_names_each_language_in_itself(respondent: Respondent) -> None:
    text = respondent.get(START).text
    for tag, name in (("lv", "Latviešu"), ("ru", "Русский"), ("en", "English"), ("rom", "Romani")):
        assert f'href="{START}/{tag}"' in text
        assert name in text
    assert "Выберите язык" in text


def test_the_first_page_weighs_less_than_30_kilobytes_with_all_it_loads(
    respondent: Respondent,
) -> None:
    for path in ("", "/lv"):
        page = respondent.get(START + path)
        loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
        assert set(loaded) == {static("style.css"), static("icon.svg")}
        weight = len(page.content) + sum(len(respondent.get(name).content) for name in loaded)
        assert weight < 30_000


def test_romani_is_latvian_and_says_so(respondent: Respondent) -> None:
    text = respondent.get("rom").text
    assert '<html lang="lv"' in text
    assert 'class="fallback"' in text


def test_the_notice_has_eight_sentences_and_the_whole_text(respondent: Respondent) -> None:
    text = respondent.get("en").text
    assert text.split('class="sentences"')[1].split("</ol>")[0].count("<li>") == 8
    assert "<details>" in text
    assert text.count("<h1") == 1


def test_nothing_is_ticked_for_anybody(respondent: Respondent) -> None:
    assert " checked>" not in respondent.get("en/consent").text


def test_the_decisions_make_a_code_and_lead_to_the_first_question(respondent: Respondent) -> None:
    answer = respondent.consent()
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{START}/lv/q/A4"
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
    assert respondent.code is not None
    assert respondent.code not in answer.headers["location"]


def test_refusing_to_take_part_stores_nothing_and_is_thanked(
    respondent: Respondent, field: Field
) -> None:
    answer = respondent.consent(participation="no")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "<form" not in answer.text


def test_an_undecided_purpose_is_asked_again_with_the_others_kept(respondent: Respondent) -> None:
    decided = {"participation": "yes", "ethnic_health": "no", "contact": "yes"}
    answer = respondent.post("lv/consent", decided)
    assert answer.status_code == 422
    assert 'href="#research_reuse"' in answer.text
    assert answer.text.count(" checked>") == 3
    assert "<title>Kļūda:" in answer.text
    assert respondent.code is None


@pytest.mark.parametrize("forged", [{"profiling": "yes"}, {"ethnic_health": "maybe"}])
def test_a_forged_purpose_is_refused(respondent: Respondent, forged: dict[str, str]) -> None:
    answer = respondent.consent(**forged)
    assert answer.status_code == 422
    assert respondent.code is None
    summary = answer.text.partition('class="error-summary"')[2].partition("</div>")[0]
    led_to = re.findall(r'href="#([^"]+)"', summary)
    assert led_to
    assert all(f'id="{place}"' in answer.text for place in led_to)


def test_changing_the_language_keeps_the_choices_and_stores_nothing(
    respondent: Respondent,
) -> None:
    answer = respondent.post("lv/consent", {"participation": "yes", "language": "ru"})
    assert '<html lang="ru"' in answer.text
    assert answer.text.count(" checked>") == 1
    assert respondent.code is None


def test_whoever_comes_back_finds_and_changes_his_own_decisions(respondent: Respondent) -> None:
    respondent.consent(ethnic_health="no")
    code = respondent.code
    page = respondent.get("lv/consent").text
    assert page.count(" checked>") == 4
    assert respondent.consent(change="1").status_code == 303
    assert respondent.code == code


def test_a_second_person_at_the_same_device_begins_anew(respondent: Respondent) -> None:
    respondent.consent()
    respondent.post("lv/q/B4", {"value": "2"})
    first = respondent.code
    assert f'action="{START}/lv/leave"' in respondent.get("lv").text
    respondent.consent()
    assert respondent.code != first
    assert " checked>" not in respondent.get("lv/q/B4").text


def test_contact_is_asked_only_of_those_who_agreed(respondent: Respondent) -> None:
    assert respondent.consent(contact="yes").headers["location"] == f"{START}/lv/contact"
    respondent.consent(contact="no")
    assert respondent.get("lv/contact").status_code == 303
    assert respondent.post("lv/contact", {"email": "a@example.com"}).status_code == 404


def test_a_contact_that_reaches_nobody_is_told_with_everything_kept(
    respondent: Respondent,
) -> None:
    respondent.consent(contact="yes")
    answer = respondent.post("lv/contact", {"name": "Anna <b>", "phone": "none", "email": "a@b"})
    assert answer.status_code == 422
    assert 'href="#phone"' in answer.text
    assert 'href="#email"' in answer.text
    assert 'value="Anna &lt;b&gt;"' in answer.text
    assert respondent.post("lv/contact", {"name": "Anna"}).status_code == 422
    assert respondent.post("lv/contact", {"go": "without"}).status_code == 303


def test_a_contact_stays_in_the_draft(respondent: Respondent) -> None:
    respondent.consent(contact="yes")
    assert respondent.post("lv/contact", {"phone": "+371 20000000"}).status_code == 303
    assert 'value="+371 20000000"' in respondent.get("lv/contact").text


@pytest.mark.parametrize(
    "path", ["/survey/nothing", "/survey/nothing/lv", f"{START}/xx", "/survey/%0d%0ax/lv"]
)
def test_unknown_surveys_and_languages_are_not_found(respondent: Respondent, path: str) -> None:
    assert respondent.get(path).status_code == 404


def test_a_closed_survey_says_so(respondent: Respondent, field: Field) -> None:
    field.close_wave(field.surveys.waves_now()[0])
    assert respondent.get("lv").status_code == 409
