"""The releases room's wave with known answers, and safe files made of it."""

from __future__ import annotations

import pytest

from survey_service.safe_files.service import SafeFiles
from tests.unit.survey_service.releases.conftest import Office, office, open_office

__all__ = ["office", "open_office"]


@pytest.fixture
def safe_files(office: Office) -> SafeFiles:
    """The room over the wave."""
    return SafeFiles(office.releases.desk)
