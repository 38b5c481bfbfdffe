"""What a respondent does with the code afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from survey_service.rights import turns
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import START, Respondent

HERE = "/my-answers/en"


@pytest.fixture
def code(new_respondent: Callable[[], Respondent]) -> str:
    """The code of an unfinished form with one answer."""
    somebody = new_respondent()
    somebody.consent()
    somebody.post("lv/q/B4", {"value": "2"})
    assert somebody.code is not None
    return somebody.code


@pytest.fixture
def sent(new_respondent: Callable[[], Respondent], code: str) -> str:
    """The code of a form that was sent."""
    somebody = new_respondent()
    somebody.post(HERE, {"code": code})
    somebody.post("lv/check")
    return code


def test_the_page_asks_for_the_code_in_every_language(respondent: Respondent) -> None:
    for path in ("/my-answers", HERE, "/my-answers/rom"):
        page = respondent.get(path)
        assert page.status_code == 200
        assert 'name="code"' in page.text
    assert respondent.get("/my-answers/xx").status_code == 404


def test_a_code_is_read_as_people_write_it(respondent: Respondent, code: str) -> None:
    written = " - ".join([code[i : i + 5].lower() for i in range(0, 25, 5)])
    answer = respondent.post(HERE, {"code": written.replace("0", "o").replace("1", "l")})
    assert answer.headers["location"] == f"{HERE}/status"
    assert respondent.code == code
    assert code not in answer.headers["location"]


def test_a_mistyped_code_is_told_its_group_and_kept(respondent: Respondent, code: str) -> None:
    wrong = code[:7] + ("A" if code[7] != "A" else "B") + code[8:]
    answer = respondent.post(HERE, {"code": wrong})
    assert answer.status_code == 422
    assert "group 2" in answer.text
    assert f'value="{wrong}"' in answer.text
    assert respondent.code is None


def test_when_too_many_codes_wait_the_next_is_sent_away_and_questions_are_not(
    respondent: Respondent, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    respondent.consent()
    monkeypatch.setattr(turns, "MOST_WAITING", 0)
    refused = respondent.post(HERE, {"code": code})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert respondent.get("lv/q/B4").status_code == 200
    assert respondent.post("lv/q/B4", {"value": "1"}).status_code == 303


def test_an_unknown_code_and_an_erased_one_get_the_same_answer(
    respondent: Respondent, field: Field, code: str
) -> None:
    from survey_service.collection.code import Code

    unknown = Code.new().text
    respondent.post(HERE, {"code": code})
    respondent.post(f"{HERE}/erase")
    answers = [respondent.post(HERE, {"code": text}) for text in (code, unknown)]
    texts = [
        answer.text.replace(text, "") for answer, text in zip(answers, (code, unknown), strict=True)
    ]
    assert texts[0] == texts[1]
    assert {answer.status_code for answer in answers} == {422}


def test_an_empty_or_endless_code_is_refused(respondent: Respondent) -> None:
    assert respondent.post(HERE, {"code": " "}).status_code == 422
    assert respondent.post(HERE, {"code": "A" * 101}).status_code == 400
    assert respondent.post(HERE).status_code == 422


def test_a_paused_form_goes_on_where_it_was_left(respondent: Respondent, code: str) -> None:
    respondent.post(HERE, {"code": code})
    assert f'action="{HERE}/resume"' in respondent.get(f"{HERE}/status").text
    answer = respondent.post(f"{HERE}/resume")
    assert answer.headers["location"] == f"{START}/en/go-on"
    assert respondent.get("en/go-on").headers["location"] == f"{START}/en/q/A4"


def test_what_was_sent_cannot_be_resumed(respondent: Respondent, sent: str) -> None:
    respondent.post(HERE, {"code": sent})
    assert "/resume" not in respondent.get(f"{HERE}/status").text
    assert respondent.post(f"{HERE}/resume").headers["location"] == f"{HERE}/status"


def test_the_copy_is_a_file_with_all_that_is_kept(respondent: Respondent, sent: str) -> None:
    respondent.post(HERE, {"code": sent})
    answer = respondent.get(f"{HERE}/copy.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-answers.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["surveys"][0]["survey"] == "roma-2026"
    assert sent not in answer.text


def test_erasing_asks_once_erases_and_twice_is_once(respondent: Respondent, sent: str) -> None:
    respondent.post(HERE, {"code": sent})
    assert f'action="{HERE}/erase"' in respondent.get(f"{HERE}/erase").text
    answer = respondent.post(f"{HERE}/erase")
    assert answer.headers["location"] == f"{HERE}/erased"
    assert respondent.code is None
    assert respondent.get(f"{HERE}/erased").status_code == 200
    respondent.client.cookies.set("code", sent)
    assert respondent.post(f"{HERE}/erase").status_code == 303


@pytest.mark.parametrize("path", ["status", "copy.json", "erase"])
def test_without_a_code_every_page_asks_for_it(respondent: Respondent, path: str) -> None:
    assert respondent.get(f"{HERE}/{path}").headers["location"] == HERE


def test_the_device_can_forget_the_code(respondent: Respondent, code: str) -> None:
    respondent.post(HERE, {"code": code})
    assert f'action="{HERE}/leave"' in respondent.get(HERE).text
    respondent.post(f"{HERE}/leave")
    assert respondent.code is None


def test_changing_the_language_keeps_what_was_typed(respondent: Respondent) -> None:
    answer = respondent.post(HERE, {"code": "half a co", "language": "ru"})
    assert '<html lang="ru"' in answer.text
    assert 'value="half a co"' in answer.text


def test_codes_and_slips_wait_for_their_turn_and_questions_do_not(
    respondent: Respondent, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With no room to wait, what takes turns is refused: so a flood of codes is held back at all.
    monkeypatch.setattr("survey_service.rights.turns.MOST_WAITING", 0)
    refused = respondent.post(HERE, {"code": code})
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert respondent.post("lv/slip", {"slip": "00000"}).status_code == 429
    assert respondent.get(HERE).status_code == 200
