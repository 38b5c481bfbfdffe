"""See, correct, withdraw, restrict: what the pages of `/my-answers` do with a code."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from schemas.requests import TableQuestion
from schemas.texts import Texts
from survey_service.answers.models import AnswerRow
from survey_service.answers.service import OUTDATED
from survey_service.releases.views import ReleaseSummary
from survey_service.web.translation import translator
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import Respondent

HERE = "/my-answers/en"


@pytest.fixture
def sent(new_respondent: Callable[[], Respondent]) -> Respondent:
    """A browser whose form was sent and waits; it holds the code."""
    somebody = new_respondent()
    somebody.consent(contact="yes")
    somebody.post("en/contact", {"phone": "+371 20000000", "go": "next"})
    for qid, fields in {
        "B3": {"value": "41"},
        "B4": {"value": "2"},
        "B5": {"value": ["rom", "other"]},
        "B6": {"value": "=Kalderaš"},
        "B9": {"value": "5"},
        "B10": {"value": "2"},
        "B11": {"value": "3"},
        "F2": {"value": "2"},
        "G1": {"value": "3"},
        "E1": {"value": "3"},
    }.items():
        somebody.post(f"en/q/{qid}", fields)
    assert somebody.post("en/check").headers["location"].endswith("/receipt")
    return somebody


@pytest.fixture(params=["waiting", "settled"])
def person(request: pytest.FixtureRequest, sent: Respondent, field: Field) -> Respondent:
    """The same, waiting and settled."""
    if request.param == "settled":
        field.settle.run(field.surveys.waves_now()[0], closing=True)
    return sent


def etag(page: str) -> str:
    """The hidden fingerprint of a page."""
    found = re.search(r'name="etag" value="(\w+)"', page)
    assert found is not None
    return found[1]


def correct(person: Respondent, qid: str, fields: dict[str, Any], seen: str | None = None) -> Any:
    """Send the page of a correction, opened just now or showing what was seen."""
    shown = seen or etag(person.get(f"{HERE}/correct/{qid}").text)
    return person.post(f"{HERE}/correct/{qid}", {"etag": shown, **fields})


def stored(person: Respondent) -> dict[str, Any]:
    """The answers in the copy."""
    found = person.get(f"{HERE}/copy.json").json()["surveys"][0]
    return dict(found.get("submitted_and_waiting", found)["answers"]["record"])


def test_answers_stand_on_a_second_page_only(person: Respondent) -> None:
    status = person.get(f"{HERE}/status").text
    assert "Kalderaš" not in status
    assert "+371" not in status
    assert person.post(f"{HERE}/answers").headers["location"] == f"{HERE}/answers"
    page = person.get(f"{HERE}/answers").text
    for words in ("=Kalderaš", "35–44", "+371 20000000", f"{HERE}/correct/B9"):
        assert words in page
    assert f"{HERE}/correct/B10" not in page, "nothing of it is kept"
    assert f"{HERE}/correct/A3" not in page, "nobody was asked for it"


def test_the_csv_copy_runs_no_formula(person: Respondent) -> None:
    answer = person.get(f"{HERE}/copy.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-answers.csv"'
    rows = {row["item"]: row for row in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))}
    assert rows["B6"]["value"] == "'=Kalderaš"
    assert rows["B5"]["value"] == "rom;other"
    assert rows["B8"]["state"] == "missing"
    assert rows["C3.attending"]["state"] == "missing"


def test_a_correction_counts_at_once_and_leads_back(person: Respondent) -> None:
    answer = correct(person, "B4", {"B4.value": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{HERE}/answers#B4"
    assert stored(person)["B4"]["value"] == "1"
    assert stored(person)["B3"]["value"] == "35-44"


def test_a_derived_value_is_asked_with_its_group_and_what_is_opened_follows(
    person: Respondent,
) -> None:
    page = person.get(f"{HERE}/correct/B9").text
    for name in ("B9.value", "B10.value", "F2.value", "G1.value"):
        assert f'name="{name}"' in page
    alone = {"B9.value": "1", "F2.value": "2", "G1.value": "3"}
    assert correct(person, "B9", alone).headers["location"] == f"{HERE}/answers#B9"
    assert stored(person)["B11"]["state"] == "not_asked"
    more = {"B9.value": "4", "B10.value": "2", "F2.value": "2", "G1.value": "3"}
    assert correct(person, "B9", more).headers["location"] == f"{HERE}/correct/B11"
    answer = correct(person, "B11", {"B11.value": "2"})
    assert answer.headers["location"] == f"{HERE}/correct/C3?then=C4"
    fields = {"C3.children_3_to_6": "1", "C3.attending": "0", "then": "C4"}
    assert correct(person, "C3", fields).headers["location"] == f"{HERE}/correct/C4"
    assert stored(person)["C3.children_3_to_6"]["value"] == "1"


@pytest.mark.parametrize(
    ("qid", "fields", "place", "words"),
    [
        ("B4", {"B4.value": "9"}, "B4.value", "Choose one of the answers shown."),
        ("B3", {"B3.value": "old"}, "B3.value", "Write a whole number in digits."),
        ("B3", {"B3.value": "12"}, "B3.value", "The lowest age for this survey is 16."),
        ("B9", {"B9.value": "3", "B10.value": "7"}, "B10.value", "from 0 to 2"),
        ("B5", {"B5.value": ["rom"], "B5.state": "refused"}, "B5.state", "but not both"),
    ],
)
def test_what_the_form_would_refuse_is_refused_by_name_and_kept(
    person: Respondent, qid: str, fields: dict[str, Any], place: str, words: str
) -> None:
    before = stored(person)
    answer = correct(person, qid, fields)
    assert answer.status_code == 422
    assert f'href="#{place}"' in answer.text
    assert words in answer.text
    if not isinstance(fields[f"{qid}.value"], list) and fields[f"{qid}.value"] != "9":
        assert f'value="{fields[f"{qid}.value"]}"' in answer.text
    assert stored(person) == before


def test_two_windows_overwrite_nothing_and_lose_no_word(person: Respondent) -> None:
    seen = etag(person.get(f"{HERE}/correct/B6").text)
    assert correct(person, "B6", {"B6.value": "first"}, seen).status_code == 303
    second = correct(person, "B6", {"B6.value": "second"}, seen)
    assert second.status_code == 412
    assert 'value="second"' in second.text
    assert "first" in second.text, "what is kept stands beside it"
    assert stored(person)["B6"]["value"] == "first"
    assert correct(person, "B6", {"B6.value": "second"}, etag(second.text)).status_code == 303
    assert stored(person)["B6"]["value"] == "second"


def test_the_same_correction_twice_is_once(person: Respondent) -> None:
    seen = etag(person.get(f"{HERE}/correct/B4").text)
    answers = [correct(person, "B4", {"B4.value": "1"}, seen) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert stored(person)["B4"]["value"] == "1"


@pytest.mark.parametrize("forged", ["", "0" * 32, "x", "A" * 5000])
def test_a_forged_fingerprint_changes_nothing(person: Respondent, forged: str) -> None:
    before = stored(person)
    answer = person.post(f"{HERE}/correct/B4", {"etag": forged, "B4.value": "1"})
    assert answer.status_code == 412
    assert stored(person) == before


def test_settling_in_between_is_no_change(sent: Respondent, field: Field) -> None:
    seen = etag(sent.get(f"{HERE}/correct/B4").text)
    field.settle.run(field.surveys.waves_now()[0], closing=True)
    assert correct(sent, "B4", {"B4.value": "1"}, seen).status_code == 303
    assert stored(sent)["B4"]["value"] == "1"


def test_forged_questions_purposes_and_languages_are_refused(person: Respondent) -> None:
    before = person.get(f"{HERE}/copy.json").text
    for path in ("correct/Z9", "correct/A3", "correct/B8%00", "withdraw/participation"):
        assert person.get(f"{HERE}/{path}").status_code == 404, path
        assert person.post(f"{HERE}/{path}", {"etag": "x"}).status_code == 404, path
    assert person.post(f"{HERE}/withdraw/everything").status_code == 404
    assert person.post(f"{HERE}/restrict", {"go": "maybe"}).status_code == 404
    for step in ("answers", "status", "correct/B4", "copy.csv"):
        assert person.get(f"/my-answers/xx/{step}").status_code == 404
    changed = person.post(f"{HERE}/correct/B4", {"language": "xx", "B4.value": "1"})
    assert changed.status_code == 404
    assert person.get(f"{HERE}/copy.json").text == before


def test_changing_the_language_keeps_what_was_typed(person: Respondent) -> None:
    answer = person.post(f"{HERE}/correct/B6", {"language": "lv", "B6.value": "pusvārds"})
    assert '<html lang="lv"' in answer.text
    assert 'value="pusvārds"' in answer.text


def test_taking_back_the_sensitive_block_removes_its_answers_alone(person: Respondent) -> None:
    before = stored(person)
    assert f"{HERE}/withdraw/ethnic_health" in person.get(f"{HERE}/status").text
    assert person.get(f"{HERE}/withdraw/ethnic_health").status_code == 200
    assert person.post(f"{HERE}/withdraw/ethnic_health").headers["location"] == f"{HERE}/status"
    copy = person.get(f"{HERE}/copy.json")
    assert "Kalderaš" not in copy.text
    after = stored(person)
    assert {after[name]["state"] for name in ("A3", "B5", "B6", "E1")} == {"not_asked"}
    assert after["B4"] == before["B4"]
    assert after["F2.persons_per_room"] == before["F2.persons_per_room"]
    assert copy.json()["surveys"][0]["in_force"] == ["contact", "participation", "research_reuse"]
    assert "Taken back" in person.get(f"{HERE}/status").text
    assert person.get(f"{HERE}/correct/B5").status_code == 404
    assert person.post(f"{HERE}/withdraw/ethnic_health").status_code == 303


def test_taking_back_the_contact_hides_it_at_once(person: Respondent) -> None:
    person.post(f"{HERE}/withdraw/contact")
    assert "+371" not in person.get(f"{HERE}/copy.json").text
    assert "+371" not in person.get(f"{HERE}/answers").text


def test_setting_aside_is_shown_and_can_be_undone(person: Respondent) -> None:
    person.post(f"{HERE}/restrict", {"go": "restrict"})
    assert "Your answers are set aside" in person.get(f"{HERE}/status").text
    assert person.get(f"{HERE}/copy.json").json()["surveys"][0]["restricted"] is True
    person.post(f"{HERE}/restrict", {"go": "lift"})
    assert "Your answers are set aside" not in person.get(f"{HERE}/status").text


def test_a_second_window_after_erasing_changes_nothing(person: Respondent, field: Field) -> None:
    code = person.code
    seen = etag(person.get(f"{HERE}/correct/B4").text)
    person.post(f"{HERE}/erase")
    for path, fields in (
        ("correct/B4", {"etag": seen, "B4.value": "1"}),
        ("withdraw/contact", {}),
        ("restrict", {"go": "restrict"}),
        ("answers", {}),
        ("erase", {}),
    ):
        person.client.cookies.set("code", code or "")
        answer = person.post(f"{HERE}/{path}", fields)
        assert answer.status_code == 303, path
    person.client.cookies.set("code", code or "")
    assert person.get(f"{HERE}/answers").headers["location"] == HERE
    wave = field.surveys.waves_now()[0]
    assert field.settle.run(wave, closing=True) == 0
    assert field.answers.count(wave.id) == 0


def test_too_many_codes_from_one_network_wait_and_nobody_is_told_which_exist(
    respondent: Respondent, sent: Respondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from survey_service.collection.code import Code
    from survey_service.rights import entry_limit

    monkeypatch.setattr(entry_limit, "LOOPBACK_PER_HOUR", 3)
    for _ in range(3):
        assert respondent.post(HERE, {"code": Code.new().text}).status_code == 422
    unknown, known = Code.new().text, sent.code or ""
    answers = [respondent.post(HERE, {"code": typed}) for typed in (unknown, known)]
    assert {answer.status_code for answer in answers} == {429}
    assert 1 <= int(answers[0].headers["retry-after"]) <= 3600
    texts = {a.text.replace(t, "") for a, t in zip(answers, (unknown, known), strict=True)}
    assert len(texts) == 1
    assert respondent.post(HERE, {"code": "mistyped"}).status_code == 422


def test_the_status_names_the_tables_and_says_what_it_cannot_know(
    sent: Respondent, field: Field
) -> None:
    wave = field.surveys.waves_now()[0]
    question = TableQuestion(survey=wave.survey, wave=wave.id, variables=("B1", "B4"))
    release = ReleaseSummary(
        id="release-1",
        title=Texts({"lv": "Reģions un dzimums", "en": "Region by sex"}),
        filters=(),
        survey=wave.survey,
        survey_title=wave.names,
        wave_number=1,
        released_on=date(2026, 12, 1),
        frozen_on=date(2026, 11, 20),
        question=question,
    )
    asked: list[str] = []

    def published(of: str) -> list[ReleaseSummary]:
        asked.append(of)
        return [release]

    field.rights._published = published
    assert "Region by sex" not in sent.get(f"{HERE}/status").text, "what waits is in no table"
    field.settle.run(wave, closing=True)
    page = sent.get(f"{HERE}/status").text
    assert 'href="/releases/release-1?lang=en"' in page
    assert "Region by sex" in page
    assert "Whose answers a table counts is kept nowhere" in page
    assert asked == [wave.id]
    field.rights._published = lambda _wave: []
    sent.post(f"{HERE}/restrict", {"go": "restrict"})
    page = sent.get(f"{HERE}/status").text
    assert "No table of this survey has been published yet." in page
    assert "your answers will be in none" in page


def test_a_paused_form_of_a_closed_wave_is_told_so(respondent: Respondent, field: Field) -> None:
    respondent.consent()
    field.close_wave(field.surveys.waves_now()[0])
    page = respondent.get(f"{HERE}/status").text
    assert "it cannot be sent any more" in page
    assert "/resume" not in page
    assert respondent.get(f"{HERE}/copy.csv").status_code == 200


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_whose_answers_a_restore_set_aside_reads_so_and_lets_them_count_with_one_press(
    sent: Respondent, field: Field, language: str
) -> None:
    field.settle.run(field.surveys.waves_now()[0], closing=True)
    here, box = f"/my-answers/{language}", "Please look at your answers and decisions again"
    told = translator(language)(box)
    assert told not in sent.get(f"{here}/status").text
    table = AnswerRow.__table__  # type: ignore[attr-defined]
    field.stores.answers.write_now(lambda tx: tx.run(update(table).values(handed_over=OUTDATED)))
    page = sent.get(f"{here}/status").text
    assert told in page
    assert 'value="confirm"' in page
    for _ in range(2):
        answer = sent.post(f"{here}/restrict", {"go": "confirm"})
        assert answer.headers["location"] == f"{here}/status"
    assert told not in sent.get(f"{here}/status").text
    assert sent.post(f"{here}/restrict", {"go": "sell"}).status_code == 404
