"""A respondent's browser on an open survey, over real rooms and SQLite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from survey_service.stores.stores import Stores
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import Respondent, respondent_on


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    """The rooms from the form to the stores, with one wave open."""
    rooms = Field(sqlite_stores, tmp_path)
    rooms.open_wave()
    return rooms


@pytest.fixture
def new_respondent(field: Field) -> Callable[[], Respondent]:
    """Another browser that knows nothing yet."""
    return lambda: respondent_on(field)


@pytest.fixture
def respondent(new_respondent: Callable[[], Respondent]) -> Respondent:
    """A browser that knows nothing yet."""
    return new_respondent()
