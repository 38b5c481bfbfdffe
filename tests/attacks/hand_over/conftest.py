"""A device that a mediator handed to a respondent, and the same device given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_service.stores.stores import Stores
from tests.kit.assisted import OWN, START, Device, Interviews
from tests.kit.field import Field


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    rooms = Field(sqlite_stores, tmp_path)
    rooms.open_wave()
    return rooms


@pytest.fixture
def interviews(field: Field) -> Interviews:
    return Interviews(field)


@pytest.fixture
def device(interviews: Interviews) -> Device:
    """Handed over: the respondent has answered his first part and says nothing of giving back."""
    device = interviews.device().until_hand_over()
    assert device.get("q/B5").headers["location"] == "/hand-over?lang=en"
    assert device.hand_over().headers["location"] == "/hand-over/code?lang=en"
    return device


@pytest.fixture
def back(device: Device) -> Device:
    """Given back with the PIN, after the respondent's first part."""
    device.get(f"{START}/en/go-on")
    assert device.answer(OWN).headers["location"] == "/hand-back?lang=en"
    return device
