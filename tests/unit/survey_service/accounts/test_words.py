"""Every permission and role there is has words."""

from __future__ import annotations

from survey_service.accounts.words import PERMISSION_WORDS
from survey_service.web.permissions import Permission


def test_every_permission_has_words() -> None:
    assert set(PERMISSION_WORDS) == set(Permission)
