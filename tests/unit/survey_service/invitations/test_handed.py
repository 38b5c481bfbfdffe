"""Slips that a mediator prints: once, his own only, and nothing says afterwards whose they were."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from httpx import Response
from sqlalchemy import text

from schemas.audit import Act
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.invitations.commands import slips_command
from survey_service.invitations.handed import Handed
from survey_service.problems import NotFound
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import WaveSettings, WaveState
from survey_service.web.csrf import FIELD, csrf_token
from tests.unit.survey_service.surveys.coordinating import Coordinator, small, words
from tests.unit.survey_service.web.kit import browser

OWN = "/office/assist-slips"


@pytest.fixture
def cora(sqlite_stores: Stores, tmp_path: Path) -> Coordinator:
    return Coordinator(sqlite_stores, tmp_path)


@pytest.fixture
def wave(cora: Coordinator) -> str:
    """A wave in the field that invites by slips."""
    found = cora.prepare(cora.store(small(), survey="library"))
    cora.services.surveys.set_now(found, WaveSettings(100, invitation="slips"))
    cora.services.surveys.move_now(found, WaveState.OPEN)
    return found


class Mediator(Coordinator):
    """Somebody signed in as mediator, in the same house as the coordinator."""

    def __init__(self, cora: Coordinator) -> None:
        self.services = cora.services
        self.client = browser(cora.client.app, Role.MEDIATOR)
        self.client.headers["accept-language"] = "en"

    def post_as(self, path: str) -> Response:
        """Send an empty form with the mediator's own token."""
        return self.client.post(path, data={FIELD: csrf_token("mediator")})


@pytest.fixture
def mira(cora: Coordinator, monkeypatch: pytest.MonkeyPatch) -> Mediator:
    async def mediators(_self: Handed) -> dict[str, str]:
        return {"mediator": "mira", "another": "anna"}

    monkeypatch.setattr(Handed, "mediators", mediators)
    return Mediator(cora)


def hand(cora: Coordinator, wave: str, **fields: str) -> int:
    """Hand slips over on the page, and return how that went."""
    page = cora.get(f"/office/surveys/{wave}/slips").text
    key = re.findall(r'name="key" value="([^"]+)"', page)[-1]
    usual = {"key": key, "mediator": "mediator", "handed": "7"}
    return cora.post(f"/office/surveys/{wave}/slips/hand-over", usual | fields).status_code


def test_what_a_coordinator_hands_over_a_mediator_prints_once(
    cora: Coordinator, mira: Mediator, wave: str
) -> None:
    assert "No slips wait" in words(mira.get(OWN))
    assert hand(cora, wave) == 303
    assert "7 slips wait to be printed by mira" in words(cora.get(f"/office/surveys/{wave}/slips"))

    page = mira.get(OWN)
    assert "7 slips, handed to you" in words(page)
    action = re.search(rf'action="({OWN}/[^"]+)"', page.text)
    assert action
    sheet = mira.post_as(action[1])
    assert sheet.status_code == 200
    slips = re.findall(r'class="slip-number"[^>]*>([^<]+)<', sheet.text)
    assert len(set(slips)) == 7
    found = cora.services.surveys.wave_now(wave)
    assert all(cora.services.invitations.is_sound_now(found, slip) for slip in slips)

    assert mira.post_as(action[1]).status_code == 404
    assert "No slips wait" in words(mira.get(OWN))
    rows = cora.services.stores.office.read_now(
        lambda tx: tx.all(text("SELECT * FROM handed_slips"))
    )
    assert rows == [], "nothing leads from these slips to whoever gave them out"
    assert cora.logged()[-2:] == [Act.SLIPS_HANDED, Act.SLIPS_MADE]
    logged = str(cora.entries()[-1])
    assert not any(slip in logged for slip in slips)


def test_nobody_prints_what_was_handed_to_somebody_else(
    cora: Coordinator, mira: Mediator, wave: str
) -> None:
    hand(cora, wave, mediator="another")
    (row,) = cora.services.handed.of_wave_now(wave)
    assert "No slips wait" in words(mira.get(OWN))
    assert mira.post_as(f"{OWN}/{row.id}").status_code == 404
    assert len(cora.services.handed.of_wave_now(wave)) == 1


def test_a_mediator_hands_nothing_over_and_sees_no_list_of_sheets(
    cora: Coordinator, mira: Mediator, wave: str
) -> None:
    assert mira.get(f"/office/surveys/{wave}/slips").status_code == 403
    assert mira.post_as(f"/office/surveys/{wave}/slips").status_code == 403
    assert mira.post_as(f"/office/surveys/{wave}/slips/hand-over").status_code == 403
    assert cora.get(OWN).status_code == 403


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"mediator": "nobody"}, "mediator"), ({"handed": "0"}, "handed"), ({"handed": "x"}, "handed"),
     ({"handed": "501"}, "handed")],
)  # fmt: skip
def test_a_wrong_form_is_shown_again(
    cora: Coordinator, mira: Mediator, wave: str, fields: dict[str, str], named: str
) -> None:
    del mira
    assert hand(cora, wave, **fields) == 422
    page = cora.post(
        f"/office/surveys/{wave}/slips/hand-over", {"mediator": "mediator", "handed": "7"} | fields
    )
    assert f'href="#{named}"' in page.text
    assert cora.services.handed.of_wave_now(wave) == []


def test_what_is_taken_back_prints_nothing(cora: Coordinator, mira: Mediator, wave: str) -> None:
    hand(cora, wave)
    (row,) = cora.services.handed.of_wave_now(wave)
    path = f"/office/surveys/{wave}/slips/handed/{row.id}/take-back"
    assert cora.post(path).status_code == 303
    assert mira.post_as(f"{OWN}/{row.id}").status_code == 404
    assert cora.post(path).status_code == 404
    assert cora.logged()[-1] is Act.SLIPS_TAKEN_BACK


def test_a_crash_after_printing_leaves_nothing_to_print_again(
    cora: Coordinator, mira: Mediator, wave: str
) -> None:
    hand(cora, wave)
    (row,) = cora.services.handed.of_wave_now(wave)
    found = cora.services.surveys.wave_now(wave)
    cora.services.invitations.make_now(found, row.id, row.slips)
    assert cora.services.handed.own_now("mediator") == []
    assert mira.post_as(f"{OWN}/{row.id}").status_code == 404


def test_printing_is_for_whoever_it_was_handed_to(cora: Coordinator, wave: str) -> None:
    found = cora.services.surveys.wave_now(wave)
    nobody = Person(id="x", username="x", role=Role.MEDIATOR)
    with pytest.raises(NotFound):
        cora.services.handed.print_now(found, "nothing", nobody)


@pytest.mark.parametrize("count", ["0000000011000", "501", "0", "-1", "x", "\u0665", ""])
def test_a_number_that_no_sheet_has_is_told_and_makes_none(
    cora: Coordinator, wave: str, count: str
) -> None:
    answer = cora.post(f"/office/surveys/{wave}/slips", {"count": count})
    assert answer.status_code == 422
    assert 'href="#count"' in answer.text
    assert cora.services.invitations.batches_now(wave) == []


def test_a_command_that_makes_no_slips_leaves_no_file(tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise NotFound

    command = slips_command(
        refuse, click.option("--data-dir", default=tmp_path, type=Path), lambda act: act
    )
    sheet = tmp_path / "sheet.html"
    result = CliRunner().invoke(command, ["w", "--count", "3", "--output", str(sheet)])
    assert isinstance(result.exception, NotFound)
    assert not sheet.exists(), "or the next try would find a file there"
