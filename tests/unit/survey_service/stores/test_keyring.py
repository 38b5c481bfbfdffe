"""A key that is missing or wrong stops the start and names the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import NAMES, Keyring


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    made = Keyring.create(tmp_path / "keys")
    again = Keyring.create(tmp_path / "keys")
    assert all(made.secret(name) == again.secret(name) for name in NAMES)
    assert len({made.secret(name) for name in NAMES}) == len(NAMES)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_a_missing_key_stops_the_start(tmp_path: Path) -> None:
    Keyring.create(tmp_path)
    (tmp_path / "pepper-vault.key").unlink()
    with pytest.raises(StoreRefused, match=r"pepper-vault\.key is missing"):
        Keyring.load(tmp_path)


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "00" * 33, "\x00"])
def test_a_spoilt_key_stops_the_start(tmp_path: Path, text: str) -> None:
    Keyring.create(tmp_path)
    (tmp_path / "tombstones.key").write_text(text, encoding="ascii")
    with pytest.raises(StoreRefused, match="64 hexadecimal digits"):
        Keyring.load(tmp_path)


def test_a_key_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EQUALITY_KEY_PEPPER_VAULT", "ab" * 32)
    made = Keyring.create(tmp_path)
    assert made.secret("pepper-vault") == b"\xab" * 32
    assert not (tmp_path / "pepper-vault.key").exists()
