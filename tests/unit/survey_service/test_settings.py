"""Settings refuse what would send a code or a cookie over an open line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from survey_service.settings import Settings


def settings(**given: str) -> Settings:
    return Settings.from_environment(Path("data"), given)


def test_plain_http_is_for_loopback_alone() -> None:
    assert not settings().secure
    assert settings(EQUALITY_PUBLIC_URL="https://aptauja.example").secure
    with pytest.raises(ValidationError, match="must begin with https"):
        settings(EQUALITY_PUBLIC_URL="http://aptauja.example")


def test_listening_beyond_loopback_needs_an_https_address() -> None:
    with pytest.raises(ValidationError, match="begins with https"):
        settings(EQUALITY_HOST="0.0.0.0")
    assert settings(EQUALITY_HOST="0.0.0.0", EQUALITY_PUBLIC_URL="https://x.example").secure


@pytest.mark.parametrize("name", ["EQUALITY_PORT", "EQUALITY_PUBLIC_URL"])
def test_a_setting_that_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        settings(**{name: "http://nonsense" if "URL" in name else "70000"})


def test_the_keys_store_cannot_be_moved_to_a_server() -> None:
    with pytest.raises(ValidationError, match="keys is always a file"):
        Settings.from_environment(Path("data"), store_urls={"keys": "postgresql://x"})
    found = settings(EQUALITY_VAULT_URL="postgresql://x")
    assert found.store_urls == {"vault": "postgresql://x"}
