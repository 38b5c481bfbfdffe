"""Keys that are well formed and another installation's: nothing starts, the remedy is named."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from survey_service.services import open_services
from survey_service.settings import Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_checks import FILE
from survey_service.stores.keyring import NAMES, Keyring
from tests.kit.field import Field, people
from tests.kit.stores import SqliteTemplate

UNNOTICED = {"audit-actors", "audit-details"}
"""A ceremony may replace these, and what they gave is read by nobody at the start."""


@pytest.fixture(scope="module")
def begun(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation in which people have answered, stopped."""
    folder = tmp_path_factory.mktemp("begun")
    settings = Settings(data_dir=folder / "data", keys_dir=folder / "keys")
    Keyring.create(settings.keys_dir)
    sqlite_template.copy(settings.data_dir / "stores")
    opened = open_services(settings)
    field = Field(opened.stores, settings.data_dir, opened.keyring)
    wave = field.open_wave()
    field.answer_all(wave, people(3), questions=2)
    field.settle.run(wave, closing=True)
    assert field.freezes.make(wave.id, wave.form, field.now.date()) is not None
    field.inbox.generation_now(wave.id)
    opened.close()
    return settings


@pytest.fixture
def kept(begun: Settings) -> Iterator[Settings]:
    """The same, its keys put back afterwards."""
    copy = begun.keys_dir.with_name("copy")
    shutil.copytree(begun.keys_dir, copy)
    yield begun
    shutil.rmtree(begun.keys_dir)
    copy.rename(begun.keys_dir)


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", sorted(set(NAMES) - UNNOTICED))
def test_with_another_key_in_place_of_its_own_nothing_starts(kept: Settings, name: str) -> None:
    (kept.keys_dir / f"{name}.key").write_text(secrets.token_hex(32) + "\n")
    before = files(kept.data_dir)
    with pytest.raises(StoreRefused, match=f"{name}.key.* from your key copy"):
        open_services(kept)
    assert files(kept.data_dir) == before, "nothing was written"


@pytest.mark.parametrize("name", ["pepper-vault", "once-keys"])
def test_a_lost_key_is_never_made_anew(kept: Settings, name: str) -> None:
    """Neither one that was there from the beginning nor one that an update brought."""
    (kept.keys_dir / f"{name}.key").unlink()
    with pytest.raises(StoreRefused, match=f"{name}.key.* from your key copy"):
        open_services(kept, create=True)
    assert not (kept.keys_dir / f"{name}.key").exists()
    with pytest.raises(StoreRefused, match=f"{name}.key"):
        open_services(kept)


def test_with_its_own_keys_it_starts_again_and_again(kept: Settings) -> None:
    told = (kept.data_dir / FILE).read_text()
    for create in (True, False):
        open_services(kept, create=create).close()
    assert (kept.data_dir / FILE).read_text() == told
    assert not any((kept.keys_dir / f"{n}.key").read_text().strip() in told for n in NAMES)


def test_damaged_check_values_are_told_with_what_to_do(kept: Settings) -> None:
    path = kept.data_dir / FILE
    told = path.read_text()
    for damaged in ("{", "[]", ""):
        path.write_text(damaged)
        with pytest.raises(StoreRefused, match="delete that file"):
            open_services(kept)
    path.unlink()
    open_services(kept).close()
    assert path.read_text() == told
