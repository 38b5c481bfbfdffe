"""Each part finds its own keys, and refuses to start where it could read another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_service.services import open_services
from survey_service.settings import Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_files import ADDED_LATER
from survey_service.stores.keyring import NAMES, Keyring
from survey_service.stores.parts import KEYS_OF, SHARED_FOLDER, SHARED_KEYS, Part

OPENS = {
    "office-wrap-vault",
    "office-wrap-answers",
    "office-wrap-freezes",
    "settle-keys",
    "second-factors",
    "audit-details",
}


def test_the_front_holds_no_key_that_opens_anything() -> None:
    assert not KEYS_OF[Part.FRONT] & OPENS


def test_the_office_holds_no_key_to_vault_answers_or_inbox() -> None:
    assert KEYS_OF[Part.OFFICE] & (OPENS | {"tombstones"}) == {
        "office-wrap-freezes",
        "second-factors",
        "audit-details",
    }


def test_every_key_belongs_to_a_part_and_every_part_names_keys_there_are() -> None:
    assert frozenset().union(*KEYS_OF.values()) == set(NAMES)


def test_an_installation_in_one_process_hands_its_keys_to_the_parts(tmp_path: Path) -> None:
    whole = Keyring.create(tmp_path)
    Keyring.create_for_parts(tmp_path)
    assert not list(tmp_path.glob("*.key"))
    for part in Part:
        ring = Keyring.load(tmp_path, part)
        assert {p.stem for p in (tmp_path / part).iterdir()} == KEYS_OF[part] - SHARED_KEYS
        assert all(ring.secret(name) == whole.secret(name) for name in KEYS_OF[part])
    assert {p.stem for p in (tmp_path / SHARED_FOLDER).iterdir()} == SHARED_KEYS
    Keyring.create_for_parts(tmp_path)
    assert Keyring.load(tmp_path, Part.FRONT).secret("tombstones") == whole.secret("tombstones")


def test_keys_that_parts_held_before_and_need_no_more_are_taken_away(tmp_path: Path) -> None:
    Keyring.create_for_parts(tmp_path)
    shared, own = tmp_path / SHARED_FOLDER / "office-wrap-freezes.key", tmp_path / "office"
    before = shared.read_text(encoding="ascii")
    for part in ("office", "settle"):
        (tmp_path / part / shared.name).write_text(before, encoding="ascii")
    shared.unlink()
    details = (own / "audit-details.key").read_text(encoding="ascii")
    (tmp_path / "settle" / "audit-details.key").write_text(details, encoding="ascii")
    with pytest.raises(StoreRefused, match="settle can read the key audit-details"):
        Keyring.load(tmp_path, Part.SETTLE)
    Keyring.create_for_parts(tmp_path)
    for part in Part:
        assert {p.stem for p in (tmp_path / part).iterdir()} == KEYS_OF[part] - SHARED_KEYS
    assert Keyring.load(tmp_path, Part.SETTLE).secret(shared.stem).hex() == before.strip()


def test_parts_are_not_laid_out_while_a_key_is_being_replaced(tmp_path: Path) -> None:
    Keyring.create(tmp_path).stage("office-wrap-vault")
    with pytest.raises(StoreRefused, match="Start the service once"):
        Keyring.create_for_parts(tmp_path)


def test_a_foreign_key_in_a_parts_own_folder_stops_its_start(tmp_path: Path) -> None:
    Keyring.create_for_parts(tmp_path)
    spilt = (tmp_path / "settle" / "settle-keys.key").read_text(encoding="ascii")
    (tmp_path / "front" / "settle-keys.key").write_text(spilt, encoding="ascii")
    with pytest.raises(StoreRefused, match="front can read the key settle-keys"):
        Keyring.load(tmp_path, Part.FRONT)


def test_a_foreign_key_in_the_environment_stops_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Keyring.create_for_parts(tmp_path)
    monkeypatch.setenv("EQUALITY_KEY_OFFICE_WRAP_VAULT", "ab" * 32)
    with pytest.raises(StoreRefused, match="EQUALITY_KEY_OFFICE_WRAP_VAULT"):
        Keyring.load(tmp_path, Part.OFFICE)


def test_another_parts_folder_within_reach_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Keyring.create_for_parts(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(StoreRefused, match="user of its own"):
        Keyring.load(tmp_path, Part.OFFICE)


def test_two_values_of_one_key_are_not_papered_over(tmp_path: Path) -> None:
    Keyring.create_for_parts(tmp_path)
    (tmp_path / "front" / "pepper-vault.key").write_text("ab" * 32, encoding="ascii")
    with pytest.raises(StoreRefused, match="different keys pepper-vault"):
        Keyring.create_for_parts(tmp_path)


# After an update


@pytest.mark.parametrize("name", sorted(ADDED_LATER))
def test_a_key_that_came_with_an_update_is_asked_for_by_the_command_that_makes_it(
    tmp_path: Path, name: str
) -> None:
    made = Keyring.create(tmp_path)
    (tmp_path / f"{name}.key").unlink()
    with pytest.raises(StoreRefused, match=rf"{name}\.key is missing.*run `equality-survey init`"):
        Keyring.load(tmp_path)
    renewed = Keyring.create(tmp_path, in_use=True)
    assert [n for n in NAMES if renewed.secret(n) != made.secret(n)] == [name], "nothing else"


def test_init_makes_no_new_key_in_place_of_one_that_was_lost(tmp_path: Path) -> None:
    Keyring.create(tmp_path)
    (tmp_path / "pepper-vault.key").unlink()
    with pytest.raises(StoreRefused, match=r"pepper-vault\.key is missing.*Put the file back"):
        Keyring.create(tmp_path, in_use=True)
    assert not (tmp_path / "pepper-vault.key").exists()
    with pytest.raises(StoreRefused, match=r"pepper-vault\.key is missing.*Put the file back"):
        Keyring.create_for_parts(tmp_path, in_use=True)


def test_an_installation_knows_that_it_is_in_use(tmp_path: Path) -> None:
    settings = Settings.from_environment(tmp_path / "data", {})
    open_services(settings, create=True).close()
    # As a version left it that neither had this key nor kept check values.
    (settings.data_dir / "key-checks").unlink()
    (settings.keys_dir / "device-loans.key").unlink()
    (settings.keys_dir / "settle-keys.key").rename(tmp_path / "lost")
    with pytest.raises(StoreRefused, match=r"settle-keys\.key is missing.*Put the file back"):
        open_services(settings, create=True)
    (tmp_path / "lost").rename(settings.keys_dir / "settle-keys.key")
    open_services(settings, create=True).close()
    assert (settings.keys_dir / "device-loans.key").exists()
