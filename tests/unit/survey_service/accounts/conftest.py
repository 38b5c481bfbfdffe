"""The office that tests of accounts work in."""

from __future__ import annotations

import pytest

from survey_service.stores import Stores
from tests.unit.survey_service.accounts.office import Office


@pytest.fixture
def office(sqlite_stores: Stores) -> Office:
    return Office(sqlite_stores)
