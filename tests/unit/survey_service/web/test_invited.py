"""Coming with a slip: by its link or its number, told neutrally, and asked who takes part."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_service.invitations.sheets import drawn, printable
from survey_service.invitations.slips import new_slip, shown
from survey_service.rights import turns
from survey_service.stores.ids import new_id
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.waves import Wave, WaveSettings, WaveState
from tests.kit.field import SLUG, Field
from tests.unit.survey_service.web.respondent import START, Respondent, respondent_on


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    """The rooms, with a wave open that invites by slips and takes each person once."""
    rooms = Field(sqlite_stores, tmp_path)
    core = load()
    rooms.surveys.add_survey_now(SLUG, core.questionnaire.title)
    rooms.surveys.add_version_now(SLUG, core.questionnaire, core.notice)
    wave = rooms.surveys.add_wave_now(SLUG, 1, core.questionnaire, core.notice, planned_sample=9)
    rooms.surveys.set_now(wave, WaveSettings(9, invitation="slips", once="phone"))
    rooms.surveys.move_now(wave, WaveState.OPEN)
    return rooms


@pytest.fixture
def wave(field: Field) -> Wave:
    found = field.surveys.in_field_now(SLUG)
    assert found is not None
    return found


@pytest.fixture
def slip(field: Field, wave: Wave) -> str:
    return field.invitations.make_now(wave, new_id(), 1)[0]


def whole_way(somebody: Respondent, slip: str, phone: str) -> str:
    """From the link to sending; returns where sending led."""
    somebody.get(f"/i/{slip}")
    assert somebody.consent().headers["location"] == f"{START}/lv/once"
    somebody.post("lv/once", {"identifier": phone})
    sent = somebody.post("lv/check")
    return sent.headers.get("location", str(sent.status_code))


def test_a_link_moves_its_number_into_a_cookie_and_out_of_the_address(
    respondent: Respondent, slip: str
) -> None:
    answer = respondent.get(f"/i/{slip}")
    assert answer.status_code == 303
    assert answer.headers["location"] == START
    cookie = answer.headers["set-cookie"]
    assert f"slip={slip};" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    begun = respondent.consent()
    assert begun.headers["location"] == f"{START}/lv/once"
    assert "slip" not in respondent.client.cookies, "from here on the form carries it"


def test_without_a_slip_the_page_asks_for_its_number(respondent: Respondent, slip: str) -> None:
    assert respondent.consent().headers["location"] == f"{START}/lv/slip"
    assert respondent.code is None
    assert respondent.get("lv/slip").status_code == 200
    wrong = respondent.post("lv/slip", {"slip": "not a number"})
    assert wrong.status_code == 422
    assert 'value="not a number"' in wrong.text
    typed = shown(slip).lower().replace("-", " ")
    assert respondent.post("lv/slip", {"slip": typed}).headers["location"] == f"{START}/lv/consent"
    assert "/once" in respondent.consent().headers["location"]


def test_whoever_needs_a_slip_shows_it_before_he_decides_anything(
    respondent: Respondent, slip: str
) -> None:
    leads_to = f'href="{START}/lv/%s"'
    page = respondent.get("lv").text
    assert leads_to % "slip" in page
    assert "pat ne sīkdatne" not in page, "the number of a slip lies in one"
    respondent.post("lv/slip", {"slip": shown(slip)})
    assert leads_to % "consent" in respondent.get("lv").text


def test_a_used_slip_and_one_that_never_was_get_one_same_answer(
    field: Field, respondent: Respondent, slip: str
) -> None:
    assert whole_way(respondent, slip, "20000000") == f"{START}/lv/receipt"
    never = new_slip(bytes(32))
    links = [respondent_on(field).get(f"/i/{number}") for number in (slip, never, "x")]
    assert {answer.status_code for answer in links} == {404}
    assert len({answer.text for answer in links}) == 1
    pages = [
        respondent_on(field).post("lv/slip", {"slip": number}).text.replace(number, "")
        for number in (slip, never)
    ]
    assert pages[0] == pages[1]


def test_a_second_time_is_told_as_neutrally_as_a_used_slip(
    field: Field, wave: Wave, respondent: Respondent, slip: str
) -> None:
    assert whole_way(respondent, slip, "+371 2000 0000") == f"{START}/lv/receipt"
    other = respondent_on(field)
    second = field.invitations.make_now(wave, new_id(), 1)[0]
    assert whole_way(other, second, "20000000") == "409"
    told = other.post("lv/check").text
    assert "20000000" not in told
    assert "Šīs atbildes nevar pieņemt" in told
    assert f'action="{START}/lv/stop"' in told, "what the words offer can be pressed"
    assert 'href="/my-answers/lv"' in told


def test_who_takes_part_is_asked_before_sending_and_shown_to_nobody_again(
    respondent: Respondent, slip: str
) -> None:
    respondent.get(f"/i/{slip}")
    respondent.consent()
    assert respondent.post("lv/check").headers["location"] == f"{START}/lv/once"
    wrong = respondent.post("lv/once", {"identifier": "12"})
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.text
    assert "/q/" in respondent.post("lv/once", {"identifier": "20000000"}).headers["location"]
    assert "20000000" not in respondent.get("lv/once").text


def test_a_sheet_has_a_number_and_a_drawing_for_each_slip(field: Field, wave: Wave) -> None:
    made = field.invitations.make_now(wave, new_id(), 3)
    page = printable(wave, made, "https://survey.test")
    assert page.count("<svg") == 3
    assert [shown(slip) in page for slip in made] == [True] * 3
    assert drawn("https://survey.test/i/" + made[0]) in page


def test_when_too_many_slips_wait_the_next_is_sent_away(
    respondent: Respondent, slip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "MOST_WAITING", 0)
    assert respondent.post("lv/slip", {"slip": shown(slip)}).status_code == 429
    monkeypatch.undo()
    assert respondent.post("lv/slip", {"slip": shown(slip)}).status_code == 303
